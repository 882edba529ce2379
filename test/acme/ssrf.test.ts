/**
 * A validation asks whom policy allows and nobody else (dogtagpki/pki#5407): nothing reaches a
 * server that an order names, redirects to or resolves to, and nothing that a server answers
 * reaches the client.
 */

import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AddressPolicy } from "../../src/acme/validation/addresses.js";
import type { Task } from "../../src/acme/validation/failure.js";
import { validate } from "../../src/acme/validation/validator.js";
import { type IpBlock, parseCidr } from "../../src/x509/ip.js";

const SECRET = "the content of an internal page";
const TOKEN = "oaU0n1fV-token";
const KEY_AUTHORIZATION = `${TOKEN}.thumbprint`;

/** A server that only counts who comes. */
interface Trap {
  readonly port: number;
  readonly visits: () => number;
}

const closers: (() => void)[] = [];
afterAll(() => {
  for (const close of closers) close();
});

async function openTrap(address: string): Promise<Trap> {
  let visits = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    visits++;
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${KEY_AUTHORIZATION}`);
  });
  server.listen(0, address);
  await once(server, "listening");
  closers.push(() => server.close());
  return { port: (server.address() as AddressInfo).port, visits: () => visits };
}

async function openServer(answer: RequestListener): Promise<number> {
  const server = createHttpServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

interface Attempt {
  readonly identifier?: Task["identifier"];
  readonly asker?: string;
  readonly port: number;
  readonly tlsPort?: number;
  readonly policy?: Partial<AddressPolicy>;
  readonly hosts?: string;
  readonly dns?: Resolver;
}

const NO_DNS = new Resolver({ timeout: 50, tries: 1 });
NO_DNS.setServers(["127.0.0.1:9"]);

function attempt(options: Attempt, type: "http-01" | "tls-alpn-01" = "http-01") {
  return validate(
    type,
    {
      identifier: options.identifier ?? { type: "dns", value: "app.test" },
      token: TOKEN,
      keyAuthorization: KEY_AUTHORIZATION,
      asker: options.asker ?? "127.0.0.1",
    },
    {
      policy: { reach: [], askers: false, resolve: new Map(), ...options.policy },
      ports: { http: options.port, https: options.tlsPort ?? options.port },
      dns: options.dns ?? NO_DNS,
      hosts: options.hosts ?? "/dev/null",
      delays: [0],
    },
    new AbortController().signal,
  );
}

/** What a client and the terminal are told, as one text. */
async function refusal(options: Attempt, type?: "http-01" | "tls-alpn-01"): Promise<string> {
  const verdict = await attempt(options, type);
  expect(verdict?.valid).toBe(false);
  return JSON.stringify(verdict);
}

const range = (text: string): IpBlock => parseCidr(text) as IpBlock;

/** Resolves every name to these, as a DNS server that an attacker runs would. */
function dnsSaying(...addresses: string[]): Resolver {
  const resolver = new Resolver();
  const of = (version: 4 | 6) => async () =>
    addresses.filter((address) => address.includes(":") === (version === 6));
  Object.assign(resolver, { resolve4: of(4), resolve6: of(6) });
  return resolver;
}

describe("An address that nobody allowed", () => {
  const addresses = [
    ...["169.254.169.254", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "0.0.0.0"],
    ...["8.8.8.8", "224.0.0.1", "255.255.255.255", "198.18.0.1", "fe80::1", "fc00::1", "::"],
    ...["2001:db8::1", "64:ff9b::7f00:1", "2002:7f00:1::", "::ffff:10.0.0.1", "ff02::1"],
  ];
  for (const address of addresses) {
    it(`is not asked where it is the identifier: ${address}`, async () => {
      const text = await refusal({ identifier: { type: "ip", value: address }, port: 80 });
      expect(text).toContain("does not ask");
      expect(text).toContain("--reach");
    });

    it(`is not asked where DNS says it for a stranger's name: ${address}`, async () => {
      const dns = dnsSaying(address);
      const text = await refusal({ asker: "203.0.113.9", port: 80, dns });
      expect(text).toContain("does not ask");
    });
  }

  it("is not asked because the order came from it, unless the server is for a network", async () => {
    expect(await refusal({ asker: "192.0.2.7", port: 80 })).toMatch(/has no address|does not ask/);
  });

  it("is not asked because the hosts file says so", async () => {
    const { writeFileSync } = await import("node:fs");
    const { folderUntilEnd } = await import("../support/programs.js");
    const hosts = `${folderUntilEnd("hosts-")}/hosts`;
    writeFileSync(hosts, "# comment\n10.9.8.7 other.test app.test # more\n");
    expect(await refusal({ hosts, port: 80 })).toContain("10.9.8.7");
  });
});

describe("An address that is allowed", () => {
  let trap: Trap;
  beforeAll(async () => {
    trap = await openTrap("127.0.0.1");
  });

  it("is asked: loopback, for a client on this machine", async () => {
    expect(await attempt({ port: trap.port })).toEqual({ valid: true });
  });

  it("is asked: what --resolve names, and nothing else for this name", async () => {
    const policy = { resolve: new Map([["app.test", ["127.0.0.1"]]]) };
    const dns = dnsSaying("10.0.0.1");
    expect(await attempt({ asker: "203.0.113.9", port: trap.port, policy, dns })).toEqual({
      valid: true,
    });
  });

  it("is not asked for another name than --resolve names", async () => {
    const policy = { resolve: new Map([["other.test", ["10.0.0.1"]]]) };
    const dns = dnsSaying("10.0.0.1");
    const text = await refusal({ asker: "203.0.113.9", port: trap.port, policy, dns });
    expect(text).toContain("does not ask");
  });

  it("is asked: a range that --reach names, for loopback's own sake too", async () => {
    const policy = { reach: [range("127.5.0.0/16")] };
    const far = await openTrap("127.5.0.1");
    const identifier = { type: "ip", value: "127.5.0.1" } as const;
    expect(await attempt({ identifier, port: far.port, policy })).toEqual({ valid: true });
  });
});

describe("A redirect", () => {
  const redirecting = (location: string, status = 302): Promise<number> =>
    openServer((_, response) => response.writeHead(status, { Location: location }).end());

  const refused: readonly (readonly [string, (trap: Trap) => string])[] = [
    ["to another port of loopback", ({ port }) => `http://app.test:${port}/secret`],
    ["to another port by address", ({ port }) => `http://127.0.0.1:${port}/secret`],
    ["to localhost", ({ port }) => `http://localhost:${port}/`],
    ["to the address of cloud metadata", () => "http://169.254.169.254/latest/meta-data/"],
    ["to a host that begins as the own does", () => "http://app.test.evil.example/"],
    ["to a host that ends as the own does", () => "http://evil-app.test/"],
    ["to the own host with a dot", () => "http://app.test./"],
    ["with the own host as a user name", ({ port }) => `http://app.test@127.0.0.1:${port}/`],
    ["with a password", () => "http://user:password@app.test/"],
    ["to a file", () => "file:///etc/passwd"],
    ["to gopher", () => "gopher://127.0.0.1:6379/_FLUSHALL"],
    ["to ftp", () => "ftp://app.test/"],
    ["to data", () => `data:text/plain,${KEY_AUTHORIZATION}`],
    ["to an address in decimal", ({ port }) => `http://2130706433:${port}/`],
    ["to an address in octal", ({ port }) => `http://0177.0.0.1:${port}/`],
    ["to an IPv6 loopback address", ({ port }) => `http://[::1]:${port}/`],
    ["to an IPv4 address inside an IPv6 one", ({ port }) => `http://[::ffff:127.0.0.1]:${port}/`],
    ["without a scheme to another host", ({ port }) => `//127.0.0.1:${port}/`],
    ["to what is no URL", () => "http://[/"],
    ["with backslashes to another host", ({ port }) => `\\\\127.0.0.1:${port}\\`],
  ];
  for (const [what, location] of refused) {
    it(`is not followed: ${what}`, async () => {
      const trap = await openTrap("127.0.0.1");
      const port = await redirecting(location(trap));
      const text = await refusal({ port });
      expect(text).toMatch(/redirect|Location/);
      expect(trap.visits()).toBe(0);
    });
  }

  it("is followed to the same host and port", async () => {
    const port = await openServer((request, response) => {
      if (request.url === "/moved") response.end(`${KEY_AUTHORIZATION}\n`);
      else response.writeHead(308, { Location: "/moved" }).end();
    });
    expect(await attempt({ port })).toEqual({ valid: true });
  });

  it("is followed five times and not six", async () => {
    const redirectingTimes = (count: number) =>
      openServer((request, response) => {
        const step = Number(/^\/(\d+)$/.exec(request.url ?? "")?.[1] ?? 0);
        if (step === count) response.end(KEY_AUTHORIZATION);
        else response.writeHead(302, { Location: `/${step + 1}` }).end();
      });
    expect(await attempt({ port: await redirectingTimes(5) })).toEqual({ valid: true });
    expect(await refusal({ port: await redirectingTimes(6) })).toContain("more than 5 redirects");
  });

  it("to itself ends", async () => {
    expect(await refusal({ port: await redirecting("/") })).toContain("more than 5 redirects");
  });
});

describe("What a server answers", () => {
  const answers: readonly (readonly [string, RequestListener])[] = [
    ["a page", (_, response) => response.end(SECRET)],
    ["a page with status 500", (_, response) => response.writeHead(500).end(SECRET)],
    ["a status text", (_, response) => response.writeHead(403, SECRET).end()],
    ["a header", (_, response) => response.writeHead(404, { "X-Secret": SECRET }).end()],
    [
      "a Location",
      (_, response) =>
        response.writeHead(302, { Location: `http://${SECRET.replaceAll(" ", "-")}/` }).end(),
    ],
    ["the token with more", (_, response) => response.end(`${TOKEN}.${SECRET}`)],
  ];
  for (const [what, listener] of answers) {
    it(`is told to nobody: ${what}`, async () => {
      const text = await refusal({ port: await openServer(listener) });
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain(SECRET.replaceAll(" ", "-"));
    });
  }

  it("is read up to 64 KiB, and the connection ended", async () => {
    let sent = 0;
    const chunk = Buffer.alloc(16_384, "x");
    const ended = new Promise<void>((resolve) => {
      void openServer((_, response) => {
        const more = (): void => {
          while (!response.destroyed && response.write(chunk)) sent += chunk.length;
        };
        response.on("drain", more);
        response.on("close", resolve);
        more();
      }).then(async (port) => expect(await refusal({ port })).toContain("65536 bytes"));
    });
    await ended;
    expect(sent).toBeLessThan(50_000_000);
  });

  it("may end in white space, and in nothing else", async () => {
    const saying = (text: string) => openServer((_, response) => response.end(text));
    expect(await attempt({ port: await saying(`${KEY_AUTHORIZATION} \r\n\n`) })).toEqual({
      valid: true,
    });
    await refusal({ port: await saying(` ${KEY_AUTHORIZATION}`) });
    await refusal({ port: await saying(`${KEY_AUTHORIZATION}\0`) });
    await refusal({ port: await saying(KEY_AUTHORIZATION.slice(0, -1)) });
    await refusal({ port: await saying("") });
  });

  it("need not be HTTP or TLS: the validation ends all the same", async () => {
    const raw = createServer((socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n"));
    raw.listen(0, "127.0.0.1");
    await once(raw, "listening");
    closers.push(() => raw.close());
    const { port } = raw.address() as AddressInfo;
    expect(await refusal({ port })).not.toContain("OpenSSH");
    expect(await refusal({ port }, "tls-alpn-01")).not.toContain("OpenSSH");
  });
});
