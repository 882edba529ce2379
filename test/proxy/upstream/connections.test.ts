/** Connections to the app: which, how many, how long, and when to try once more. */
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { describe, expect, it } from "vitest";
import { issue } from "../../../src/index.js";
import { startApp } from "../../support/http-app.js";
import { folderUntilEnd } from "../../support/programs.js";
import { frontHome, startFront } from "../../support/wire-front.js";
import type { Peer } from "../../support/wire-peer.js";
import { startTarget, targetOf } from "../../support/wire-target.js";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const REQUEST_END = "\r\n\r\n";

/** Answers every request on a connection with 200. */
function answerAll(connection: Peer): void {
  let text = "";
  connection.socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    while (text.includes(REQUEST_END)) {
      text = text.slice(text.indexOf(REQUEST_END) + 4);
      connection.send(OK);
    }
  });
}

const get = (path = "/", method = "GET"): string =>
  `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${method === "POST" ? "Content-Length: 0\r\n" : ""}\r\n`;

describe("A target on localhost", () => {
  it.each(["127.0.0.1", "::1"])("is found where it listens: %s", async (host) => {
    const target = await startTarget({ host, onConnection: answerAll });
    const front = await startFront(`localhost:${target.port}`);
    const client = await front.connectPlain();
    client.send(get());
    expect(await client.untilText("ok")).toContain("200 OK");
    const { socket } = target.connections[0] as Peer;
    expect(socket.localAddress).toContain(host);
  });
});

describe("A unix socket", () => {
  it("is a target", async () => {
    const path = join(folderUntilEnd("devtls-unix-"), "app.sock");
    await startTarget({ path, onConnection: answerAll });
    const front = await startFront(`unix:${path}`);
    const client = await front.connectPlain();
    client.send(get());
    expect(await client.untilText("ok")).toContain("200 OK");
  });
});

describe("An https target", () => {
  async function startTls(names: string[]): Promise<number> {
    const { cert, key } = await issue(names, { stateDirectory: frontHome() });
    const server = createTlsServer({ cert, key, ALPNProtocols: ["h2", "http/1.1"] });
    const listening: Server = server.listen(0, "127.0.0.1");
    const target = await targetOf(listening, "secureConnection", { onConnection: answerAll });
    return target.port;
  }

  it("is verified against this machine's authority, and spoken to in HTTP/1.1", async () => {
    const port = await startTls(["localhost"]);
    const front = await startFront(`https://localhost:${port}`);
    const client = await front.connectPlain();
    client.send(get());
    expect(await client.untilText("ok")).toContain("200 OK");
  });

  it("with another host's certificate is not passed on, unless it is told to", async () => {
    const port = await startTls(["other.test"]);
    const strict = await (await startFront(`https://localhost:${port}`)).connectPlain();
    strict.send(get());
    const page = await strict.untilText("--insecure-target");
    expect(page).toMatch(/^HTTP\/1\.1 502 /);
    expect(page).toMatch(/certificate|altnames/i);
    const lax = await startFront(`https://localhost:${port}`, { insecureTarget: true });
    const client = await lax.connectPlain();
    client.send(get());
    expect(await client.untilText("ok")).toContain("200 OK");
  });

  it("that speaks plain HTTP is named as such", async () => {
    const app = await startApp((_request, response) => response.end("plain"));
    const client = await (await startFront(`https://localhost:${app.port}`)).connectPlain();
    client.send(get());
    expect(await client.untilText("could not be reached over TLS")).toMatch(/^HTTP\/1\.1 502 /);
  });
});

describe("A connection", () => {
  it("carries one request after another", async () => {
    const target = await startTarget({ onConnection: answerAll });
    const front = await startFront(`127.0.0.1:${target.port}`);
    for (let round = 0; round < 5; round++) {
      const client = await front.connectPlain();
      client.send(get(`/${round}`));
      await client.untilText("ok");
    }
    expect(target.connections).toHaveLength(1);
  });

  it.each([
    ["HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", "asks for its end"],
    ["HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "speaks HTTP/1.0"],
    [`${OK}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`, "says more than it was asked"],
    [
      "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
      "goes on after 204",
    ],
  ])("is not used again when the app %#: %s", async (bytes) => {
    const target = await startTarget({
      onConnection: (connection, number) => {
        if (number > 0) return answerAll(connection);
        connection.socket.once("data", () => connection.send(bytes));
      },
    });
    const front = await startFront(`127.0.0.1:${target.port}`);
    const first = await front.connectPlain();
    first.send(get("/1"));
    await first.untilText(bytes.includes("204") ? "204" : "ok");
    const second = await front.connectPlain();
    second.send(get("/2"));
    expect(await second.untilText("ok")).not.toContain("evil");
    expect(target.connections).toHaveLength(2);
  });

  it("that was idle too long is not used again", async () => {
    const target = await startTarget({
      onConnection: (connection) =>
        connection.socket.on("data", () =>
          // One second, of which devtls keeps one as a margin.
          connection.send(OK.replace("Content-Length", "Keep-Alive: timeout=1\r\nContent-Length")),
        ),
    });
    const front = await startFront(`127.0.0.1:${target.port}`);
    for (const path of ["/1", "/2"]) {
      const client = await front.connectPlain();
      client.send(get(path));
      await client.untilText("ok");
    }
    expect(target.connections).toHaveLength(2);
  });

  it("is opened for each of many requests at once, and few are kept", async () => {
    const many = 300;
    const asked: Peer[] = [];
    let closed = 0;
    let enough = (): void => undefined;
    const target = await startTarget({
      onConnection: (connection) => {
        connection.socket.once("data", () => {
          asked.push(connection);
          if (asked.length === many) for (const each of asked) each.send(OK);
        });
        connection.socket.once("close", () => {
          closed++;
          if (closed >= many - 256) enough();
        });
      },
    });
    const fewer = new Promise<void>((resolve) => {
      enough = resolve;
    });
    const front = await startFront(`127.0.0.1:${target.port}`);
    const clients = await Promise.all(Array.from({ length: many }, () => front.connectPlain()));
    for (const client of clients) client.send(get());
    await Promise.all(clients.map((client) => client.untilText("ok")));
    await fewer;
    expect(target.connections).toHaveLength(many);
  });
});

describe("A request on a connection that the app has closed meanwhile", () => {
  /** An app that answers the first request of a connection and closes it at the second. */
  async function startForgetful() {
    const heads: string[] = [];
    const target = await startTarget({
      onConnection: ({ socket, ...connection }, number) => {
        let requests = 0;
        socket.on("data", (chunk: Buffer) => {
          heads.push(`${number} ${chunk.toString("latin1").split(" HTTP")[0]}`);
          if (number === 0 && ++requests > 1) socket.resetAndDestroy();
          else socket.write(OK);
        });
        void connection;
      },
    });
    return { heads, front: await startFront(`127.0.0.1:${target.port}`) };
  }

  it.each(["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])(
    "is tried once more when it is %s",
    async (method) => {
      const { heads, front } = await startForgetful();
      const client = await front.connectPlain();
      client.send(get("/1"));
      await client.untilText("ok");
      client.send(`${method} /2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      const { length } = "HTTP/1.1 200 OK";
      const text = await client.closed();
      expect(text.split("HTTP/1.1 ").length - 1).toBe(2);
      expect(text.lastIndexOf("HTTP/1.1 200 OK")).toBeGreaterThan(length);
      expect(heads).toEqual(["0 GET /1", `0 ${method} /2`, `1 ${method} /2`]);
    },
  );

  it("is answered with 502 when it is POST", async () => {
    const { heads, front } = await startForgetful();
    const client = await front.connectPlain();
    client.send(get("/1"));
    await client.untilText("ok");
    client.send(get("/2", "POST"));
    expect(await client.untilText("502")).toContain("HTTP/1.1 502");
    expect(heads.filter((head) => head.includes("POST"))).toHaveLength(1);
  });
});

describe("While the app restarts", () => {
  it("GET waits for it", async () => {
    const first = await startTarget({ onConnection: answerAll });
    const front = await startFront(`127.0.0.1:${first.port}`);
    const client = await front.connectPlain();
    client.send(get("/1"));
    await client.untilText("ok");
    const down = once(front.serving, "target");
    await first.stop();
    client.send(get("/2"));
    const post = await front.connectPlain();
    post.send(get("/3", "POST"));
    expect(await post.untilText("502")).toContain("502");
    expect((await down)[0]).toBe("down");
    await startTarget({ port: first.port, onConnection: answerAll });
    await client.untilBytes(
      (bytes) => bytes.toString("latin1").split("200 OK").length === 3,
      "two answers",
    );
  });

  it("a GET to an app that was never up fails at once", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, "close");
    const front = await startFront(`127.0.0.1:${port}`);
    const client = await front.connectPlain();
    client.send(get());
    expect(await client.untilText("refused the connection")).toMatch(/^HTTP\/1\.1 502 /);
  });
});
