/** A site that answers what no site should ends an audit with a word, and holds it no longer than that. */
import type { RequestListener } from "node:http";
import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { Pace } from "../../src/audit/asking/pace.js";
import { scan } from "../../src/audit/tls/scan.js";
import { startTarget } from "../support/wire-target.js";
import { audited, checkOf, HTML, plainSite, secureSite } from "./local.js";

const at = async (answer: RequestListener) => ({
  url: new URL(`http://localhost:${await plainSite(answer)}/`),
});

async function rawServer(onSocket: (socket: Socket) => void): Promise<number> {
  return (await startTarget({ onConnection: ({ socket }) => onSocket(socket) })).port;
}

const rawSite = async (answer: string) => {
  const port = await rawServer((socket) => socket.once("data", () => socket.end(answer)));
  return { url: new URL(`http://localhost:${port}/`) };
};

describe("A page", () => {
  it("without an end is read as far as it goes", async () => {
    const piece = "<p>more".repeat(10_000);
    const site = await at((_request, response) => {
      response
        .writeHead(200, HTML)
        .write("<!doctype html><script src=//cdn.example/a.js></script>");
      const more = (): void => {
        while (!response.destroyed && response.write(piece));
        if (!response.destroyed) response.once("drain", more);
      };
      more();
    });
    expect(checkOf(await audited(site), "subresource-integrity")?.status).toBe("fail");
  });

  it("that is a bomb of zeros is not unpacked", async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const site = await at((_request, response) => {
      response.writeHead(200, { ...HTML, "Content-Encoding": "gzip" }).end(bomb);
    });
    expect((await audited(site)).headers.grade).toBe("F");
  });

  it("that redirects for ever is given up", async () => {
    let asked = 0;
    const site = await at(({ url }, response) => {
      asked++;
      response.writeHead(302, { Location: `/${asked}${url === "/" ? "" : ""}` }).end();
    });
    expect((await audited(site)).headers.score).not.toBeNull();
    expect(asked).toBeLessThan(40);
  });

  it.each([
    ["a head without an end", `HTTP/1.1 200 OK\r\nA: ${"x".repeat(100_000)}\r\n\r\n`],
    ["a head that is none", "220 mail.example ESMTP\r\n"],
    ["nothing", ""],
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
  ])("with %s is said to be none", async (_, answer) => {
    await expect(audited(await rawSite(answer))).rejects.toThrow(
      /^could not audit http:\/\/localhost/,
    );
  });

  it("that sets a thousand long cookies has a detail that can be read", async () => {
    const cookies = Array.from({ length: 60 }, (_, index) => `${"c".repeat(100)}${index}=1`);
    const site = await at((_request, response) => {
      response.writeHead(200, { ...HTML, "Set-Cookie": cookies }).end("in");
    });
    const detail = checkOf(await audited(site), "cookies-without-secure")?.detail ?? "";
    expect(detail.length).toBeLessThan(1_100);
  });
});

describe("Four megabytes of", () => {
  // What looks ahead to the page's end from each of them takes hours.
  it.each([
    ["inputs without an end", "<input ", 200],
    ["addresses without an end", "href=", 200],
    ["lines of a trace that lead nowhere", "at ", 403],
    ["titles", "<title>(500 x", 500],
    ["headings of error pages", "Whitelabel Error Page", 500],
  ])("%s are read once", async (_, piece, status) => {
    const page = piece.repeat((4 * 1024 * 1024) / piece.length);
    const site = await at((_request, response) => void response.writeHead(status, HTML).end(page));
    expect(checkOf(await audited(site), "debug-page")?.status).toBe("pass");
  });
});

describe("A site on this machine", () => {
  it("that leads to a port where nothing listens is said to be down", async () => {
    const port = await rawServer((socket) => socket.destroy());
    const site = await at((_request, response) => {
      response.writeHead(302, { Location: `http://localhost:${port}/` }).end();
    });
    await expect(audited(site)).rejects.toThrow(/could not audit/);
  });

  it("answering 404 has no grade and still its checks", async () => {
    const site = await secureSite((_request, response) => void response.writeHead(404, HTML).end());
    const found = await audited(site);
    expect(found.headers).toEqual({ grade: null, score: null, tests: [] });
    expect(checkOf(found, "start-page")?.status).toBe("fail");
    expect(found.tls?.rating?.grade).toBe("A");
  });
});

describe("A TLS server", () => {
  const scanned = async (onSocket: (socket: Socket) => void, milliseconds = 3_000) =>
    scan({
      ...{ host: "localhost", name: "localhost", pace: new Pace(0), addresses: ["127.0.0.1"] },
      ...{ port: await rawServer(onSocket), until: performance.now() + milliseconds },
    });

  it("that never answers is not asked for ever, and nothing of it passes", async () => {
    const { versions } = await scanned(() => undefined, 300);
    expect(versions.map(({ state }) => state)).toEqual(Array<string>(5).fill("not-asked"));
  });

  it("that chooses what nobody offered offers nothing", async () => {
    const hello = Buffer.from([2, 0, 0, 38, 3, 3, ...Array<number>(32).fill(1), 0, 0x12, 0x34, 0]);
    const { versions } = await scanned((socket) => {
      socket.once("data", () => {
        socket.end(Buffer.concat([Buffer.from([22, 3, 3, 0, hello.length]), hello]));
      });
    });
    expect(versions.filter(({ state }) => state === "offered")).toEqual([]);
  });

  it("that is a web server without TLS is said to be none", async () => {
    const { versions } = await scanned((socket) => {
      socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    });
    expect(new Set(versions.map(({ why }) => why))).toEqual(
      new Set(["it answers something else than TLS"]),
    );
  });
});
