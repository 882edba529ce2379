/** Apps that speak TLS themselves: who is believed, and what is said about the others. */

import { createServer, type TLSSocket, type TlsOptions } from "node:tls";
import { generate } from "selfsigned";
import { describe, expect, it } from "vitest";
import { credentials, issue } from "../../../src/index.js";
import { Dialer, type Opening, type UpstreamError } from "../../../src/proxy/upstream/connect.js";
import { parseTarget, type TcpTarget } from "../../../src/proxy/upstream/target.js";
import { atEnd } from "../../support/programs.js";
import { frontHome, startFront } from "../../support/wire-front.js";
import { startTarget, targetOf } from "../../support/wire-target.js";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

interface TlsApp {
  readonly port: number;
  /** The connections that were made. */
  readonly sockets: readonly TLSSocket[];
}

async function startTls(options: TlsOptions): Promise<TlsApp> {
  const sockets: TLSSocket[] = [];
  const server = createServer({ ALPNProtocols: ["h2", "http/1.1"], ...options });
  server.on("secureConnection", (socket) => sockets.push(socket));
  server.on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  const { port } = await targetOf(server, "secureConnection", {
    onConnection: ({ socket }) => socket.on("data", () => socket.write(OK)),
  });
  return { port, sockets };
}

const DAY = 86_400_000;

/** A certificate that signs itself, valid for these days from today. */
async function selfSigned(from: number, to: number): Promise<{ cert: string; key: string }> {
  const made = await generate([{ name: "commonName", value: "localhost" }], {
    keyType: "ec",
    algorithm: "sha256",
    notBeforeDate: new Date(Date.now() + from * DAY),
    notAfterDate: new Date(Date.now() + to * DAY),
    extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: "localhost" }] }],
  });
  return { cert: made.cert, key: made.private };
}

async function answerTo(target: string, settings = {}): Promise<string> {
  const front = await startFront(target, settings);
  atEnd(front.close);
  const client = await front.connectPlain();
  client.send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  return client.closed();
}

async function failureOf(dialer: Dialer): Promise<UpstreamError> {
  return dialer.dial(new AbortController().signal).then(
    () => {
      throw new Error("it was accepted");
    },
    (error: UpstreamError) => error,
  );
}

describe("Opening a connection", () => {
  it("says how long each of its steps took", async () => {
    const app = await startTls(await credentials(["localhost"], { stateDirectory: frontHome() }));
    const target = parseTarget(`https://localhost:${app.port}`) as TcpTarget;
    // A name that every resolver knows, and no address to whoever connects.
    const dialer = new Dialer({ ...target, host: "127.1" }, { insecure: true });
    const opening: Opening = {};
    (await dialer.dial(new AbortController().signal, undefined, opening)).destroy();
    expect(opening).toEqual({
      ...{ dns: expect.any(Number), tcp: expect.any(Number), tls: expect.any(Number) },
    });
  });
});

describe("An app with a certificate of this machine's authority", () => {
  it.each(["localhost", "127.0.0.1"])("is believed as %s", async (host) => {
    const app = await startTls(await credentials([host], { stateDirectory: frontHome() }));
    expect(await answerTo(`https://${host}:${app.port}`)).toMatch(/^HTTP\/1\.1 200 /);
    const [socket] = app.sockets;
    expect(socket?.alpnProtocol).toBe("http/1.1");
    // An address is no name to ask a server for (RFC 6066 3).
    expect((socket as { servername?: unknown } | undefined)?.servername).toBe(
      host === "localhost" ? host : false,
    );
  });
});

describe("An app whose certificate is not accepted", () => {
  it.each([
    ["is signed by itself", 0, 10, /self.signed certificate/],
    ["has expired", -10, -1, /certificate has expired/],
    ["is not valid yet", 1, 10, /certificate is not yet valid/],
  ])("because it %s gets nothing, and the page says why", async (what, from, to, reason) => {
    const own = await selfSigned(from, to);
    const app = await startTls(own);
    const target = `https://localhost:${app.port}`;
    const page = await answerTo(target);
    expect(page).toMatch(/^HTTP\/1\.1 502 /);
    expect(page).toContain(`${target} could not be reached over TLS`);
    expect(page).toContain("--insecure-target");
    // Who trusts the root learns of the dates.
    const dialer = new Dialer(parseTarget(target), { roots: [own.cert] });
    if (what === "is signed by itself") expect(page).toMatch(reason);
    else
      expect(await failureOf(dialer)).toMatchObject({
        kind: "certificate",
        message: expect.stringMatching(reason),
      });
    expect(app.sockets.every((socket) => socket.bytesRead === 0)).toBe(true);
    expect(await answerTo(target, { insecureTarget: true })).toMatch(/^HTTP\/1\.1 200 /);
  });

  it("because it is for another name gets nothing, and the page names both", async () => {
    const app = await startTls(await issue(["other.test"], { stateDirectory: frontHome() }));
    const page = await answerTo(`https://localhost:${app.port}`);
    expect(page).toMatch(/^HTTP\/1\.1 502 /);
    expect(page).toContain("localhost");
    expect(page).toContain("other.test");
  });

  it("because it is for the name only, not for the address it was asked at", async () => {
    const own = await selfSigned(0, 10);
    const app = await startTls(own);
    const target = parseTarget(`https://127.0.0.1:${app.port}`);
    expect(await failureOf(new Dialer(target, { roots: [own.cert] }))).toMatchObject({
      kind: "certificate",
      message: expect.stringContaining("127.0.0.1"),
    });
  });
});

describe("An app that speaks something else", () => {
  it("than our versions of TLS is named as such", async () => {
    const own = await credentials(["localhost"], { stateDirectory: frontHome() });
    const app = await startTls({ ...own, ciphers: "PSK", maxVersion: "TLSv1.2" });
    const page = await answerTo(`https://localhost:${app.port}`);
    expect(page).toMatch(/could not be reached over TLS: the handshake failed, [a-z0-9 ]+\.\n/);
    expect(page).not.toContain("--insecure-target");
  });

  it("than TLS is named as such", async () => {
    const { port } = await startTarget({
      onConnection: ({ socket }) =>
        socket.once("data", () => socket.end("HTTP/1.1 400 Bad\r\n\r\n")),
    });
    expect(await answerTo(`https://localhost:${port}`)).toContain("give it as an http:// target");
  });

  it("and closes is named as such", async () => {
    const { port } = await startTarget({
      onConnection: ({ socket }) => socket.once("data", () => socket.destroy()),
    });
    expect(await answerTo(`https://localhost:${port}`)).toContain("it ended the TLS handshake");
  });

  it("than HTTP, namely TLS, is named as such", async () => {
    const app = await startTls(await credentials(["localhost"], { stateDirectory: frontHome() }));
    const page = await answerTo(`http://localhost:${app.port}`);
    expect(page).toMatch(/^HTTP\/1\.1 502 /);
    expect(page).toContain(`If it speaks TLS, give it as https://localhost:${app.port}`);
  });

  it("than HTTP/1.1, namely HTTP/2 only, is named as such", async () => {
    const own = await credentials(["localhost"], { stateDirectory: frontHome() });
    const app = await startTls({ ...own, ALPNProtocols: ["h2"] });
    const page = await answerTo(`https://localhost:${app.port}`);
    expect(page).toContain("could not be reached over TLS: it does not offer HTTP/1.1.\n");
    expect(page).not.toContain("--insecure-target");
  });
});
