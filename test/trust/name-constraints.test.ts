/**
 * What the name constraints of a default authority are worth: each client is shown a leaf that the
 * authority has signed although it may not, by going round devtls's own refusal. Every client
 * believes the root and looks for the very name in the leaf; the constraints alone are against it.
 * (openssl verify, certtool and certutil have theirs in test/x509/verifiers.test.ts.)
 */
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { connect } from "node:tls";
import type { BrowserContext } from "playwright-core";
import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeJks } from "../../src/trust/keystore.js";
import { errorOf, startBrowser, whyNoBrowser } from "../support/browser.js";
import { type Outcome, runProgram, temporaryFolder } from "../support/cli.js";
import { openIn, startFirefox, whyNoFirefox } from "../support/firefox.js";
import { temporaryHome } from "../support/programs.js";
import { describeUnless, describeWith } from "../support/tools.js";
import { makeLeaf, makeRoot, save } from "../x509/fixtures.js";
import { startTunnel, type Tunnel } from "./support/tunnel.js";

const GOOD = "localhost";
const OUTSIDE = ["example.com", "8.8.8.8"] as const;
const HOSTS = [GOOD, ...OUTSIDE] as const;
type Host = (typeof HOSTS)[number];

const folder = temporaryFolder();
const root = makeRoot();
const rootPath = save(folder, "root.pem", root.pem);

/** A server with a leaf for one host. */
interface Site {
  readonly host: Host;
  readonly leaf: string;
  readonly port: number;
  readonly server: Server;
  /** How many requests have arrived. */
  requests: number;
}

const sites = new Map<Host, Site>();
const site = (host: Host): Site => sites.get(host) as Site;
/** Leads to the site of the host that a client asks for. */
let tunnel: Tunnel;

beforeAll(async () => {
  tunnel = await startTunnel((host) => sites.get(host as Host)?.port);
  for (const host of HOSTS) {
    const leaf = makeLeaf(root, [host]);
    const server = createServer({ cert: leaf.pem, key: leaf.keyPem });
    server.on("tlsClientError", () => undefined); // a client that refuses ends the handshake
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const path = save(folder, `${host}.pem`, leaf.pem);
    const made: Site = { host, leaf: path, port, server, requests: 0 };
    server.on("request", (_request, response) => {
      made.requests++;
      response.end("hello");
    });
    sites.set(host, made);
  }
});
afterAll(() => {
  tunnel.close();
  for (const { server } of sites.values()) {
    server.closeAllConnections();
    server.close();
  }
});

const isAddress = (host: Host): boolean => /^[\d.]+$/.test(host);

/** A command that connects to a site, what shows that it did, and what it says when it refuses. */
interface Client {
  readonly program: string;
  readonly name: string;
  readonly args: (site: Site) => readonly string[];
  readonly input?: string;
  readonly refusal: RegExp;
}

const PYTHON = `import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
context.verify_flags |= ssl.VERIFY_X509_STRICT
with socket.create_connection(("127.0.0.1", int(sys.argv[2]))) as plain:
    with context.wrap_socket(plain, server_hostname=sys.argv[3]) as secure:
        secure.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
        secure.recv(1)
`;

const CLIENTS: readonly Client[] = [
  {
    program: "openssl",
    name: "openssl s_client",
    args: ({ host, port }) => [
      ...["s_client", "-connect", `127.0.0.1:${port}`, "-CAfile", rootPath],
      ...(isAddress(host) ? ["-verify_ip", host] : ["-servername", host, "-verify_hostname", host]),
      ...["-verify_return_error", "-quiet", "-no_ign_eof"],
    ],
    input: "GET / HTTP/1.0\r\n\r\n",
    refusal: /permitted subtree violation/,
  },
  {
    program: "curl",
    name: "curl",
    args: ({ host, port }) => [
      ...["-sS", "--noproxy", "*", "--cacert", rootPath],
      ...["--connect-to", `${host}:443:127.0.0.1:${port}`, `https://${host}/`],
    ],
    refusal: /\(60\).*permitted subtree violation/,
  },
  {
    program: "python3",
    name: "Python's ssl",
    args: ({ host, port }) => ["-c", PYTHON, rootPath, String(port), host],
    refusal: /CERTIFICATE_VERIFY_FAILED.*permitted subtree violation/,
  },
  {
    program: "gnutls-cli",
    name: "gnutls-cli",
    args: ({ host, port }) => [
      ...["--x509cafile", rootPath, "--port", String(port), "--verify-hostname", host],
      ...(isAddress(host) ? ["--disable-sni"] : ["--sni-hostname", host]),
      "127.0.0.1",
    ],
    input: "GET / HTTP/1.0\r\n\r\n",
    refusal: /violates the signer's constraints/,
  },
];

async function run({ program, args, input }: Client, to: Site): Promise<Outcome> {
  return runProgram(program, args(to), input === undefined ? {} : { input });
}

for (const client of CLIENTS) {
  describeWith([client.program], client.name, () => {
    it("accepts localhost", async () => {
      const { requests } = site(GOOD);
      const { status, stderr } = await run(client, site(GOOD));
      expect(status, stderr).toBe(0);
      expect(site(GOOD).requests).toBe(requests + 1);
    });

    it.each(OUTSIDE)("refuses %s", async (host) => {
      const { status, stdout, stderr } = await run(client, site(host));
      expect(stdout + stderr).toMatch(client.refusal);
      expect(status).not.toBe(0);
      expect(site(host).requests).toBe(0);
    });
  });
}

describe("Node's tls", () => {
  async function handshake({ host, port }: Site): Promise<string> {
    const socket = connect({
      port,
      host: "127.0.0.1",
      ca: root.pem,
      ...(!isAddress(host) && { servername: host }),
      // The name in the leaf is right; what is asked is whether the chain is.
      checkServerIdentity: () => undefined,
    });
    try {
      await once(socket, "secureConnect");
      return "accepted";
    } catch (error) {
      return (error as Error).message;
    } finally {
      socket.destroy();
    }
  }

  it("accepts localhost", async () => {
    expect(await handshake(site(GOOD))).toBe("accepted");
  });

  it.each(OUTSIDE)("refuses %s", async (host) => {
    expect(await handshake(site(host))).toBe("permitted subtree violation");
  });
});

describeUnless(whyNoBrowser(), "Chromium", () => {
  const home = temporaryHome();
  let context: BrowserContext;

  beforeAll(async () => {
    await trustIn(join(home.folder, ".local/share/pki/nssdb"));
    const rules = [...sites.values()].map(({ host, port }) => `MAP ${host}:443 127.0.0.1:${port}`);
    context = await startBrowser(home, [`--host-resolver-rules=${rules.join()}`]);
  });

  const open = async ({ host }: Site): Promise<string> =>
    errorOf(await context.newPage(), `https://${host}/`);

  it("accepts localhost", async () => {
    expect(await open(site(GOOD))).toBe("none");
  });

  it.each(OUTSIDE)("refuses %s", async (host) => {
    expect(await open(site(host))).toBe("net::ERR_CERT_INVALID");
    expect(site(host).requests).toBe(0);
  });
});

describeUnless(whyNoFirefox(), "Firefox", () => {
  const home = temporaryHome();
  let browser: Browser;

  beforeAll(async () => {
    const profile = join(home.folder, "profile");
    await trustIn(profile);
    browser = await startFirefox(home, profile, {
      "network.proxy.type": 1,
      "network.proxy.ssl": "127.0.0.1",
      "network.proxy.ssl_port": tunnel.port,
    });
  });

  // It asks no proxy for localhost.
  const open = ({ host, port }: Site): Promise<string> =>
    openIn(browser, host === GOOD ? `https://${GOOD}:${port}/` : `https://${host}/`);

  it("accepts localhost", async () => {
    expect(await open(site(GOOD))).toBe("200");
  });

  it.each(OUTSIDE)("refuses %s", async (host) => {
    expect(await open(site(host))).toBe("SEC_ERROR_CERT_NOT_IN_NAME_SPACE");
    expect(site(host).requests).toBe(0);
  });
});

describeWith(["keytool"], "Java", () => {
  /** keytool fetches a revocation list as any program of that Java fetches a page. */
  async function fetchFrom({ host, port }: Site, trusted: string): Promise<Outcome> {
    const url = host === GOOD ? `https://${GOOD}:${port}/` : `https://${host}/`;
    return runProgram("keytool", [
      ...["-J-Duser.language=en", `-J-Djavax.net.ssl.trustStore=${trusted}`],
      ...["-J-Dhttps.proxyHost=127.0.0.1", `-J-Dhttps.proxyPort=${tunnel.port}`],
      ...["-printcrl", "-file", url],
    ]);
  }

  const keystoreOf = (name: string, der: Buffer): string =>
    save(folder, name, encodeJks([der], "changeit"));

  it("does not look at the constraints of a root: it accepts every name that it signed", async () => {
    const trusted = keystoreOf("trusted.jks", root.der);
    for (const host of HOSTS) {
      const { requests } = site(host);
      await fetchFrom(site(host), trusted);
      expect(site(host).requests, host).toBe(requests + 1);
    }
  });

  it("does refuse another root's leaves", async () => {
    const trusted = keystoreOf("another.jks", makeRoot().der);
    for (const host of HOSTS) {
      const { requests } = site(host);
      const { stdout } = await fetchFrom(site(host), trusted);
      expect(stdout, host).toContain("PKIX path building failed");
      expect(site(host).requests).toBe(requests);
    }
  });
});

/** Makes a database of NSS that trusts the root for web sites. */
async function trustIn(database: string): Promise<void> {
  mkdirSync(database, { recursive: true });
  const run = (...args: string[]): Promise<Outcome> =>
    runProgram("certutil", [...args, "-d", `sql:${database}`]);
  await run("-N", "--empty-password");
  const added = await run("-A", "-n", "root", "-t", "C,,", "-i", rootPath);
  expect(added.status, added.stderr).toBe(0);
}
