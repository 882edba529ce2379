/** A TLS server is judged by what it shows: at whatever address, and also where no page can be had. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createSecureServer as createHttp2Server } from "node:http2";
import { createServer as createSecureServer, type ServerOptions } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Audit } from "../../src/audit/audit.js";
import { credentials } from "../../src/library/issue.js";
import { temporaryFolder } from "../support/cli.js";
import { atEnd } from "../support/programs.js";
import { startTarget } from "../support/wire-target.js";
import { audited, checkOf, HTML, plainSite } from "./local.js";

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((info) => info?.address === "::1");

/** Audits a server whose certificate for localhost the audit trusts. */
async function auditedAt(
  host: string,
  { address = "127.0.0.1", ...how }: ServerOptions & { readonly address?: string },
): Promise<Audit> {
  const stateDirectory = temporaryFolder();
  const pair = await credentials("localhost", { stateDirectory });
  const server = createSecureServer({ ...pair, ...how }, (_request, response) => {
    response.writeHead(200, HTML).end("<!doctype html><p>Hello");
  });
  server.on("tlsClientError", () => undefined);
  server.listen(0, address);
  await once(server, "listening");
  atEnd(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const url = new URL(`https://${host}:${port}/`);
  const root = { pem: readFileSync(join(stateDirectory, "rootCA.pem"), "utf8"), fingerprint: "" };
  return audited({ url, root });
}

describe("A certificate", () => {
  it.skipIf(!hasIpv6)(
    "is verified where the server listens on the second address of its name",
    async () => {
      const { tls } = await auditedAt("localhost", { address: "::1" });
      expect(tls?.chains.map(({ verdict }) => verdict)).toEqual(["trusted"]);
    },
  );

  it("for another name has a chain that is trusted", async () => {
    const found = await auditedAt("app.localhost", {});
    expect(found.tls?.chains.map(({ verdict }) => verdict)).toEqual(["trusted"]);
    expect(found.tls?.rating?.grade).toBe("M");
    expect(checkOf(found, "tls-certificate")?.detail).toMatch(/does not cover the name/);
  });
});

describe("A server that browsers cannot talk to", () => {
  it("is graded by its TLS alone when it speaks TLS 1.0 only", async () => {
    const ciphers = "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0";
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1", ciphers } as const;
    const found = await auditedAt("localhost", old);
    expect(found.headers.grade).toBeNull();
    expect(found.tls?.rating?.grade).toBe("C");
    expect(checkOf(found, "start-page")).toMatchObject({
      status: "fail",
      detail: expect.stringMatching(/^The page cannot be asked: the TLS handshake failed: [a-z]/),
    });
    const ids = found.checks.map(({ id }) => id).filter((id) => !/^tls-|^hsts/.test(id));
    expect(ids).toEqual(["start-page"]);
  });

  it("is graded by its TLS alone when it wants a certificate of the client", async () => {
    const how = { requestCert: true, rejectUnauthorized: true };
    const found = await auditedAt("localhost", how);
    expect([found.headers.grade, found.tls?.rating?.grade]).toEqual([null, "A"]);
  });

  it("is graded by its TLS alone when it speaks HTTP/2 only", async () => {
    const stateDirectory = temporaryFolder();
    const pair = await credentials("localhost", { stateDirectory });
    const server = createHttp2Server(pair, (_request, response) => void response.end("<p>Hello"));
    server.on("unknownProtocol", (socket) => void socket.end("HTTP/1.1 403 No\r\n\r\n"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    atEnd(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const found = await audited({ url: new URL(`https://localhost:${port}/`) });
    expect(found.headers.grade).toBeNull();
    expect(found.tls?.isHttp2Only).toBe(true);
    const check = checkOf(found, "start-page");
    expect(check?.detail).toMatch(/HTTP\/2 only|no application protocol/);
  });

  it("is told of when it sends no certificate at all as one", async () => {
    // A hello of TLS 1.2 with ECDHE-RSA-AES128-GCM-SHA256, then "hello" in place of a certificate.
    const hello = Buffer.from([2, 0, 0, 38, 3, 3, ...Array<number>(32).fill(1), 0, 0xc0, 0x2f, 0]);
    const text = Buffer.from("hello");
    const certificate = Buffer.from([11, 0, 0, 11, 0, 0, 8, 0, 0, 5, ...text, 14, 0, 0, 0]);
    const flight = [hello, certificate].map((message) =>
      Buffer.concat([Buffer.from([22, 3, 3, 0, message.length]), message]),
    );
    const answer = (socket: Socket): void => {
      socket.on("error", () => undefined);
      socket.once("data", () => void socket.write(Buffer.concat(flight)));
    };
    const { port } = await startTarget({ onConnection: ({ socket }) => answer(socket) });
    const httpPort = await plainSite((_request, response) => {
      response.writeHead(200, HTML).end("<!doctype html><p>Hello");
    });
    const found = await audited({
      url: new URL(`https://localhost:${port}/`),
      httpUrl: new URL(`http://localhost:${httpPort}/`),
    });
    expect(checkOf(found, "tls-certificate")?.status).toBe("not-asked");
  });
});
