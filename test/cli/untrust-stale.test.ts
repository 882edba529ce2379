/** `devtls untrust --stale`: what it lists, asks, removes and leaves, in real stores. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { parsePemCertificate } from "../../src/x509/certificate.js";
import { environment, LAUNCHER, runProgram } from "../support/cli.js";
import { type ForeignRoot, mkcertRoot, rootLike } from "../support/foreign-roots.js";
import { copySystemStore, type StoreCopy, whyNoStoreCopy } from "../support/system-store.js";
import { describeUnless, describeWith, missing } from "../support/tools.js";
import { expectRefused, newSandbox, type Sandbox } from "./sandbox.js";

const STALE = ["untrust", "--stale", "--store", "nss"];

/** SHA-256 as `--root` takes it. */
function digestOf({ pem }: ForeignRoot): string {
  return parsePemCertificate(pem).x509.fingerprint256.replaceAll(":", "").toLowerCase();
}

function databaseIn(box: Sandbox): string {
  return join(box.home, ".pki/nssdb");
}

async function certutil(box: Sandbox, ...args: string[]): Promise<string> {
  const at = ["-d", `sql:${databaseIn(box)}`];
  const { status, stdout, stderr } = await runProgram("certutil", [...args, ...at]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout;
}

function add(
  box: Sandbox,
  nickname: string,
  { path }: ForeignRoot,
  trust = "C,,",
): Promise<string> {
  return certutil(box, "-A", "-n", nickname, "-t", trust, "-i", path);
}

/** A home with a database that trusts these roots, by their nicknames. */
async function boxWith(roots: Readonly<Record<string, ForeignRoot>>): Promise<Sandbox> {
  const box = newSandbox();
  mkdirSync(databaseIn(box), { recursive: true });
  await certutil(box, "-N", "--empty-password");
  for (const [nickname, root] of Object.entries(roots)) await add(box, nickname, root);
  return box;
}

/** The certificates that the database lists, PEM by nickname. */
async function listed(box: Sandbox): Promise<string[]> {
  const text = await certutil(box, "-L");
  return [...text.matchAll(/^(.*\S)\s+C,,\s*$/gm)].map(([, nickname]) => nickname ?? "").sort();
}

describeWith(["certutil", "openssl"], "devtls untrust --stale --yes", () => {
  it("removes the roots of tools and nothing else", async () => {
    const box = await boxWith({
      "mkcert development CA 1": await rootLike("mkcert"),
      "Caddy Local Authority - 2024 ECC Root 2": await rootLike("Caddy"),
      company: await rootLike(["/O=Example Inc/CN=Example Root"]),
    });
    const { stdout, stderr } = await box.prepare([...STALE, "--yes"]);
    expect(await listed(box)).toEqual(["company"]);
    expect(stdout.split("\n").filter(Boolean).sort()).toEqual([
      expect.stringMatching(/^removed {2}Chromium \(.*\): Caddy: Caddy Local Authority/),
      expect.stringMatching(/^removed {2}Chromium \(.*\): mkcert: mkcert ada@engine$/),
    ]);
    expect(stderr).toMatch(
      /^Roots that are trusted here and can be removed:\n {2}1 {2}[0-9a-f]{12} /,
    );
  });

  it("keeps the present authority and takes an earlier one", async () => {
    const box = await boxWith({ earlier: await rootLike("devtls") });
    await box.prepare(["trust", "--yes", "--store", "nss", "--verify", "none"]);
    await box.prepare([...STALE, "--yes"]);
    expect(await listed(box)).toEqual([expect.stringMatching(/^devtls [0-9a-f]{16}$/)]);
    await box.prepare(["trust", "--check", "--store", "nss", "--verify", "none"]);
  });

  it("has nothing to do where there is none, without --yes either", async () => {
    const box = await boxWith({});
    const outcome = await box.prepare(STALE);
    expect(outcome).toMatchObject({
      stdout: "",
      stderr: "No stale development root was found.\n",
    });
  });

  it("prints what it did as JSON", async () => {
    const root = await rootLike("portless");
    const box = await boxWith({ portless: root });
    const { stdout } = await box.prepare([...STALE, "--yes", "--json"]);
    const name = `Chromium (${databaseIn(box)})`;
    expect(JSON.parse(stdout)).toEqual({
      roots: [
        {
          tool: "portless",
          name: "portless Local CA",
          sha256: digestOf(root),
          keyInUse: null,
          stores: [{ id: "nss", name, state: "removed", detail: "", hint: null }],
        },
      ],
    });
  });

  it("takes the right one of several with the same subject, by either nickname", async () => {
    for (const index of [0, 1]) {
      const roots = [await rootLike("Caddy"), await rootLike("Caddy")] as const;
      const box = await boxWith({ "Caddy A": roots[0], "Caddy B": roots[1] });
      const gone = roots[index] as ForeignRoot;
      await box.prepare([...STALE, "--yes", "--root", digestOf(gone).slice(0, 12)]);
      expect(await listed(box)).toEqual([index === 0 ? "Caddy B" : "Caddy A"]);
      await expectOnly(box, roots[1 - index] as ForeignRoot);
    }
  });

  it("takes the right one of several with the same nickname", async () => {
    for (const index of [0, 1]) {
      const roots = [await rootLike("Caddy"), await rootLike("Caddy")] as const;
      const box = await boxWith({});
      for (const root of roots) await add(box, "Caddy", root);
      const gone = roots[index] as ForeignRoot;
      await box.prepare([...STALE, "--yes", "--root", digestOf(gone)]);
      expect(await listed(box)).toEqual(["Caddy"]);
      await expectOnly(box, roots[1 - index] as ForeignRoot);
    }
  });
});

/** The only certificate that the database lists. */
async function expectOnly(box: Sandbox, root: ForeignRoot): Promise<void> {
  const [nickname = ""] = await listed(box);
  const pem = await certutil(box, "-L", "-n", nickname, "-a");
  expect(parsePemCertificate(pem).der).toEqual(parsePemCertificate(root.pem).der);
}

describeWith(["certutil", "mkcert"], "A root whose tool has its key still", () => {
  it("stays and is named, unless --root names it", async () => {
    const mkcert = await mkcertRoot();
    const box = await boxWith({ mkcert, "puma-dev": await rootLike("puma-dev") });
    const env = { CAROOT: mkcert.caroot };
    const first = await box.run([...STALE, "--yes"], { env });
    expect(first.status).toBe(0);
    expect(await listed(box)).toEqual(["mkcert"]);
    expect(first.stderr).toContain("In use, and kept unless --root names them:");
    expect(first.stderr).toContain(`, key: ${mkcert.key}`);
    await box.run([...STALE, "--yes", "--root", "MKCERT"], { env });
    expect(await listed(box)).toEqual([]);
  });

  it("goes with the others once the key is gone", async () => {
    const mkcert = await mkcertRoot();
    const box = await boxWith({ mkcert });
    rmSync(mkcert.key);
    await box.run([...STALE, "--yes"], { env: { CAROOT: mkcert.caroot } });
    expect(await listed(box)).toEqual([]);
  });
});

describeWith(["certutil", "openssl"], "Without consent", () => {
  it("nothing is removed, and the option that gives it is named", async () => {
    const box = await boxWith({ a: await rootLike("Caddy"), b: await rootLike("mkcert") });
    const { status, stderr, stdout } = await box.run(STALE);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(
      /devtls: could not ask "Remove which\?": there is no terminal to ask on\n {2}To answer yes: devtls untrust --stale --store nss --yes\n$/,
    );
    expect(await listed(box)).toEqual(["a", "b"]);
  });

  it("--dry-run prints the commands, which do in a shell what --yes does", async () => {
    const box = await boxWith({ a: await rootLike("Caddy"), b: await rootLike("mkcert") });
    const { stdout } = await box.prepare([...STALE, "--dry-run"]);
    expect(await listed(box)).toEqual(["a", "b"]);
    const { stdout: json } = await box.prepare([...STALE, "--dry-run", "--json"]);
    const { roots } = JSON.parse(json);
    expect(roots.flatMap((root: { commands: string[] }) => root.commands)).toEqual(
      stdout.trimEnd().split("\n"),
    );
    await runProgram("sh", ["-e"], { env: environment(box.env), input: stdout });
    expect(await listed(box)).toEqual([]);
  });
});

/** Answers on a terminal, which script(1) provides. */
async function answer(box: Sandbox, text: string): Promise<string> {
  const command = `${process.execPath} ${LAUNCHER} ${STALE.join(" ")}`;
  const { stdout } = await runProgram("script", ["-qec", command, "/dev/null"], {
    cwd: box.cwd,
    env: box.env,
    input: text,
  });
  return stdout;
}

describeWith(["certutil", "openssl", "script"], "On a terminal", () => {
  it.each([
    ["2\n", 1],
    ["1, 2\n", 0],
    ["all\n", 0],
    ["\n", 2],
    ["7\n", 2],
  ])("the answer %j leaves %i of two", async (text, left) => {
    const box = await boxWith({ a: await rootLike("Caddy"), b: await rootLike("mkcert") });
    const shown = await answer(box, text);
    expect(shown).toContain("Remove which? [1, 2, … or all]");
    expect((await listed(box)).length).toBe(left);
  });
});

describeWith(["certutil"], "The arguments", () => {
  it.each([
    [
      ["untrust", "--root", "mkcert"],
      "could not understand the arguments: --root goes with --stale",
      /devtls untrust --help/,
    ],
    [
      [...STALE, "--root", "mkcer"],
      /--root mkcer: .*did you mean mkcert/,
      /devtls untrust --stale --dry-run/,
    ],
    [
      [...STALE, "--root", "mkcert"],
      /--root mkcert: no root of it is trusted here/,
      /devtls untrust --stale --dry-run/,
    ],
  ] as const)("%j are refused", async (args, message, hint) => {
    await expectRefused(newSandbox(), [...args], { status: 2, message, hint });
  });
});

const why = whyNoStoreCopy() ?? missing(["update-ca-certificates", "certutil", "mkcert"]);

describeUnless(why, "What mkcert -install did to Debian's store, NSS and Java", () => {
  let store: StoreCopy;
  beforeAll(async () => {
    store = await copySystemStore();
  });

  it("is undone file by file when its key is gone", async () => {
    const box = newSandbox();
    const { caroot, key } = await mkcertRoot();
    mkdirSync(databaseIn(box), { recursive: true });
    await certutil(box, "-N", "--empty-password");
    const env = environment({ ...box.env, CAROOT: caroot });
    const before = store.snapshot();
    const installed = await store.run("mkcert", ["-install"], { env });
    expect(installed.status, installed.stderr).toBe(0);
    expect(store.snapshot()).not.toEqual(before);
    rmSync(key);
    const outcome = await store.run(process.execPath, [LAUNCHER, "untrust", "--stale", "--yes"], {
      env,
    });
    expect(outcome.status, outcome.stderr).toBe(0);
    expect(outcome.stdout).toMatch(/^removed {2}Debian system store: mkcert: mkcert /m);
    expect(outcome.stdout).toMatch(/^removed {2}Chromium /m);
    expect(await listed(box)).toEqual([]);
    expectSame(store.snapshot(), before);
  });
});

/** What other roots the copy of Java's keystore has lost by the way is no matter of mkcert's. */
function expectSame(now: Record<string, string>, before: Record<string, string>): void {
  const withoutJava = (files: Record<string, string>) =>
    Object.fromEntries(Object.entries(files).filter(([path]) => !path.includes("/java/")));
  expect(Object.keys(now)).toEqual(Object.keys(before));
  expect(withoutJava(now)).toEqual(withoutJava(before));
}
