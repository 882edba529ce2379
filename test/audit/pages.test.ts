/** What is looked for on the pages of a site, as check --deploy and ponycheckup look for it. */
import type { OutgoingHttpHeaders, RequestListener } from "node:http";
import { describe, expect, it } from "vitest";
import { audited, checkOf, HTML, plainSite, secureSite } from "./local.js";

interface Page {
  readonly status?: number;
  readonly headers?: OutgoingHttpHeaders;
  readonly body: string;
}

const pages =
  (all: Readonly<Record<string, Page>>): RequestListener =>
  ({ url = "/" }, response) => {
    const { status = 200, headers, body } = all[url] ?? { status: 404, body: "<p>Not here" };
    response.writeHead(status, { ...HTML, ...headers }).end(body);
  };

const LOGIN = '<!doctype html><form method=post><input name=user><input type="password"></form>';

async function statusOf(
  all: Readonly<Record<string, Page>>,
  id: string,
): Promise<string | undefined> {
  return checkOf(await audited(await secureSite(pages(all))), id)?.status;
}

describe("A page for developers", () => {
  it.each([
    [
      "Django",
      "<p>You're seeing this error because you have <code>DEBUG = True</code> in your settings",
    ],
    ["Werkzeug", "<title>ZeroDivisionError // Werkzeug Debugger</title>"],
    ["Rails", "<header><h1>Routing Error</h1></header><p>Rails.root: /srv/app"],
    ["PHP", "<br /><b>Fatal error</b>: Uncaught Error in /srv/index.php:3 on line <b>3</b>"],
    ["Node", "<pre>Error: no<br> &nbsp; &nbsp;at app (/srv/app/index.js:10:11)</pre>"],
    ["Python", "Traceback (most recent call last):\n  File"],
  ])("of %s is found on the error page", async (name, body) => {
    const site = await secureSite(({ url }, response) => {
      response.writeHead(url === "/" ? 200 : 500, HTML).end(url === "/" ? "in" : body);
    });
    expect(checkOf(await audited(site), "debug-page")).toMatchObject({
      status: "fail",
      detail: expect.stringContaining(name),
    });
  });

  it("is not what a plain error is", async () => {
    expect(
      await statusOf({ "/": { body: "at /srv/app/index.js:10:11 we met" } }, "debug-page"),
    ).toBe("pass");
  });
});

describe("The login page", () => {
  const start = { body: '<!doctype html><a href="/members/log-in">in</a>' };

  it("is found by its link, and judged for frames", async () => {
    const open = { "/": start, "/members/log-in": { body: LOGIN } };
    expect(await statusOf(open, "login-framing")).toBe("fail");
    const shut = {
      ...open,
      "/members/log-in": { body: LOGIN, headers: { "X-Frame-Options": "DENY" } },
    };
    expect(await statusOf(shut, "login-framing")).toBe("pass");
  });

  it("is found where login pages mostly are", async () => {
    expect(
      await statusOf({ "/": { body: "in" }, "/login": { body: LOGIN } }, "login-framing"),
    ).toBe("fail");
  });

  it("over plain http is found", async () => {
    const all = pages({ "/": start, "/members/log-in": { body: LOGIN } });
    const found = await audited(await secureSite(all, all));
    expect(checkOf(found, "login-over-http")?.status).toBe("fail");
    const redirected = await audited(await secureSite(all));
    expect(checkOf(redirected, "login-over-http")?.status).toBe("pass");
  });

  it("that was not found is not passed", async () => {
    expect(await statusOf({ "/": { body: "in" } }, "login-over-http")).toBe("not-asked");
  });
});

describe("Cookies of pages that nobody else opens", () => {
  it("are judged one by one", async () => {
    const headers = {
      "Set-Cookie": ["sessionid=1; Secure", "csrftoken=2; Secure; HttpOnly", "a=1"],
    };
    const site = await secureSite(
      pages({ "/": { body: "in" }, "/login": { body: LOGIN, headers } }),
    );
    const { checks } = await audited(site);
    const said = checks.filter(({ id, status }) => id.startsWith("cookies-") && status === "fail");
    expect(said.map(({ id, detail }) => `${id} ${detail.split(":")[0]}`)).toEqual([
      ...["cookies-without-secure a", "cookies-without-httponly sessionid"],
      "cookies-without-samesite csrftoken",
    ]);
  });

  it("are looked for on pages that were named", async () => {
    const headers = { "Set-Cookie": "cart=1" };
    const site = await secureSite(
      pages({ "/": { body: "in" }, "/shop": { body: "shop", headers } }),
    );
    expect(
      checkOf(await audited(site, { paths: ["/shop"] }), "cookies-without-secure")?.detail,
    ).toContain("cart");
  });
});

describe("Elsewhere on the site", () => {
  it("an administration where everybody looks is a warning", async () => {
    expect(
      await statusOf({ "/": { body: "in" }, "/admin/": { body: LOGIN } }, "admin-exposed"),
    ).toBe("warn");
    expect(await statusOf({ "/": { body: "in" } }, "admin-exposed")).toBe("pass");
  });

  it.each([
    ["asks for a password", LOGIN],
    ["speaks of administrators", "<!doctype html><p>Ask the admin"],
  ])("one page for every path, which %s, is no administration", async (_, body) => {
    const site = await secureSite(
      (_request, response) => void response.writeHead(200, HTML).end(body),
    );
    expect(checkOf(await audited(site), "admin-exposed")?.status).toBe("pass");
  });

  it("an asset without nosniff is a warning", async () => {
    const all = {
      "/": { body: "<!doctype html><script src=/a.js></script>" },
      "/a.js": { body: "1" },
    };
    expect(await statusOf(all, "asset-nosniff")).toBe("warn");
  });

  it("an error page that lacks what the start page has is a warning", async () => {
    const headers = { "X-Content-Type-Options": "nosniff" };
    expect(await statusOf({ "/": { body: "in", headers } }, "error-page-headers")).toBe("warn");
  });

  it("TRACE that sends back what it got is found", async () => {
    const port = await plainSite((request, response) => {
      const { method, url, rawHeaders } = request;
      if (method !== "TRACE") response.writeHead(200, HTML).end(rawHeaders.join());
      else {
        response.writeHead(200, { "Content-Type": "message/http" });
        response.end(`TRACE ${url} HTTP/1.1\r\n${rawHeaders.join("\r\n")}`);
      }
    });
    const found = await audited({ url: new URL(`http://localhost:${port}/`) });
    expect(checkOf(found, "trace-method")?.status).toBe("fail");
  });

  it("a page that shows every header is no echo", async () => {
    const port = await plainSite(({ rawHeaders }, response) => {
      response.writeHead(200, HTML).end(rawHeaders.join());
    });
    const found = await audited({ url: new URL(`http://localhost:${port}/`) });
    expect(checkOf(found, "trace-method")?.status).toBe("pass");
  });

  it("an origin that is let in with the visitor's cookies is found", async () => {
    const site = await secureSite((request, response) => {
      const { origin } = request.headers;
      const cors = {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
      };
      response.writeHead(200, { ...HTML, ...(origin && cors) }).end("in");
    });
    expect(checkOf(await audited(site), "cors-credentials")?.status).toBe("fail");
  });
});
