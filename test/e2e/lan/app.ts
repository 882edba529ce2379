/** An app behind `serve --lan` that writes down what reaches it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../support/cli.js";
import type { Machine } from "../../support/network.js";
import { folderUntilEnd } from "../../support/programs.js";

/** Answers everything, and with `?set=NAME` tries to take a cookie's place. */
const APP = `
const { createServer } = require("node:http");
const { appendFileSync } = require("node:fs");
const [port, log, page] = process.argv.slice(1);
const seen = (request) =>
  appendFileSync(log, JSON.stringify([request.method, request.url, request.headers.cookie ?? ""]) + "\\n");
createServer((request, response) => {
  seen(request);
  const name = new URL(request.url, "http://app").searchParams.get("set");
  const own = name ? [\`\${name}=mine; Path=/; Secure\`, \`=\${name}=mine\`] : [];
  response.setHeader("Set-Cookie", [...own, "app=1; Path=/"]);
  if (page) response.setHeader("Content-Type", "text/html");
  response.end(page || "the app");
}).on("upgrade", (request, socket) => { seen(request); socket.end(); })
  .listen(Number(port), "127.0.0.1", () => console.log("listening"));
`;

export interface App {
  readonly port: string;
  /** Method, path and cookies of each request that reached it. */
  reached(): string[][];
}

/** Starts it. @param page what it answers with, as HTML */
export async function startApp(machine: Machine, page = ""): Promise<App> {
  const log = join(folderUntilEnd("devtls-lan-app-"), "log");
  const port = String(await freePort());
  writeFileSync(log, "");
  const app = machine.start(process.execPath, ["-e", APP, port, log, page]);
  await app.waitFor(/listening/);
  return {
    port,
    reached: () =>
      readFileSync(log, "utf8")
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as string[]),
  };
}
