/** A rehearsal says which edges an app survives, and leaves the app and its data in peace. */
import { describe, expect, it } from "vitest";
import { PROFILES } from "../../src/edge/profiles/index.js";
import { type RehearseOptions, rehearse } from "../../src/index.js";
import { isSecure, redirect, site, startApp } from "./app.js";

const LOGIN = {
  steps: [
    { get: "/login" },
    { submit: { form: "form", fields: { user: "ada", password: "secret" } } },
    { expect: { status: 200, text: "Welcome", path: "/private" } },
  ],
};

describe("A healthy app", () => {
  it("survives every edge, crawled", async () => {
    const app = await startApp(site);
    const { summary, edges, control, fixes } = await rehearse({ target: app.port });
    // All but devtls's own, which is the control.
    expect(summary).toEqual({ ok: PROFILES.length - 1, broken: 0, notReached: 0 });
    expect(edges.flatMap(({ findings }) => findings)).toEqual([]);
    expect(control).toMatchObject({ result: "ok", pages: 3, findings: [] });
    expect(fixes).toEqual([]);
  });

  it("survives every edge with a login that has a token, where cookies get through", async () => {
    const app = await startApp(site);
    const { edges } = await rehearse({ target: app.port, flow: LOGIN });
    const broken = edges.filter(({ result }) => result !== "ok");
    // CloudFront's default cache policy drops them.
    expect(broken.map(({ name }) => name)).toEqual(["aws-cloudfront"]);
    const posts = app.asked.filter(({ method }) => method === "POST");
    expect(posts).toHaveLength(PROFILES.length);
  });

  it("is left alone: no forms, no links that log out, no other site", async () => {
    const app = await startApp(site);
    await rehearse({ target: app.port, depth: 5 });
    const paths = new Set(app.asked.map(({ method, path }) => `${method} ${path}`));
    expect([...paths].sort()).toEqual(
      ["/", "/about", "/deep", "/posts/7"].map((path) => `GET ${path}`).concat("HEAD /style.css"),
    );
  });

  it("is asked by four edges at once at most, or as many as one says", async () => {
    const slow = async (request: Parameters<typeof site>[0]) => {
      await new Promise(setImmediate);
      return site(request);
    };
    const [four, one] = [await startApp(slow), await startApp(slow)];
    await rehearse({ target: four.port, depth: 0 });
    await rehearse({ target: one.port, depth: 0, jobs: 1 });
    expect(four.atOnce()).toBeLessThanOrEqual(4);
    expect(one.atOnce()).toBe(1);
  });

  it("that keeps the sessions of an account in one record forgets none of them", async () => {
    let sessions: readonly string[] = [];
    let count = 0;
    const app = await startApp(async ({ path, method, cookies }) => {
      if (path !== "/login") return { status: sessions.includes(cookies.sid ?? "") ? 200 : 403 };
      if (method === "GET") {
        const form =
          "<form method=post><input name=user><input name=password type=password></form>";
        return { body: form };
      }
      const before = sessions;
      const sid = String(++count);
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
      sessions = [...before, sid];
      const headers = { Location: "/private", "Set-Cookie": `sid=${sid}; Secure; Path=/` };
      return { status: 302, headers };
    });
    const flow = { steps: [...LOGIN.steps.slice(0, 2), { expect: { status: 200 } }] };
    const { edges } = await rehearse({ target: app.port, flow });
    const broken = edges.filter(({ result }) => result !== "ok");
    expect(broken.map(({ name }) => name)).toEqual(["aws-cloudfront"]);
  });

  it("sees each visitor from an address of its own, with no cookie of another one", async () => {
    const app = await startApp((request) => {
      const known = request.cookies.edge;
      const name = request.peer + request.headers["x-forwarded-for"];
      if (known !== undefined && known !== name) return { status: 500 };
      return { body: '<a href="/x">', headers: { "Set-Cookie": `edge=${name}; Secure; Path=/` } };
    });
    const { edges } = await rehearse({ target: app.port, edges: ["heroku", "fly", "render"] });
    expect(edges.map(({ result }) => result)).toEqual(["ok", "ok", "ok"]);
    const clients = new Set(app.asked.map(({ headers }) => headers["x-forwarded-for"]));
    expect(clients.size).toBe(4);
  });

  it("is told the site without a port", async () => {
    const app = await startApp(site);
    await rehearse({ target: app.port, edges: ["devtls", "aws-alb", "nginx-proxy-params"] });
    expect(new Set(app.asked.map(({ headers }) => headers.host))).toEqual(new Set(["localhost"]));
    expect(app.asked.map(({ headers }) => headers["x-forwarded-port"])).not.toContain("8443");
  });
});

describe("An app that forces https", () => {
  const forced = (listens: boolean) =>
    startApp((request) =>
      listens && isSecure(request)
        ? site(request)
        : {
            ...redirect(`https://${request.headers.host}${request.path}`, 301),
            headers: {
              Location: `https://${request.headers.host}${request.path}`,
              "X-Powered-By": "Express",
            },
          },
    );

  it("breaks on every edge when it does not listen, and one line mends them", async () => {
    const app = await forced(false);
    const { summary, fixes, control, edges } = await rehearse({
      target: app.port,
      edges: ["heroku", "fly", "render"],
    });
    expect(summary.broken).toBe(3);
    expect(control.findings).toMatchObject([{ code: "redirect-loop" }]);
    expect(edges[0]?.findings).toMatchObject([
      { code: "redirect-loop", cause: "app-ignores-forwarded-proto", confidence: "proved" },
    ]);
    expect(fixes[0]).toMatchObject({ framework: "express", cures: ["heroku", "fly", "render"] });
    expect(fixes[0]?.fix).toContain("trust proxy");
  });

  it("breaks on silent edges only when it listens", async () => {
    const app = await forced(true);
    const { edges } = await rehearse({ target: app.port, edges: ["heroku", "haproxy", "fly"] });
    expect(edges.map(({ name, result }) => `${name} ${result}`)).toEqual([
      ...["heroku ok", "haproxy broken", "fly ok"],
    ]);
    expect(edges[1]?.findings).toMatchObject([{ cause: "edge-sends-no-proto" }]);
  });
});

describe("What an edge does by itself", () => {
  it("is found when a limit cuts a form off", async () => {
    const app = await startApp(({ method }) =>
      method === "POST"
        ? { body: "stored" }
        : { body: '<form method="post"><textarea name="text"></textarea></form>' },
    );
    const flow = {
      steps: [{ get: "/" }, { submit: { fields: { text: "x".repeat(2 * 1024 * 1024) } } }],
    };
    const { edges } = await rehearse({ target: app.port, flow, edges: ["heroku", "nginx"] });
    expect(edges.map(({ result }) => result)).toEqual(["ok", "broken"]);
    expect(edges[1]?.findings).toMatchObject([{ code: "edge-limit", cause: "nginx" }]);
  });

  it("is found when the app answers otherwise and no finding says why", async () => {
    const app = await startApp(({ headers }) =>
      headers.via ? { status: 410 } : site({ path: "/" } as never),
    );
    const { edges } = await rehearse({ target: app.port, edges: ["fly", "dokku"], depth: 0 });
    expect(edges.map(({ result }) => result)).toEqual(["broken", "ok"]);
    expect(edges[0]?.findings).toMatchObject([{ code: "flow-differs" }]);
    expect(edges[0]?.findings[0]?.explanation).toContain("410 at /");
  });
});

describe("What the control shows too", () => {
  it("is said once and breaks no edge", async () => {
    const app = await startApp((request) => {
      if (request.path === "/a") return redirect("/a/");
      if (request.path === "/a/") return redirect("/a");
      return request.path === "/" ? { body: '<a href="/a">' } : site(request);
    });
    const { control, edges } = await rehearse({ target: app.port, edges: ["heroku", "fly"] });
    expect(control.findings).toMatchObject([{ code: "redirect-loop", cause: "slash-ping-pong" }]);
    expect(edges.flatMap(({ findings }) => findings)).toEqual([]);
    expect(edges.map(({ result }) => result)).toEqual(["ok", "ok"]);
  });
});

describe("A rehearsal says what it could not do", () => {
  const failing = async (options: RehearseOptions): Promise<{ code: string; message: string }> =>
    rehearse(options).then(
      () => ({ code: "none", message: "" }),
      (error) => error,
    );

  it("when nobody answers", async () => {
    const app = await startApp(site);
    await app.close();
    const { code, message } = await failing({ target: app.port });
    expect(code).toBe("request-failed");
    expect(message).toContain("the app does not answer");
  });

  it("when the app answers 500 everywhere", async () => {
    const app = await startApp(() => ({ status: 500 }));
    const { code, message } = await failing({ target: app.port });
    expect(code).toBe("flow-failed");
    expect(message).toContain("step 1 (get /): / answered 500");
  });

  it("when a login fails", async () => {
    const app = await startApp(site);
    const [get, , expectation] = LOGIN.steps;
    const wrong = {
      steps: [get, { submit: { fields: { user: "ada", password: "no" } } }, expectation],
    };
    const { code, message } = await failing({ target: app.port, flow: wrong });
    expect(code).toBe("flow-failed");
    expect(message).toContain("/login answered 403, not 200");
  });

  it("when a page has no form", async () => {
    const app = await startApp(site);
    const { message } = await failing({
      target: app.port,
      flow: { steps: [{ get: "/" }, { submit: {} }] },
    });
    expect(message).toContain("step 2 (submit form): the page / has no form");
  });

  it("when the flow must change nothing", async () => {
    const app = await startApp(site);
    const { code } = await failing({ target: app.port, flow: LOGIN, readOnly: true });
    expect(code).toBe("usage");
    expect(app.asked).toEqual([]);
  });

  it("when the app ends meanwhile", async () => {
    let left = 20;
    const app = await startApp((request) => {
      if (--left === 0) void app.close();
      return site(request);
    });
    const { summary, edges } = await rehearse({ target: app.port, jobs: 1 });
    expect(summary.notReached).toBeGreaterThan(20);
    expect(edges.at(-1)?.result).toBe("not-reached");
  });
});
