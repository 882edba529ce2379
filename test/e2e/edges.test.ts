/** `serve --simulate` as it is used: plain HTTP, limits, the last word, a profile of one's own. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { freePort, type ServeRun } from "../support/cli.js";
import { type App, received, startApp, startEcho, valuesOf } from "../support/http-app.js";
import { curl, serveJson, temporaryHome, trusting } from "../support/programs.js";
import { describeWith } from "../support/tools.js";

const STATUS = ["--output", "/dev/null", "--write-out", "%{http_code} %{redirect_url}"];

describeWith(["curl"], "a simulated edge", () => {
  const home = temporaryHome();
  let app: App;

  beforeAll(async () => {
    app = await startEcho();
  });

  const serve = (...options: string[]): Promise<ServeRun> =>
    serveJson(["--target", String(app.port), ...options], home);

  /** Ends the run when done with it. */
  async function using<T>(options: string[], use: (run: ServeRun) => Promise<T>): Promise<T> {
    const run = await serve(...options);
    try {
      return await use(run);
    } finally {
      await run.stop();
    }
  }

  const get = async (url: string, ...args: string[]) =>
    received((await curl([...trusting(home), ...args, url])).stdout);
  const status = async (url: string, ...args: string[]) =>
    (await curl([...trusting(home), ...STATUS, ...args, url])).stdout;

  describe("plain HTTP", () => {
    const plain = async <T>(
      options: string[],
      use: (plain: string, secure: string) => Promise<T>,
    ): Promise<T> => {
      const port = await freePort();
      return using(["--http-port", String(port), ...options], (run) =>
        use(`http://localhost:${port}`, run.url),
      );
    };

    it.each([
      ["pythonanywhere", 301, 200],
      ["nginx", 301, 301],
      ["fly", 301, 301],
      ["ingress-nginx", 308, 308],
      ["vercel", 308, 308],
      ["caddy", 308, 308],
      ["traefik", 302, 307],
      ["aws-cloudfront", 301, 307],
      ["heroku", 200, 200],
    ])("of %s: GET %d, POST %d", async (edge, forGet, forPost) => {
      await plain(["--simulate", edge], async (url, secure) => {
        const expected = (code: number) => `${code} ${code === 200 ? "" : `${secure}/form?a`}`;
        expect(await status(`${url}/form?a`)).toBe(expected(forGet));
        expect(await status(`${url}/form?a`, "--data", "b=1")).toBe(expected(forPost));
      });
    });

    it("of Heroku reaches the app, which is told http and the port", async () => {
      await plain(["--simulate", "heroku"], async (url) => {
        const request = await get(`${url}/`);
        expect(valuesOf(request, "X-Forwarded-Proto")).toEqual(["http"]);
        expect(valuesOf(request, "X-Forwarded-Port")).toEqual([new URL(url).port]);
      });
    });

    it("of nginx loses the body of a POST, of Caddy it keeps it", async () => {
      const follow = (edge: string) =>
        plain(["--simulate", edge], (url) => get(`${url}/form`, "--location", "--data", "b=1"));
      expect(await follow("nginx")).toMatchObject({ method: "GET", url: "/form", body: "" });
      expect(await follow("caddy")).toMatchObject({ method: "POST", url: "/form", body: "b=1" });
    });

    it("of PythonAnywhere lets a POST through with its body, told http", async () => {
      await plain(["--simulate", "pythonanywhere"], async (url) => {
        const request = await get(`${url}/form`, "--data", "b=1");
        expect(request).toMatchObject({ method: "POST", body: "b=1" });
        expect(valuesOf(request, "X-Forwarded-Proto")).toEqual(["http"]);
      });
    });

    it("--force-https /admin redirects only there", async () => {
      await plain(["--simulate", "nginx", "--force-https", "/admin"], async (url, secure) => {
        expect(await status(`${url}/admin/x`)).toBe(`301 ${secure}/admin/x`);
        expect(await status(`${url}/other`)).toBe("200 ");
      });
    });

    it("--redirect-status says more than the edge", async () => {
      await plain(["--simulate", "traefik", "--redirect-status", "308"], async (url, secure) => {
        expect(await status(`${url}/`)).toBe(`308 ${secure}/`);
        expect(await status(`${url}/`, "--data", "a")).toBe(`308 ${secure}/`);
      });
    });

    it.each([
      ["proxy", "200 "],
      ["deny", "403 "],
    ])("--http %s says more than the edge", async (mode, expected) => {
      await plain(["--simulate", "caddy", "--http", mode], async (url) => {
        expect(await status(`${url}/`)).toBe(expected);
      });
    });

    it("--http redirect makes an edge redirect that does not", async () => {
      await plain(["--simulate", "heroku", "--http", "redirect"], async (url, secure) => {
        expect(await status(`${url}/`)).toBe(`308 ${secure}/`);
      });
    });
  });

  describe("limits", () => {
    const big = ["--data", `a=${"b".repeat(20_000)}`, "--header", "Expect:"];

    it("hold with --simulate, and --limits off drops them while the headers stay", async () => {
      const long = `/${"t".repeat(9000)}`;
      await using(["--simulate", "heroku"], async ({ url, waitFor }) => {
        expect(await status(`${url}${long}`)).toBe("414 ");
        const event = await waitFor(({ event }) => event === "request");
        expect(event).toMatchObject({ status: 414 });
      });
      await using(["--simulate", "heroku", "--limits", "off"], async ({ url }) => {
        const request = await get(`${url}${long}`);
        expect(valuesOf(request, "X-Request-Start")).toHaveLength(1);
      });
    });

    it("do not hold without --simulate", async () => {
      await using([], async ({ url }) => {
        expect(await status(`${url}/${"t".repeat(9000)}`)).toBe("200 ");
      });
    });

    it("of a profile of one's own hold, its times included", async () => {
      const silent = await startApp(() => undefined);
      const file = join(home.folder, "edge.json");
      writeFileSync(
        file,
        JSON.stringify({
          extends: "heroku",
          name: "ours",
          limits: {
            body: { max: 10_000, status: 413, code: "TOO_BIG" },
            firstByte: { max: 80, status: 503, code: "H12" },
          },
        }),
      );
      const run = await serveJson(["--target", String(silent.port), "--edge-file", file], home);
      expect(await status(`${run.url}/`, ...big)).toBe("413 ");
      const { stdout } = await curl([...trusting(home), "--write-out", "%{http_code}", run.url]);
      expect(stdout).toContain("ours would answer 503 (H12) here: no response within 0.08 s.");
      expect(stdout).toMatch(/503$/);
      await run.stop();
    });
  });

  describe("the last word", () => {
    it("is --set-header's and --drop-header's, on Host and X-Forwarded-For, too", async () => {
      const options = [
        ...["--simulate", "heroku", "--set-header", "Host: app.internal"],
        ...["--set-header", "X-Forwarded-For: 9.9.9.9", "--drop-header", "x-forwarded-proto"],
        ...["--set-header", "X-Braces: {client}"],
      ];
      await using(options, async ({ url }) => {
        const request = await get(url, "--header", "X-Forwarded-For: 6.6.6.6");
        expect(valuesOf(request, "Host")).toEqual(["app.internal"]);
        expect(valuesOf(request, "X-Forwarded-For")).toEqual(["9.9.9.9"]);
        expect(valuesOf(request, "X-Forwarded-Proto")).toEqual([]);
        expect(valuesOf(request, "X-Braces")).toEqual(["{client}"]);
      });
    });

    it("is --forwarded-proto's over the edge's", async () => {
      await using(["--simulate", "fly", "--forwarded-proto", "https, http"], async ({ url }) => {
        expect(valuesOf(await get(url), "X-Forwarded-Proto")).toEqual(["https, http"]);
      });
    });
  });

  it("connects as a stranger, the default as a neighbour", async () => {
    const peers: (string | undefined)[] = [];
    const watching = await startApp((request, response) => {
      peers.push(request.socket.remoteAddress);
      response.end();
    });
    for (const options of [["--simulate", "heroku"], []]) {
      const run = await serveJson(["--target", String(watching.port), ...options], home);
      await status(run.url);
      await run.stop();
    }
    expect(peers).toEqual([process.platform === "linux" ? "127.0.0.2" : "127.0.0.1", "127.0.0.1"]);
  });

  it("names itself in the first event", async () => {
    await using(["--simulate", "aws-alb"], async ({ events }) => {
      expect(events[0]).toMatchObject({ event: "listening", edge: "aws-alb" });
    });
  });
});
