/** Plain HTTP: on the TLS port, and on a port of its own. */
import { beforeAll, describe, expect, it } from "vitest";
import { freePort, type ServeRun } from "../support/cli.js";
import { type App, received, startEcho, valuesOf } from "../support/http-app.js";
import { curl, serveJson, temporaryHome, trusting } from "../support/programs.js";
import { describeWith } from "../support/tools.js";

const HEAD = ["--output", "/dev/null", "--write-out", "%{http_code} %{redirect_url}"];

describeWith(["curl"], "plain HTTP", () => {
  const home = temporaryHome();
  let app: App;

  beforeAll(async () => {
    app = await startEcho();
  });

  describe("on the TLS port", () => {
    let run: ServeRun;

    beforeAll(async () => {
      run = await serveJson(["--target", String(app.port)], home);
    });

    it("is answered by a 307 to the same URL over https", async () => {
      const { stdout } = await curl([...HEAD, `http://localhost:${run.port}/a/b?c=d&e`]);
      expect(stdout).toBe(`307 ${run.url}/a/b?c=d&e`);
    });

    it("has method and body arrive at the app when the client follows", async () => {
      const { stdout } = await curl([
        ...[...trusting(home), "--location", "--request", "PUT", "--data", "a=1"],
        `http://localhost:${run.port}/form`,
      ]);
      expect(received(stdout)).toMatchObject({ method: "PUT", url: "/form", body: "a=1" });
    });

    it("gets 421 for a foreign Host, not a redirect", async () => {
      const foreign = ["--header", "Host: evil.example"];
      const { stdout } = await curl([...HEAD, ...foreign, `http://localhost:${run.port}/`]);
      expect(stdout).toBe("421 ");
    });

    it("keeps an address instead of a name in the redirect", async () => {
      const { stdout } = await curl([...HEAD, `http://[::1]:${run.port}/`]);
      expect(stdout).toBe(`307 https://[::1]:${run.port}/`);
    });
  });

  describe("with --http-port", () => {
    async function servePlain(...options: string[]): Promise<{ run: ServeRun; plain: string }> {
      const port = await freePort();
      const args = ["--target", String(app.port), "--http-port", String(port), ...options];
      return { run: await serveJson(args, home), plain: `http://localhost:${port}` };
    }

    it("is redirected by a 308 to devtls's own TLS port", async () => {
      const { run, plain } = await servePlain();
      const { stdout } = await curl([...HEAD, `${plain}/a?b=c`]);
      await run.stop();
      expect(stdout).toBe(`308 ${run.url}/a?b=c`);
    });

    it.each(["301", "302", "307", "308"])("is redirected by --redirect-status %s", async (code) => {
      const { run, plain } = await servePlain("--http", "redirect", "--redirect-status", code);
      const { stdout } = await curl([...HEAD, `${plain}/`]);
      await run.stop();
      expect(stdout).toBe(`${code} ${run.url}/`);
    });

    it("reaches the app with --http proxy, which is told http", async () => {
      const { run, plain } = await servePlain("--http", "proxy");
      const { stdout } = await curl([`${plain}/page`]);
      await run.stop();
      const request = received(stdout);
      expect(request.url).toBe("/page");
      expect(valuesOf(request, "X-Forwarded-Proto")).toEqual(["http"]);
      expect(valuesOf(request, "X-Forwarded-Port")).toEqual([new URL(plain).port]);
      expect(valuesOf(request, "Host")).toEqual([new URL(plain).host]);
    });

    it("is refused with --http deny, which names the https URL", async () => {
      const { run, plain } = await servePlain("--http", "deny");
      const { stdout } = await curl(["--write-out", "%{http_code}", `${plain}/page`]);
      await run.stop();
      expect(stdout).toContain(`${run.url}/page`);
      expect(stdout).toMatch(/403$/);
    });

    it("is named in the listening event", async () => {
      const { run, plain } = await servePlain();
      await run.stop();
      expect(run.events[0]).toMatchObject({ event: "listening", http: plain });
    });

    it.each(["redirect", "proxy", "deny"])(
      "gets 421 for a foreign Host in mode %s",
      async (mode) => {
        const { run, plain } = await servePlain("--http", mode);
        const { stdout } = await curl([...HEAD, "--header", "Host: evil.example", plain]);
        await run.stop();
        expect(stdout).toBe("421 ");
      },
    );
  });
});
