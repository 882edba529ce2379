/** `devtls serve --cookies`, as clients and apps see it. */
import { beforeAll, describe, expect, it } from "vitest";
import { freePort, type ServeRun } from "../support/cli.js";
import { pathFor, type Reply, readReply, startHeaderApp } from "../support/header-app.js";
import type { App } from "../support/http-app.js";
import { curl, serveJson, temporaryHome, trusting } from "../support/programs.js";
import { describeWith } from "../support/tools.js";

const PROTOCOLS = [["--http1.1"], ["--http2"]] as const;

/** A line that passes, and every rule that a line can break on https. */
const KEPT = ["a=1; Path=/; HttpOnly", "__Host-b=2; Secure; Path=/", "c=3; SameSite=None; Secure"];
const REFUSED_ON_HTTPS = [
  "none=1; SameSite=None",
  "__Secure-a=1",
  "__Host-a=1; Secure; Path=/; Domain=localhost.test",
  "__hOsT-b=1; Secure",
  "__Http-a=1; Secure",
  "__Host-Http-a=1; Secure; Path=/",
  "other=1; Domain=example.com",
  "suffix=1; Domain=com",
  "below=1; Domain=app.localhost",
  `large=${"x".repeat(4092)}`,
  "__Host-nameless",
  "=",
  "chips=1; Partitioned",
];

describeWith(["curl"], "devtls serve --cookies", () => {
  const home = temporaryHome();
  let app: App;
  const runs = new Map<string, { run: ServeRun; plain: string }>();

  beforeAll(async () => {
    app = await startHeaderApp();
    for (const mode of ["default", "pass", "strict", "secure", "insecure"]) {
      const port = await freePort();
      const run = await serveJson(
        [
          ...["--target", String(app.port), "--http-port", String(port), "--http", "proxy"],
          ...(mode === "default" ? [] : ["--cookies", mode]),
        ],
        home,
      );
      runs.set(mode, { run, plain: `http://localhost:${port}` });
    }
  });

  interface Question {
    readonly set?: readonly string[];
    readonly cookie?: string;
    readonly path?: string;
    readonly plain?: boolean;
    readonly options?: readonly string[];
  }

  async function ask(mode: string, question: Question): Promise<Reply> {
    const { set = [], cookie, path = "/", plain = false, options = [] } = question;
    const { run, plain: plainUrl } = runs.get(mode) as { run: ServeRun; plain: string };
    const url = `${plain ? plainUrl : run.url}${pathFor(
      set.map((line) => `Set-Cookie: ${line}`),
      path,
    )}`;
    const sent = cookie === undefined ? [] : ["--header", `Cookie: ${cookie}`];
    const { stdout, stderr } = await curl([
      ...["--include", ...trusting(home), ...options, ...sent, url],
    ]);
    expect(stderr).toBe("");
    return readReply(stdout);
  }

  const passed = async (mode: string, question: Question): Promise<string[]> =>
    (await ask(mode, question)).values("set-cookie");

  describe.each(["default", "pass"])("%s", (mode) => {
    it.each(PROTOCOLS)("leaves every line as it is over %s", async (option) => {
      const set = [...KEPT, ...REFUSED_ON_HTTPS];
      expect(await passed(mode, { set, options: [option] })).toEqual(set);
      expect(await passed(mode, { set, plain: true })).toEqual(set);
    });

    it("leaves every cookie as it is", async () => {
      const cookie = "__Host-a=1;b = 2 ;; c";
      expect((await ask(mode, { cookie })).body).toBe(cookie);
      expect((await ask(mode, { cookie, plain: true })).body).toBe(cookie);
    });
  });

  describe("strict", () => {
    it.each(PROTOCOLS)("passes what a browser stores, in order, over %s", async (option) => {
      const set = KEPT.flatMap((line, index) => [REFUSED_ON_HTTPS[index] as string, line]);
      expect(await passed("strict", { set, options: [option] })).toEqual(KEPT);
    });

    it.each(REFUSED_ON_HTTPS)("keeps from the browser: %.40s", async (line) => {
      expect(await passed("strict", { set: [line, "z=1"] })).toEqual(["z=1"]);
    });

    it("keeps everything Secure from plain http, localhost or not", async () => {
      const set = ["a=1", "b=2; Secure", "__Secure-c=3; Secure", "d=4; SameSite=None; Secure"];
      expect(await passed("strict", { set, plain: true })).toEqual(["a=1"]);
    });

    it("does not let plain http overwrite a Secure cookie", async () => {
      await ask("strict", { set: ["guarded=1; Secure; Path=/"] });
      const set = ["guarded=2; Path=/", "guarded=; Path=/; Max-Age=0", "free=3"];
      expect(await passed("strict", { set, plain: true })).toEqual(["free=3"]);
    });

    it("keeps Secure cookies from an app that was asked over plain http", async () => {
      await ask("strict", { set: ["sid=1; Secure; Path=/", "theme=dark; Path=/"] });
      const cookie = "theme=dark; sid=1; x; y=2";
      expect((await ask("strict", { cookie, plain: true })).body).toBe("theme=dark; x; y=2");
      expect((await ask("strict", { cookie })).body).toBe(cookie);
      const second = await ask("strict", { cookie, options: ["--http2"] });
      expect(second.body).toBe(cookie);
    });

    it("sends no Cookie field when none is left", async () => {
      await ask("strict", { set: ["only=1; Secure; Path=/"] });
      expect((await ask("strict", { cookie: "only=1", plain: true })).body).toBe("");
    });

    it("goes by the path of a Secure cookie", async () => {
      await ask("strict", { set: ["deep=1; Secure; Path=/admin"] });
      const at = async (path: string): Promise<string> =>
        (await ask("strict", { cookie: "deep=1", plain: true, path })).body;
      expect([await at("/"), await at("/admin/x"), await at("/administrator")]).toEqual([
        "deep=1",
        "",
        "deep=1",
      ]);
    });

    it("knows by its name that a cookie is Secure", async () => {
      const cookie = "__Host-n=1; __secure-n=2; __Http-n=3; __Host-Http-n=4; __other=5";
      expect((await ask("strict", { cookie, plain: true })).body).toBe("__other=5");
    });

    it("forgets a cookie that https deleted or set again without Secure", async () => {
      await ask("strict", { set: ["gone=1; Secure; Path=/", "open=1; Secure; Path=/"] });
      await ask("strict", { set: ["gone=; Path=/; Max-Age=0", "open=2; Path=/"] });
      const cookie = "gone=1; open=2";
      expect((await ask("strict", { cookie, plain: true })).body).toBe(cookie);
      expect(await passed("strict", { set: ["open=3; Path=/"], plain: true })).toHaveLength(1);
    });

    it("keeps hosts apart", async () => {
      await ask("strict", { set: ["mine=1; Secure; Path=/"] });
      const { plain } = runs.get("strict") as { plain: string };
      const { port } = new URL(plain);
      const address = await curl(["--header", "Cookie: mine=1", `http://127.0.0.1:${port}/`]);
      expect(address.stdout).toBe("mine=1");
    });
  });

  describe("secure", () => {
    it.each(PROTOCOLS)("adds Secure where it is missing, over %s", async (option) => {
      const set = ["a=1", "b=2; Path=/; HttpOnly", "c=3; secure; Path=/", "d=4; SameSite=None"];
      expect(await passed("secure", { set, options: [option] })).toEqual([
        ...["a=1; Secure", "b=2; Path=/; HttpOnly; Secure", "c=3; secure; Path=/"],
        "d=4; SameSite=None; Secure",
      ]);
    });

    it("adds it over plain http as well, as an edge with such a rule does", async () => {
      expect(await passed("secure", { set: ["a=1"], plain: true })).toEqual(["a=1; Secure"]);
    });
  });

  describe("insecure", () => {
    it.each(PROTOCOLS)("removes Secure and what needs it, over %s", async (option) => {
      const set = [
        "a=1",
        "b=2; Path=/; SECURE ;HttpOnly",
        "c=3; Secure; SameSite=None; Partitioned; Path=/",
        "d=4; SameSite=Strict; Secure",
        "e=secure; Path=/secure",
      ];
      expect(await passed("insecure", { set, options: [option] })).toEqual([
        ...["a=1", "b=2; Path=/;HttpOnly", "c=3; Path=/", "d=4; SameSite=Strict"],
        "e=secure; Path=/secure",
      ]);
    });

    it("leaves a name alone that promises Secure", async () => {
      const set = ["__Host-a=1; Secure; Path=/", "__Secure-b=2; Secure"];
      expect(await passed("insecure", { set })).toEqual(set);
    });
  });
});
