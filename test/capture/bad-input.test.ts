/** What cannot be captured is said with the next step, and nothing is written. */

import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { echoSource } from "../../src/capture/echoes/index.js";
import { devtls } from "../support/cli.js";
import { atEnd, folderUntilEnd, temporaryHome } from "../support/programs.js";
import { describeWith } from "../support/tools.js";

const TOKEN = "token-of-the-test";
const folder = folderUntilEnd("devtls-bad-");
const home = temporaryHome();
const out = join(folder, "edge.json");

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

async function refused(args: readonly string[], status: number, ...words: readonly string[]) {
  const result = await devtls(["capture", ...args, "--out", out], { env: home.env });
  for (const word of words) expect(result.stderr).toContain(word);
  expect(result.status).toBe(status);
  expect(result.stderr.trim().split("\n").length).toBeGreaterThan(1);
  expect(existsSync(out)).toBe(false);
}

async function listen(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  atEnd(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/devtls-echo`;
}

const echo = createRequire(import.meta.url)(
  write("echo.cjs", echoSource("node", TOKEN)),
) as RequestListener;

describe("usage", () => {
  it.each([
    ["nothing to capture", [], "one of them"],
    ["two things", ["http://127.0.0.1/", "--nginx", "a"], "one of them"],
    ["no token", ["http://127.0.0.1/"], "--token"],
    ["no address", ["nowhere", "--token", TOKEN], "not an http or https address"],
    ["a bad token", ["http://127.0.0.1/", "--token", "a b"], "not a token"],
    [
      "https as plain http",
      ["https://127.0.0.1/", "--token", TOKEN, "--http-url", "https://a"],
      "not a plain",
    ],
  ])("%s", async (_, args, word) => {
    await refused(args, 2, word);
  });
});

describe("an edge", () => {
  const ask = async (handler: RequestListener, ...words: string[]): Promise<void> =>
    refused([await listen(handler), "--token", TOKEN], 1, ...words);

  it("that does not know the token", async () => {
    const url = await listen(echo);
    await refused([url, "--token", "another-token"], 1, "not the echo's (404)", "Check the token");
  });

  it("with a login page in front", async () => {
    await ask(
      (_, response) =>
        void response.writeHead(302, { location: "https://login.example/?next=a" }).end(),
      "302 to https://login.example/",
      "login",
    );
    await ask(
      (_, response) => void response.writeHead(401).end("<title>Sign in</title>"),
      "401",
      "Sign in",
    );
  });

  it("that answers from a cache", async () => {
    let kept: string | undefined;
    const handler: RequestListener = (request, response) => {
      if (kept !== undefined) return void response.writeHead(200, { age: "5" }).end(kept);
      const end = response.end.bind(response);
      response.end = ((text: string) => {
        kept = text;
        return end(text);
      }) as typeof response.end;
      return echo(request as never, response as never);
    };
    await ask(handler, "from its cache (Age: 5)");
  });

  it("that nobody answers at", async () => {
    await refused(["http://127.0.0.1:1/", "--token", TOKEN], 1, "could not reach 127.0.0.1:1");
  });
});

describeWith(["nginx"], "a configuration of nginx", () => {
  const nginx = (text: string, ...words: string[]): Promise<void> =>
    refused(["--nginx", write("site.conf", text)], 1, ...words);

  it("that is not there", async () => {
    await refused(["--nginx", join(folder, "nowhere.conf")], 1, "no such file");
  });
  it("with a brace too few", async () => {
    await nginx("server {\n  listen 80;\n", 'line 3: a "}" is missing');
  });
  it("with a directive that is wrong", async () => {
    await nginx(
      "server { location / { proxy_pass http://a; proxy_buffering perhaps; } }",
      'invalid value "perhaps"',
    );
  });
  it("that needs Lua", async () => {
    await nginx(
      "server { location / { access_by_lua_block { if a then b = { 1 } end } proxy_pass http://a; } }",
      "access_by_lua_block",
      "libnginx-mod-http-lua",
    );
  });
  it("that loads a module which is not installed", async () => {
    await nginx(
      "load_module modules/ngx_http_nothing_module.so;\nserver { location / { proxy_pass http://a; } }",
      "ngx_http_nothing_module.so is not installed",
    );
  });
  it("that passes requests on by gRPC", async () => {
    await nginx(
      "server { location / { grpc_pass grpc://10.0.0.7:50051; } }",
      "by gRPC, which serve does not speak",
      "--upstream",
    );
  });
  it("that passes nothing on", async () => {
    await nginx("server { listen 80; root /srv; }", "passes nothing on");
  });
  it("with several sites", async () => {
    const site = (name: string) =>
      `server { server_name ${name}; location / { proxy_pass http://a; } }`;
    const file = write("sites.conf", `${site("a.test")}\n${site("b.test")}`);
    await refused(["--nginx", file], 2, "several", "--server-name a.test");
    await refused(["--nginx", file, "--server-name", "c.test"], 2, "It has: a.test, b.test");
  });
});

describeWith(["caddy"], "a Caddyfile", () => {
  it("with a directive that Caddy does not know", async () => {
    const file = write("Caddyfile", "a.test {\n  nothing_known\n}\n");
    await refused(["--caddy", file], 1, "nothing_known");
  });
});
