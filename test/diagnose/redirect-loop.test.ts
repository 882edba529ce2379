import { describe, expect, it } from "vitest";
import { LoopWatch } from "../../src/diagnose/detectors/redirect-loop.js";
import type { Finding, Observation } from "../../src/diagnose/finding.js";
import { findingsOf } from "../support/diagnosis.js";

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

const isLoop = (observation: Observation): boolean => new LoopWatch().observe(observation);

const find = async (...observations: Observation[]): Promise<Finding | undefined> =>
  (await findingsOf(observations)).at(-1);

describe("a redirect is a loop", () => {
  it.each([301, 302, 303, 307, 308])("with status %d to the URL that was asked for", (status) => {
    expect(isLoop(redirect(PAGE, { status }))).toBe(true);
  });

  it.each([
    ["that has a fragment", `${PAGE}#top`],
    ["that is only a path", "/page?a=b"],
    ["that is only a file name", "page?a=b"],
    ["without a scheme", "//localhost:8443/page?a=b"],
    ["whose host is in capitals", "https://LOCALHOST:8443/page?a=b"],
    ["that takes a detour", "https://localhost:8443/x/../page?a=b"],
  ])("to a Location %s", (_name, location) => {
    expect(isLoop(redirect(location))).toBe(true);
  });

  it("to a Location that names the default port", () => {
    const url = "https://localhost/page";
    expect(isLoop(redirect("https://localhost:443/page", { url }))).toBe(true);
  });

  it("after HEAD as after GET", () => {
    expect(isLoop(redirect(PAGE, { method: "HEAD" }))).toBe(true);
  });

  it.each([
    ["POST", 307],
    ["POST", 308],
    ["PUT", 301],
    ["DELETE", 302],
  ])("after %s with %d, which repeats the method", (method, status) => {
    expect(isLoop(redirect(PAGE, { method, status }))).toBe(true);
  });

  it("when the name of the header is in small letters", () => {
    expect(isLoop(redirect("", { response: ["location", PAGE] }))).toBe(true);
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
    expect(isLoop(redirect(location))).toBe(false);
  });

  it.each([
    ["POST", 301],
    ["POST", 302],
    ["POST", 303],
    ["PUT", 303],
  ])("after %s with %d, which leads to a GET", (method, status) => {
    expect(isLoop(redirect(PAGE, { method, status }))).toBe(false);
  });

  it.each([200, 201, 300, 304, 404])("with status %d", (status) => {
    expect(isLoop(redirect(PAGE, { status }))).toBe(false);
  });

  it("without a Location", () => {
    expect(isLoop(redirect(PAGE, { response: [] }))).toBe(false);
  });
});

describe("a redirect that sets a cookie", () => {
  const setting = (status: number, ...more: string[]): Observation =>
    redirect(PAGE, { status, response: ["Location", PAGE, "Set-Cookie", "test=1", ...more] });

  it("is not a loop at first: the app may be looking whether the cookie comes back", () => {
    expect(isLoop(setting(302))).toBe(false);
  });

  it("is a loop at the second time", () => {
    const watch = new LoopWatch();
    watch.observe(setting(302));
    expect(watch.observe(setting(302))).toBe(true);
  });

  it("is no loop for the next visitor, when it was none for the first", () => {
    const watch = new LoopWatch();
    watch.observe(setting(302));
    watch.observe(redirect(PAGE, { status: 200, response: [] }));
    expect(watch.observe(setting(302))).toBe(false);
  });

  it.each([301, 308])(
    "is a loop at once with %d, which browsers do not ask for again",
    (status) => {
      expect(isLoop(setting(status))).toBe(true);
    },
  );

  it.each(["no-store", "private, no-cache", "max-age=0"])(
    "is not a loop at first with 301 and Cache-Control: %s",
    (control) => {
      expect(isLoop(setting(301, "Cache-Control", control))).toBe(false);
    },
  );
});

describe("a loop is reported", () => {
  const loops = async (...observations: Observation[]): Promise<string[]> =>
    (await findingsOf(observations)).map(({ url, code }) => `${code} ${url}`);

  it("once for a route, whatever the query and the numbers in its path", async () => {
    const url = "https://localhost:8443/page?a=c";
    expect(await loops(redirect(PAGE), redirect(PAGE), redirect(url, { url }))).toHaveLength(1);
    const pages = ["https://localhost:8443/posts/7/edit", "https://localhost:8443/posts/12/edit"];
    expect(await loops(...pages.map((page) => redirect(page, { url: page })))).toHaveLength(1);
  });

  it("again for another route and for another app", async () => {
    const url = "https://localhost:8443/other";
    const other = redirect(PAGE, { target: "http://localhost:3000" });
    expect(await loops(redirect(PAGE), redirect(url, { url }), other)).toHaveLength(3);
  });

  it("again when it was gone for a while", async () => {
    const answered = redirect("", { status: 200, response: [] });
    expect(await loops(redirect(PAGE), answered, redirect(PAGE))).toHaveLength(2);
  });

  it("for so many routes at most", async () => {
    const found = await loops(
      ...Array.from({ length: 300 }, (_, index) => {
        const url = `https://localhost:8443/page-${index}`;
        return redirect(url, { url });
      }),
    );
    expect(found).toHaveLength(100);
  });

  it("with the framework that an earlier response betrayed", async () => {
    const before = redirect("", { status: 200, response: ["X-Powered-By", "Express"] });
    expect(await find(before, redirect(PAGE))).toMatchObject({ framework: "express" });
  });

  it("without the framework of another app", async () => {
    const target = "http://localhost:3000";
    const response = ["X-Powered-By", "Express"];
    const before = redirect("", { status: 200, response, target });
    expect(await find(before, redirect(PAGE))).toMatchObject({ framework: null });
  });
});

describe("the cause of a loop", () => {
  it("is the app when it was told that the request came over https", async () => {
    const finding = await find(redirect(PAGE));
    expect(finding?.cause).toBe("app-ignores-forwarded-proto");
    expect(finding?.explanation).toContain('"X-Forwarded-Proto: https"');
    expect(finding?.explanation).toContain(`GET ${PAGE} answered 301`);
  });

  it("is the edge when it told the app nothing", async () => {
    const finding = await find(redirect(PAGE, { told: ["Host", "localhost:8443"] }));
    expect(finding?.cause).toBe("edge-sends-no-proto");
    expect(finding?.explanation).toContain("the edge sends no X-Forwarded-Proto");
  });

  it.each([
    ["does not ask for https", redirect("/page?a=b")],
    [
      "follows a plain request",
      redirect("http://localhost:8080/", { url: "http://localhost:8080/" }),
    ],
  ])("is unknown when the redirect %s, and no setting is named", async (_name, observation) => {
    expect(await find(observation)).toMatchObject({ cause: "unknown", fix: [] });
  });

  it("is never more than likely by what was seen", async () => {
    expect((await find(redirect(PAGE)))?.confidence).toBe("likely");
  });

  it("comes with the hops as they were", async () => {
    expect((await find(redirect(PAGE)))?.chain).toEqual([
      `browser  GET ${PAGE}`,
      "app told Host: localhost:8443, X-Forwarded-Proto: https",
      `app      301, Location: ${PAGE}`,
      "browser  the same request again: a loop",
    ]);
  });
});

describe("the fix of a loop", () => {
  const DJANGO = ["Server", "WSGIServer/0.2 CPython/3.11.2"];
  const fix = async (more: Partial<Observation>, ...response: string[]) =>
    (await find(redirect(PAGE, { ...more, response: ["Location", PAGE, ...response] })))?.fix;

  it("is the setting of the framework", async () => {
    expect(await fix({}, ...DJANGO)).toEqual([
      'SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")',
    ]);
  });

  it("is a line for the edge and one for the app when the edge told nothing", async () => {
    expect(await fix({ told: [] }, ...DJANGO)).toEqual([
      "proxy_set_header X-Forwarded-Proto $scheme;",
      'SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")',
    ]);
  });

  it("is that of Django, Express and Rails when the framework is not recognised", async () => {
    expect(await fix({})).toEqual([
      'SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")',
      "app.set('trust proxy', 1)",
      "config.assume_ssl = true",
    ]);
  });
});
