/** Every profile against the facts about its edge, and every head it writes against the stored one. */
import { describe, expect, it } from "vitest";
import { compileHead } from "../../src/edge/head.js";
import type { EdgeProfile, EdgeRequest } from "../../src/edge/profile.js";
import { findProfile, PROFILES } from "../../src/edge/profiles/index.js";
import { type Does, FACTS, OTHERS } from "./facts.js";
import { CLIENT, edgeRequest, headers, linesOf, masked, valuesIn } from "./request.js";

const profileOf = (name: string): EdgeProfile => findProfile(name) as EdgeProfile;

it("has a row of facts for every profile", () => {
  expect(FACTS.map(({ edge }) => edge).sort()).toEqual(PROFILES.map(({ name }) => name).sort());
});

/** What a profile does with a header, by what it makes of requests with and without one. */
function doing(profile: EdgeProfile, name: string, sent: string): Does {
  const rewrite = compileHead(profile);
  const alone = valuesIn(rewrite([], edgeRequest()), name);
  const both = valuesIn(rewrite([name, sent], edgeRequest()), name);
  const [own] = alone;
  if (own === undefined) return both.length === 0 ? "strip" : "pass";
  if (both.length === 2 && both[0] === sent && both[1] === own) return "line";
  expect(both).toHaveLength(1);
  if (both[0] === own) return "set";
  return both[0] === sent ? "keep" : both[0] === `${sent}, ${own}` ? "append" : "pass";
}

describe.each(FACTS)("$edge", (fact) => {
  const profile = profileOf(fact.edge);
  it.each([
    ["X-Forwarded-For", fact.for, "6.6.6.6"],
    ["X-Forwarded-Proto", fact.proto, "http"],
    ["X-Forwarded-Port", fact.port, "81"],
    ["X-Forwarded-Host", fact.host, "evil.test"],
    ["X-Real-IP", fact.realIp, "6.6.6.6"],
    ["Forwarded", fact.forwarded, "for=6.6.6.6"],
  ] as const)("does with %s: %s", (name, does, sent) => {
    expect(doing(profile, name, sent)).toBe(does);
  });

  it(`sends Host: ${fact.hostLine} in HTTP/${fact.version}`, () => {
    expect(valuesIn(compileHead(profile)([], edgeRequest()), "host")).toEqual([fact.hostLine]);
    expect(profile.toApp.version).toBe(fact.version);
  });

  it("names a source for each of its parts", () => {
    for (const proof of Object.values(profile.proof)) expect(proof.source).not.toBe("");
  });
});

it.each(OTHERS)("%s sends %s: %s", (name, header, value) => {
  const [sent] = valuesIn(compileHead(profileOf(name))([], edgeRequest()), header);
  expect(sent).toMatch(value);
});

const BROWSER = headers(
  "User-Agent: browser",
  "Accept: */*",
  "X_Under: 1",
  "Referer: https://app.test:8443/",
  "Cookie: a=1",
);

const COPIES = headers(
  "User-Agent: browser",
  "X-Forwarded-For: 6.6.6.6",
  "X-Forwarded-For: 7.7.7.7",
  "X-Forwarded-Proto: http",
  "X-Forwarded-Host: evil.test",
  "X-Forwarded-Port: 81",
  "X-Forwarded-Server: evil.test",
  "X-Forwarded-Ssl: off",
  "X-Forwarded-Scheme: http",
  "X-Scheme: http",
  "X-Forwarded-Protocol: ssl",
  "X-Real-IP: 6.6.6.6",
  "X-Client-IP: 6.6.6.6",
  "True-Client-IP: 6.6.6.6",
  "CF-Connecting-IP: 6.6.6.6",
  "Fly-Client-IP: 6.6.6.6",
  "X-Request-Id: sent",
  "X-Request-Start: 1",
  "X-Amzn-Trace-Id: Root=1-sent",
  "X-Google-Real-Ip: 6.6.6.6",
  "X-Appengine-User-Ip: 6.6.6.6",
  "X-FD-HealthProbe: 1",
  "X-ARR-SSL: sent",
  "X_Forwarded_Proto: http",
  "Proxy: evil",
  "Forwarded: for=6.6.6.6;proto=http",
  "Via: 1.1 evil",
  "Origin: https://app.test:8443",
);

const SCENES: Readonly<Record<string, readonly [readonly string[], Partial<EdgeRequest>]>> = {
  "a request": [BROWSER, {}],
  "every forwarded header, client-sent": [COPIES, {}],
  "plain HTTP": [BROWSER, { scheme: "http", port: 8080, host: "app.test:8080" }],
  "a WebSocket": [headers("Sec-WebSocket-Key: x"), { upgrade: "websocket" }],
  "a WebSocket on plain HTTP": [
    headers("Sec-WebSocket-Key: x"),
    { upgrade: "websocket", scheme: "http", port: 8080, host: "app.test:8080" },
  ],
  "HTTP/2 with a body": [
    headers("user-agent: browser", "cookie: a=1", "content-length: 5", "x-after: 1"),
    { protocol: "HTTP/2", method: "POST", framing: "5" },
  ],
};

describe.each(PROFILES.map((profile) => profile.name))("%s", (name) => {
  it("writes the stored heads", async () => {
    const rewrite = compileHead(profileOf(name));
    const text = Object.entries(SCENES).map(([scene, [list, changes]]) => {
      const lines = linesOf(rewrite(list, edgeRequest(changes))).map(masked);
      return [`${scene}:`, ...lines.map((line) => `  ${line}`), ""].join("\n");
    });
    await expect(text.join("\n")).toMatchFileSnapshot(`./expected/${name}.txt`);
  });
});

describe("what only some edges do", () => {
  const proto = (name: string, changes: Partial<EdgeRequest>): string[] =>
    valuesIn(compileHead(profileOf(name))([], edgeRequest(changes)), "x-forwarded-proto");

  it("Traefik says wss and ws on WebSocket upgrades, and on no other", () => {
    expect(proto("traefik", { upgrade: "websocket" })).toEqual(["wss"]);
    expect(proto("traefik", { upgrade: "WebSocket", scheme: "http" })).toEqual(["ws"]);
    expect(proto("traefik", { upgrade: "h2c" })).toEqual(["https"]);
    expect(proto("nginx-proxy-params", { upgrade: "websocket" })).toEqual(["https"]);
  });

  it("Traefik takes the port from Host, and knows the schemes' own", () => {
    const port = (changes: Partial<EdgeRequest>) =>
      valuesIn(compileHead(profileOf("traefik"))([], edgeRequest(changes)), "x-forwarded-port");
    expect(port({ host: "app.test:9000" })).toEqual(["9000"]);
    expect(port({ host: "app.test" })).toEqual(["443"]);
    expect(port({ host: "app.test", scheme: "http" })).toEqual(["80"]);
    expect(port({ host: "[::1]" })).toEqual(["443"]);
  });

  it.each(["render", "railway", "netlify", "digitalocean", "codespaces"])(
    "%s says https to the app whatever the client spoke",
    (name) => {
      expect(proto(name, { scheme: "http" })).toEqual(["https"]);
    },
  );

  it("an AWS load balancer adds the listener's port where Host has none", () => {
    const rewrite = compileHead(profileOf("aws-alb"));
    const host = (changes: Partial<EdgeRequest>) =>
      valuesIn(rewrite([], edgeRequest(changes)), "host");
    expect(host({ host: "www.test" })).toEqual(["www.test:8443"]);
    expect(host({ host: "www.test", port: 443 })).toEqual(["www.test"]);
    expect(host({ host: "www.test", port: 80 })).toEqual(["www.test"]);
  });

  it("an AWS load balancer keeps the client's trace and adds itself to it", () => {
    const list = headers("X-Amzn-Trace-Id: Root=1-67891233-abc");
    const lines = compileHead(profileOf("aws-alb"))(list, edgeRequest());
    expect(valuesIn(lines, "x-amzn-trace-id")).toEqual([
      expect.stringMatching(/^Self=1-[0-9a-f]{8}-[0-9a-f]{24};Root=1-67891233-abc$/),
    ]);
  });

  it("CloudFront drops what it does not forward, and keeps Origin", () => {
    const list = headers("Referer: x", "Accept: x", "Cookie: a=1", "Origin: x", "User-Agent: me");
    const lines = linesOf(compileHead(profileOf("aws-cloudfront"))(list, edgeRequest()));
    expect(lines).toContain("Origin: x");
    expect(lines.join("\n")).not.toMatch(/^(?:Referer|Accept|Cookie): /m);
    expect(lines).toContain("User-Agent: Amazon CloudFront");
  });

  it("Codespaces rewrites Origin where it is the public one, and only there", () => {
    const rewrite = compileHead(profileOf("codespaces"));
    const origin = (value: string) =>
      valuesIn(rewrite(headers(`Origin: ${value}`), edgeRequest()), "origin");
    expect(origin("https://app.test:8443")).toEqual(["http://localhost:8000"]);
    expect(origin("https://other.test")).toEqual(["https://other.test"]);
  });

  it("ngrok appends to the client's X-Forwarded-Proto", () => {
    const lines = compileHead(profileOf("ngrok"))(
      headers("X-Forwarded-Proto: http"),
      edgeRequest(),
    );
    expect(valuesIn(lines, "x-forwarded-proto")).toEqual(["http, https"]);
  });

  it("HAProxy adds a second line behind the client's", () => {
    const list = headers("X-Forwarded-For: 6.6.6.6", "Accept: */*");
    expect(linesOf(compileHead(profileOf("haproxy"))(list, edgeRequest()))).toEqual([
      "host: app.test:8443",
      "x-forwarded-for: 6.6.6.6",
      "accept: */*",
      `x-forwarded-for: ${CLIENT}`,
    ]);
  });

  it("ingress-nginx keeps what the client said aside, and drops Proxy", () => {
    const list = headers("X-Forwarded-For: 6.6.6.6", "X-Request-ID: mine", "Proxy: evil");
    const lines = compileHead(profileOf("ingress-nginx"))(list, edgeRequest());
    expect(valuesIn(lines, "x-original-forwarded-for")).toEqual(["6.6.6.6"]);
    expect(valuesIn(lines, "x-forwarded-for")).toEqual([CLIENT]);
    expect(valuesIn(lines, "x-request-id")).toEqual(["mine"]);
    expect(valuesIn(lines, "proxy")).toEqual([]);
    const without = compileHead(profileOf("ingress-nginx"))([], edgeRequest());
    expect(valuesIn(without, "x-original-forwarded-for")).toEqual([]);
  });

  it.each([
    ["google-cloud-run", "X-Google-Anything"],
    ["google-cloud-run", "X-Appengine-Anything"],
    ["azure-front-door", "X-FD-Anything"],
    ["traefik", "X_Forwarded_Anything"],
    ["nginx", "X_Under"],
  ])("%s strips a client's %s", (name, header) => {
    const lines = compileHead(profileOf(name))([header, "1"], edgeRequest());
    expect(valuesIn(lines, header)).toEqual([]);
  });

  it.each(["azure-app-service", "azure-app-gateway", "iis-arr"])(
    "%s brackets an IPv6 address before its port",
    (name) => {
      const lines = compileHead(profileOf(name))([], edgeRequest({ clientAddress: "::1" }));
      expect(valuesIn(lines, "x-forwarded-for")).toEqual(["[::1]:50000"]);
    },
  );

  it("only Microsoft's edges tell of TLS by X-ARR-SSL, and only on TLS", () => {
    const lines = compileHead(profileOf("azure-app-service"))([], edgeRequest({ scheme: "http" }));
    expect(valuesIn(lines, "x-arr-ssl")).toEqual([]);
  });
});
