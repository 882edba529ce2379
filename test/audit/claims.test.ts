/** Whether a site believes what anybody says of the scheme, the host and the address. */
import type { RequestListener } from "node:http";
import { describe, expect, it } from "vitest";
import { audited, checkOf, HTML, plainSite, secureSite } from "./local.js";

const page =
  (body = "<!doctype html><p>Hello"): RequestListener =>
  (_request, response) => {
    response.writeHead(200, HTML).end(body);
  };

describe("X-Forwarded-Proto", () => {
  it("that opens plain http to anybody is found", async () => {
    const site = await secureSite(page(), (request, response) => {
      if (request.headers["x-forwarded-proto"] === "https") response.writeHead(200, HTML).end("in");
      else response.writeHead(308, { Location: "https://localhost/" }).end();
    });
    expect(checkOf(await audited(site), "forwarded-proto")).toMatchObject({
      status: "fail",
      detail: expect.stringContaining("it answers 200 in place of 308"),
    });
  });

  it("that sends https in circles is found", async () => {
    const site = await secureSite((request, response) => {
      if (request.headers["x-forwarded-proto"] === "http") {
        response.writeHead(301, { Location: `https://${request.headers.host}/` }).end();
      } else response.writeHead(200, HTML).end("in");
    });
    expect(checkOf(await audited(site), "forwarded-proto")?.status).toBe("fail");
  });

  it("that takes Secure from a cookie is found", async () => {
    const site = await secureSite((request, response) => {
      const secure = request.headers["x-forwarded-proto"] === "http" ? "" : "; Secure";
      response.writeHead(200, { ...HTML, "Set-Cookie": `a=1${secure}` }).end("in");
    });
    expect(checkOf(await audited(site), "forwarded-proto")?.detail).toContain(
      "change their Secure",
    );
  });

  it("that changes nothing passes", async () => {
    expect(checkOf(await audited(await secureSite(page())), "forwarded-proto")?.status).toBe(
      "pass",
    );
  });
});

describe("A foreign name", () => {
  const linked =
    (header: string): RequestListener =>
    (request, response) => {
      const host = request.headers[header] ?? request.headers.host;
      response
        .writeHead(200, HTML)
        .end(`<!doctype html><a href="https://${String(host)}/reset">x</a>`);
    };

  it("in Host that comes back in a link is found", async () => {
    expect(checkOf(await audited(await secureSite(linked("host"))), "host-header")).toMatchObject({
      status: "fail",
      detail: expect.stringContaining("(href)"),
    });
  });

  it("in X-Forwarded-Host is found, and Host is another matter", async () => {
    const found = await audited(await secureSite(linked("x-forwarded-host")));
    expect(checkOf(found, "forwarded-host")?.status).toBe("fail");
  });

  it("in a redirect is found", async () => {
    const site = await secureSite((request, response) => {
      if (request.url === "/in") response.writeHead(200, HTML).end("in");
      else response.writeHead(302, { Location: `https://${request.headers.host}/in` }).end();
    });
    expect(checkOf(await audited(site), "host-header")?.detail).toContain("Location");
  });

  it("that is refused passes, and a page that names what it refuses is no link", async () => {
    const site = await secureSite((request, response) => {
      const isOwn = /^localhost:/.test(request.headers.host ?? "");
      const body = `<p>Unknown host <a href="//${request.headers.host}">${request.headers.host}</a>`;
      response.writeHead(isOwn ? 200 : 400, HTML).end(body);
    });
    expect(checkOf(await audited(site), "host-header")).toMatchObject({
      ...{ status: "pass", detail: "A foreign Host is refused with 400." },
    });
  });

  it("that is answered without a trace of it is a warning", async () => {
    expect(checkOf(await audited(await secureSite(page())), "host-header")?.status).toBe("warn");
  });
});

describe("X-Forwarded-For", () => {
  it("that a page repeats is found", async () => {
    const site = await secureSite((request, response) => {
      const from = request.headers["x-forwarded-for"] ?? request.socket.remoteAddress;
      response.writeHead(200, HTML).end(`<p>You come from ${String(from)}`);
    });
    expect(checkOf(await audited(site), "forwarded-for")?.status).toBe("fail");
  });

  it("that lets a stranger in is found", async () => {
    const site = await secureSite((request, response) => {
      const isInside = request.headers["x-forwarded-for"] === "127.0.0.1";
      response.writeHead(isInside ? 200 : 403, HTML).end("administration");
    });
    expect(checkOf(await audited(site), "forwarded-for")?.detail).toContain("gets in");
  });

  it("that nothing shows is not passed", async () => {
    expect(checkOf(await audited(await secureSite(page())), "forwarded-for")?.status).toBe(
      "not-asked",
    );
  });
});

describe("http beside https", () => {
  it("whose redirect a cache gives to https is found", async () => {
    const kept = new Set<string>();
    const site = await secureSite(
      (request, response) => {
        const { url = "/", headers } = request;
        if (kept.has(url))
          response.writeHead(301, { Location: `https://${headers.host}${url}` }).end();
        else response.writeHead(200, HTML).end("in");
      },
      (request, response) => {
        kept.add(request.url ?? "/");
        response.writeHead(301, { Location: "https://localhost/" }).end();
      },
    );
    // The start page itself is in the cache by then: the site goes in circles for the visitor, too.
    kept.clear();
    expect(checkOf(await audited(site), "cache-scheme")?.status).toBe("fail");
  });

  it("whose redirect shared caches may keep is a warning", async () => {
    const site = await secureSite(page(), (_request, response) => {
      const headers = { Location: "https://localhost/", "Cache-Control": "public, max-age=60" };
      response.writeHead(301, headers).end();
    });
    expect(checkOf(await audited(site), "cache-scheme")?.status).toBe("warn");
  });

  it("that sets a cookie with Secure is a warning", async () => {
    const port = await plainSite((_request, response) => {
      response.writeHead(200, { ...HTML, "Set-Cookie": "sid=1; Secure" }).end("in");
    });
    const found = await audited({ url: new URL(`http://localhost:${port}/`) });
    expect(checkOf(found, "secure-cookie-over-http")).toMatchObject({ status: "warn" });
  });
});
