import { describe, expect, it } from "vitest";
import type { Finding, Observation } from "../../src/diagnose/finding.js";
import { LoopWatch } from "../../src/diagnose/redirect-loop.js";

const PAGE = "https://localhost:8443/page?a=b";
const TOLD = ["Host", "localhost:8443", "X-Forwarded-Proto", "https"];

function redirect(location: string, more: Partial<Observation> = {}): Observation {
  return {
    method: "GET",
    url: PAGE,
    told: TOLD,
    status: 301,
    response: ["Location", location],
    target: "http://localhost:8000",
    ...more,
  };
}

const observe = (observation: Observation): Finding | undefined =>
  new LoopWatch().observe(observation);

describe("a redirect is a loop", () => {
  it.each([301, 302, 303, 307, 308])("with status %d to the URL that was asked for", (status) => {
    expect(observe(redirect(PAGE, { status }))).toMatchObject({ code: "redirect-loop", url: PAGE });
  });

  it.each([
    ["that has a fragment", `${PAGE}#top`],
    ["that is only a path", "/page?a=b"],
    ["that is only a file name", "page?a=b"],
    ["without a scheme", "//localhost:8443/page?a=b"],
    ["whose host is in capitals", "https://LOCALHOST:8443/page?a=b"],
    ["that takes a detour", "https://localhost:8443/x/../page?a=b"],
  ])("to a Location %s", (_name, location) => {
    expect(observe(redirect(location))).toBeDefined();
  });

  it("to a Location that names the default port", () => {
    const url = "https://localhost/page";
    expect(observe(redirect("https://localhost:443/page", { url }))).toBeDefined();
  });

  it("after HEAD as after GET", () => {
    expect(observe(redirect(PAGE, { method: "HEAD" }))).toBeDefined();
  });

  it.each([
    ["POST", 307],
    ["POST", 308],
    ["PUT", 301],
    ["DELETE", 302],
  ])("after %s with %d, which repeats the method", (method, status) => {
    expect(observe(redirect(PAGE, { method, status }))).toBeDefined();
  });

  it("when the name of the header is in small letters", () => {
    expect(observe(redirect("", { response: ["location", PAGE] }))).toBeDefined();
  });
});

describe("a redirect is no loop", () => {
  it.each([
    ["another host", "https://app.localhost:8443/page?a=b"],
    ["another port", "https://localhost:8444/page?a=b"],
    ["another scheme", "http://localhost:8443/page?a=b"],
    ["another path", "https://localhost:8443/page/?a=b"],
    ["another query", "https://localhost:8443/page?a=c"],
    ["no query", "https://localhost:8443/page"],
    ["what is no URL", "https://[::1"],
  ])("to %s", (_name, location) => {
    expect(observe(redirect(location))).toBeUndefined();
  });

  it.each([
    ["POST", 301],
    ["POST", 302],
    ["POST", 303],
    ["PUT", 303],
  ])("after %s with %d, which leads to a GET", (method, status) => {
    expect(observe(redirect(PAGE, { method, status }))).toBeUndefined();
  });

  it.each([200, 201, 300, 304, 404])("with status %d", (status) => {
    expect(observe(redirect(PAGE, { status }))).toBeUndefined();
  });

  it("without a Location", () => {
    expect(observe(redirect(PAGE, { response: [] }))).toBeUndefined();
  });
});

describe("a redirect that sets a cookie", () => {
  const setting = (status: number, ...more: string[]): Observation =>
    redirect(PAGE, { status, response: ["Location", PAGE, "Set-Cookie", "test=1", ...more] });

  it("is not a loop at first: the app may be looking whether the cookie comes back", () => {
    expect(observe(setting(302))).toBeUndefined();
  });

  it("is a loop at the second time", () => {
    const watch = new LoopWatch();
    watch.observe(setting(302));
    expect(watch.observe(setting(302))).toBeDefined();
  });

  it("is no loop for the next visitor, when it was none for the first", () => {
    const watch = new LoopWatch();
    watch.observe(setting(302));
    watch.observe(redirect(PAGE, { status: 200, response: [] }));
    expect(watch.observe(setting(302))).toBeUndefined();
  });

  it.each([301, 308])(
    "is a loop at once with %d, which browsers do not ask for again",
    (status) => {
      expect(observe(setting(status))).toBeDefined();
    },
  );

  it.each(["no-store", "private, no-cache", "max-age=0"])(
    "is not a loop at first with 301 and Cache-Control: %s",
    (control) => {
      expect(observe(setting(301, "Cache-Control", control))).toBeUndefined();
    },
  );
});

describe("a loop is reported", () => {
  it("once for a route, whatever the query", () => {
    const watch = new LoopWatch();
    expect(watch.observe(redirect(PAGE))).toBeDefined();
    expect(watch.observe(redirect(PAGE))).toBeUndefined();
    const url = "https://localhost:8443/page?a=c";
    expect(watch.observe(redirect(url, { url }))).toBeUndefined();
  });

  it("again for another route and for another app", () => {
    const watch = new LoopWatch();
    watch.observe(redirect(PAGE));
    const url = "https://localhost:8443/other";
    expect(watch.observe(redirect(url, { url }))).toBeDefined();
    expect(watch.observe(redirect(PAGE, { target: "http://localhost:3000" }))).toBeDefined();
  });

  it("a thousand times at most", () => {
    const watch = new LoopWatch();
    const findings = Array.from({ length: 1100 }, (_, index) => {
      const url = `https://localhost:8443/${index}`;
      return watch.observe(redirect(url, { url }));
    });
    expect(findings.filter(Boolean)).toHaveLength(1000);
  });

  it("with the framework that an earlier response betrayed", () => {
    const watch = new LoopWatch();
    watch.observe(redirect("", { status: 200, response: ["X-Powered-By", "Express"] }));
    expect(watch.observe(redirect(PAGE))).toMatchObject({ framework: "express" });
  });

  it("without the framework of another app", () => {
    const watch = new LoopWatch();
    const other = "http://localhost:3000";
    watch.observe(
      redirect("", { status: 200, response: ["X-Powered-By", "Express"], target: other }),
    );
    expect(watch.observe(redirect(PAGE))).toMatchObject({ framework: null });
  });
});

describe("the cause of a loop", () => {
  it("is the app when it was told that the request came over https", () => {
    const finding = observe(redirect(PAGE));
    expect(finding?.cause).toBe("app-ignores-forwarded-proto");
    expect(finding?.explanation).toContain('"X-Forwarded-Proto: https"');
    expect(finding?.explanation).toContain(`GET ${PAGE} answered 301`);
  });

  it("is the edge when it told the app nothing", () => {
    const finding = observe(redirect(PAGE, { told: ["Host", "localhost:8443"] }));
    expect(finding?.cause).toBe("edge-sends-no-proto");
    expect(finding?.explanation).toContain("the edge sends no X-Forwarded-Proto");
  });

  it.each([
    ["does not ask for https", redirect("/page?a=b")],
    [
      "follows a plain request",
      redirect("http://localhost:8080/", { url: "http://localhost:8080/" }),
    ],
  ])("is unknown when the redirect %s, and no setting is named", (_name, observation) => {
    expect(observe(observation)).toMatchObject({ cause: "unknown", fix: [] });
  });

  it("is never more than likely by what was seen", () => {
    expect(observe(redirect(PAGE))?.confidence).toBe("likely");
  });

  it("comes with the hops as they were", () => {
    expect(observe(redirect(PAGE))?.chain).toEqual([
      `browser  GET ${PAGE}`,
      "app told Host: localhost:8443, X-Forwarded-Proto: https",
      `app      301, Location: ${PAGE}`,
      "browser  the same request again: a loop",
    ]);
  });
});

describe("the fix of a loop", () => {
  const DJANGO = ["Server", "WSGIServer/0.2 CPython/3.11.2"];
  const fix = (more: Partial<Observation>, ...response: string[]): readonly string[] | undefined =>
    observe(redirect(PAGE, { ...more, response: ["Location", PAGE, ...response] }))?.fix;

  it("is the setting of the framework", () => {
    expect(fix({}, ...DJANGO)).toEqual([
      'SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")',
    ]);
  });

  it("is a line for the edge and one for the app when the edge told nothing", () => {
    expect(fix({ told: [] }, ...DJANGO)).toEqual([
      "proxy_set_header X-Forwarded-Proto $scheme;",
      'SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")',
    ]);
  });

  it("is that of Django, Express and Rails when the framework is not recognised", () => {
    expect(fix({})).toEqual([
      'SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")',
      "app.set('trust proxy', 1)",
      "config.assume_ssl = true",
      "config.force_ssl = true",
    ]);
  });
});
