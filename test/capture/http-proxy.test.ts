/** What an app sees behind Vite's server.proxy and its like: captured from the package they are built on. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { createServer } from "node:https";
import { createRequire } from "node:module";
import type { AddressInfo, Server } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startRecorder } from "../../src/capture/asking/recorder.js";
import { capture } from "../../src/capture/capture.js";
import { localSources } from "../../src/capture/from-configuration.js";
import { diffProfiles } from "../../src/edge/diff.js";
import type { EdgeProfile } from "../../src/edge/profile.js";
import { findProfile } from "../../src/edge/profiles/index.js";
import { credentials } from "../../src/library/issue.js";
import { atEnd } from "../support/programs.js";
import { frontHome } from "../support/raw-front.js";

interface ProxyOptions {
  readonly target: string;
  readonly xfwd?: boolean;
  readonly changeOrigin?: boolean;
}
const { createProxyServer } = createRequire(import.meta.url)("http-proxy") as {
  createProxyServer(options: ProxyOptions): {
    web(request: unknown, response: unknown): void;
    ws(request: unknown, socket: unknown, head: unknown): void;
    on(event: "error", listener: () => void): void;
    close(): void;
  };
};

const TIME_MS = 120_000;

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  atEnd(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function captureProxy(options: Omit<ProxyOptions, "target">) {
  const recorder = await startRecorder("token-of-the-test");
  atEnd(() => recorder.close());
  const target = `127.0.0.1:${recorder.port}`;
  recorder.target = target;
  const proxy = createProxyServer({ target: `http://${target}`, ...options });
  proxy.on("error", () => undefined);
  const { cert, key } = await credentials("localhost", { stateDirectory: frontHome() });
  const secure = createServer({ cert, key });
  const plain = createHttp();
  for (const server of [secure, plain]) {
    server.on("request", (request, response) => proxy.web(request, response));
    server.on("upgrade", (request, socket, head) => {
      socket.on("error", () => undefined);
      proxy.ws(request, socket, head);
    });
  }
  const [tlsPort, plainPort] = [await listen(secure), await listen(plain)];
  const root = readFileSync(join(frontHome(), "rootCA.pem"), "latin1");
  const place = {
    authority: `localhost:${tlsPort}`,
    base: "",
    below: true,
    sources: localSources(),
  };
  return capture({
    name: "http-proxy",
    title: "captured",
    source: "http-proxy",
    place,
    target,
    remote: false,
    asking: {
      tls: { address: "127.0.0.1", port: tlsPort, servername: "localhost", roots: [root] },
      plain: { address: "127.0.0.1", port: plainPort },
      token: "token-of-the-test",
      recorder,
      name: "http-proxy",
    },
  });
}

it.each([
  ["as it comes", {}],
  ["with xfwd", { xfwd: true }],
  ["with changeOrigin", { changeOrigin: true }],
  ["with both", { xfwd: true, changeOrigin: true }],
])(
  "http-proxy %s",
  async (name, options) => {
    const captured = await captureProxy(options);
    console.log(
      name,
      JSON.stringify(captured.profile.headers),
      JSON.stringify(captured.profile.toApp),
      JSON.stringify(captured.profile.response),
      JSON.stringify(captured.profile.plain),
      JSON.stringify(captured.notLearned),
      JSON.stringify(captured.differences, null, 1),
    );
  },
  TIME_MS,
);
void [expect, diffProfiles, findProfile];

export type { EdgeProfile };
