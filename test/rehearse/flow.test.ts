/** Steps in JSON: what is written wrongly is named, and what is meant is done. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { rehearse } from "../../src/index.js";
import { readFlow } from "../../src/rehearse/flow.js";
import { isSecure, startApp } from "./app.js";

const read = (value: object) => readFlow(value, "flow.json", () => undefined);

describe("Steps that are refused", () => {
  it.each([
    ["no steps", {}, "steps has to be a list of steps"],
    ["an empty list", { steps: [] }, "steps has to be a list of steps"],
    ["an unknown field", { steps: [{ get: "/" }], name: "x" }, "name has to be left out"],
    ["an unknown step", { steps: [{ open: "/" }] }, "steps[0].open has to be left out"],
    ["two in one", { steps: [{ get: "/", websocket: "/" }] }, "steps[0] has to be one of get"],
    [
      "another site",
      { steps: [{ get: "https://evil.example/" }] },
      "steps[0].get has to be a path",
    ],
    [
      "another site, shorter",
      { steps: [{ get: "//evil.example/" }] },
      "steps[0].get has to be a path",
    ],
    [
      "a number",
      { steps: [{ submit: { fields: { a: 1 } } }] },
      "steps[0].submit.fields.a has to be a text",
    ],
    [
      "an unknown field of a form",
      { steps: [{ submit: { from: "f" } }] },
      "steps[0].submit.from has to be left out",
    ],
    ["no expectation", { steps: [{ expect: {} }] }, "steps[0].expect has to be a status"],
    ["a wrong status", { steps: [{ expect: { status: 42 } }] }, "steps[0].expect.status"],
    [
      "a broken header",
      { steps: [{ request: { path: "/", headers: { "a b": "" } } }] },
      "headers.a b has to be a header line",
    ],
    [
      "two bodies",
      { steps: [{ request: { path: "/", json: 1, body: "" } }] },
      "either json or body",
    ],
  ])("%s", (_name, value, problem) => {
    expect(() => read(value)).toThrow("could not read flow.json: ");
    expect(() => read(value)).toThrow(problem);
  });

  it("a variable that is not set", () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: that is how a flow names a variable
    expect(() => read({ steps: [{ get: "/${NOWHERE}" }] })).toThrow("NOWHERE is not set");
  });
});

describe("Steps that are followed", () => {
  it("sends what a script would: JSON, its headers, a CSRF token of the cookie", async () => {
    const app = await startApp(({ path, headers, cookies, body }) => {
      if (path === "/") return { headers: { "Set-Cookie": "csrftoken=t1; Secure; Path=/" } };
      const isRight = headers["x-csrftoken"] === cookies.csrftoken && body === '{"a":1}';
      return { status: isRight && headers["content-type"] === "application/json" ? 201 : 403 };
    });
    const headers = { "X-CSRFToken": "of the page" };
    const steps = [
      { get: "/" },
      { request: { method: "post", path: "/api", json: { a: 1 }, headers } },
    ];
    const { edges } = await rehearse({ target: app.port, flow: { steps }, edges: "heroku" });
    expect(edges).toMatchObject([{ result: "ok" }]);
    const last = app.asked.at(-1);
    expect(last?.headers).toMatchObject({
      ...{ origin: "https://localhost", referer: "https://localhost/", "sec-fetch-dest": "empty" },
      ...{ "sec-fetch-mode": "cors", "sec-fetch-site": "same-origin" },
    });
  });

  it("chooses the form that is meant", async () => {
    const page = `<form action="/search"><input name="q"></form>
      <form id="b" class="x" method="post" action="/b"><input name="q"></form>
      <form name="c" method="post" action="/c"><input name="q"><input name="r"></form>`;
    const app = await startApp(() => ({ body: page }));
    const wants = [
      ...[
        ["form", { q: "1" }, "GET /search"],
        ["#b", { q: "1" }, "POST /b"],
      ],
      ...[
        ["form.x", {}, "POST /b"],
        ["form[name=c]", {}, "POST /c"],
        ["form[action='/c']", {}, "POST /c"],
      ],
      ["form", { q: "1", r: "2" }, "POST /c"],
    ] as const;
    for (const [form, fields, wanted] of wants) {
      const flow = { steps: [{ get: "/" }, { submit: { form, fields } }] };
      await rehearse({ target: app.port, flow, edges: "heroku" });
      const last = app.asked.at(-1);
      expect(`${last?.method} ${last?.path}`).toBe(wanted);
    }
  });

  it("tells an edge that drops the WebSocket from one that passes it", async () => {
    const server = createServer((_request, response) => void response.writeHead(426).end());
    new WebSocketServer({ server, perMessageDeflate: false });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const flow = { steps: [{ websocket: "/live" }] };
    const edges = ["heroku", "nginx", "caddy"];
    const rehearsal = await rehearse({ target: port, flow, edges });
    server.close();
    expect(rehearsal.edges.map(({ result }) => result)).toEqual(["ok", "broken", "ok"]);
  });

  it("is judged by what the control showed where only the app's page differs", async () => {
    const app = await startApp((request) =>
      isSecure(request) ? { body: "Welcome" } : { body: "Please come over https" },
    );
    const flow = { steps: [{ get: "/" }, { expect: { text: "Welcome" } }] };
    const { edges } = await rehearse({ target: app.port, flow, edges: ["heroku", "haproxy"] });
    expect(edges.map(({ result }) => result)).toEqual(["ok", "broken"]);
    expect(edges[1]?.findings[0]?.explanation).toContain('without "Welcome"');
  });
});
