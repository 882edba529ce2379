/** The leaves that `serve` keeps in the state directory. */
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  coversHost,
  issueServeLeaf,
  keptLeaf,
  openServeIdentity,
  type ServeIdentity,
  serveNames,
} from "../../src/ca/leaves.js";
import { statePaths } from "../../src/paths.js";
import { parsePemCertificate } from "../../src/x509/certificate.js";
import type { Name } from "../../src/x509/names.js";
import { pemBlocks } from "../../src/x509/pem.js";
import { DAY_MS } from "../../src/x509/validity.js";
import { temporaryFolder } from "../support/cli.js";
import { makeLeaf, makeRoot, refusal } from "../x509/fixtures.js";
import { list, makeAuthority, snapshot } from "./state.js";

const mode = (path: string): number => statSync(path).mode & 0o7777;
const values = (names: readonly Name[]): string[] => names.map(({ value }) => value);
const serial = ({ leaf }: ServeIdentity): string => leaf.certificate.serial;

/** The one file in `leaves/`. */
function leafFile(home: string): string {
  const { leaves } = statePaths(home);
  const [name, ...more] = list(leaves);
  expect(more).toEqual([]);
  return join(leaves, name as string);
}

describe("the names of a serve certificate", () => {
  it("are the hosts, then always localhost and the loopback addresses", () => {
    expect(values(serveNames(["app.localhost"]))).toEqual([
      "app.localhost",
      "localhost",
      "127.0.0.1",
      "::1",
    ]);
  });

  it("stand there once each, and are held to the rules for names", () => {
    expect(values(serveNames(["LOCALHOST", "0:0::1"]))).toEqual(["localhost", "::1", "127.0.0.1"]);
    refusal("bad-name", () => serveNames(["a..b"]));
  });
});

describe("the first leaf", () => {
  it("is made with the authority, in a folder that only the user can enter", async () => {
    const home = join(temporaryFolder(), "state");
    const { leaf, root, created } = await openServeIdentity(serveNames(["app.localhost"]), home);
    expect(created).toBe(true);
    expect(list(home)).toEqual(["leaves", "rootCA-key.pem", "rootCA.pem"]);
    expect(mode(join(home, "leaves"))).toBe(0o700);
    expect(mode(leafFile(home))).toBe(0o600);
    expect(leaf.certificate.x509.verify(root.publicKey)).toBe(true);
  });

  it("comes with its chain and its key", async () => {
    const home = join(temporaryFolder(), "state");
    const { leaf, root } = await openServeIdentity(serveNames([]), home);
    const [first, second, ...more] = pemBlocks(leaf.chainPem, "CERTIFICATE");
    expect(first?.equals(leaf.certificate.der)).toBe(true);
    expect(second?.equals(root.der)).toBe(true);
    expect(more).toEqual([]);
    expect(pemBlocks(leaf.keyPem, "PRIVATE KEY")).toHaveLength(1);
  });

  it("is refused for a name outside the constraints, and nothing is made", async () => {
    const home = join(temporaryFolder(), "state");
    const opened = openServeIdentity(serveNames(["example.com"]), home);
    await expect(opened).rejects.toMatchObject({ code: "outside-constraints" });
    expect(() => statSync(home)).toThrow();
  });
});

describe("a leaf that is kept", () => {
  it("is used again, in whatever order its hosts are named after the first", async () => {
    const { home } = makeAuthorityHome();
    const names = serveNames(["app.localhost", "b.test", "a.test"]);
    const first = await openServeIdentity(names, home);
    const before = snapshot(home);
    const second = await openServeIdentity(serveNames(["app.localhost", "a.test", "b.test"]), home);
    expect(serial(second)).toBe(serial(first));
    expect(second.leaf.chainPem).toBe(first.leaf.chainPem);
    expect(second.leaf.keyPem).toBe(first.leaf.keyPem);
    expect(second.created).toBe(false);
    expect(snapshot(home)).toEqual(before);
  });

  it("is used without the authority's key", async () => {
    const { home } = makeAuthorityHome();
    const first = await openServeIdentity(serveNames([]), home);
    chmodSync(statePaths(home).rootKey, 0o600);
    writeFileSync(statePaths(home).rootKey, "half");
    expect(serial(await openServeIdentity(serveNames([]), home))).toBe(serial(first));
  });

  it("is not used for other hosts", async () => {
    const { home } = makeAuthorityHome();
    const first = await openServeIdentity(serveNames(["a.test"]), home);
    const second = await openServeIdentity(serveNames(["b.test"]), home);
    expect(serial(second)).not.toBe(serial(first));
    expect(list(statePaths(home).leaves)).toHaveLength(2);
  });

  it("is used until 30 days before its end", async () => {
    const authority = makeAuthority();
    const names = serveNames([]);
    const { certificate } = await issueServeLeaf(authority, names);
    const limit = certificate.notAfter.getTime() - 30 * DAY_MS;
    const kept = (now: number) => keptLeaf(authority.paths, authority.certificate, names, now);
    expect(kept(limit - 1)?.certificate.serial).toBe(certificate.serial);
    expect(kept(limit)).toBeUndefined();
  });

  it("is not used before its beginning, when the clock was set back", async () => {
    const authority = makeAuthority();
    const names = serveNames(["localhost"]);
    const { certificate } = await issueServeLeaf(authority, names);
    const begin = certificate.notBefore.getTime();
    const kept = (now: number) => keptLeaf(authority.paths, authority.certificate, names, now);
    expect(kept(begin)).toBeDefined();
    expect(kept(begin - 1000)).toBeUndefined();
  });

  it("is issued again when it nears its end", async () => {
    const { home, authority } = makeAuthorityHome();
    const names = serveNames([]);
    const { leaf } = await openServeIdentity(names, home);
    const old = makeLeaf(authority.root, values(names), { days: 29 });
    writeFileSync(leafFile(home), old.pem + old.keyPem);
    const next = await openServeIdentity(names, home);
    expect(serial(next)).not.toBe(old.certificate.serial);
    expect(next.leaf.certificate.notAfter.getTime()).toBeGreaterThan(Date.now() + 390 * DAY_MS);
    expect(leaf.certificate.serial).not.toBe(serial(next));
  });

  it("is issued again on request, and the new one is kept", async () => {
    const { home } = makeAuthorityHome();
    const first = await openServeIdentity(serveNames([]), home);
    const again = await first.issueAgain();
    expect(again.certificate.serial).not.toBe(serial(first));
    expect(serial(await openServeIdentity(serveNames([]), home))).toBe(again.certificate.serial);
  });
});

describe("a leaf that is of no use is issued again", () => {
  const stranger = makeRoot();

  it.each<[string, (text: string) => string]>([
    ["an empty file", () => ""],
    ["other text", () => "hello"],
    ["half a file", (text) => text.slice(0, text.length >> 1)],
    ["no key", (text) => text.slice(0, text.indexOf("-----BEGIN PRIVATE"))],
    ["no certificate", (text) => text.slice(text.indexOf("-----BEGIN PRIVATE"))],
    [
      "a key that does not fit",
      (text) => text.slice(0, text.indexOf("-----BEGIN PRIVATE")) + stranger.keyPem,
    ],
    [
      "another authority's leaf",
      () => {
        const leaf = makeLeaf(stranger, ["localhost"]);
        return leaf.pem + leaf.keyPem;
      },
    ],
  ])("%s", async (_, change) => {
    const { home } = makeAuthorityHome();
    const names = serveNames([]);
    const first = await openServeIdentity(names, home);
    const path = leafFile(home);
    writeFileSync(path, change(readFileSync(path, "utf8")));
    const second = await openServeIdentity(names, home);
    expect(serial(second)).not.toBe(serial(first));
    expect(leafFile(home)).toBe(path);
    expect(parsePemCertificate(readFileSync(path, "utf8")).serial).toBe(serial(second));
    expect(mode(path)).toBe(0o600);
  });

  it("the leaf of an authority that was replaced", async () => {
    const { home } = makeAuthorityHome();
    const first = await openServeIdentity(serveNames([]), home);
    chmodSync(statePaths(home).rootKey, 0o600);
    writeFileSync(statePaths(home).rootKey, stranger.keyPem);
    writeFileSync(statePaths(home).rootCertificate, stranger.pem);
    const second = await openServeIdentity(serveNames([]), home);
    expect(serial(second)).not.toBe(serial(first));
    expect(second.leaf.certificate.x509.verify(stranger.certificate.publicKey)).toBe(true);
  });

  it("but a folder in its place is reported", async () => {
    const { home } = makeAuthorityHome();
    await openServeIdentity(serveNames([]), home);
    const path = leafFile(home);
    rmSync(path);
    mkdirSync(path);
    const opened = openServeIdentity(serveNames([]), home);
    await expect(opened).rejects.toMatchObject({
      code: "file-unreadable",
      message: `could not read ${path}: it is a directory`,
    });
  });
});

describe("a certificate covers", () => {
  const { certificate } = makeLeaf(makeRoot(), ["app.test", "*.app.test", "127.0.0.1", "fe80::1"]);

  it.each([
    ["app.test", true],
    ["a.app.test", true],
    ["a.b.app.test", false],
    ["*.app.test", true],
    ["other.test", false],
    ["test", false],
    ["xapp.test", false],
    ["127.0.0.1", true],
    ["127.0.0.2", false],
    ["fe80::1", true],
    ["fe80:0:0:0:0:0:0:1", true],
    ["::ffff:127.0.0.1", false],
    ["", false],
  ])("%s: %s", (host, covered) => {
    expect(coversHost(certificate.names, host)).toBe(covered);
  });
});

function makeAuthorityHome() {
  const authority = makeAuthority();
  return { home: authority.paths.directory, authority };
}
