/** Who may use the server at all: hosts, plain HTTP, networks, and how often. */

import { createPublicKey, X509Certificate } from "node:crypto";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { describe, expect, it } from "vitest";
import { RateLimit } from "../../src/acme/rules/limits.js";
import { Signer } from "../../src/acme/signer.js";
import { openAuthority } from "../../src/ca/authority.js";
import { pemBlocks } from "../../src/x509/pem.js";
import { folderUntilEnd } from "../support/programs.js";
import { makeKey } from "./client.js";
import { startAcme } from "./server.js";

function plain(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.end(text));
    let answer = "";
    socket.setEncoding("utf8").on("data", (chunk) => {
      answer += chunk;
    });
    socket.on("error", reject).on("close", () => resolve(answer));
  });
}

describe("A stranger", () => {
  it("gets 421 under a name that is not the server's (DNS rebinding)", async () => {
    const server = await startAcme();
    const client = server.client();
    const { port } = new URL(server.directoryUrl);
    for (const host of [
      "evil.test",
      `evil.test:${port}`,
      "localhost",
      `localhost:${Number(port) + 1}`,
    ]) {
      const reply = await client.send("GET", server.directoryUrl, undefined, { Host: host });
      expect([host, reply.status]).toEqual([host, 421]);
    }
    for (const host of [`127.0.0.1:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`]) {
      const reply = await client.send("GET", server.directoryUrl, undefined, { Host: host });
      expect([host, reply.status]).toEqual([host, 200]);
    }
  });

  it("is refused over plain HTTP, where revocation lists alone are read", async () => {
    const server = await startAcme();
    const { port } = new URL(server.directoryUrl);
    const host = `Host: localhost:${port}\r\nConnection: close\r\n\r\n`;
    for (const line of [
      "GET /directory",
      "POST /new-account",
      "GET /crl/00.crl/..",
      "PUT /crl/aa.crl",
    ]) {
      expect(await plain(Number(port), `${line} HTTP/1.1\r\n${host}`)).toMatch(
        /^HTTP\/1\.1 40[04] /,
      );
    }
    const keyId = new X509Certificate(server.ca);
    expect(keyId.ca).toBe(true);
    expect(await plain(Number(port), "SSH-2.0-x\r\n")).not.toContain("200");
  });

  it("does not stop it by what it sends first, or by sending nothing", async () => {
    const server = await startAcme();
    const port = Number(new URL(server.directoryUrl).port);
    for (const octets of ["\u0016", "\u0016\u0003\u0001\u0000\u0005hello", "\u0000\u0000", "GET"]) {
      await plain(port, octets);
    }
    expect((await server.client().get(server.directoryUrl)).status).toBe(200);
    expect(server.failures).toEqual([]);
  });

  it("cannot send more than a certificate request needs", async () => {
    const client = await (await startAcme()).registered();
    const { newOrder } = await client.directory();
    const reply = await client.postRaw(newOrder, "x".repeat(200_000)).catch(() => undefined);
    if (reply) expect(reply.status).toBe(413);
  });
});

describe("A network", () => {
  const address = Object.values(networkInterfaces())
    .flat()
    .find((entry) => entry?.family === "IPv4" && !entry.internal)?.address;

  it("is not listened on without external account binding, and nothing is made", async () => {
    await expect(startAcme({ bind: ["0.0.0.0"] })).rejects.toMatchObject({
      code: "usage",
      hint: "Give accounts out: add --eab",
    });
  });

  it("gets certificates of an intermediate, never of the root", async () => {
    const directory = folderUntilEnd("devtls-acme-signer-");
    const { authority } = await openAuthority(directory);
    const { makeDirectory } = await import("../../src/ca/files.js");
    makeDirectory(`${directory}/acme`, 0o700);
    const make = () =>
      new Signer({
        ...{ directory, folder: `${directory}/acme`, intermediate: true, expired: false },
        crlBase: () => "http://localhost:1/crl/",
      });
    const wanted = {
      publicKey: createPublicKey(makeKey()),
      identifiers: [{ type: "dns", value: "app.test" } as const],
      notBefore: Date.now(),
      notAfter: Date.now() + 86_400_000,
    };
    const { chains, issuer } = await make().issue(wanted);
    const [leaf, intermediate, ...rest] = pemBlocks(chains[0] ?? "", "CERTIFICATE").map(
      (der) => new X509Certificate(der),
    );
    expect(rest).toEqual([]);
    expect(intermediate && leaf?.verify(intermediate.publicKey)).toBe(true);
    expect(intermediate?.verify(authority.certificate.publicKey)).toBe(true);
    expect(issuer).not.toBe(authority.certificate.keyId.toString("hex"));
    expect((await make().issue(wanted)).issuer).toBe(issuer);
    expect(await make().crl(issuer, [])).toBeInstanceOf(Buffer);
  });

  it.runIf(address)("is served under the address that was bound", async () => {
    const bind = [address as string];
    const server = await startAcme({ bind, hosts: bind, eab: true }).catch((error) => error);
    // An address outside the authority's constraints cannot be on its certificate.
    if (server instanceof Error) expect(server).toMatchObject({ code: "outside-constraints" });
    else expect(server.directoryUrl).toContain(address);
  });
});

describe("A client that asks too often", () => {
  it("waits for its share, and only that one", () => {
    const limit = new RateLimit({ burst: 3, everyMs: 1000 });
    const takes = [0, 0, 0, 0].map((now) => limit.take("a", now));
    expect(takes).toEqual([0, 0, 0, 1000]);
    expect(limit.take("b", 0)).toBe(0);
    expect(limit.take("a", 999)).toBe(1);
    expect(limit.take("a", 1000)).toBe(0);
    expect(limit.take("a", 1000)).toBe(1000);
    expect(limit.take("a", 1_000_000)).toBe(0);
  });

  it("is told so, with the time to wait", async () => {
    const server = await startAcme();
    const client = await server.registered();
    const statuses = new Set<number>();
    let last = await client.order(["app.test"]);
    for (let count = 0; count < 400 && last.status === 201; count++) {
      last = await client.order(["app.test"]);
      statuses.add(last.status);
    }
    expect([...statuses]).toEqual([201, 429]);
    expect(Number(last.headers["retry-after"])).toBeGreaterThan(0);
  });
});
