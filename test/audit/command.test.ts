/** `devtls audit` as people and CI run it. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { devtls, type Outcome } from "../support/cli.js";
import { type Home, serveJson, temporaryHome } from "../support/programs.js";
import { HTML, plainSite } from "./local.js";

let home: Home;
let app: string;
let port: number;
beforeAll(async () => {
  home = temporaryHome();
  port = await plainSite((request, response) => {
    const isSecure = request.headers["x-forwarded-proto"] === "https";
    const hsts = isSecure ? { "Strict-Transport-Security": "max-age=31536000" } : {};
    const status = request.url === "/" ? 200 : 404;
    response
      .writeHead(status, { ...HTML, ...hsts, "X-Powered-By": "Express" })
      .end("<!doctype html>in");
  });
  app = `http://localhost:${port}/`;
});

const run = (...args: readonly string[]): Promise<Outcome> =>
  devtls(["audit", ...args], { env: home.env, cwd: home.folder });

interface Json {
  readonly url: string;
  readonly grade: string;
  readonly local: boolean;
  readonly framework: string | null;
  readonly headers: {
    readonly grade: string;
    readonly score: number;
    readonly tests: readonly {
      readonly id: string;
      readonly result: string;
      readonly modifier: number;
    }[];
  };
  readonly tls: {
    readonly grade: string;
    readonly score: number;
    readonly caps: readonly unknown[];
    readonly local: boolean;
    readonly protocols: readonly { readonly version: string; readonly state: string }[];
  } | null;
  readonly checks: readonly {
    readonly id: string;
    readonly status: string;
    readonly detail: string;
    readonly fix: readonly string[];
    readonly where?: string;
    readonly known?: true;
  }[];
  readonly edges?: readonly { readonly edge: string; readonly grade: string }[];
}

const json = ({ stdout }: Outcome): Json => JSON.parse(stdout) as Json;

describe("The JSON", () => {
  it("has the fields of the contract", async () => {
    const outcome = await run(app, "--json");
    expect(outcome.status).toBe(3);
    const found = json(outcome);
    expect(found).toMatchObject({ url: app, local: true, tls: null, framework: "express" });
    expect(found.headers.tests).toHaveLength(12);
    expect(found.headers.tests.every(({ modifier }) => Number.isInteger(modifier))).toBe(true);
    const statuses = new Set(found.checks.map(({ status }) => status));
    expect([...statuses].sort()).toEqual(["fail", "not-asked", "pass", "warn"]);
    const csp = found.checks.find(({ id }) => id === "content-security-policy");
    expect(csp?.fix.join()).toContain('res.set("Content-Security-Policy"');
    expect(csp?.where).toMatch(/^Express/);
  });
});

describe("Behind edges", () => {
  it("each has its grade, and what differs is said", async () => {
    const outcome = await run(
      app,
      "--simulate",
      "nginx",
      "--simulate",
      "cloudflare-flexible",
      "--json",
    );
    const { edges = [], checks, grade } = json(outcome);
    expect(edges.map(({ edge }) => edge)).toEqual(["nginx", "cloudflare-flexible"]);
    expect(edges.map((each) => each.grade)).toContain(grade);
    expect(checks.find(({ id }) => id === "edge-differences")?.detail).toContain("redirection");
  });

  it("that there are not is a usage error with the nearest name", async () => {
    const { status, stderr } = await run(app, "--simulate", "ngnix");
    expect(status).toBe(2);
    expect(stderr).toContain("--simulate ngnix");
    expect(stderr).toContain("nginx");
  });

  it("a server elsewhere is not asked", async () => {
    const { status, stderr } = await run("https://192.0.2.1/", "--simulate", "nginx");
    expect(status).toBe(2);
    expect(stderr).toContain("it is not on this machine");
  });
});

describe("A running serve", () => {
  it("is audited with the HSTS of its app, which it strips itself, and its own TLS", async () => {
    const { url } = await serveJson(["--target", String(port)], home);
    const found = json(await run(url, "--json"));
    const hsts = found.headers.tests.find(({ id }) => id === "strict-transport-security");
    expect(hsts?.result).toBe("hsts-implemented-max-age-at-least-six-months");
    expect(found.tls).toMatchObject({ grade: "A+", local: true, caps: [] });
    expect(
      found.tls?.protocols.filter(({ state }) => state === "offered").map(({ version }) => version),
    ).toEqual([...["TLSv1.3", "TLSv1.2"]]);
    expect(found.local).toBe(true);
    const chain = found.checks.find(({ id }) => id === "tls-certificate");
    expect(chain).toMatchObject({
      status: "pass",
      detail: expect.stringContaining("this machine"),
    });
  });
});

describe("Reports", () => {
  it("are written in every format, and a baseline forgives what it knows", async () => {
    const file = (name: string): string => join(home.folder, name);
    const formats = ["junit", "sarif", "markdown", "html", "github", "json"];
    const wanted = formats.flatMap((format) => ["--report", `${format}=${file(`out.${format}`)}`]);
    const baseline = file("known.json");
    const first = await run(app, ...wanted, "--baseline", baseline, "--update-baseline");
    expect(first.status).toBe(3);
    for (const format of formats) expect(existsSync(file(`out.${format}`)), format).toBe(true);
    expect(readFileSync(file("out.junit"), "utf8")).toMatch(
      /<testcase [^>]*name="content-security-policy/,
    );
    expect(
      JSON.parse(readFileSync(file("out.sarif"), "utf8")).runs[0].results.length,
    ).toBeGreaterThan(3);
    const again = await run(app, "--baseline", baseline, "--json");
    expect(again.status).toBe(0);
    expect(json(again).checks.filter(({ status, known }) => status === "fail" && !known)).toEqual(
      [],
    );
    const less = JSON.parse(readFileSync(baseline, "utf8"));
    less.findings = less.findings.filter(
      (each: string) => !each.startsWith("content-security-policy"),
    );
    writeFileSync(baseline, JSON.stringify(less));
    expect((await run(app, "--baseline", baseline)).status).toBe(3);
  });
});

describe("On a terminal", () => {
  it("failures come first, each with its line", async () => {
    const { stdout } = await run(app);
    const words = [...stdout.matchAll(/^(fail|warn|pass|not-asked) +\S/gm)].map(([, word]) => word);
    const order = ["fail", "warn", "pass", "not-asked"];
    const sorted = [...words].sort((a, b) => order.indexOf(a ?? "") - order.indexOf(b ?? ""));
    expect(words).toEqual(sorted);
    expect(stdout).toContain("(local: only this machine sees or trusts it)");
    expect(stdout).toMatch(/fail +x-frame-options: .+\n +Express, .+\n +app\.use\(/);
  });
});

describe("A wrong use", () => {
  it.each([
    [["ftp://localhost/"], "is no http or https address"],
    [["https://user:secret@localhost/"], "holds a user name"],
    [["https://localhost/", "--path", "login"], "--path login: not a path"],
    [["https://localhost/", "--http-url", "https://localhost/"], "it is not plain http"],
    [["https://localhost/", "--report", "pdf=x"], "--report pdf=x"],
    [[], "missing required argument"],
  ])("%j is told and asks nobody", async (args, words) => {
    const { status, stderr } = await run(...args);
    expect(status).toBe(2);
    expect(stderr).toContain(words);
  });

  it("of a port where nothing listens is a failure with a hint", async () => {
    const { status, stderr } = await run("http://localhost:1/");
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^devtls: could not audit http:\/\/localhost:1\/: .+\n {2}Is the server running/m,
    );
  });
});
