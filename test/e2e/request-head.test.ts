/** What the app is told: the request head as it arrives behind devtls. */
import { beforeAll, describe, expect, it } from "vitest";
import type { ServeRun } from "../support/cli.js";
import { type App, type Received, received, startEcho, valuesOf } from "../support/http-app.js";
import { curl, serveJson, temporaryHome, trusting } from "../support/programs.js";
import { describeWith } from "../support/tools.js";

/** What a client may claim about itself. */
const CLAIMS = [
  "X-Forwarded-For: 203.0.113.9",
  "X-Forwarded-Proto: http",
  "X-Forwarded-Host: evil.example",
  "X-Forwarded-Port: 80",
  "x-forwarded-proto: gopher",
  "X-Forwarded-Ssl: off",
  "X-Forwarded-Scheme: http",
  "Forwarded: for=203.0.113.9;proto=http",
].flatMap((line) => ["--header", line]);

describeWith(["curl"], "the request head that the app receives", () => {
  const home = temporaryHome();
  let app: App;

  beforeAll(async () => {
    app = await startEcho();
  });

  async function requestThrough(
    options: readonly string[],
    client: readonly string[] = [],
  ): Promise<{ run: ServeRun; request: Received }> {
    const run = await serveJson(["--target", String(app.port), ...options], home);
    const { stdout, stderr } = await curl([...trusting(home), ...client, `${run.url}/path?q=1`]);
    await run.stop();
    expect(stderr).toBe("");
    return { run, request: received(stdout) };
  }

  describe.each(["--http1.1", "--http2"])("from curl %s", (version) => {
    it("carries the four forwarded headers of the default edge", async () => {
      const { run, request } = await requestThrough([], [version]);
      expect(valuesOf(request, "X-Forwarded-For")).toEqual(["127.0.0.1"]);
      expect(valuesOf(request, "X-Forwarded-Proto")).toEqual(["https"]);
      expect(valuesOf(request, "X-Forwarded-Host")).toEqual([`localhost:${run.port}`]);
      expect(valuesOf(request, "X-Forwarded-Port")).toEqual([String(run.port)]);
    });

    it("overwrites what the client says about itself", async () => {
      const { run, request } = await requestThrough([], [version, ...CLAIMS]);
      expect(valuesOf(request, "X-Forwarded-For")).toEqual(["127.0.0.1"]);
      expect(valuesOf(request, "X-Forwarded-Proto")).toEqual(["https"]);
      expect(valuesOf(request, "X-Forwarded-Host")).toEqual([`localhost:${run.port}`]);
      expect(valuesOf(request, "X-Forwarded-Port")).toEqual([String(run.port)]);
      expect(valuesOf(request, "X-Forwarded-Ssl")).toEqual([]);
      expect(valuesOf(request, "X-Forwarded-Scheme")).toEqual([]);
      expect(valuesOf(request, "Forwarded")).toEqual([]);
    });

    it("keeps Host, path and query as the client sent them", async () => {
      const { run, request } = await requestThrough([], [version]);
      expect(valuesOf(request, "Host")).toEqual([`localhost:${run.port}`]);
      expect(request.url).toBe("/path?q=1");
    });

    it("has none of the forwarded headers with --simulate none", async () => {
      const { request } = await requestThrough(["--simulate", "none"], [version, ...CLAIMS]);
      const told = request.headers.filter(([name]) => /^(?:x-)?forwarded/i.test(name));
      expect(told).toEqual([]);
    });
  });

  it.each([
    ["http", ["http"]],
    ["https, http", ["https, http"]],
    ["none", []],
  ])("has the value of --forwarded-proto '%s'", async (value, expected) => {
    const { request } = await requestThrough(["--forwarded-proto", value], CLAIMS);
    expect(valuesOf(request, "X-Forwarded-Proto")).toEqual(expected);
  });

  it("has --forwarded-proto even behind an edge that sends none", async () => {
    const options = ["--simulate", "none", "--forwarded-proto", "https"];
    const { request } = await requestThrough(options);
    expect(valuesOf(request, "X-Forwarded-Proto")).toEqual(["https"]);
  });

  it("has the last word of --set-header, over edge and client", async () => {
    const options = [
      "--set-header",
      "X-Forwarded-For: 198.51.100.1",
      "--set-header",
      "X-Id: {client}",
    ];
    const { request } = await requestThrough(options, ["--header", "X-Id: mine"]);
    expect(valuesOf(request, "X-Forwarded-For")).toEqual(["198.51.100.1"]);
    expect(valuesOf(request, "X-Id")).toEqual(["{client}"]);
  });

  it("lacks what --drop-header names, from edge and client alike", async () => {
    const options = ["--drop-header", "x-forwarded-port", "--drop-header", "User-Agent"];
    const { request } = await requestThrough(options);
    expect(valuesOf(request, "X-Forwarded-Port")).toEqual([]);
    expect(valuesOf(request, "User-Agent")).toEqual([]);
    expect(valuesOf(request, "X-Forwarded-Proto")).toEqual(["https"]);
  });

  it("tells the app the client's address of the family that it came by", async () => {
    const run = await serveJson(["--target", String(app.port)], home);
    const { stdout } = await curl([...trusting(home), `https://[::1]:${run.port}/`]);
    await run.stop();
    expect(valuesOf(received(stdout), "X-Forwarded-For")).toEqual(["::1"]);
    expect(valuesOf(received(stdout), "Host")).toEqual([`[::1]:${run.port}`]);
  });

  it.each(["--http1.1", "--http2"])("never comes for a foreign host (curl %s)", async (version) => {
    const run = await serveJson(["--target", String(app.port)], home);
    const { stdout } = await curl([
      ...[...trusting(home), version, "--header", "Host: evil.example"],
      ...["--write-out", "%{http_code}", `${run.url}/`],
    ]);
    await run.stop();
    expect(stdout).toContain("--host evil.example");
    expect(stdout).toMatch(/421$/);
  });
});
