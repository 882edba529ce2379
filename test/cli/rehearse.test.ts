/** `devtls rehearse` on the command line: table, fixes, reports, baselines, exit statuses. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type AppRequest,
  isSecure,
  redirect,
  site,
  startApp,
  type TestApp,
} from "../rehearse/app.js";
import { devtls, type RunOptions } from "../support/cli.js";
import { folderUntilEnd, serveJson, temporaryHome } from "../support/programs.js";

const home = temporaryHome();
const cwd = folderUntilEnd("devtls-rehearse-");
const run = (args: readonly string[], options: RunOptions = {}) =>
  devtls(["rehearse", ...args], { cwd, env: home.env, ...options });

let healthy: TestApp;
let listening: TestApp;

const forced = (request: AppRequest) =>
  isSecure(request)
    ? site(request)
    : redirect(`https://${request.headers.host}${request.path}`, 301);

beforeAll(async () => {
  healthy = await startApp(site);
  listening = await startApp(forced);
});

describe("devtls rehearse", () => {
  it("prints a table, broken edges first, and ends with 3", async () => {
    const args = ["--target", String(listening.port), "--edges", "heroku,haproxy,fly"];
    const { status, stdout, stderr } = await run(args);
    expect(status, stderr).toBe(3);
    const [head, ...rows] = stdout.split("\n");
    expect(head).toMatch(/^edge +result +finding$/);
    expect(rows.slice(0, 3).map((row) => row.split(/ {2,}/).slice(0, 2).join(" "))).toEqual([
      ...["haproxy broken", "heroku ok", "fly ok"],
    ]);
    expect(stdout).toContain("http-request set-header X-Forwarded-Proto https if { ssl_fc }");
    expect(stdout).toContain("Survived 2 of 3 edges");
    expect(stderr).toContain("Asked again with X-Forwarded-Proto: https");
  });

  it("ends with 0 when all pass, and takes printed lines for edges", async () => {
    const target = ["--target", String(listening.port), "--edges", "haproxy"];
    const line = "http-request set-header X-Forwarded-Proto https if { ssl_fc }";
    const { status, stdout } = await run([...target, "--edge-line", line]);
    expect(stdout).toContain("Survived 1 of 1 edge");
    expect(status).toBe(0);
  });

  it("prints one JSON document", async () => {
    const args = ["--target", String(listening.port), "--edges", "heroku,haproxy", "--json"];
    const { status, stdout } = await run(args);
    expect(JSON.parse(stdout)).toMatchObject({
      control: { result: "ok", pages: 3, findings: [] },
      edges: [
        { name: "heroku", result: "ok", findings: [] },
        {
          name: "haproxy",
          result: "broken",
          findings: [{ code: "redirect-loop", fix: [expect.any(String)] }],
        },
      ],
      fixes: [
        { fix: expect.stringContaining("http-request"), framework: null, cures: ["haproxy"] },
      ],
      summary: { ok: 1, broken: 1 },
    });
    expect(status).toBe(3);
  });

  it("writes reports, and a baseline that forgives what it knows", async () => {
    const target = ["--target", String(listening.port), "--edges", "haproxy,heroku"];
    const formats = ["junit", "sarif", "markdown", "html", "json", "github"];
    const reports = formats.flatMap((format) => ["--report", `${format}=out.${format}`]);
    const first = await run([
      ...target,
      ...reports,
      "--baseline",
      "known.json",
      "--update-baseline",
    ]);
    expect(first.status).toBe(3);
    for (const format of formats) expect(existsSync(join(cwd, `out.${format}`)), format).toBe(true);
    expect(readFileSync(join(cwd, "out.html"), "utf8")).toContain("<svg ");
    const second = await run([...target, "--baseline", "known.json", "--json"]);
    expect(second.status).toBe(0);
    expect(JSON.parse(second.stdout)).toMatchObject({
      edges: [{ result: "ok", findings: [{ known: true }] }, { result: "ok" }],
      summary: { ok: 2, broken: 0 },
    });
    const other = ["--target", String(listening.port), "--edges", "apache"];
    expect((await run([...other, "--baseline", "known.json"])).status).toBe(3);
  });

  it("names the file of the project that a fix goes to", async () => {
    const django = await startApp(({ headers }) => ({
      ...redirect(`https://${headers.host}/`, 301),
      headers: {
        Location: `https://${headers.host}/`,
        Server: "WSGIServer/0.2 CPython/3.13",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
      },
    }));
    mkdirSync(join(cwd, "shop"), { recursive: true });
    writeFileSync(join(cwd, "shop/settings.py"), "");
    await run(["--target", String(django.port), "--edges", "heroku", "--report", "sarif=d.sarif"]);
    const [{ results }] = JSON.parse(readFileSync(join(cwd, "d.sarif"), "utf8")).runs;
    expect(results[0].locations[0].physicalLocation.artifactLocation.uri).toBe("shop/settings.py");
  });

  it("starts an app, rehearses, applies a fix and rehearses again", async () => {
    const folder = folderUntilEnd("devtls-rehearse-app-");
    const code = `const { existsSync } = require("node:fs");
      require("node:http").createServer((request, response) => {
        const knows = existsSync("fixed") && request.headers["x-forwarded-proto"] === "https";
        if (knows) response.setHeader("Content-Type", "text/html").end("ok");
        else response.writeHead(301, { Location: "https://" + request.headers.host + request.url }).end();
      }).listen(process.env.PORT);`;
    writeFileSync(join(folder, "server.cjs"), code);
    const fix = `${process.execPath} -e 'fs.writeFileSync("fixed", "")'`;
    const args = [
      "--edges",
      "heroku,fly,render",
      "--apply-check",
      fix,
      "--",
      process.execPath,
      "server.cjs",
    ];
    const { status, stdout, stderr } = await run(args, { cwd: folder });
    expect(status, stderr).toBe(0);
    expect(stdout).toContain("Survived 0 of 3 edges, now 3 of 3.");
  });

  it("rehearses the app of a running devtls serve", async () => {
    const serving = await serveJson(["--target", String(healthy.port)], home);
    const before = healthy.asked.length;
    const { status, stdout, stderr } = await run([
      `${serving.url}/about`,
      "--edges",
      "heroku",
      "--json",
    ]);
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout).edges).toMatchObject([{ name: "heroku", result: "ok" }]);
    expect(healthy.asked[before]?.path).toBe("/about");
    expect(healthy.asked.at(-1)?.headers["x-forwarded-for"]).toMatch(/^127\.0\.1\./);
    await serving.stop();
  });
});

describe("devtls rehearse refuses", () => {
  it.each([
    ["no app", [], 2, "--target is missing"],
    ["an unknown edge", ["--target", "1", "--edges", "herku"], 2, "did you mean heroku?"],
    ["a depth that is none", ["--target", "1", "--depth", "x"], 2, "not a whole number"],
    ["a path that is none", ["--target", "1", "--path", "login"], 2, "not a path"],
    ["too many at once", ["--target", "1", "--jobs", "0"], 2, "from 1 to 32"],
    ["an unknown format", ["--target", "1", "--report", "pdf=x"], 2, "there is no such value"],
    [
      "one file twice",
      ["--target", "1", "--report", "html=x", "--report", "json=./x"],
      2,
      "two reports into one file",
    ],
    ["a folder for a report", ["--target", "1", "--report", "html=/"], 1, "it is a directory"],
    ["no folder for a report", ["--target", "1", "--report", "html=/no/x"], 1, "no such file"],
    [
      "a baseline that is not there",
      ["--target", "1", "--baseline", "none.json"],
      1,
      "could not read none.json",
    ],
    ["an update of no baseline", ["--target", "1", "--update-baseline"], 2, "without --baseline"],
    [
      "a flow that is not there",
      ["--target", "1", "--flow", "none.har"],
      1,
      "could not read none.har",
    ],
    ["a flow beside paths", ["--target", "1", "--flow", "x", "--path", "/"], 2, "excludes --path"],
    [
      "an unknown line",
      ["--target", "1", "--edge-line", "nonsense"],
      2,
      "no edge that is rehearsed prints",
    ],
    ["a command and a URL", ["https://localhost/", "--target", "1"], 2, "excludes --target"],
    ["a URL of plain http", ["http://localhost/"], 2, "no https URL"],
    ["no command", ["--"], 2, "a command is missing"],
    ["a quotation mark", ["--target", "1", "--apply-check", "a 'b"], 2, "not closed"],
    ["nobody there", ["--target", "1"], 1, "the app does not answer"],
  ] as const)("%s", async (_name, args, status, problem) => {
    const outcome = await run([...args]);
    expect(outcome.stderr).toContain(problem);
    expect({ status: outcome.status, stdout: outcome.stdout }).toEqual({ status, stdout: "" });
  });

  it.each([
    ["no JSON", "nonsense", "it is no JSON"],
    [
      "another site",
      '{"log":{"entries":[{"request":{"method":"GET","url":"https://shop.example/","headers":[]},"response":{}}]}}',
      "it is one of https://shop.example",
    ],
    ["an unknown field", '{"steps":[{"get":"/","wait":1}]}', "steps[0].wait has to be left out"],
  ])("a flow with %s", async (_name, text, problem) => {
    writeFileSync(join(cwd, "bad.json"), text);
    const { status, stderr } = await run(["--target", String(healthy.port), "--flow", "bad.json"]);
    expect(stderr).toContain(problem);
    expect(status).toBe(2);
  });

  it("to write half a report when the flow fails", async () => {
    const args = [
      "--target",
      String(healthy.port),
      "--path",
      "/nowhere",
      "--report",
      "html=half.html",
    ];
    const { status, stderr } = await run(args);
    expect(stderr).toContain("/nowhere answered 404");
    expect(status).toBe(1);
    expect(existsSync(join(cwd, "half.html"))).toBe(false);
  });
});
