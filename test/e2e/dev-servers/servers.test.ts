/** Express, Fastify and Django behind devtls: streams, events, a large upload. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { get, request } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import express from "express";
import fastify from "fastify";
import { describe, expect, it } from "vitest";
import { freePort, type ServeRun } from "../../support/cli.js";
import { whyNoDjango } from "../../support/django.js";
import {
  atEnd,
  curl,
  folderUntilEnd,
  serveJson,
  start,
  temporaryHome,
  trusting,
} from "../../support/programs.js";
import { describeUnless, describeWith } from "../../support/tools.js";

const MIB = 1024 * 1024;

const home = temporaryHome();

/** The response to a GET, as far as its head. */
async function open(run: ServeRun, path: string): Promise<IncomingMessage> {
  const ca = readFileSync(home.root);
  const [response] = await once(get(`${run.url}${path}`, { ca, agent: false }), "response");
  return response as IncomingMessage;
}

const nextChunk = async (response: IncomingMessage): Promise<string> => {
  const arrived = once(response, "data");
  response.resume();
  const [chunk] = await arrived;
  // What comes next waits for its listener.
  response.pause();
  return String(chunk);
};

describe("Express", () => {
  async function startExpress(): Promise<{ run: ServeRun; opened: Promise<ServerResponse> }> {
    const app = express();
    let tell: (response: ServerResponse) => void = () => undefined;
    const opened = new Promise<ServerResponse>((resolve) => {
      tell = resolve;
    });
    app.get("/events", (_request, response) => {
      response.set({ "Content-Type": "text/event-stream", "Cache-Control": "no-cache" });
      response.flushHeaders();
      tell(response);
    });
    app.get("/stream", (_request, response) => {
      response.type("html").write("<p>first");
      tell(response);
    });
    const server = app.listen(0, "127.0.0.1");
    await once(server, "listening");
    atEnd(() => {
      server.close();
      server.closeAllConnections();
    });
    const { port } = server.address() as AddressInfo;
    return { run: await serveJson(["--target", `127.0.0.1:${port}`], home), opened };
  }

  it("sends events one by one", async () => {
    const { run, opened } = await startExpress();
    const client = await open(run, "/events");
    expect(client.headers["content-type"]).toMatch(/^text\/event-stream/);
    const app = await opened;
    for (const event of ["data: 1\n\n", "data: 2\n\n", "event: end\ndata: 3\n\n"]) {
      app.write(event);
      expect(await nextChunk(client)).toBe(event);
    }
    const closed = once(app, "close");
    client.destroy();
    await closed;
  });

  it("streams a page", async () => {
    const { run, opened } = await startExpress();
    const client = await open(run, "/stream");
    expect(await nextChunk(client)).toBe("<p>first");
    (await opened).end("<p>last");
    expect(Buffer.concat(await client.toArray()).toString()).toBe("<p>last");
  });
});

describeWith(["curl"], "Fastify", () => {
  it("answers, and reads JSON and forms of 1 MiB", async () => {
    const app = fastify({ bodyLimit: 8 * MIB, trustProxy: true });
    app.addContentTypeParser("*", (_request, payload, done) => {
      const hash = createHash("sha256");
      payload
        .on("data", (chunk) => hash.update(chunk))
        .on("end", () => done(null, hash.digest("hex")));
    });
    app.get("/", async (incoming) => ({ protocol: incoming.protocol, host: incoming.host }));
    app.post("/json", async (incoming) => (incoming.body as unknown[]).length);
    app.post("/raw", async (incoming) => incoming.body);
    await app.listen({ port: 0, host: "127.0.0.1" });
    atEnd(() => app.close());
    const { port } = app.server.address() as AddressInfo;
    const run = await serveJson(["--target", `127.0.0.1:${port}`], home);
    const ask = async (...args: string[]): Promise<string> =>
      (await curl([...trusting(home), ...args])).stdout;
    expect(JSON.parse(await ask(`${run.url}/`))).toEqual({
      protocol: "https",
      host: new URL(run.url).host,
    });
    const file = join(home.folder, "body");
    writeFileSync(file, JSON.stringify(Array.from({ length: 200_000 }, (_, index) => index)));
    const json = ["--header", "Content-Type: application/json", "--data-binary", `@${file}`];
    expect(await ask(...json, `${run.url}/json`)).toBe("200000");
    const raw = [
      "--http2",
      "--header",
      "Content-Type: application/x-anything",
      "--data-binary",
      `@${file}`,
    ];
    const expected = createHash("sha256").update(readFileSync(file)).digest("hex");
    expect(await ask(...raw, `${run.url}/raw`)).toBe(expected);
  });
});

const UPLOAD = `\
import hashlib
import sys

from django.conf import settings

settings.configure(DEBUG=True, SECRET_KEY="test", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"])

from django.core.management import execute_from_command_line
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
def upload(request):
    digest = hashlib.sha256()
    while chunk := request.read(1 << 20):
        digest.update(chunk)
    return HttpResponse(digest.hexdigest())


urlpatterns = [path("upload", upload)]
execute_from_command_line(sys.argv)
`;

describeUnless(whyNoDjango(), "Django's runserver", () => {
  it("takes an upload of 200 MB whole", async () => {
    const folder = folderUntilEnd("devtls-upload-");
    writeFileSync(join(folder, "upload.py"), UPLOAD);
    const port = String(await freePort());
    const args = ["upload.py", "runserver", "--noreload", `127.0.0.1:${port}`];
    const server = start("/usr/bin/python3", args, { cwd: folder, env: { PYTHONUNBUFFERED: "1" } });
    await server.waitFor(/Starting development server/);
    const run = await serveJson(["--target", port], home);
    const size = 200_000_000;
    const sent = request(`${run.url}/upload`, {
      method: "POST",
      ca: readFileSync(home.root),
      agent: false,
      headers: { "Content-Length": size },
    });
    const answered = once(sent, "response");
    const digest = createHash("sha256");
    const piece = Buffer.alloc(MIB);
    for (let left = size, number = 0; left > 0; left -= MIB, number++) {
      piece.fill(number % 251);
      const part = Buffer.from(piece.subarray(0, Math.min(left, MIB)));
      digest.update(part);
      if (!sent.write(part)) await once(sent, "drain");
    }
    sent.end();
    const [response] = (await answered) as [IncomingMessage];
    expect(response.statusCode).toBe(200);
    expect(await nextChunk(response)).toBe(digest.digest("hex"));
  });
});
