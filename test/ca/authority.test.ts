/** The authority on disk: made once, loaded, and reported when it cannot be used. */
import { generateKeyPairSync } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  deleteAuthority,
  loadAuthority,
  loadAuthorityCertificate,
  openAuthority,
  replaceAuthority,
} from "../../src/ca/authority.js";
import { describeConstraints } from "../../src/x509/constraints.js";
import { describeKey } from "../../src/x509/keys.js";
import { devtls, type Outcome, temporaryFolder } from "../support/cli.js";
import { makeLeaf, makeRoot, refusal } from "../x509/fixtures.js";
import { filesOf, list, makeState, type State, snapshot } from "./state.js";

const mode = (path: string): number => statSync(path).mode & 0o7777;

const before = process.umask();
afterEach(() => {
  process.umask(before);
});

describe("an authority that is made", () => {
  it.each([0o000, 0o077, 0o777])(
    "has the modes of the contract under the umask %o",
    async (mask) => {
      const home = join(temporaryFolder(), "state");
      process.umask(mask);
      const { authority, created } = await openAuthority(home);
      expect(created).toBe(true);
      expect(mode(home)).toBe(0o700);
      expect(mode(authority.paths.rootKey)).toBe(0o400);
      expect(mode(authority.paths.rootCertificate)).toBe(0o644);
      expect(list(home)).toEqual(["rootCA-key.pem", "rootCA.pem"]);
    },
  );

  it("names the user and the host, and has a PKCS#8 key with P-256", async () => {
    const { authority } = await openAuthority(join(temporaryFolder(), "state"));
    const owner = `${userInfo().username}@${hostname()}`.slice(0, 48);
    expect(authority.certificate.x509.subject).toContain(`CN=devtls ${owner} `);
    expect(describeKey(authority.key)).toBe("EC P-256");
    expect(readFileSync(authority.paths.rootKey, "utf8")).toMatch(/^-----BEGIN PRIVATE KEY-----/);
  });

  it("is the one that is loaded from then on", async () => {
    const home = join(temporaryFolder(), "state");
    const first = await openAuthority(home);
    const state = snapshot(home);
    const second = await openAuthority(home, { permit: ["example.com"] });
    expect(second.created).toBe(false);
    expect(second.authority.certificate.serial).toBe(first.authority.certificate.serial);
    expect(loadAuthority(home)?.certificate.serial).toBe(first.authority.certificate.serial);
    expect(snapshot(home)).toEqual(state);
  });

  it("permits what was asked for on top of the local names", async () => {
    const permit = ["example.com", "100.64.0.0/10"];
    const { authority } = await openAuthority(join(temporaryFolder(), "state"), { permit });
    const { constraints } = authority.certificate;
    expect(constraints && describeConstraints(constraints)).toEqual(
      expect.arrayContaining(["localhost", "127.0.0.0/8", ...permit]),
    );
  });

  it("has no constraints, or an RSA-3072 key, when that was asked for", async () => {
    const options = { unconstrained: true, rsa: true };
    const { authority } = await openAuthority(join(temporaryFolder(), "state"), options);
    expect(authority.certificate.constraints).toBeNull();
    expect(describeKey(authority.key)).toBe("RSA 3072");
  });

  it("is not made when a permitted name is none", async () => {
    const home = join(temporaryFolder(), "state");
    await expect(openAuthority(home, { permit: ["a..b"] })).rejects.toMatchObject({
      code: "bad-name",
    });
    expect(loadAuthority(home)).toBeUndefined();
    expect(() => statSync(home)).toThrow();
  });

  it("leaves alone what else is in the state directory, and its mode", async () => {
    const home = temporaryFolder();
    chmodSync(home, 0o750);
    writeFileSync(join(home, "notes.txt"), "mine");
    await openAuthority(home);
    expect(mode(home)).toBe(0o750);
    expect(readFileSync(join(home, "notes.txt"), "utf8")).toBe("mine");
  });
});

describe("an authority that is replaced", () => {
  it("gives way to a new one with the same modes, whatever state it is in", async () => {
    for (const files of [filesOf(makeRoot()), { "rootCA-key.pem": "half" }, {}]) {
      const { home } = makeState(files);
      const authority = await replaceAuthority(home, {});
      expect(loadAuthority(home)?.certificate.serial).toBe(authority.certificate.serial);
      expect(mode(authority.paths.rootKey)).toBe(0o400);
      expect(list(home)).toEqual(["rootCA-key.pem", "rootCA.pem"]);
    }
  });

  it("stays as it is when the new one is not allowed", async () => {
    const { home } = makeState(filesOf(makeRoot()));
    const state = snapshot(home);
    await expect(replaceAuthority(home, { permit: ["a b"] })).rejects.toThrow("could not");
    expect(snapshot(home)).toEqual(state);
  });
});

describe("an authority that is deleted", () => {
  it("goes with its leaves, its bundle, what the ACME server keeps and its folder", () => {
    const { home } = makeState({ ...filesOf(makeRoot()), "bundle.pem": "x" });
    mkdirSync(join(home, "leaves"));
    writeFileSync(join(home, "leaves", "a.pem"), "x");
    mkdirSync(join(home, "acme"));
    writeFileSync(join(home, "acme", "intermediate.pem"), "x");
    const names = ["rootCA-key.pem", "rootCA.pem", "bundle.pem", "leaves", "acme"];
    expect(deleteAuthority(home)).toEqual([...names.map((name) => join(home, name)), home]);
    expect(() => statSync(home)).toThrow();
  });

  it("leaves alone what devtls did not make", () => {
    const { home } = makeState({ ...filesOf(makeRoot()), "notes.txt": "mine" });
    deleteAuthority(home);
    expect(list(home)).toEqual(["notes.txt"]);
  });

  it("takes with it what a killed run left: its key may have a second name", () => {
    const root = makeRoot();
    const { home } = makeState({
      ...filesOf(root),
      ".rootCA-key.pem.0123456789ab.tmp": root.keyPem,
      ".rootCA-key.pem.0123456789ab.old": root.keyPem,
      ".rootCA.pem.0123456789ab.tmp": root.pem,
    });
    deleteAuthority(home);
    expect(() => statSync(home)).toThrow();
  });

  it("that is not there is no error", () => {
    expect(deleteAuthority(join(temporaryFolder(), "none"))).toEqual([]);
  });
});

const ROOT = makeRoot();
const DAY = 86_400_000;
const ENCRYPTED = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({
  type: "pkcs8",
  format: "pem",
  cipher: "aes-256-cbc",
  passphrase: "x",
}) as string;
const half = (text: string): string => text.slice(0, text.length >> 1);
const files = (changed: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries({ ...filesOf(ROOT), ...changed }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );

/** What is in the state directory, the file that is named, what is said of it, the way out. */
const COPY = "Put the file back from a copy. Make a new one: devtls ca create --force";
const ANEW = "Make a new one: devtls ca create --force, then trust it: devtls trust";
const CASES: readonly (readonly [string, Record<string, string>, string, string, string])[] = [
  ["no certificate", files({ "rootCA.pem": undefined }), "rootCA.pem", "is missing", COPY],
  ["no key", files({ "rootCA-key.pem": undefined }), "rootCA-key.pem", "is missing", COPY],
  ["an empty certificate", files({ "rootCA.pem": "" }), "rootCA.pem", "no CERTIFICATE in it", COPY],
  ["an empty key", files({ "rootCA-key.pem": "" }), "rootCA-key.pem", "could not read", COPY],
  ["half a certificate", files({ "rootCA.pem": half(ROOT.pem) }), "rootCA.pem", "is cut off", COPY],
  [
    "half a key",
    files({ "rootCA-key.pem": half(ROOT.keyPem) }),
    "rootCA-key.pem",
    "could not read the private key",
    COPY,
  ],
  [
    "a damaged certificate",
    files({ "rootCA.pem": ROOT.pem.replace("MII", "MIJ") }),
    "rootCA.pem",
    "could not read",
    COPY,
  ],
  ["other text", files({ "rootCA.pem": "hello" }), "rootCA.pem", "no CERTIFICATE in it", COPY],
  [
    "a key that does not fit",
    files({ "rootCA-key.pem": makeRoot().keyPem }),
    "rootCA-key.pem",
    "is not the key of",
    COPY,
  ],
  [
    "an RSA key that does not fit",
    files({ "rootCA-key.pem": makeRoot({ kind: "rsa2048" }).keyPem }),
    "rootCA-key.pem",
    "is not the key of",
    COPY,
  ],
  ["an encrypted key", files({ "rootCA-key.pem": ENCRYPTED }), "rootCA-key.pem", "encrypted", COPY],
  [
    "a leaf",
    filesOf(makeLeaf(ROOT, ["localhost"])),
    "rootCA.pem",
    "is not the certificate of an authority",
    COPY,
  ],
  [
    "an expired authority",
    filesOf(makeRoot({ now: new Date("2010-03-04T00:00:00Z") })),
    "rootCA.pem",
    "expired on 2020-03-04",
    ANEW,
  ],
  [
    "an authority of tomorrow",
    filesOf(makeRoot({ now: new Date(Date.now() + 3 * DAY) })),
    "rootCA.pem",
    `is valid from ${new Date(Date.now() + 2 * DAY).toISOString().slice(0, 10)} on`,
    "Check the clock of this machine: date",
  ],
];

describe("an authority that cannot be used is reported and left as it is", () => {
  interface Run extends State {
    readonly state: string[];
    readonly outcome: Outcome;
  }
  const runs = new Map<string, Run>();

  beforeAll(async () => {
    await Promise.all(
      CASES.map(async ([name, content]) => {
        const state = makeState(content);
        const before = snapshot(state.home);
        const args = ["cert", "localhost", "--out-dir", join(state.out, "new")];
        const outcome = await devtls(args, { env: { DEVTLS_HOME: state.home } });
        runs.set(name, { ...state, state: before, outcome });
      }),
    );
  });

  it.each(CASES)("%s", (name, _, file, reason, hint) => {
    const { home, out, state, outcome } = runs.get(name) as Run;
    const [message = "", ...rest] = outcome.stderr.trimEnd().split("\n");
    expect(message).toMatch(/^devtls: could not (?:load|use) the authority: /);
    expect(message).toContain(join(home, file));
    expect(message).toContain(reason);
    expect(rest).toEqual([`  ${hint}`]);
    expect(outcome.stdout).toBe("");
    expect(outcome.status).toBe(1);
    expect(snapshot(home)).toEqual(state);
    expect(list(out)).toEqual([]);
  });

  it("by `devtls ca create` too, which overwrites nothing without --force", async () => {
    const { home } = makeState(files({ "rootCA.pem": undefined }));
    const state = snapshot(home);
    const { status, stderr } = await devtls(["ca", "create"], { env: { DEVTLS_HOME: home } });
    expect(stderr).toContain("is missing beside its key");
    expect(status).toBe(1);
    expect(snapshot(home)).toEqual(state);
  });

  it("and the way out that is named leads out", async () => {
    const { home, out } = makeState(files({ "rootCA.pem": half(ROOT.pem) }));
    const env = { DEVTLS_HOME: home };
    expect((await devtls(["ca", "create", "--force"], { env })).status).toBe(0);
    expect((await devtls(["cert", "localhost", "--out-dir", out], { env })).status).toBe(0);
    expect(list(out)).toEqual(["localhost-key.pem", "localhost.pem"]);
  });
});

describe("the certificate alone", () => {
  it("is loaded without its key, and after its end", () => {
    const expired = makeRoot({ now: new Date("2010-03-04T00:00:00Z") });
    const { home } = makeState({ "rootCA.pem": expired.pem });
    expect(loadAuthorityCertificate(home)?.serial).toBe(expired.certificate.serial);
  });

  it("is reported when it is damaged, and told from one that is not there", () => {
    const { home } = makeState({ "rootCA.pem": half(ROOT.pem) });
    refusal("authority-damaged", () => loadAuthorityCertificate(home));
    expect(loadAuthorityCertificate(temporaryFolder())).toBeUndefined();
  });
});
