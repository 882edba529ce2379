/** What each edge does with plain HTTP, and what the options say over it. */
import { describe, expect, it } from "vitest";
import type { EdgeProfile, PlainRule } from "../../src/edge/profile.js";
import { findProfile, PROFILES } from "../../src/edge/profiles/index.js";
import type { PlainSettings } from "../../src/proxy/own/plain-http.js";
import { startApp } from "../support/http-app.js";
import { startFront } from "../support/wire-front.js";
import { headerOf } from "../support/wire-peer.js";

/** The status, or what the app is told: `X-Forwarded-Proto` or "none"; "deny". */
type Outcome = number | "http" | "https" | "none" | "deny";

/** For a GET, a HEAD and a POST. */
const OUTCOMES: readonly (readonly [edges: string, get: Outcome, head: Outcome, post: Outcome])[] =
  [
    ["heroku", "http", "http", "http"],
    ["pythonanywhere", 301, 301, "http"],
    ["nginx nginx-1.30 nginx-proxy-params", 301, 301, 301],
    ["apache", 301, 301, 301],
    ["haproxy", 302, 302, 302],
    ["traefik", 302, 307, 307],
    ["caddy ingress-nginx vercel devtls none", 308, 308, 308],
    ["envoy aws-alb", 301, 301, 301],
    ["aws-cloudfront", 301, 301, 307],
    ["aws-api-gateway", "deny", "deny", "deny"],
    ["aws-elastic-beanstalk", "http", "http", "http"],
    ["google-lb azure-app-service azure-app-gateway azure-front-door", 301, 301, 301],
    ["google-cloud-run codespaces", 302, 302, 302],
    ["cloudflare fly render railway netlify digitalocean dokku iis-arr", 301, 301, 301],
    ["cloudflare-flexible ngrok", "http", "http", "http"],
    // It says nothing of the scheme.
    ["http-proxy", "none", "none", "none"],
  ];

const ROWS = OUTCOMES.flatMap(([names, ...outcomes]) =>
  names.split(" ").map((name) => [name, ...outcomes] as const),
);

it("has an outcome for every edge", () => {
  expect(ROWS.map(([name]) => name).sort()).toEqual(PROFILES.map(({ name }) => name).sort());
});

const profileOf = (name: string): EdgeProfile => findProfile(name) as EdgeProfile;

interface Asked {
  readonly outcome: Outcome;
  readonly location: string | undefined;
}

/** Sends one request on plain HTTP for each line. */
async function ask(
  edge: EdgeProfile,
  plain: Partial<PlainSettings>,
  ...lines: readonly string[]
): Promise<Asked[]> {
  let told: Outcome = "none";
  const app = await startApp((request, response) => {
    told = (request.headers["x-forwarded-proto"] as Outcome | undefined) ?? "none";
    response.end();
  });
  const front = await startFront(`127.0.0.1:${app.port}`, {
    edge,
    plain: { port: 0, rule: edge.plain, forcePaths: [], ...plain },
  });
  const results: Asked[] = [];
  for (const line of lines) {
    const client = await front.connectPlain();
    const body = line.startsWith("POST") ? "Content-Length: 4\r\n\r\nbody" : "\r\n";
    client.send(`${line}\r\nHost: localhost\r\n${body}`);
    const answer = await client.head();
    const { status } = answer;
    results.push({
      outcome: status === 200 ? told : status === 403 ? "deny" : status,
      location: headerOf(answer, "location")?.replace(`:${front.port}/`, ":TLS/"),
    });
    client.destroy();
  }
  app.close();
  return results;
}

describe("what an edge does", () => {
  it.each(ROWS)("%s: GET %s, HEAD %s, POST %s", async (name, ...outcomes) => {
    const methods = ["GET", "HEAD", "POST"].map((method) => `${method} /a%20b?c=d HTTP/1.1`);
    const asked = await ask(profileOf(name), {}, ...methods);
    expect(asked.map(({ outcome }) => outcome)).toEqual(outcomes);
    for (const { outcome, location } of asked) {
      const redirected = typeof outcome === "number";
      expect(location).toBe(redirected ? "https://localhost:TLS/a%20b?c=d" : undefined);
    }
  });

  it("CloudFront refuses to redirect an HTTP/1.0 client", async () => {
    const [old] = await ask(profileOf("aws-cloudfront"), {}, "GET / HTTP/1.0");
    expect(old?.outcome).toBe("deny");
  });

  it("ingress-nginx lets the challenges of certificate authorities through", async () => {
    const asked = await ask(
      profileOf("ingress-nginx"),
      {},
      "GET /.well-known/acme-challenge/token HTTP/1.1",
      "GET /.well-known/acme-challenges HTTP/1.1",
    );
    expect(asked.map(({ outcome }) => outcome)).toEqual(["http", 308]);
  });
});

it("the app is told the port that was found where any would do", async () => {
  const app = await startApp((request, response) => {
    response.end(request.headers["x-forwarded-port"]);
  });
  const front = await startFront(`127.0.0.1:${app.port}`);
  const client = await front.connectPlain();
  client.send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const { text } = await client.rest();
  expect(text.split("\r\n\r\n")[1]).toContain(String(front.plainPort));
  app.close();
});

describe("what is said over it", () => {
  const nginx = profileOf("nginx-proxy-params");
  const outcomes = async (plain: Partial<PlainSettings>, ...lines: string[]): Promise<Outcome[]> =>
    (await ask(nginx, plain, ...lines)).map(({ outcome }) => outcome);

  it.each<[PlainRule, Outcome, Outcome]>([
    [{ mode: "proxy" }, "http", "http"],
    [{ mode: "deny" }, "deny", "deny"],
    [{ mode: "redirect" }, 308, 308],
    [{ mode: "redirect", status: 302 }, 302, 302],
    [{ mode: "redirect", status: 301, otherStatus: 307 }, 301, 307],
    [{ mode: "redirect", status: 307, methods: ["POST"] }, "http", 307],
  ])("%o", async (rule, get, post) => {
    expect(await outcomes({ rule }, "GET / HTTP/1.1", "POST / HTTP/1.1")).toEqual([get, post]);
  });

  it("a hop in front that has told of https switches the redirect off", async () => {
    const rule = {
      mode: "redirect",
      unless: { from: "x-forwarded-proto", is: ["https"] },
    } as const;
    const told = (value: string) => `GET / HTTP/1.1\r\nX-Forwarded-Proto: ${value}`;
    const asked = await outcomes({ rule }, told("https"), told("http"), told("https, http"));
    expect(asked).toEqual(["http", 308, 308]);
  });

  it("--force-https redirects below its paths only", async () => {
    const paths = ["/admin", "/admin/users", "/admin?a", "/administrator", "/", "/x/admin"];
    const lines = paths.map((path) => `GET ${path} HTTP/1.1`);
    expect(await outcomes({ forcePaths: ["/admin", "/login"] }, ...lines)).toEqual([
      301,
      301,
      301,
      "http",
      "http",
      "http",
    ]);
  });
});
