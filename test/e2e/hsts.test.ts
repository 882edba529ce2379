/** `devtls serve --hsts`: what browsers get to see of Strict-Transport-Security. */
import { beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../support/cli.js";
import { pathFor, readReply, startHeaderApp } from "../support/header-app.js";
import type { App } from "../support/http-app.js";
import { curl, serveJson, temporaryHome, trusting } from "../support/programs.js";
import { describeWith } from "../support/tools.js";

const NAME = "Strict-Transport-Security";
const OWN = "max-age=31536000; includeSubDomains; preload";
const PROTOCOLS = ["--http1.1", "--http2"] as const;

describeWith(["curl"], "devtls serve --hsts", () => {
  const home = temporaryHome();
  let app: App;

  beforeAll(async () => {
    app = await startHeaderApp();
  });

  /** What comes of it over HTTP/1.1, HTTP/2 and plain http. */
  async function seen(args: readonly string[], lines: readonly string[]): Promise<string[][]> {
    const port = await freePort();
    const run = await serveJson(
      [...["--target", String(app.port), "--http-port", String(port), "--http", "proxy"], ...args],
      home,
    );
    const path = pathFor(lines);
    const of = async (url: string, ...options: string[]): Promise<string[]> => {
      const { stdout } = await curl(["--include", ...trusting(home), ...options, `${url}${path}`]);
      const reply = readReply(stdout);
      expect(reply.values("x-first")).toEqual(["1"]);
      expect(reply.values("x-last")).toEqual(["2"]);
      return reply.values(NAME);
    };
    const all = [];
    for (const protocol of PROTOCOLS) all.push(await of(run.url, protocol));
    all.push(await of(`http://localhost:${port}`));
    await run.stop();
    return all;
  }

  const around = (...lines: string[]): string[] => ["X-First: 1", ...lines, "X-Last: 2"];
  const TWO_YEARS = "max-age=63072000";

  it.each<[what: string, args: string[], lines: string[], expected: string[][]]>([
    ["is stripped by default", [], [`${NAME}: ${OWN}`], [[], [], []]],
    [
      "is stripped in any case",
      ["--hsts", "strip"],
      [`STRICT-transport-SECURITY: ${OWN}`],
      [[], [], []],
    ],
    [
      "is stripped as often as it comes",
      [],
      [`${NAME}: ${OWN}`, `${NAME}: max-age=1`],
      [[], [], []],
    ],
    ["need not be there", [], [], [[], [], []]],
    ["is passed", ["--hsts", "pass"], [`${NAME}: ${OWN}`], [[OWN], [OWN], [OWN]]],
    ["is replaced", ["--hsts", "63072000"], [`${NAME}: ${OWN}`], [[TWO_YEARS], [TWO_YEARS], []]],
    ["is added", ["--hsts", "0"], [], [["max-age=0"], ["max-age=0"], []]],
  ])("%s", async (_what, args, lines, expected) => {
    expect(await seen(args, around(...lines))).toEqual(expected);
  });

  describe("of a simulated edge", () => {
    const vercel = (...args: string[]): string[] => ["--simulate", "vercel", ...args];

    it("is stripped, too", async () => {
      expect(await seen(vercel(), around())).toEqual([[], [], []]);
    });

    it("is passed on request", async () => {
      const [first, second] = await seen(vercel("--hsts", "pass"), around());
      expect([first, second]).toEqual([[TWO_YEARS], [TWO_YEARS]]);
    });
  });
});
