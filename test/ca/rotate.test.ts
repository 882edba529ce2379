/** `devtls ca rotate`: to its end, and killed at every step and run again. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { credentials } from "../../src/index.js";
import { decodePem } from "../../src/x509/pem.js";
import { contentsOf, expectFailure, newSandbox, type Sandbox } from "../cli/sandbox.js";
import { runProgram, temporaryFolder } from "../support/cli.js";
import { describeWith } from "../support/tools.js";
import { makeRoot, save } from "../x509/fixtures.js";
import { list } from "./state.js";

const FAULTS = join(import.meta.dirname, "faults.cjs");
const AT_ONCE = 4;
/** More calls than a rotation makes; it ends the search should a fault never strike. */
const MOST_CALLS = 250;

const read = (...path: string[]): string => readFileSync(join(...path), "utf8");

function certificatesIn(path: string): X509Certificate[] {
  const blocks = decodePem(read(path)).filter(({ label }) => label === "CERTIFICATE");
  return blocks.map(({ der }) => new X509Certificate(der));
}

const rootOf = (box: Sandbox): X509Certificate =>
  new X509Certificate(read(box.state, "rootCA.pem"));

/** The database of Chromium in the home of a test. */
const database = (box: Sandbox): string => join(box.home, ".local/share/pki/nssdb");

/** What Chromium trusts, by SHA-256. */
async function trustedBy(box: Sandbox): Promise<string[]> {
  const directory = ["-d", `sql:${database(box)}`];
  const { stdout, status, stderr } = await runProgram("certutil", ["-L", ...directory]);
  expect(status, stderr).toBe(0);
  const nicknames = [...stdout.matchAll(/^(devtls \S+)\s+C,,\s*$/gm)].map(([, name]) => name ?? "");
  const found: string[] = [];
  for (const nickname of nicknames) {
    const one = await runProgram("certutil", ["-L", "-n", nickname, "-a", ...directory]);
    found.push(new X509Certificate(one.stdout).fingerprint256);
  }
  return found;
}

/** Each of these is the current authority's, and its key fits. */
function expectIssued(box: Sandbox): void {
  const state = list(box.state);
  const burnt = state.includes("intermediateCA.pem");
  const above = burnt ? certificatesIn(join(box.state, "intermediateCA.pem")) : [];
  const issuer = above[0] ?? rootOf(box);
  expect(issuer.ca).toBe(true);
  // A run that was killed may leave temporary names, too.
  const named = readdirSync(join(box.state, "leaves")).filter((name) => !name.startsWith("."));
  const kept = named.map((name) => join(box.state, "leaves", name));
  const files = [
    [box.path("localhost.pem"), box.path("localhost-key.pem")],
    [box.path("certs/a.test.pem"), box.path("certs/a.test-key.pem")],
    ...kept.map((path) => [path, path]),
  ];
  expect(files).toHaveLength(3);
  for (const [path = "", keyPath = ""] of files) {
    const [leaf, ...rest] = certificatesIn(path);
    expect(leaf?.verify(issuer.publicKey), path).toBe(true);
    const key = decodePem(read(keyPath)).find(({ label }) => label === "PRIVATE KEY");
    expect(
      leaf?.checkPrivateKey(
        createPrivateKey({ key: key?.der as Buffer, format: "der", type: "pkcs8" }),
      ),
      path,
    ).toBe(true);
    const full = path === box.path("certs/a.test.pem");
    const chain = [...above, ...(full ? [rootOf(box)] : [])];
    expect(rest.map(({ fingerprint256 }) => fingerprint256)).toEqual(
      chain.map(({ fingerprint256 }) => fingerprint256),
    );
  }
}

/** Everything is the new authority's, and nothing is left of the old one. */
async function expectRotated(box: Sandbox, old: X509Certificate): Promise<void> {
  const root = rootOf(box);
  expect(root.fingerprint256).not.toBe(old.fingerprint256);
  expect(await trustedBy(box)).toEqual([root.fingerprint256]);
  expectIssued(box);
  const bundle = read(box.state, "bundle.pem");
  expect(bundle).toContain(root.toString());
  expect(bundle).not.toContain(old.toString());
}

/** An authority that Chromium trusts and that signed one file of each kind. */
async function prepared(create: readonly string[]): Promise<Sandbox> {
  const box = newSandbox();
  mkdirSync(box.path("certs"));
  await box.prepare(["ca", "create", ...create]);
  await box.prepare(["trust", "--yes", "--store", "nss", "--verify", "none"]);
  await box.prepare(["cert", "localhost"]);
  await box.prepare(["cert", "a.test", "--fullchain", "--out-dir", "certs"]);
  await credentials("localhost", { stateDirectory: box.state });
  await box.prepare(["env"]);
  // It names folders of this sandbox, of which copies are made.
  rmSync(join(database(box), "made-by-devtls"), { force: true });
  return box;
}

function copyOf(box: Sandbox): Sandbox {
  const copy = newSandbox();
  for (const part of ["home", "cwd", "state"] as const) {
    cpSync(box[part], copy[part], { recursive: true });
  }
  return copy;
}

interface Kind {
  readonly what: string;
  readonly create: readonly string[];
  readonly files: readonly string[];
  /** It is killed at every so many calls; at every single one with DEVTLS_EVERY_STEP=1. */
  readonly every: number;
}

/** A minute and more for every step, and seconds for a sample. */
function stepsOf(sample: number): number {
  return process.env.DEVTLS_EVERY_STEP === "1" ? 1 : sample;
}

const KINDS: readonly Kind[] = [
  { what: "a root that signs", create: [], files: ["rootCA-key.pem"], every: stepsOf(17) },
  {
    what: "an intermediate that signs",
    create: ["--burn-root"],
    files: ["intermediateCA-key.pem", "intermediateCA.pem"],
    every: stepsOf(13),
  },
];

describeWith(["certutil"], "devtls ca rotate", () => {
  describe.each(KINDS)("of $what", ({ create, files, every }) => {
    let box: Sandbox;
    let old: X509Certificate;
    beforeAll(async () => {
      box = await prepared([...create, "--permit", "corp.example"]);
      old = rootOf(box);
    });

    it("puts a new authority in the place of the old one, everywhere", async () => {
      const rotated = copyOf(box);
      const { stdout } = await rotated.prepare(["ca", "rotate", "--yes"]);
      await expectRotated(rotated, old);
      const all = [...files, "rootCA.pem", "bundle.pem", "leaves"].sort();
      expect(list(rotated.state).filter((name) => !/^java/.test(name))).toEqual(all);
      expect(stdout).toContain(`${join(rotated.state, "rootCA.pem")}\n`);
      expect(stdout).toContain("\ncerts/a.test.pem\nlocalhost.pem\n");
    });

    it("keeps its limits, and the keys of the leaves", async () => {
      const rotated = copyOf(box);
      await rotated.prepare(["ca", "rotate", "--yes"]);
      await rotated.prepare(["cert", "www.corp.example"]);
      expect((await rotated.run(["cert", "example.com"])).status).toBe(1);
      const key = (of: Sandbox): string => read(of.path("localhost-key.pem"));
      expect(key(rotated)).toBe(key(box));
    });

    it("killed at any step and run again ends the same", async () => {
      const calls: string[] = [];
      const rotate = async (call: number): Promise<boolean> => {
        const copy = copyOf(box);
        const mark = join(temporaryFolder(), "mark");
        const env = {
          NODE_OPTIONS: `--require=${FAULTS}`,
          DEVTLS_FAULT: `kill:${call}`,
          DEVTLS_FAULT_MARK: mark,
        };
        const killed = await copy.run(["ca", "rotate", "--yes"], { env });
        if (!existsSync(mark)) {
          expect(killed.status, killed.stderr).toBe(0);
          return false;
        }
        expect(killed.status).toBe(null);
        const where = `call ${call}, ${read(mark)}`;
        calls.push(read(mark));
        const again = await copy.run(["ca", "rotate", "--yes"]);
        expect(again.status, `${where}: ${again.stderr}`).toBe(0);
        await expectRotated(copy, old);
        // Temporary names apart, which nothing can remove after a kill.
        const left = list(copy.state).filter((name) => !/^(?:java|\.)/.test(name));
        expect(left, where).toEqual([...files, "rootCA.pem", "bundle.pem", "leaves"].sort());
        const keys = Object.values(contentsOf(copy.state)).filter((text) => text.includes(" KEY"));
        expect(
          keys.some((text) => isKeyOf(text, old)),
          where,
        ).toBe(false);
        return true;
      };
      for (let first = 1; first < MOST_CALLS; first += AT_ONCE * every) {
        const batch = Array.from({ length: AT_ONCE }, (_, index) => rotate(first + index * every));
        if (!(await Promise.all(batch)).every(Boolean)) break;
      }
      expect(calls.length).toBeLessThan(MOST_CALLS - AT_ONCE);
      expect(calls.length).toBeGreaterThan(80 / every);
      // Which kinds of calls a sample strikes depends on their order.
      const kinds = ["openSync", "writeFileSync", "fsyncSync", "renameSync", "rmSync", "spawn"];
      const struck = kinds.filter((kind) => calls.includes(kind));
      expect(struck.length).toBeGreaterThanOrEqual(every === 1 ? kinds.length : 3);
    }, 300_000);
  });
});

function isKeyOf(text: string, certificate: X509Certificate): boolean {
  const blocks = decodePem(text).filter(({ label }) => label === "PRIVATE KEY");
  return blocks.some(({ der: key }) =>
    certificate.checkPrivateKey(createPrivateKey({ key, format: "der", type: "pkcs8" })),
  );
}

describeWith(["certutil"], "devtls ca rotate that was interrupted", () => {
  /** Killed when the new authority was made and trusted. */
  async function interrupted(): Promise<Sandbox> {
    const box = await prepared([]);
    const other = newSandbox();
    await other.prepare(["ca", "create"]);
    cpSync(other.state, join(box.state, "next"), { recursive: true });
    const add = ["-A", "-n", "devtls next", "-t", "C,,", "-i", join(other.state, "rootCA.pem")];
    await runProgram("certutil", [...add, "-d", `sql:${database(box)}`]);
    expect(await trustedBy(box)).toHaveLength(2);
    return box;
  }

  it("is to be ended before the authority is replaced otherwise", async () => {
    const box = await interrupted();
    const root = makeRoot();
    const folder = temporaryFolder();
    save(folder, "r-key.pem", root.keyPem);
    const file = save(folder, "r.pem", root.pem);
    for (const args of [["create"], ["import", "--from", file]]) {
      expectFailure(await box.run(["ca", ...args, "--force"]), {
        status: 1,
        message: `could not replace the authority: its rotation in ${box.state} was interrupted`,
        hint: "End it first: devtls ca rotate",
      });
    }
  });

  it("is named where an authority is damaged by it", async () => {
    const box = await interrupted();
    rmSync(join(box.state, "rootCA-key.pem"));
    const { status, stderr } = await box.run(["cert", "localhost"]);
    expect(status).toBe(1);
    expect(stderr).toContain("Its rotation was interrupted. To end it: devtls ca rotate");
  });

  it("goes with devtls ca delete, out of the stores, too", async () => {
    const box = await interrupted();
    await box.prepare(["ca", "delete", "--yes"]);
    expect(await trustedBy(box)).toEqual([]);
    expect(existsSync(box.state)).toBe(false);
  });
});

describe("devtls ca rotate", () => {
  it("needs an authority", async () => {
    const box = newSandbox();
    expectFailure(await box.run(["ca", "rotate", "--yes"]), {
      status: 1,
      message: `could not rotate the authority: there is none in ${box.state}`,
      hint: "Make one: devtls ca create",
    });
    expect(existsSync(box.state)).toBe(false);
  });

  it("changes nothing where nobody can be asked", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    const before = contentsOf(box.state);
    const { status, stderr } = await box.run(["ca", "rotate"]);
    expect(status).toBe(1);
    expect(stderr).toContain("To answer yes: devtls ca rotate --yes");
    expect(contentsOf(box.state)).toEqual(before);
  });

  it("works where the old key is lost, and where the old authority has expired", async () => {
    const past = makeRoot({ now: new Date("2009-05-06T00:00:00Z") });
    for (const pem of [past.pem, undefined]) {
      const box = newSandbox();
      await box.prepare(["ca", "create"]);
      if (pem) {
        rmSync(join(box.state, "rootCA.pem"));
        save(box.state, "rootCA.pem", pem);
      }
      rmSync(join(box.state, "rootCA-key.pem"));
      await box.prepare(["ca", "rotate", "--yes"]);
      await box.prepare(["cert", "localhost"]);
    }
  });

  it("leaves another authority's certificates as they are", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    await box.prepare(["cert", "localhost"]);
    const other = newSandbox();
    await other.prepare(["ca", "create"]);
    const before = read(box.path("localhost.pem"));
    await box.run(["ca", "rotate", "--yes"], { env: { DEVTLS_HOME: other.state } });
    expect(read(box.path("localhost.pem"))).toBe(before);
  });
});
