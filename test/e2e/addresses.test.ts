/** http and internal URLs in responses of real apps, found as they pass; and what ends them. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { request } from "node:https";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import express from "express";
import { beforeAll, describe, expect, it } from "vitest";
import { type Finding, openAuthority, type ServeOptions, serve } from "../../src/index.js";
import { temporaryFolder } from "../support/cli.js";
import { startApp } from "../support/http-app.js";
import { start } from "../support/programs.js";
import { describeUnless } from "../support/tools.js";

const stateDirectory = temporaryFolder("devtls-addresses-");
let ca: string;

beforeAll(async () => {
  ca = (await openAuthority({ stateDirectory })).certificate;
});

interface Seen {
  readonly findings: readonly Finding[];
  /** "code cause". */
  readonly said: readonly string[];
  readonly bodies: readonly Buffer[];
}

/** Asks for each path once, follows nothing, and waits for the findings. */
async function look(
  target: number,
  paths: readonly string[],
  options: Partial<ServeOptions> = {},
): Promise<Seen> {
  const findings: Finding[] = [];
  const server = await serve({ target, port: 0, bind: "127.0.0.1", stateDirectory, ...options });
  server.on("finding", (finding) => findings.push(finding));
  const bodies: Buffer[] = [];
  for (const path of paths) {
    const headers = { "Accept-Encoding": "gzip, br" };
    const over = new Promise<void>((resolve) => server.on("request", () => resolve()));
    const asking = request(server.url + path, { ca, headers, agent: false }).end();
    const [response] = (await once(asking, "response")) as [IncomingMessage];
    bodies.push(Buffer.concat(await response.toArray()));
    await over;
  }
  await server.close();
  return { findings, bodies, said: findings.map(({ code, cause }) => `${code} ${cause}`) };
}

async function appOf(answer: (host: string, response: ServerResponse) => void): Promise<number> {
  const app = await startApp(({ headers }, response) => answer(headers.host ?? "", response));
  return app.port;
}

const pageOf = (host: string): string =>
  `${"<p>lorem ipsum</p>\n".repeat(3_000)}<script src="http://${host}/a.js"></script>`;

describe("An http URL in a body", () => {
  it.each([
    ["", (octets: Buffer) => octets],
    ["identity", (octets: Buffer) => octets],
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync],
  ])("is found whatever the content coding is: %j", async (coding, encode) => {
    let sent = Buffer.alloc(0);
    const port = await appOf((host, response) => {
      sent = Buffer.from(encode(Buffer.from(pageOf(host))));
      response.setHeader("Content-Type", "text/html");
      if (coding !== "") response.setHeader("Content-Encoding", coding);
      response.end(sent);
    });
    const { findings, said, bodies } = await look(port, ["/page"]);
    expect(said).toEqual(["mixed-content blocked"]);
    expect(findings[0]?.chain[2]).toContain('line 3001: <script src="http://localhost:');
    expect(bodies[0]?.equals(sent)).toBe(true);
  });

  it("is no finding in a coding that nobody knows, nor in a body that is none of its coding", async () => {
    const port = await appOf((host, response) => {
      response.setHeader("Content-Type", "text/html");
      response.setHeader("Content-Encoding", response.req.url === "/a" ? "zstd" : "gzip");
      response.end(pageOf(host));
    });
    expect((await look(port, ["/a", "/b"])).said).toEqual([]);
  });

  it("is told once a page, however often it is asked for", async () => {
    const port = await appOf((host, response) => {
      response.setHeader("Content-Type", "application/json");
      response.end(JSON.stringify({ next: `http://${host}/items?page=2` }));
    });
    const { said } = await look(port, ["/items?page=1", "/items?page=1", "/other"]);
    expect(said).toEqual(["mixed-content leaked-url", "mixed-content leaked-url"]);
  });
});

describe("A URL of the target in Location", () => {
  const redirecting = (): Promise<number> =>
    appOf((host, response) => void response.writeHead(302, { Location: `http://${host}/b` }).end());

  it.each(["apache", "nginx", "nginx-1.30"])(
    "is no finding where the edge repairs it: %s",
    async (simulate) => {
      expect((await look(await redirecting(), ["/a"], { simulate })).said).toEqual([]);
    },
  );

  it("is one where the edge replaces the Host and repairs nothing", async () => {
    const port = await appOf((_host, response) => {
      const { localPort } = response.socket ?? {};
      response.writeHead(302, { Location: `http://localhost:${localPort}/b` }).end();
    });
    expect((await look(port, ["/a"])).said).toEqual(["insecure-location internal-location"]);
  });
});

const FLASK = `
from flask import Flask, jsonify, redirect, url_for
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.serving import make_server
import sys
app = Flask(__name__)
@app.route("/d/")
def d():
    return '<a href="%s">again</a>' % url_for("d", _external=True)
@app.route("/items")
def items():
    return jsonify(next=url_for("items", page=2, _external=True))
@app.route("/login")
def login():
    return redirect("https://idp.example/auth?redirect_uri=" + url_for("d", _external=True))
exec(sys.argv[1])
server = make_server("127.0.0.1", 0, app)
print("port", server.port, flush=True)
server.serve_forever()
`;

const DJANGO = `
import sys
from wsgiref.simple_server import make_server
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import path
def page(request):
    return HttpResponse('<form action="%s">' % request.build_absolute_uri("/page"))
def items(request):
    return JsonResponse({"next": request.build_absolute_uri("/items?page=2")})
def old(request):
    return HttpResponseRedirect(request.build_absolute_uri("/page"))
urlpatterns = [path("page", page), path("items", items), path("old", old)]
names = {}
exec(sys.argv[1], names)
names = {name: value for name, value in names.items() if name.isupper()}
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="x", **names)
server = make_server("127.0.0.1", 0, get_wsgi_application())
print("port", server.server_port, flush=True)
server.serve_forever()
`;

/** Debian installs its packages for this interpreter; another one may come first on PATH. */
const PYTHON = "/usr/bin/python3";

async function python(program: string, settings: string): Promise<number> {
  const running = start(PYTHON, ["-c", program, settings]);
  return Number((await running.waitFor(/port (\d+)/))[1]);
}

function whyNoModule(name: string): string | undefined {
  const { status } = spawnSync(PYTHON, ["-c", `import ${name}`]);
  return status === 0 ? undefined : `no ${name} in ${PYTHON}; sudo apt-get install python3-${name}`;
}

describeUnless(whyNoModule("flask"), "Flask", () => {
  const PATHS = ["/d", "/d/", "/items", "/login"];

  it("leaks http URLs in Location, pages, data and redirect_uri, and the fix ends all", async () => {
    const { said, findings } = await look(await python(FLASK, ""), PATHS);
    expect([...said].sort()).toEqual([
      "insecure-location http-location",
      "insecure-location http-redirect-uri",
      "mixed-content leaked-url",
      "mixed-content leaked-url",
    ]);
    for (const { framework, fix } of findings) {
      expect(framework).toBe("flask");
      expect((await look(await python(FLASK, fix.join("\n")), PATHS)).said).toEqual([]);
    }
  });
});

describeUnless(whyNoModule("django"), "Django", () => {
  const PATHS = ["/old", "/page", "/items"];

  it("builds http URLs from what it sees, and the fix ends all", async () => {
    const { said, findings } = await look(await python(DJANGO, ""), PATHS);
    expect([...said].sort()).toEqual([
      "insecure-location http-location",
      "mixed-content form-action",
      "mixed-content leaked-url",
    ]);
    for (const { framework, fix } of findings) {
      expect(framework).toBe("django");
      expect((await look(await python(DJANGO, fix.join("\n")), PATHS)).said).toEqual([]);
    }
  });

  it("builds internal URLs behind an edge that replaces the Host, until it is told otherwise", async () => {
    const { findings } = await look(await python(DJANGO, ""), PATHS, { simulate: "apache" });
    expect(findings.map(({ code, cause }) => `${code} ${cause}`).sort()).toEqual([
      "mixed-content form-action",
      "mixed-content internal-url",
    ]);
    for (const { fix } of findings) {
      expect(fix).toContain("USE_X_FORWARDED_HOST = True");
      expect(fix).toContain("RequestHeader set X-Forwarded-Proto expr=%{REQUEST_SCHEME}");
      const ofApp = fix.filter((line) => /^[A-Z_]+ = /.test(line)).join("\n");
      const fixed = { simulate: "apache", setHeader: ["X-Forwarded-Proto: https"] };
      expect((await look(await python(DJANGO, ofApp), PATHS, fixed)).said).toEqual([]);
    }
  });
});

/** What of Express is used here; the package brings no types. */
interface ExpressApp {
  (...exchange: Parameters<RequestListener>): void;
  get(path: string, handler: (asked: ExpressRequest, response: ExpressResponse) => void): void;
}

interface ExpressRequest {
  readonly protocol: string;
  readonly secure: boolean;
  get(name: string): string;
}

interface ExpressResponse {
  redirect(url: string): void;
  send(body: string): void;
  json(value: unknown): void;
}

describe("Express", () => {
  const PATHS = ["/old", "/page", "/items"];
  const expressPort = async (settings: string): Promise<number> => {
    const app = express() as unknown as ExpressApp;
    new Function("app", settings)(app);
    app.get("/old", (q, r) => r.redirect(`${q.protocol}://${q.get("host")}/page`));
    app.get("/page", (q, r) => {
      r.send(`<script>new WebSocket("${q.secure ? "wss" : "ws"}://${q.get("host")}/ws")</script>`);
    });
    app.get("/items", (q, r) => {
      r.json({ next: `${q.protocol}://${q.get("host")}/items?page=2` });
    });
    return (await startApp(app)).port;
  };

  it("builds http and ws URLs from what it sees, and the fix ends all", async () => {
    const { said, findings } = await look(await expressPort(""), PATHS);
    expect([...said].sort()).toEqual([
      "insecure-location http-location",
      "mixed-content leaked-url",
      "mixed-content websocket",
    ]);
    for (const { framework, fix } of findings) {
      expect(framework).toBe("express");
      expect((await look(await expressPort(fix.join("\n")), PATHS)).said).toEqual([]);
    }
  });
});
