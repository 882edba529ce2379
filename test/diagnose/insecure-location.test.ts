import { describe, expect, it } from "vitest";
import type { Ask, Finding, Observation } from "../../src/diagnose/finding.js";
import { type DiagnosisOptions, findingOf } from "../support/diagnosis.js";
import { type Case, HEALTHY, SICK } from "./locations.js";

const TOLD = ["Host", "app.test:8443", "X-Forwarded-Proto", "https", "Cookie", "sid=s3cret"];

function seen(response: readonly string[], more: Partial<Observation> = {}): Observation {
  return {
    ...{ method: "GET", url: "https://app.test:8443/page", told: TOLD, status: 302, response },
    ...{ target: "http://localhost:8000", ...more },
  };
}

const find = (exchange: Observation, options?: DiagnosisOptions): Promise<Finding | undefined> =>
  findingOf("insecure-location", exchange, options);

const look = ({ response, more }: Case): Promise<Finding | undefined> => find(seen(response, more));

describe("a response has an insecure location", () => {
  it.each(SICK)("when $name", async (each) => {
    const finding = await look(each);
    expect(finding).toMatchObject({ code: "insecure-location", cause: each.cause });
    expect(finding?.fix).not.toEqual([]);
    expect(JSON.stringify(finding)).not.toContain("s3cret");
  });
});

describe("a response has no insecure location", () => {
  it.each(HEALTHY)("when it has $name", async (each) => {
    expect(await look(each)).toBeUndefined();
  });
});

describe("the finding", () => {
  it("tells the redirect before other headers", async () => {
    const lines = ["Link", "<http://app.test:8443/a>", "Location", "http://localhost:8000/"];
    expect((await find(seen(lines)))?.cause).toBe("internal-location");
  });

  it("says what the app was told and what it answered", async () => {
    const finding = await find(seen(["Location", "http://app.test:8443/page/"]));
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

  it("shows no query, which may have codes and tokens, and no control characters", async () => {
    const finding = await find(seen(["Location", "http://app.test:8443/\u001b[31m?code=s3cret"]));
    expect(finding?.chain[2]).toBe("app      302, Location: http://app.test:8443/?[31m?...");
  });

  it("is likely by itself, and proved when asking the app again cured it", async () => {
    const location = (scheme: string) => ["Location", `${scheme}://app.test:8443/page/`];
    const exchange = seen(location("http"), { told: ["Host", "app.test:8443"] });
    expect(await find(exchange)).toMatchObject({ confidence: "likely", proof: null });
    const ask: Ask = async ({ told }) => ({
      status: 302,
      response: location(told.includes("https") ? "https" : "http"),
    });
    expect(await find(exchange, { ask })).toMatchObject({
      confidence: "proved",
      proof: { kind: "asked", changed: "X-Forwarded-Proto: https" },
      fix: ["proxy_set_header X-Forwarded-Proto $scheme;"],
    });
  });

  it("is none when the edge mends it on the way", async () => {
    const exchange = seen(["Location", "http://localhost:8000/page/"]);
    const sent = ["Location", "https://app.test:8443/page/"];
    expect(await find({ ...exchange, sent })).toBeUndefined();
  });
});

describe("the fix", () => {
  const fix = async (
    location: string,
    told: readonly string[],
    mark: readonly string[] = [],
    edge?: string,
  ) => {
    const exchange = seen(["Location", location, ...mark], { told });
    const { fixes = [] } = (await find(exchange, edge === undefined ? {} : { edge })) ?? {};
    return fixes.map(({ where, lines }) => `${where}: ${lines.join(" ")}`);
  };
  const PUBLIC = ["Host", "app.test:8443"];
  const HTTPS = ["X-Forwarded-Proto", "https"];
  const INNER = ["Host", "localhost:8000"];
  const HTTP_URL = "http://app.test:8443/a";
  const INTERNAL_URL = "http://localhost:8000/a";
  const DJANGO = ["Server", "WSGIServer/0.2 CPython/3.11.2"];
  const EXPRESS = ["X-Powered-By", "Express"];
  const NGINX = "nginx, at the edge in production";

  it("makes the app believe what it is told", async () => {
    expect(await fix(HTTP_URL, [...PUBLIC, ...HTTPS], EXPRESS)).toEqual([
      "Express, before the first app.use: app.set('trust proxy', 1)",
    ]);
  });

  it("makes the edge tell it, too, where it does not", async () => {
    expect(await fix(HTTP_URL, PUBLIC, DJANGO)).toEqual([
      `${NGINX}: proxy_set_header X-Forwarded-Proto $scheme;`,
      'Django, settings.py: SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")',
    ]);
  });

  it("keeps the Host where the edge replaces it, and says that nginx leaves out the port", async () => {
    expect(await fix(INTERNAL_URL, [...INNER, ...HTTPS])).toEqual([
      `${NGINX}: proxy_set_header Host $host;`,
      "devtls, beside its other options: devtls serve --stand-in",
    ]);
  });

  it("is in the words of the edge", async () => {
    expect(await fix(INTERNAL_URL, [...INNER, ...HTTPS], [], "apache")).toEqual([
      "Apache, in the VirtualHost: ProxyPreserveHost On",
    ]);
  });

  it("makes an app believe X-Forwarded-Host where it is told the public one there", async () => {
    const told = [...INNER, ...HTTPS, "X-Forwarded-Host", "app.test:8443"];
    expect((await fix(INTERNAL_URL, told, DJANGO))[0]).toBe(
      "Django, settings.py: USE_X_FORWARDED_HOST = True",
    );
  });

  it("names Host and scheme where the app is told neither", async () => {
    expect(await fix(INTERNAL_URL, INNER, EXPRESS, "apache")).toEqual([
      "Apache, in the VirtualHost: ProxyPreserveHost On RequestHeader set X-Forwarded-Proto expr=%{REQUEST_SCHEME}",
      "Express, before the first app.use: app.set('trust proxy', 1)",
    ]);
  });

  it.each<[name: string, mark: string[], line: string]>([
    [
      "Laravel",
      ["Set-Cookie", "laravel_session=x"],
      "Laravel, .env: APP_URL=https://app.test:8443",
    ],
    [
      "Phoenix",
      ["Server", "Cowboy"],
      'Phoenix, the endpoint in config/runtime.exs: url: [scheme: "https", host: "app.test", port: 8443]',
    ],
    [
      "MediaWiki",
      ["Set-Cookie", "mw_session=x"],
      'MediaWiki, LocalSettings.php: $wgServer = "https://app.test:8443";',
    ],
    [
      "what is not recognised",
      [],
      "the app's configuration: Replace http://localhost:8000 with https://app.test:8443 in the app's configuration",
    ],
  ])(
    "is the address in the configuration of %s that is told the right Host",
    async (_, mark, line) => {
      expect(await fix(INTERNAL_URL, [...PUBLIC, ...HTTPS], mark)).toEqual([line]);
    },
  );
});
