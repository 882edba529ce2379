/** `devtls edges`: the list, one edge in full, JSON, and names that do not exist. */
import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { evidenceOf } from "../../src/edge/profile.js";
import { PROFILES } from "../../src/edge/profiles/index.js";
import { expectRefused, newSandbox } from "./sandbox.js";

/** The names of the contract, in its order. */
const NAMES =
  "devtls none heroku pythonanywhere nginx nginx-1.30 nginx-proxy-params apache haproxy traefik caddy envoy aws-alb aws-cloudfront aws-api-gateway aws-elastic-beanstalk google-lb google-cloud-run azure-app-service azure-app-gateway azure-front-door cloudflare cloudflare-flexible fly render railway vercel netlify digitalocean ingress-nginx iis-arr dokku codespaces ngrok http-proxy".split(
    " ",
  );

async function edges(...args: string[]): Promise<string> {
  const { stdout } = await newSandbox().prepare(["edges", ...args]);
  return stdout;
}

describe("the list", () => {
  it("has one line for each edge of the contract: name, what it is, evidence", async () => {
    const lines = (await edges()).trimEnd().split("\n");
    expect(lines.map((line) => line.split(" ")[0]).sort()).toEqual([...NAMES].sort());
    for (const [index, line] of lines.entries()) {
      expect(line).toMatch(/^\S+ {2,}\S.* {2,}(?:captured|documented|unverified)$/);
      const profile = PROFILES[index];
      expect(line).toContain(profile?.title);
      expect(line.endsWith(profile ? evidenceOf(profile) : "?")).toBe(true);
    }
  });

  it("calls captured only what was captured, and unverified what nobody has confirmed", () => {
    const named = (evidence: string): string[] =>
      PROFILES.filter((profile) => evidenceOf(profile) === evidence).map(({ name }) => name);
    expect(named("captured")).toEqual([
      "devtls",
      "none",
      "nginx",
      "nginx-proxy-params",
      "apache",
      "haproxy",
      "caddy",
      "http-proxy",
    ]);
    expect(named("unverified")).toEqual([
      "pythonanywhere",
      "aws-api-gateway",
      "aws-elastic-beanstalk",
      "google-lb",
      "azure-app-service",
      "render",
      "netlify",
      "digitalocean",
      "iis-arr",
      "codespaces",
    ]);
  });

  it("is the same as JSON", async () => {
    const { edges: list } = JSON.parse(await edges("--json"));
    expect(list.map(({ name }: { name: string }) => name)).toEqual(PROFILES.map((p) => p.name));
    for (const entry of list) {
      expect(entry).toMatchObject({
        name: expect.any(String),
        title: expect.any(String),
        evidence: expect.stringMatching(/^(?:captured|documented|unverified)$/),
      });
    }
  });

  it("makes nothing", async () => {
    const box = newSandbox();
    await box.prepare(["edges"]);
    await expectRefused(box, ["edges", "nope"], {
      status: 2,
      message: /there is no edge 'nope'/,
      hint: /^One of: devtls, none/,
    });
  });
});

/** What has to be said of an edge, as lines whose columns may be anywhere. */
const SAID: readonly (readonly [name: string, lines: readonly string[]])[] = [
  [
    "heroku",
    [
      "append X-Forwarded-For {client}",
      "set X-Forwarded-Proto {scheme}",
      "pass X-Forwarded-Host",
      "Host as the client named it",
      "HTTP to the app HTTP/1.1, kept alive",
      "plain HTTP passed to the app, told that it is http",
      "first byte 30 s, beyond it 503 (H12)",
      "silence 55 s within a response or WebSocket, then broken off",
      "headers documented devcenter.heroku.com: http-routing",
    ],
  ],
  [
    "nginx",
    [
      "Host rewritten to the app's own address",
      "HTTP to the app HTTP/1.0, Connection: close",
      "WebSocket not passed: Upgrade is dropped",
      "plain HTTP redirect to https, 301",
      "request body 1 MiB, beyond it 413",
      "limits captured nginx 1.22.1 (Debian 12)",
    ],
  ],
  ["nginx-1.30", ["toApp documented nginx 1.29.7 change log; the rest as captured from 1.22.1"]],
  [
    "apache",
    [
      "other headers lines of one name merged",
      "path dots and double slashes resolved, encoded anew; 404 for an encoded slash",
      "response has Server: Apache/2.4.71 (Debian), unless the app sends its own",
    ],
  ],
  [
    "haproxy",
    [
      "append-line X-Forwarded-For {client}",
      "HTTP to the app as the client, kept alive",
      "hop by hop all but close and keep-alive passes, in place",
    ],
  ],
  ["traefik", ["plain HTTP redirect to https, 302, 307 for methods other than GET"]],
  [
    "pythonanywhere",
    [
      "plain HTTP redirect to https, 301 for GET and HEAD; other methods pass",
      "headers unverified general knowledge; uWSGI maps X-Forwarded-Proto by itself (zulip#25668)",
    ],
  ],
  [
    "aws-cloudfront",
    [
      "plain HTTP redirect to https, 301, 307 for methods other than GET and HEAD; 403 for HTTP/1.0",
      "body of a GET answered 403",
    ],
  ],
  ["aws-alb", ["addresses in For 30, beyond it 463"]],
  ["aws-api-gateway", ["plain HTTP not answered"]],
  [
    "ingress-nginx",
    [
      "plain HTTP redirect to https, 308; not below /.well-known/acme-challenge",
      "response adds Strict-Transport-Security: max-age=15724800; includeSubDomains",
      "response drops Server",
      "set X-Original-Forwarded-For {sent} (where the client sent x-forwarded-for)",
    ],
  ],
  [
    "vercel",
    [
      "set X-Forwarded-Port {port} (unverified)",
      "request body 4.5 MiB, beyond it 413 (FUNCTION_PAYLOAD_TOO_LARGE)",
    ],
  ],
  ["codespaces", ["Host localhost and the app's port"]],
  ["devtls", ["connects from 127.0.0.1", "strip Forwarded"]],
];

describe("one edge", () => {
  it.each(SAID)("%s", async (name, lines) => {
    const said = (await edges(name)).split("\n").map((line) => line.trim().replace(/ {2,}/g, " "));
    expect(said[0]).toMatch(new RegExp(`^${name.replace(".", "\\.")}: \\S`));
    for (const line of lines) expect(said).toContain(line);
  });

  it("has the source of each of its parts", async () => {
    const text = await edges("fly");
    for (const part of ["headers", "toApp", "plain", "limits", "response"]) {
      expect(text).toMatch(new RegExp(`^  ${part} +documented +\\S`, "m"));
    }
  });

  it("has no space at the end of a line", async () => {
    for (const { name } of PROFILES.slice(0, 8)) expect(await edges(name)).not.toMatch(/ \n/);
  });

  it("is an example for --edge-file as JSON", async () => {
    const box = newSandbox();
    const { edges: list } = JSON.parse((await box.prepare(["edges", "caddy", "--json"])).stdout);
    expect(list).toHaveLength(1);
    writeFileSync(box.path("edge.json"), JSON.stringify({ ...list[0], nonsense: 1 }));
    const args = ["serve", "--target", "8000", "--edge-file", "edge.json"];
    // All of it is understood but for what was added.
    await expectRefused(box, args, {
      status: 2,
      message: /could not read edge\.json: nonsense has to be left out/,
      hint: "See a profile as an example: devtls edges nginx --json",
    });
  });
});

describe("a name that is none", () => {
  it.each([
    ["herok", "heroku"],
    ["ngnix", "nginx"],
    ["aws-abl", "aws-alb"],
    ["Caddy", "caddy"],
  ])("%s suggests %s", async (given, meant) => {
    for (const args of [
      ["edges", given],
      ["serve", "--demo", "--simulate", given],
    ]) {
      await expectRefused(newSandbox(), args, {
        status: 2,
        message: new RegExp(`did you mean ${meant}\\?`),
        hint: /^One of: devtls, none, heroku/,
      });
    }
  });
});

describe("headers that nobody may set or drop", () => {
  it.each([
    ["--set-header", "Content-Length: 5"],
    ["--set-header", "transfer-encoding: chunked"],
    ["--set-header", "Connection: close"],
    ["--drop-header", "Content-Length"],
    ["--drop-header", "upgrade"],
  ])("%s '%s'", async (option, text) => {
    await expectRefused(newSandbox(), ["serve", "--target", "8000", option, text], {
      status: 2,
      message: `could not understand the arguments: ${option} ${text}: devtls itself says where a message ends`,
      hint: "Run: devtls serve --help",
    });
  });

  it("--forwarded-proto with a line end", async () => {
    await expectRefused(
      newSandbox(),
      ["serve", "--target", "8000", "--forwarded-proto", "https\r\nX-Forged: 1"],
      { status: 2, message: /--forwarded-proto/, hint: /./ },
    );
  });
});
