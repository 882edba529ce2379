import { describe, expect, it } from "vitest";
import type { Ask, Finding, Observation } from "../../src/diagnose/finding.js";
import { MAX_TRIALS } from "../../src/diagnose/trials.js";
import { findingsOf } from "../support/diagnosis.js";
import { type AppName, forcing } from "./app-models.js";

const URL_ = "https://localhost:8443/page";
const HOST = ["Host", "localhost:8443"];
const INTERNAL = ["Host", "127.0.0.1:8000"];
const proto = (...values: string[]) => values.flatMap((value) => ["X-Forwarded-Proto", value]);

interface Case {
  readonly app: AppName;
  readonly told: readonly string[];
  readonly cause: string;
  readonly response?: readonly string[];
  readonly edge?: string;
  readonly fix?: readonly string[];
}

const NGINX = "proxy_set_header X-Forwarded-Proto $scheme;";
const DJANGO = ["Server", "WSGIServer/0.2 CPython/3.11.2"];
const DJANGO_FIX = 'SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")';

const CASES: readonly Case[] = [
  { app: "deaf", told: [...HOST, ...proto("https")], cause: "app-ignores-forwarded-proto" },
  {
    ...{ app: "deaf", told: [...HOST, ...proto("https")], response: DJANGO },
    ...{ cause: "app-ignores-forwarded-proto", fix: [DJANGO_FIX] },
  },
  // Both ends need a line: the edge to tell, the app to listen.
  {
    ...{ app: "deaf", told: HOST, response: DJANGO },
    ...{ cause: "app-ignores-forwarded-proto", fix: [NGINX, DJANGO_FIX] },
  },
  { app: "first", told: HOST, cause: "edge-sends-no-proto", fix: [NGINX] },
  {
    ...{ app: "first", told: HOST, edge: "apache", cause: "edge-sends-no-proto" },
    fix: ["RequestHeader set X-Forwarded-Proto expr=%{REQUEST_SCHEME}"],
  },
  {
    ...{ app: "first", told: HOST, edge: "haproxy", cause: "edge-sends-no-proto" },
    fix: ["http-request set-header X-Forwarded-Proto https if { ssl_fc }"],
  },
  // An inner proxy says how it was reached itself.
  {
    ...{ app: "first", told: [...HOST, ...proto("http")], cause: "edge-sends-no-proto" },
    fix: ["proxy_set_header X-Forwarded-Proto $http_x_forwarded_proto;"],
  },
  { app: "first", told: [...HOST, ...proto("HTTPS")], cause: "proto-value-not-understood" },
  { app: "first", told: [...HOST, ...proto("http, https")], cause: "proto-value-not-understood" },
  { app: "first", told: [...HOST, ...proto("wss")], cause: "proto-value-not-understood" },
  { app: "last", told: [...HOST, ...proto("https", "http")], cause: "proto-value-not-understood" },
  {
    ...{
      app: "last",
      told: [...HOST, ...proto("https, http")],
      response: ["Server", "Werkzeug/3.1"],
    },
    cause: "proto-value-not-understood",
    fix: ["app.wsgi_app = ProxyFix(app.wsgi_app, x_for=2, x_proto=2)", NGINX],
  },
  {
    ...{
      app: "loopbackOnly",
      told: [...HOST, ...proto("https")],
      response: ["Server", "gunicorn"],
    },
    cause: "peer-not-trusted",
  },
  { app: "loopbackOnly", told: HOST, cause: "edge-sends-no-proto" },
  {
    ...{ app: "loopbackOnly", told: [...HOST, ...proto("https, http")] },
    cause: "proto-value-not-understood",
  },
  { app: "ssl", told: [...HOST, ...proto("https")], cause: "app-ignores-forwarded-proto" },
  {
    ...{ app: "ssl", told: HOST, cause: "edge-sends-no-proto" },
    fix: ["proxy_set_header X-Forwarded-Ssl on;"],
  },
  { app: "frontEnd", told: HOST, cause: "edge-sends-no-proto" },
  { app: "frontEnd", told: [...HOST, ...proto("https")], cause: "app-ignores-forwarded-proto" },
  {
    ...{ app: "canonicalHost", told: [...INTERNAL, ...proto("https")], cause: "host-ping-pong" },
    fix: ["proxy_set_header Host $host;"],
  },
  { app: "confused", told: [...HOST, ...proto("https")], cause: "proto-value-not-understood" },
];

function observed({ app, told, response }: Case, ask = forcing(app, URL_, response)): Observation {
  const answer = ask.answer({ told, from: "edge" });
  const target = "http://localhost:8000";
  return { method: "GET", url: URL_, told, target, ...answer };
}

async function diagnose(each: Case, more: { ask?: Ask } = {}): Promise<Finding | undefined> {
  const { ask } = forcing(each.app, URL_, each.response);
  const edge = each.edge === undefined ? {} : { edge: each.edge };
  const [finding] = await findingsOf([observed(each)], { ask, ...edge, ...more });
  return finding;
}

describe("The cause of a loop is proved by asking again", () => {
  it.each(CASES)("$app app, told $told: $cause", async (each) => {
    const finding = await diagnose(each);
    expect(finding).toMatchObject({
      ...{ code: "redirect-loop", cause: each.cause, confidence: "proved" },
      ...(each.fix && { fix: each.fix }),
    });
    expect(finding?.fix.length).toBeGreaterThan(0);
  });

  it.each(CASES)("$app app, told $told: asks no more than is allowed", async (each) => {
    const { ask, asked } = forcing(each.app, URL_, each.response);
    await findingsOf([observed(each)], { ask });
    expect(asked.length).toBeLessThanOrEqual(MAX_TRIALS);
  });

  it("by changing one thing at a time, nothing at first", async () => {
    const told = [...HOST, "Accept", "*/*"];
    const { ask, asked } = forcing("first", URL_);
    await findingsOf([observed({ app: "first", told, cause: "" })], { ask });
    expect(asked).toEqual([
      { told, from: "edge" },
      { told: [...told, "X-Forwarded-Proto", "https"], from: "edge" },
    ]);
  });

  it("without an upgrade, which nobody waits for", async () => {
    const told = [...HOST, ...proto("wss"), "Connection", "Upgrade", "Upgrade", "websocket"];
    const { ask, asked } = forcing("first", URL_);
    await findingsOf([observed({ app: "first", told, cause: "" })], { ask });
    expect(asked[0]?.told).toEqual([...HOST, ...proto("wss")]);
  });

  it.each(["POST", "PUT", "DELETE", "PATCH"])("but never with %s", async (method) => {
    const each: Case = { app: "deaf", told: [...HOST, ...proto("https")], cause: "" };
    const { ask, asked } = forcing("deaf", URL_);
    const observation = { ...observed(each), method, status: 308 };
    const [finding] = await findingsOf([observation], { ask });
    expect(finding).toMatchObject({ code: "redirect-loop", confidence: "likely" });
    expect(asked).toEqual([]);
  });

  it("but never with a body", async () => {
    const told = [...HOST, "Content-Length", "2"];
    const { ask, asked } = forcing("deaf", URL_);
    await findingsOf([observed({ app: "deaf", told, cause: "" })], { ask });
    expect(asked).toEqual([]);
  });
});

describe("Nothing is claimed to be proved", () => {
  const each: Case = { app: "first", told: HOST, cause: "" };

  it("when the app gives no answer", async () => {
    const finding = await diagnose(each, { ask: async () => undefined });
    expect(finding).toMatchObject({ cause: "edge-sends-no-proto", confidence: "likely" });
  });

  it("when it stops to answer", async () => {
    const { answer } = forcing("first", URL_);
    let count = 0;
    const ask: Ask = async (trial) => (count++ === 0 ? answer(trial) : undefined);
    expect(await diagnose(each, { ask })).toMatchObject({ confidence: "likely" });
  });

  it("when it refuses the changed request", async () => {
    const { answer } = forcing("deaf", URL_);
    let count = 0;
    const ask: Ask = async (trial) =>
      count++ === 0 ? answer(trial) : { status: 400, response: [] };
    expect(await diagnose({ ...each, app: "deaf" }, { ask })).toMatchObject({
      cause: "app-ignores-forwarded-proto",
    });
  });

  it("and nothing is found at all when it does not happen again", async () => {
    const ask: Ask = async () => ({ status: 200, response: [] });
    expect(await diagnose(each, { ask })).toBeUndefined();
  });
});
