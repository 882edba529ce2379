/** A capture through an echo behind an edge with TLS: what the certificate has to do with it, and a block. */
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { createServer as createPlainServer } from "node:http";
import { createServer } from "node:https";
import { createRequire } from "node:module";
import type { AddressInfo, Server } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { echoSource } from "../../src/capture/echoes/index.js";
import { readEdgeProfile } from "../../src/edge/read-profile.js";
import { credentials } from "../../src/library/issue.js";
import { devtls } from "../support/cli.js";
import { atEnd, folderUntilEnd, temporaryHome } from "../support/programs.js";
import { frontHome } from "../support/wire-front.js";

const TIME_MS = 300_000;
const TOKEN = "token-of-the-test";
const folder = folderUntilEnd("devtls-url-");
const home = temporaryHome();
const out = join(folder, "edge.json");

writeFileSync(join(folder, "echo.cjs"), echoSource("node", TOKEN));
const echo = createRequire(import.meta.url)(join(folder, "echo.cjs")) as RequestListener;

async function listen(server: Server, host = "127.0.0.1"): Promise<number> {
  server.listen(0, host);
  await once(server, "listening");
  atEnd(() => server.close());
  return (server.address() as AddressInfo).port;
}

const capture = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  devtls(["capture", "--token", TOKEN, "--out", out, ...args], { env: { ...home.env, ...env } });

it(
  "a certificate that is not trusted is an error with the way out, and each way works",
  async () => {
    const tls = await credentials("localhost", { stateDirectory: frontHome() });
    const port = await listen(createServer(tls, echo));
    const plain = await listen(
      createPlainServer((request, response) => {
        response.writeHead(307, { location: `https://localhost${request.url}` }).end();
      }),
    );
    const url = `https://localhost:${port}/devtls-echo`;
    const refused = await capture([url]);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain("its certificate is not trusted");
    expect(refused.stderr).toMatch(/NODE_EXTRA_CA_CERTS.*--insecure/);
    expect(existsSync(out)).toBe(false);
    const roots = { NODE_EXTRA_CA_CERTS: join(frontHome(), "rootCA.pem") };
    const trusted = await capture([url, "--http-url", `http://localhost:${plain}`], roots);
    expect(trusted.stderr).toContain("100 % of");
    expect(trusted.stderr).not.toContain("plain http");
    expect(trusted.status).toBe(0);
    const profile = readEdgeProfile(readFileSync(out, "utf8"), out);
    expect(profile.plain).toEqual({ mode: "redirect", status: 307 });
    // Who gets as far as the token has passed the certificate.
    const insecure = await capture([url, "--insecure", "--token", "another-token"]);
    expect(insecure.stderr).toContain("the answer is not the echo's");
    expect(insecure.stderr).not.toContain("certificate");
  },
  TIME_MS,
);

it(
  "an edge that blocks who asks much is an error, and the next run goes on",
  async () => {
    let asked = 0;
    let most = 20;
    const port = await listen(
      createPlainServer((request, response) => {
        asked++;
        if (asked <= most) return echo(request, response);
        response.writeHead(429).end("<title>Slow down</title>");
      }),
    );
    const file = join(folder, "blocked.json");
    const args = [`http://127.0.0.1:${port}/devtls-echo`, "--out", file];
    const blocked = await capture(args);
    expect(blocked.stderr).toMatch(/after \d+ requests the edge answers 429, "Slow down"/);
    expect(blocked.stderr).toContain("it goes on where it stopped");
    expect(blocked.status).toBe(1);
    expect(existsSync(file)).toBe(false);
    most = Number.POSITIVE_INFINITY;
    const again = await capture(args);
    expect(again.stderr).toMatch(/Going on where the last run stopped: 1\d were asked/);
    expect(again.status).toBe(0);
  },
  TIME_MS,
);

it(
  "an edge that listens on ::1 alone is asked from there",
  async () => {
    const port = await listen(createPlainServer(echo), "::1");
    const { status, stderr } = await capture([`http://[::1]:${port}/devtls-echo`]);
    expect(stderr).toContain("100 % of");
    expect(status).toBe(0);
  },
  TIME_MS,
);
