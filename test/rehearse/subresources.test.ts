/** What a page loads is looked at for what the edge does to it; what is missing anyway breaks nothing. */
import { describe, expect, it } from "vitest";
import { rehearse } from "../../src/index.js";
import { type AppAnswer, type AppRequest, startApp } from "./app.js";

const EDGES = ["heroku", "nginx"];

const PAGE =
  '<!doctype html><link rel="stylesheet" href="/style.css"><script src="/app.js"></script>';

/** @param asset what everything but the page is answered with */
const pageWith =
  (asset: (request: AppRequest) => AppAnswer) =>
  (request: AppRequest): AppAnswer =>
    request.path === "/"
      ? { body: PAGE, headers: { "Content-Type": "text/html" } }
      : asset(request);

describe("A page is rehearsed", () => {
  it.each([405, 501])("with files of a server that answers %i to HEAD", async (status) => {
    const app = await startApp(
      pageWith(({ method }) => (method === "HEAD" ? { status } : { body: "" })),
    );
    const { control, summary } = await rehearse({ target: app.port, edges: EDGES });
    expect(control).toMatchObject({ result: "ok", findings: [] });
    expect(summary).toEqual({ ok: EDGES.length, broken: 0, notReached: 0 });
    const asked = app.asked.filter(({ path }) => path === "/app.js").map(({ method }) => method);
    expect(asked.slice(0, 2)).toEqual(["HEAD", "GET"]);
  });

  it("with a file that is missing for everybody", async () => {
    const app = await startApp(pageWith(() => ({ status: 404 })));
    const { summary } = await rehearse({ target: app.port, edges: EDGES });
    expect(summary.ok).toBe(EDGES.length);
  });

  it("with a file that only the edge's Host makes disappear", async () => {
    const app = await startApp(
      pageWith(({ headers }) => ({ status: headers.host === "localhost" ? 200 : 404 })),
    );
    const { edges } = await rehearse({ target: app.port, edges: EDGES });
    expect(edges.map(({ name, result }) => `${name} ${result}`)).toEqual([
      "heroku ok",
      "nginx broken",
    ]);
  });

  it("whose address is another one for each visitor", async () => {
    let visitors = 0;
    const ids = ["TyMkVg6kt1vNiry1M77BJE8a9zJ0SJg0LEkG4EQPJYK", "8SOLIwVAcnNNZU5n0yzbibYOLBm"];
    const app = await startApp(({ path }) =>
      path === "/"
        ? { status: 303, headers: { Location: `/interaction/${ids[visitors++ % 2]}` } }
        : { body: "<p>who are you?</p>", headers: { "Content-Type": "text/html" } },
    );
    const { summary } = await rehearse({ target: app.port, edges: EDGES, jobs: 1 });
    expect(summary.ok).toBe(EDGES.length);
  });
});

describe("The lines for an app that is not recognised", () => {
  it("stay together, each with what it is of: nobody knows which one is its own", async () => {
    const app = await startApp(({ headers }) =>
      headers["x-scheme"] === "never"
        ? {}
        : { status: 301, headers: { Location: `https://${headers.host}/`, "Keep-Alive": "off" } },
    );
    const { fixes } = await rehearse({ target: app.port, edges: ["heroku"] });
    expect(fixes.map(({ where }) => where)).toEqual(["the one that it is made with"]);
    expect(fixes[0]?.framework).toBeNull();
    expect(fixes[0]?.fix).toContain("Django, settings.py: SECURE_PROXY_SSL_HEADER = ");
    expect(fixes[0]?.fix).toContain("Express, before the first app.use: app.set('trust proxy', 1)");
  });
});
