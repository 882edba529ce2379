import { describe, expect, it } from "vitest";
import type { AddressContext } from "../../src/diagnose/address-fixes.js";
import type { Finding, Observation } from "../../src/diagnose/finding.js";
import { type FrameworkId, frameworkOf } from "../../src/diagnose/frameworks.js";
import { insecureLocation } from "../../src/diagnose/insecure-location.js";
import { type Case, HEALTHY, SICK } from "./locations.js";

const TOLD = ["Host", "app.test:8443", "X-Forwarded-Proto", "https", "Cookie", "sid=s3cret"];

function seen(response: readonly string[], more: Partial<Observation> = {}): Observation {
  return {
    ...{ method: "GET", url: "https://app.test:8443/page", told: TOLD, status: 302, response },
    ...{ target: "http://localhost:8000", ...more },
  };
}

const look = ({ response, more }: Case): Finding | undefined =>
  insecureLocation(seen(response, more));

describe("a response has an insecure location", () => {
  it.each(SICK)("when $name", (each) => {
    const finding = look(each);
    expect(finding).toMatchObject({ code: "insecure-location", cause: each.cause });
    expect(finding?.fix).not.toEqual([]);
    expect(JSON.stringify(finding)).not.toContain("s3cret");
  });
});

describe("a response has no insecure location", () => {
  it.each(HEALTHY)("when it has $name", (each) => {
    expect(look(each)).toBeUndefined();
  });
});

describe("the finding", () => {
  it("tells the redirect before other headers", () => {
    const lines = ["Link", "<http://app.test:8443/a>", "Location", "http://localhost:8000/"];
    expect(insecureLocation(seen(lines))?.cause).toBe("internal-location");
  });

  it("says what the app was told and what it answered", () => {
    const finding = insecureLocation(seen(["Location", "http://app.test:8443/page/"]));
    expect(finding?.chain).toEqual([
      "browser  GET https://app.test:8443/page",
      "app told Host: app.test:8443, X-Forwarded-Proto: https",
      "app      302, Location: http://app.test:8443/page/",
    ]);
    expect(finding?.explanation).toContain(
      "was answered with Location: http://app.test:8443/page/.",
    );
    expect(finding?.explanation).toContain('"X-Forwarded-Proto: https" and did not act on it');
  });

  it("shows no query, which may have codes and tokens, and no control characters", () => {
    const finding = insecureLocation(
      seen(["Location", "http://app.test:8443/\u001b[31m?code=s3cret"]),
    );
    expect(finding?.chain[2]).toBe("app      302, Location: http://app.test:8443/?[31m?...");
  });

  it("is likely by itself, and proved when asking the app again showed the cause", () => {
    const observation = seen(["Location", "http://app.test:8443/page/"]);
    expect(insecureLocation(observation)?.confidence).toBe("likely");
    const scheme = {
      ...({ cause: "edge-sends-no-proto", confidence: "proved", reason: "Asked again." } as const),
      fix: ["the line"],
    };
    expect(insecureLocation(observation, { scheme })).toMatchObject({
      confidence: "proved",
      fix: ["the line"],
    });
  });
});

describe("the fix", () => {
  const fix = (location: string, told: readonly string[], context: AddressContext = {}) =>
    insecureLocation(seen(["Location", location], { told }), context)?.fix;
  const ofApp = (id: FrameworkId) => ({ framework: frameworkOf(id) });
  const PUBLIC = ["Host", "app.test:8443"];
  const HTTPS = ["X-Forwarded-Proto", "https"];
  const INNER = ["Host", "localhost:8000"];
  const HTTP_URL = "http://app.test:8443/a";
  const INTERNAL_URL = "http://localhost:8000/a";

  it("makes the app believe what it is told", () => {
    expect(fix(HTTP_URL, [...PUBLIC, ...HTTPS], ofApp("flask"))).toEqual(
      frameworkOf("flask").trustProto,
    );
  });

  it("makes the edge tell it, too, where it does not", () => {
    expect(fix(HTTP_URL, PUBLIC, ofApp("django"))).toEqual([
      "proxy_set_header X-Forwarded-Proto $scheme;",
      'SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")',
    ]);
  });

  it("keeps the Host where the edge replaces it", () => {
    expect(fix(INTERNAL_URL, [...INNER, ...HTTPS])).toEqual([
      "proxy_set_header Host $http_host;",
      "ProxyPreserveHost On",
    ]);
  });

  it("is in the words of the edge", () => {
    expect(fix(INTERNAL_URL, [...INNER, ...HTTPS], { edge: "apache" })).toEqual([
      "ProxyPreserveHost On",
    ]);
  });

  it("makes an app believe X-Forwarded-Host where it is told the public one there", () => {
    const told = [...INNER, ...HTTPS, "X-Forwarded-Host", "app.test:8443"];
    expect(fix(INTERNAL_URL, told, ofApp("django"))?.[0]).toBe("USE_X_FORWARDED_HOST = True");
  });

  it("names Host and scheme where the app is told neither", () => {
    expect(fix(INTERNAL_URL, INNER, ofApp("express"))).toEqual([
      "proxy_set_header Host $http_host;",
      "ProxyPreserveHost On",
      "proxy_set_header X-Forwarded-Proto $scheme;",
      "app.set('trust proxy', 1)",
    ]);
  });

  it.each<[FrameworkId, string]>([
    ["laravel", "APP_URL=https://app.test:8443"],
    ["phoenix", 'url: [scheme: "https", host: "app.test", port: 8443]'],
    ["go", "Replace http://localhost:8000 with https://app.test:8443 in the app's configuration"],
  ])("is the address in the configuration of %s that is told the right Host", (id, line) => {
    expect(fix(INTERNAL_URL, [...PUBLIC, ...HTTPS], ofApp(id))).toEqual([line]);
  });
});
