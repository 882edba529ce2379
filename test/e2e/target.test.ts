/** The target of `devtls serve`: where it may be, and what clients see while it is not there. */
import type { BrowserContext } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { startBrowser, trustInBrowsers, whyNoBrowser } from "../support/browser.js";
import { freePort } from "../support/cli.js";
import { startApp } from "../support/http-app.js";
import { curl, serveJson, serveText, temporaryHome, trusting } from "../support/programs.js";
import { describeUnless, describeWith } from "../support/tools.js";

describeWith(["curl"], "the target", () => {
  const home = temporaryHome();
  const stranger = temporaryHome();

  it.each(["127.0.0.1", "::1"])("is found when it listens on %s only", async (host) => {
    const app = await startApp((_request, response) => response.end(`from ${host}`), { host });
    const run = await serveJson(["--target", String(app.port)], home);
    const { stdout } = await curl([...trusting(home), run.url]);
    await run.stop();
    expect(stdout).toBe(`from ${host}`);
  });

  it.each(["127.0.0.1:", "http://localhost:", "http://127.0.0.1:"])(
    "may be written as %sPORT",
    async (prefix) => {
      const app = await startApp((_request, response) => response.end("here"));
      const run = await serveJson(["--target", `${prefix}${app.port}`], home);
      const { stdout } = await curl([...trusting(home), run.url]);
      await run.stop();
      expect(stdout).toBe("here");
    },
  );

  it("may speak TLS with a certificate of the same authority", async () => {
    const inner = await serveJson(["--demo"], home);
    const outer = await serveJson(["--target", inner.url], home);
    const { stdout } = await curl([...trusting(home), outer.url]);
    await outer.stop();
    await inner.stop();
    expect(stdout).toMatch(/^GET \/ HTTP/);
  });

  it("may not speak TLS with a stranger's certificate", async () => {
    const inner = await serveJson(["--demo"], stranger);
    const outer = await serveJson(["--target", inner.url], home);
    const { stdout } = await curl([...trusting(home), "--include", "--http1.1", outer.url]);
    await outer.stop();
    await inner.stop();
    expect(stdout).toMatch(/^HTTP\/1\.1 502 /);
    expect(stdout).toContain("--insecure-target");
  });

  it("may speak TLS with any certificate under --insecure-target", async () => {
    const inner = await serveJson(["--demo"], stranger);
    const outer = await serveJson(["--target", inner.url, "--insecure-target"], home);
    const { stdout } = await curl([...trusting(home), outer.url]);
    await outer.stop();
    await inner.stop();
    expect(stdout).toMatch(/^GET \/ HTTP/);
  });

  describe("that is down", () => {
    /** Not one of the system's choice, which another server may get meanwhile. */
    const target = 9;

    /** What curl gets from a target that refuses connections. */
    async function askInVain(accept: string) {
      const run = await serveJson(["--target", String(target)], home);
      const report = ["--write-out", "\n%{http_code} %{content_type}"];
      const client = [...trusting(home), "--header", `Accept: ${accept}`, ...report, run.url];
      const { stdout } = await curl(client);
      await run.stop();
      const [, body = "", status, type] = /^(.*)\n(\d+) (.*)$/s.exec(stdout) ?? [];
      return { run, body, status, type };
    }

    it("is a 502 in HTML for browsers, naming the addresses that refused", async () => {
      const { body, status, type } = await askInVain("text/html,*/*;q=0.8");
      expect({ status, type }).toEqual({ status: "502", type: "text/html; charset=utf-8" });
      expect(body).toContain(`127.0.0.1:${target}`);
      expect(body).toContain(`[::1]:${target}`);
    });

    it("is a 502 in JSON for who asks for JSON", async () => {
      const { body, status, type } = await askInVain("application/json");
      expect({ status, type }).toEqual({ status: "502", type: "application/json" });
      expect(JSON.parse(body)).toMatchObject({ status: 502 });
      expect(body).toContain(`127.0.0.1:${target}`);
    });

    it("is a 502 in text for everybody else", async () => {
      const { body, status, type } = await askInVain("*/*");
      expect({ status, type }).toEqual({ status: "502", type: "text/plain; charset=utf-8" });
      expect(body).toContain(`127.0.0.1:${target}`);
    });

    it("is an event", async () => {
      const { run } = await askInVain("*/*");
      expect(run.events.filter(({ event }) => event === "target")).toEqual([
        { event: "target", state: "down", target: `http://localhost:${target}` },
      ]);
    });

    it("is said on the terminal", async () => {
      const args = ["--port", String(await freePort()), "--target", String(target)];
      const run = await serveText(args, home);
      await curl([...trusting(home), run.url]);
      await run.waitFor(new RegExp(`http://localhost:${target} refuses connections`));
      await run.stop();
    });
  });
});

describeUnless(whyNoBrowser(), "a page whose target is down", () => {
  const home = temporaryHome();
  let browser: BrowserContext;

  beforeAll(async () => {
    await trustInBrowsers(home);
    browser = await startBrowser(home);
  });

  it("names the address that refused, and loads again when the app comes up", async () => {
    const target = await freePort();
    const run = await serveJson(["--target", String(target)], home);
    const page = await browser.newPage();
    const answer = await page.goto(`${run.url}/page`);
    expect(answer?.status()).toBe(502);
    expect(await page.textContent("body")).toContain(`127.0.0.1:${target}`);
    const app = await startApp(
      (request, response) => {
        response.setHeader("Content-Type", "text/html");
        response.end(`<p id=app>${request.url} of the app`);
      },
      { port: target },
    );
    expect(await page.textContent("#app")).toBe("/page of the app");
    await run.stop();
    app.close();
  });
});
