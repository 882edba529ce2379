/** What standing in for port 443 makes of what goes to an app, and of what comes back. */
import { describe, expect, it } from "vitest";
import {
  on443,
  type Site,
  siteUrl,
  standInRequest,
  standInResponse,
  toldOn443,
  withoutPort,
} from "../../src/edge/stand-in.js";

const SITE: Site = {
  isServed: (name) => ["app.test", "localhost", "127.0.0.1", "::1"].includes(name),
  port: 8443,
  plainPort: 8080,
};

describe("a request", () => {
  it("names the site without a port in Host, Origin and Referer", () => {
    const headers = ["Origin", "https://app.test:8443", "Referer", "https://app.test:8443/a?b#c"];
    expect(standInRequest({ scheme: "https", host: "app.test:8443", headers })).toEqual({
      ...{ scheme: "https", host: "app.test" },
      headers: ["Origin", "https://app.test", "Referer", "https://app.test/a?b#c"],
    });
  });

  it.each([
    ["another site", "https://other.test:8443"],
    ["another port", "https://app.test:84430"],
    ["another scheme", "http://app.test:8443"],
    ["nobody", "null"],
  ])("keeps the Origin of %s", (_who, origin) => {
    const headers = ["Origin", origin];
    const { headers: after } = standInRequest({ scheme: "https", host: "app.test:8443", headers });
    expect(after).toEqual(headers);
  });

  it("without a port stays as it is", () => {
    const arrival = {
      scheme: "https",
      host: "[::1]",
      headers: ["Origin", "https://[::1]"],
    } as const;
    expect(standInRequest(arrival)).toEqual(arrival);
  });
});

describe("what an edge has told", () => {
  it("is as on 443", () => {
    const told = ["Host", "app.test:8443", "X-Forwarded-Host", "a.test, app.test:8443"];
    const more = ["X-Forwarded-Port", "8443", "Forwarded", "for=1;host=app.test:8443;proto=https"];
    const url = "https://app.test:8443/";
    expect(toldOn443([...told, ...more, "Cookie", "host=app.test:8443"], url)).toEqual([
      ...["Host", "app.test", "X-Forwarded-Host", "a.test, app.test", "X-Forwarded-Port", "443"],
      ...["Forwarded", "for=1;host=app.test;proto=https", "Cookie", "host=app.test:8443"],
    ]);
  });

  it("stays where the site is on 443", () => {
    const told = ["Host", "app.test", "X-Forwarded-Port", "443"];
    expect(toldOn443(told, "https://app.test/")).toEqual(told);
  });
});

describe("a response", () => {
  const edited = (name: string, value: string, site = SITE) =>
    standInResponse([name, value], site, "https")[1];

  it.each([
    ["https://app.test/login", "https://app.test:8443/login"],
    ["https://app.test", "https://app.test:8443"],
    ["https://app.test:443/?a", "https://app.test:8443/?a"],
    ["https://APP.test/", "https://APP.test:8443/"],
    ["HTTPS://app.test/", "HTTPS://app.test:8443/"],
    ["//app.test/a", "//app.test:8443/a"],
    ["http://app.test/a", "http://app.test:8080/a"],
    ["https://[::1]/a", "https://[::1]:8443/a"],
    ["https://127.0.0.1#a", "https://127.0.0.1:8443#a"],
  ])("leads back from Location: %s", (before, after) => {
    expect(edited("Location", before)).toBe(after);
  });

  it.each([
    ...[
      "/login",
      "login",
      "",
      "?a=https://app.test/",
      "https://app.test:9443/",
      "https://app.test:80/",
    ],
    ...["https://app.test.example/", "https://app.test@other.example/", "https://other.example/"],
    ...[
      "https://idp.example/?redirect_uri=https://app.test/",
      "mailto:a@app.test",
      "https:///app.test",
    ],
  ])("keeps Location: %s", (value) => {
    expect(edited("Location", value)).toBe(value);
  });

  it("leads back from Refresh and CORS, and from nothing else", () => {
    expect(edited("Refresh", "0; url=https://app.test/a")).toBe("0; url=https://app.test:8443/a");
    expect(edited("refresh", "5;URL='https://app.test/'")).toBe("5;URL='https://app.test:8443/'");
    expect(edited("Access-Control-Allow-Origin", "https://app.test")).toBe("https://app.test:8443");
    expect(edited("Access-Control-Allow-Origin", "*")).toBe("*");
    expect(edited("Link", "<https://app.test/>")).toBe("<https://app.test/>");
  });

  it("stays where devtls is on 443 itself, or speaks no plain HTTP", () => {
    expect(edited("Location", "https://app.test/", { ...SITE, port: 443 })).toBe(
      "https://app.test/",
    );
    const { plainPort: _, ...noPlain } = SITE;
    expect(edited("Location", "http://app.test/", noPlain)).toBe("http://app.test/");
  });
});

it("a host and a URL lose their port, and nothing else", () => {
  expect(["app.test:8443", "app.test", "[::1]:8443"].map(withoutPort)).toEqual([
    ...["app.test", "app.test", "[::1]"],
  ]);
  expect(siteUrl("http://app.test:8080/a:1?b=c:2")).toBe("http://app.test/a:1?b=c:2");
  expect(on443("http://app.test:8080/")).toBe("http://app.test:8080/");
  expect(on443("https://[::1]:8443")).toBe("https://[::1]");
});
