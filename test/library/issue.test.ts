/** The library's certificates, in the servers that take them. */
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { connect as connectHttp2, createSecureServer } from "node:http2";
import { createServer, get } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { credentials, DevtlsError, issue, openAuthority } from "../../src/index.js";
import { temporaryFolder } from "../support/cli.js";

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function portOf(server: Server): Promise<number> {
  open.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

describe("openAuthority", () => {
  it("makes one, then opens it", async () => {
    const stateDirectory = temporaryFolder();
    const first = await openAuthority({ stateDirectory });
    const second = await openAuthority({ stateDirectory });
    expect(first.created).toBe(true);
    expect(second).toEqual({ ...first, created: false });
    expect(readFileSync(first.path, "utf8")).toBe(first.certificate);
    expect(new X509Certificate(first.certificate).fingerprint256).toBe(first.fingerprint);
    expect(first.permitted).toContain("localhost");
  });

  it("lets nobody see the key", async () => {
    const authority = await openAuthority({ stateDirectory: temporaryFolder() });
    expect(JSON.stringify(authority)).not.toContain("PRIVATE KEY");
  });
});

describe("issue", () => {
  it("returns a certificate for the names and writes none", async () => {
    const stateDirectory = temporaryFolder();
    const { ca } = await issue("a.test", { stateDirectory });
    const before = readdirSync(stateDirectory);
    const leaf = await issue(["app.test", "*.app.test", "::1"], { stateDirectory, days: 7 });
    const x509 = new X509Certificate(leaf.cert);
    expect(leaf.names).toEqual(["app.test", "*.app.test", "::1"]);
    expect(x509.checkIssued(new X509Certificate(ca))).toBe(true);
    expect(x509.subjectAltName).toBe("DNS:app.test, DNS:*.app.test, IP Address:0:0:0:0:0:0:0:1");
    expect(leaf.notAfter.getTime() - leaf.notBefore.getTime()).toBe(7 * 86_400_000);
    expect(x509.fingerprint256).toBe(leaf.fingerprint);
    expect(readdirSync(stateDirectory)).toEqual(before);
  });

  it.each([
    ["a bad name", ["a..b"], {}, "bad-name"],
    ["no name", [], {}, "bad-name"],
    ["a name that is none", [7 as unknown as string], {}, "bad-name"],
    ["a public name", ["example.com"], {}, "outside-constraints"],
    ["too many days", ["a.test"], { days: 826 }, "usage"],
  ])("refuses %s", async (_what, names, options, code) => {
    const error = await issue(names, { ...options, stateDirectory: temporaryFolder() }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(DevtlsError);
    expect(error).toMatchObject({ code });
  });
});

describe("credentials", () => {
  it("go into https.createServer", async () => {
    const stateDirectory = temporaryFolder();
    const { certificate: ca } = await openAuthority({ stateDirectory });
    const own = await credentials("app.localhost", { stateDirectory });
    const port = await portOf(createServer(own, (_request, response) => response.end("over TLS")));
    const request = get({ host: "127.0.0.1", port, servername: "app.localhost", ca });
    const [response] = await once(request, "response");
    expect(Buffer.concat(await response.toArray()).toString()).toBe("over TLS");
  });

  it("go into http2.createSecureServer", async () => {
    const stateDirectory = temporaryFolder();
    const { certificate: ca } = await openAuthority({ stateDirectory });
    const own = await credentials(undefined, { stateDirectory });
    const server = createSecureServer(own, (_request, response) => response.end("HTTP/2"));
    const session = connectHttp2(`https://localhost:${await portOf(server)}`, { ca });
    const stream = session.request({ ":path": "/" });
    const [headers] = await once(stream, "response");
    expect(headers[":status"]).toBe(200);
    session.destroy();
  });

  it("are kept for the next time", async () => {
    const stateDirectory = temporaryFolder();
    const first = await credentials(["a.test", "b.test"], { stateDirectory });
    expect(await credentials(["a.test", "b.test"], { stateDirectory })).toEqual(first);
    expect(existsSync(join(stateDirectory, "leaves"))).toBe(true);
  });
});
