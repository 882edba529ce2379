/** `devtls trace` and `diagnose()` against real servers, behind devtls and by themselves. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DevtlsServer, diagnose, serve } from "../../src/index.js";
import { devtls } from "../support/cli.js";
import { type Home, temporaryHome } from "../support/programs.js";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const move =
  (status: number, location: string, headers = {}): Handler =>
  (_request, response) =>
    void response.writeHead(status, { Location: location, ...headers }).end();

const PAGES: Readonly<Record<string, Handler>> = {
  "/": (_request, response) => void response.end("home"),
  "/old": move(301, "/new"),
  "/new": move(302, "/", { "Set-Cookie": "seen=1; Path=/" }),
  "/loop": ({ headers }, response) => {
    response.writeHead(301, { Location: `https://${headers.host}/loop` }).end();
  },
  "/listens": ({ headers }, response) => {
    if (headers["x-forwarded-proto"] === "https") response.end("secure");
    else response.writeHead(301, { Location: `https://${headers.host}/listens` }).end();
  },
  "/cookie-test": ({ headers }, response) => {
    if (headers.cookie?.includes("test=1")) response.end("it came back");
    else response.writeHead(302, { Location: "/cookie-test", "Set-Cookie": "test=1" }).end();
  },
  "/a": move(302, "/a/"),
  "/a/": move(302, "/a"),
  "/form": ({ method }, response) => {
    response.writeHead(method === "POST" ? 301 : 200, { Location: "/form/" }).end();
  },
  "/language": ({ headers }, response) => void response.end(headers["accept-language"]),
  "/elsewhere": move(302, "mailto:ada@example.com"),
  "/endless": ({ url = "" }, response) => {
    const n = Number(new URL(url, "http://x").searchParams.get("n"));
    response.writeHead(302, { Location: `/endless?n=${n + 1}` }).end();
  },
};

const app = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? "", "http://app");
  const handler = PAGES[pathname] ?? PAGES["/"];
  handler?.(request, response);
});
let home: Home;
let secure: DevtlsServer;
let silent: DevtlsServer;
let plain: string;

beforeAll(async () => {
  home = temporaryHome();
  app.listen(0, "127.0.0.1");
  await once(app, "listening");
  const { port } = app.address() as AddressInfo;
  plain = `http://127.0.0.1:${port}`;
  const options = { target: port, port: 0, stateDirectory: home.env.DEVTLS_HOME as string };
  secure = await serve(options);
  // HAProxy sends no X-Forwarded-Proto of its own and lets that of clients through.
  silent = await serve({ ...options, simulate: "haproxy" });
});
afterAll(async () => {
  await Promise.all([secure.close(0), silent.close(0)]);
  app.close();
});

const run = (...args: string[]) => devtls(["trace", ...args], { env: home.env });

describe("devtls trace", () => {
  it("shows every hop and ends with 0 when nothing is wrong", async () => {
    const { status, stdout, stderr } = await run(`${secure.url}/old`);
    expect(stdout.replace(/ \d+ ms$/gm, "")).toBe(
      [
        `301 GET ${secure.url}/old -> /new`,
        `302 GET ${secure.url}/new -> /`,
        "    sets seen",
        `200 GET ${secure.url}/`,
        "",
      ].join("\n"),
    );
    expect(stderr).toContain("Nothing is wrong: 2 redirects.");
    expect(status).toBe(0);
  });

  it("as JSON", async () => {
    const { status, stdout } = await run("--json", `${secure.url}/new`);
    expect(JSON.parse(stdout)).toEqual({
      hops: [
        {
          ...{ method: "GET", url: `${secure.url}/new`, status: 302, location: "/" },
          ...{ cookies: ["seen"], ms: expect.any(Number) },
        },
        {
          ...{ method: "GET", url: `${secure.url}/`, status: 200, location: null },
          ...{ cookies: [], ms: expect.any(Number) },
        },
      ],
      findings: [],
    });
    expect(status).toBe(0);
  });

  it("ends with 3 on a loop, after a round or two", async () => {
    const { status, stdout } = await run("--json", `${secure.url}/loop`);
    const { hops, findings } = JSON.parse(stdout);
    expect(findings).toMatchObject([
      { code: "redirect-loop", cause: "app-ignores-forwarded-proto", confidence: "likely" },
    ]);
    expect(hops.length).toBeLessThan(5);
    expect(status).toBe(3);
  });

  it("says that the edge is silent when asking with the header cures it", async () => {
    const { status, stdout, stderr } = await run(`${silent.url}/listens`);
    expect(stderr).toContain("redirect-loop: edge-sends-no-proto (proved)");
    expect(stdout).toContain(`301 GET ${silent.url}/listens`);
    expect(status).toBe(3);
  });

  it("sends cookies back, as browsers do", async () => {
    const { stdout, status } = await run(`${secure.url}/cookie-test`);
    expect(stdout).toContain(`200 GET ${secure.url}/cookie-test`);
    expect(status).toBe(0);
  });

  it("takes plain http, and addresses without a scheme for https", async () => {
    expect((await run(`${plain}/old`)).stdout).toContain(`200 GET ${plain}/`);
    const { stdout } = await run(`${secure.url.replace("https://", "")}/old`);
    expect(stdout).toContain(`200 GET ${secure.url}/`);
  });

  it("sends the method and the headers that it is told to", async () => {
    const head = await run("--method", "head", `${secure.url}/old`);
    expect(head.stdout).toContain(`200 HEAD ${secure.url}/`);
    const post = await run("--method", "POST", "--json", `${secure.url}/form`);
    expect(JSON.parse(post.stdout).findings).toMatchObject([
      { code: "redirect-drops-body", cause: "slash" },
    ]);
  });

  it("stops where a browser leaves the web", async () => {
    const { stdout, status } = await run(`${secure.url}/elsewhere`);
    expect(stdout).toContain("-> mailto:ada@example.com");
    expect(status).toBe(0);
  });

  it("gives up after 20 redirects, like a browser", async () => {
    const { stdout, status } = await run("--json", `${secure.url}/endless`);
    const { hops, findings } = JSON.parse(stdout);
    expect(hops).toHaveLength(21);
    expect(findings).toMatchObject([{ code: "redirect-loop", cause: "unknown" }]);
    expect(status).toBe(3);
  });

  it("finds a round of two", async () => {
    const { findings } = JSON.parse((await run("--json", `${secure.url}/a`)).stdout);
    expect(findings).toMatchObject([{ code: "redirect-loop", cause: "slash-ping-pong" }]);
  });
});

describe("devtls trace says what it could not do", () => {
  it.each([
    ["no URL", ["http://"], "'http://' is no http or https address"],
    ["another scheme", ["ftp://localhost/"], "is no http or https address"],
    ["no method", ["--method", "G T", "https://localhost/"], "not a method"],
    ["CONNECT", ["--method", "CONNECT", "https://localhost/"], "not a method"],
    ["no header", ["--header", "nonsense", "https://localhost/"], "not a header line"],
    ["a line break", ["--header", "a: b\r\nc: d", "https://localhost/"], "not a header line"],
    ["nothing", [], "missing"],
  ])("with %s", async (_name, args, problem) => {
    const { status, stderr } = await run(...args);
    expect(stderr).toContain(problem);
    expect(status).toBe(2);
  });

  it("when nobody answers at any address of a name, or a port is given alone", async () => {
    for (const address of ["https://localhost:9/", "9", ":9"]) {
      const { status, stderr } = await run(address);
      expect(stderr).toMatch(
        /^devtls: could not ask https:\/\/localhost:9\/: connect ECONNREFUSED \S/,
      );
      expect(status).toBe(1);
    }
  });

  it("when nobody answers", async () => {
    const { status, stderr } = await run("http://127.0.0.1:1/");
    expect(stderr).toMatch(/^devtls: could not ask http:\/\/127.0.0.1:1\/: .*ECONNREFUSED/);
    expect(status).toBe(1);
  });

  it("when the certificate is not to be trusted, and looks past it on request", async () => {
    const other = temporaryHome();
    const refused = await devtls(["trace", secure.url], { env: other.env });
    expect(refused.stderr).toContain("--insecure");
    expect(refused.status).toBe(1);
    const past = await devtls(["trace", "--insecure", secure.url], { env: other.env });
    expect(past.status).toBe(0);
  });
});

describe("diagnose()", () => {
  it("is the same for programs", async () => {
    const { hops, findings } = await diagnose(`${secure.url}/loop`, { insecure: true });
    expect(findings).toMatchObject([{ code: "redirect-loop" }]);
    expect(hops[0]).toMatchObject({ method: "GET", status: 301 });
  });

  it("sends the headers that it is given", async () => {
    const options = { insecure: true, headers: { "X-Forwarded-Proto": "https" } };
    expect((await diagnose(`${plain}/listens`, options)).findings).toEqual([]);
  });

  it("fails as everything does", async () => {
    await expect(diagnose("nonsense://x")).rejects.toMatchObject({ code: "usage" });
    await expect(diagnose("http://127.0.0.1:1/")).rejects.toMatchObject({ code: "request-failed" });
  });
});

it("devtls trace says so when https is asked of a port that speaks plain http", async () => {
  const server = createServer((_request, response) => void response.end("plain"));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const { status, stderr } = await devtls(["trace", `https://127.0.0.1:${port}/page`]);
  server.close();
  expect(status).toBe(1);
  expect(stderr).toBe(
    `devtls: could not ask https://127.0.0.1:${port}/page: 127.0.0.1:${port} speaks no TLS; perhaps it speaks plain http\n` +
      `  Ask it so: devtls trace http://127.0.0.1:${port}/page\n`,
  );
});
