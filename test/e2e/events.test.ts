/** What `devtls serve` prints: the ready line for people, one event a line with --json. */
import { beforeAll, describe, expect, it } from "vitest";
import { devtls, freePort } from "../support/cli.js";
import { type App, startApp } from "../support/http-app.js";
import { curl, serveJson, serveText, temporaryHome, trusting } from "../support/programs.js";
import { describeWith } from "../support/tools.js";

describeWith(["curl"], "what devtls serve prints", () => {
  const home = temporaryHome();
  const stranger = temporaryHome();
  let app: App;
  let target: string;

  beforeAll(async () => {
    app = await startApp((request, response) => {
      if (request.url === "/missing") response.statusCode = 404;
      if (request.url === "/loop") {
        response.writeHead(302, { Location: `https://${request.headers.host}/loop` });
      }
      response.end("hello\n");
    });
    target = String(app.port);
  });

  async function serveOn(...options: string[]) {
    const port = await freePort();
    const run = await serveText(["--port", String(port), "--target", target, ...options], home);
    return { run, port };
  }

  describe("for people", () => {
    it("is one line on stdout when it is ready, word for word", async () => {
      const { run, port } = await serveOn();
      await curl([...trusting(home), run.url]);
      await run.stop();
      expect(run.stdout()).toBe(`https://localhost:${port} -> http://localhost:${target}\n`);
    });

    it("names the host of --host in that line", async () => {
      const { run, port } = await serveOn("--host", "app.localhost");
      await run.stop();
      expect(run.stdout()).toBe(`https://app.localhost:${port} -> http://localhost:${target}\n`);
    });

    it("is a line for each request on stderr", async () => {
      const { run } = await serveOn();
      await curl([...trusting(home), `${run.url}/some/page?x=1`]);
      await run.stop();
      expect(run.stderr()).toMatch(/^200 GET \/some\/page\?x=1 \d+ ms$/m);
    });

    it("is one line with a count for a request that comes again and again", async () => {
      const { run } = await serveOn("--no-probe");
      await Promise.all(
        Array.from({ length: 12 }, () => curl([...trusting(home), `${run.url}/same`])),
      );
      await run.stop();
      const lines = run.stderr().match(/^200 GET \/same \d+ ms(?:, \d+ times)?$/gm) ?? [];
      const counts = lines.map((line) => Number(/, (\d+) times$/.exec(line)?.[1] ?? 1));
      expect(counts.reduce((sum, count) => sum + count)).toBe(12);
    });

    it("names the finding on each line of a request that it is about", async () => {
      const { run } = await serveOn();
      await curl([...trusting(home), `${run.url}/loop`]);
      await run.waitFor(/^redirect-loop: /m);
      await curl([...trusting(home), `${run.url}/loop`]);
      await run.stop();
      expect(run.stderr()).toMatch(/^302 GET \/loop \d+ ms.* redirect-loop: [a-z-]+$/m);
      expect(run.stderr()).toContain("In full: devtls explain redirect-loop");
    });

    it.each([
      ["problems", false, true],
      ["all", true, true],
      ["none", false, false],
    ])("is of the requests that --requests %s asks for", async (which, fine, bad) => {
      const { run } = await serveOn("--requests", which);
      await curl([...trusting(home), `${run.url}/fine`]);
      await curl([...trusting(home), `${run.url}/missing`]);
      await run.stop();
      expect(/^200 GET \/fine /m.test(run.stderr())).toBe(fine);
      expect(/^404 GET \/missing /m.test(run.stderr())).toBe(bad);
    });

    it("is nothing but the ready line with --quiet, while all goes well", async () => {
      const { run } = await serveOn("--quiet");
      await curl([...trusting(home), run.url]);
      await run.stop();
      expect(run.stderr()).toBe("");
    });

    it("has findings even with --quiet", async () => {
      const { run } = await serveOn("--quiet");
      await curl([...trusting(home), `${run.url}/loop`]);
      await run.stop();
      expect(run.stderr()).toContain("redirect-loop: app-ignores-forwarded-proto");
    });

    it("has the headers of both sides with --verbose", async () => {
      const { run, port } = await serveOn("--verbose");
      await curl([...trusting(home), "--http1.1", run.url]);
      await run.stop();
      expect(run.stderr()).toContain(`> X-Forwarded-Host: localhost:${port}\n`);
      expect(run.stderr()).toContain("< Content-Length: 6\n");
    });

    it("says how to be trusted to the client that does not trust it", async () => {
      const { run } = await serveOn();
      await devtls(["ca", "create"], { env: stranger.env });
      const { status } = await curl([...trusting(stranger), run.url]);
      await run.waitFor(/a client does not trust the certificate\..*devtls trust/);
      await run.stop();
      expect(status).toBe(60); // curl's "cannot be authenticated"
    });
  });

  describe("as JSON", () => {
    it("begins with a listening event", async () => {
      const run = await serveJson(["--target", target, "--simulate", "none"], home);
      await run.stop();
      expect(run.events[0]).toEqual({
        event: "listening",
        url: `https://localhost:${run.port}`,
        target: `http://localhost:${target}`,
        edge: "none",
        http: null,
      });
    });

    it.each([
      ["--http1.1", "HTTP/1.1"],
      ["--http2", "HTTP/2"],
    ])("has an event for a request of curl %s", async (option, protocol) => {
      const run = await serveJson(["--target", target], home);
      await curl([...trusting(home), option, `${run.url}/a?b=c`]);
      await run.stop();
      expect(run.events.filter(({ event }) => event === "request")).toEqual([
        {
          event: "request",
          id: expect.any(Number),
          method: "GET",
          url: `${run.url}/a?b=c`,
          status: 200,
          ms: expect.any(Number),
          bytes: 6,
          protocol,
        },
      ]);
    });

    it("gives every request an id of its own", async () => {
      const run = await serveJson(["--target", target], home);
      await curl([...trusting(home), `${run.url}/[1-5]`]);
      await run.stop();
      const ids = run.events.filter(({ event }) => event === "request").map(({ id }) => id);
      expect(new Set(ids).size).toBe(5);
    });

    it("has a finding with every field of the contract", async () => {
      const run = await serveJson(["--target", target], home);
      await curl([...trusting(home), `${run.url}/loop`]);
      await run.stop();
      expect(run.events.find(({ event }) => event === "finding")).toMatchObject({
        code: "redirect-loop",
        cause: "app-ignores-forwarded-proto",
        confidence: "proved",
        url: `${run.url}/loop`,
        framework: null,
        explanation: expect.any(String),
        fix: expect.arrayContaining([expect.any(String)]),
      });
    });

    it("says when the target answers for the first time, and that once", async () => {
      const run = await serveJson(["--target", target], home);
      await curl([...trusting(home), `${run.url}/[1-3]`]);
      await run.stop();
      expect(run.events.filter(({ event }) => event === "target")).toEqual([
        { event: "target", state: "up", target: `http://localhost:${target}` },
      ]);
    });

    it("ends with a closed event, and every line is JSON of its own", async () => {
      const run = await serveJson(["--target", target], home);
      await curl([...trusting(home), run.url]);
      await run.stop();
      expect(run.events.at(-1)).toEqual({ event: "closed" });
    });
  });
});
