/** A recording is followed as a person would: forms and tokens of the page, nothing that it loads. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { describe, expect, it } from "vitest";
import { PROFILES } from "../../src/edge/profiles/index.js";
import { rehearse } from "../../src/index.js";
import { flowOfHar } from "../../src/rehearse/har.js";
import { whyNoBrowser } from "../support/browser.js";
import { folderUntilEnd } from "../support/programs.js";
import { describeUnless, which } from "../support/tools.js";
import { site, startApp } from "./app.js";

const VARIABLE = "$".concat("{PASSWORD}");

type Entry = Readonly<Record<string, unknown>>;

const serves = (hostname: string) => hostname === "localhost";

const entry = (method: string, url: string, more: Entry = {}, response: Entry = {}): Entry => ({
  request: { method, url, headers: [], ...more },
  response: { status: 200, redirectURL: "", content: { mimeType: "text/html" }, ...response },
});

const form = (text: string): Entry => ({
  postData: { mimeType: "application/x-www-form-urlencoded", text },
});

const har = (...entries: readonly Entry[]) => ({ log: { version: "1.2", entries } });

const stepsOf = (value: object, variables: Readonly<Record<string, string>> = {}) =>
  flowOfHar(value, "x.har", { serves, variable: (name) => variables[name] }).steps;

const S = "https://localhost:8443";

describe("A recording becomes steps", () => {
  it("without what pages load, and without what redirects lead to", () => {
    const steps = stepsOf(
      har(
        { ...entry("GET", `${S}/login`), _resourceType: "document" },
        {
          ...entry("GET", `${S}/app.js`, {}, { content: { mimeType: "text/javascript" } }),
          _resourceType: "script",
        },
        { ...entry("GET", "https://cdn.example/font.woff2"), _resourceType: "font" },
        entry("POST", `${S}/login?next=/`, form("user=ada&password=x%26y"), {
          status: 302,
          redirectURL: "/",
        }),
        entry("GET", `${S}/`),
        entry("OPTIONS", `${S}/api`),
        entry("GET", `${S}/logo.png`, {}, { content: { mimeType: "image/png" } }),
      ),
    );
    expect(steps).toEqual([
      { kind: "get", path: "/login" },
      {
        ...{ kind: "submit", form: 'form[action="/login"]', recorded: true },
        fields: { user: "ada", password: "x&y" },
      },
    ]);
  });

  it("with what scripts ask for, and with WebSockets", () => {
    const headers = [
      ...[
        { name: "Sec-Fetch-Dest", value: "empty" },
        { name: "X-CSRFToken", value: "old" },
      ],
      ...[
        { name: "Cookie", value: "sid=secret" },
        { name: "Authorization", value: "Bearer x" },
      ],
    ];
    const json = { postData: { mimeType: "application/json", text: '{"a":1}' }, headers };
    const steps = stepsOf(
      har(
        entry("GET", `${S}/`),
        entry("POST", `${S}/api`, json),
        entry("GET", "wss://localhost:8443/live"),
      ),
    );
    expect(steps).toEqual([
      { kind: "get", path: "/" },
      {
        ...{ kind: "request", method: "POST", path: "/api", body: '{"a":1}' },
        ...{ contentType: "application/json", headers: { "x-csrftoken": "old" } },
      },
      { kind: "websocket", path: "/live" },
    ]);
  });

  it("with fields of a multipart form, but not its files", () => {
    const text = [
      ...['--B\r\nContent-Disposition: form-data; name="title"\r\n\r\nA\r\nB\r\n'],
      ...[
        '--B\r\nContent-Disposition: form-data; name="f"; filename="x.png"\r\nContent-Type: image/png\r\n\r\n\r\n--B--',
      ],
    ].join("");
    const post = { postData: { mimeType: "multipart/form-data; boundary=B", text } };
    const [step] = stepsOf(har(entry("POST", `${S}/new`, post)));
    expect(step).toMatchObject({ kind: "submit", fields: { title: "A\r\nB" } });
  });

  it("with the values of variables, never a secret of its own", () => {
    const post = entry("POST", `${S}/login`, form("password=%24%7BPASSWORD%7D"));
    const [step] = stepsOf(har(post), { PASSWORD: "secret" });
    expect(step).toMatchObject({ fields: { password: "secret" } });
    expect(() => stepsOf(har(post))).toThrow("the variable PASSWORD is not set");
  });

  it.each([
    [
      "of another site",
      har(entry("GET", "https://shop.example/")),
      "it is one of https://shop.example",
    ],
    ["without requests", har(), "it has no requests"],
    ["without entries", { log: {} }, "it has no log.entries"],
    ["with something else", har({ request: {} }), "log.entries[0] is no request"],
    [
      "with pictures only",
      har({ ...entry("GET", `${S}/a.png`), _resourceType: "image" }),
      "nobody opens a page",
    ],
  ])("but not %s", (_name, value, problem) => {
    expect(() => stepsOf(value)).toThrow(problem);
  });
});

describeUnless(whyNoBrowser(), "What Chromium has recorded", () => {
  it("is followed through every edge, with the token of each page", async () => {
    // Over plain http, as a developer records it: the app takes http for secure here.
    const app = await startApp((request) => {
      const answer = site(request);
      const set = answer.headers?.["Set-Cookie"];
      if (typeof set !== "string" || request.headers["x-forwarded-proto"]) return answer;
      return {
        ...answer,
        headers: { ...answer.headers, "Set-Cookie": set.replace(" Secure;", "") },
      };
    });
    const file = join(folderUntilEnd("devtls-har-"), "login.har");
    const browser = await chromium.launch({
      executablePath: which("chromium") as string,
      args: ["--no-sandbox", "--disable-gpu"],
    });
    const context = await browser.newContext({ recordHar: { path: file, content: "omit" } });
    const page = await context.newPage();
    await page.goto(`http://localhost:${app.port}/login`);
    await page.fill("[name=user]", "ada");
    await page.fill("[name=password]", "secret");
    await Promise.all([page.waitForURL(/private/), page.click("button")]);
    await context.close();
    await browser.close();
    const recorded = readFileSync(file, "utf8");
    writeFileSync(file, recorded.replaceAll('"value":"secret"', `"value":"${VARIABLE}"`));
    expect(readFileSync(file, "utf8")).not.toContain('secret"');
    process.env.PASSWORD = "secret";
    const { edges } = await rehearse({ target: app.port, flow: file });
    delete process.env.PASSWORD;
    expect(edges.filter(({ result }) => result !== "ok").map(({ name }) => name)).toEqual([
      "aws-cloudfront",
    ]);
    const logins = app.asked.filter(({ path, method }) => method === "POST" && path === "/login");
    // Besides what the browser itself has sent, as many as there are edges; the control is one.
    expect(logins).toHaveLength(1 + PROFILES.length);
  });
});
