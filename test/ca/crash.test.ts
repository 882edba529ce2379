/**
 * SIGKILL at every call that changes the disk, one run for each, and a disk that is full from one in
 * three of these calls on, from each with DEVTLS_EVERY_STEP=1: what is left is nothing, a whole
 * authority, or reported by the next run.
 */
import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { decodePrivateKey } from "../../src/x509/keys.js";
import { devtls, type Outcome, temporaryFolder } from "../support/cli.js";
import { makeRoot } from "../x509/fixtures.js";
import { filesOf, list, makeState, type State, snapshot } from "./state.js";

const FAULTS = join(import.meta.dirname, "faults.cjs");
/** More calls than any command here makes; it ends the search should a fault never strike. */
const MOST_CALLS = 80;
const AT_ONCE = 4;
/** A disk gets full at every so many calls. */
const FULL_EVERY = process.env.DEVTLS_EVERY_STEP === "1" ? 1 : 3;

interface Run extends State {
  readonly call: number;
  /** Whether the command made as many calls. */
  readonly struck: boolean;
  readonly outcome: Outcome;
  /** The state directory after the run, before the next one. */
  readonly left: string[];
  /** The same command once more, without a fault. */
  readonly next: Outcome;
}

/** Runs a command with a fault at its first call and every so many later, until none strikes. */
async function runsOf(
  fault: "kill" | "fail",
  command: readonly string[],
  files: Readonly<Record<string, string>> | undefined,
): Promise<Run[]> {
  const runs: Run[] = [];
  const every = fault === "fail" ? FULL_EVERY : 1;
  for (let first = 1; first < MOST_CALLS; first += AT_ONCE * every) {
    const calls = Array.from({ length: AT_ONCE }, (_, index) => first + index * every);
    const batch = await Promise.all(calls.map((call) => runAt(fault, call, command, files)));
    runs.push(...batch.filter(({ struck }) => struck));
    if (!batch.every(({ struck }) => struck)) return runs;
  }
  throw new Error(`no run of ${command.join(" ")} got to its end`);
}

async function runAt(
  fault: string,
  call: number,
  command: readonly string[],
  files: Readonly<Record<string, string>> | undefined,
): Promise<Run> {
  // The state directory is made by the run itself where it is to start from nothing.
  const state = files
    ? makeState(files)
    : { home: join(temporaryFolder(), "state"), out: temporaryFolder() };
  const { home, out } = state;
  const mark = join(temporaryFolder(), "mark");
  const faulty = {
    NODE_OPTIONS: `--require=${FAULTS}`,
    DEVTLS_FAULT: `${fault}:${call}`,
    DEVTLS_FAULT_MARK: mark,
  };
  const outcome = await devtls(command, { cwd: out, env: { ...faulty, DEVTLS_HOME: home } });
  const left = existsSync(home) ? snapshot(home) : [];
  const next = await devtls(["cert", "localhost"], { cwd: out, env: { DEVTLS_HOME: home } });
  return { ...state, call, struck: existsSync(mark), outcome, left, next };
}

/** The authority of a state directory when it is whole: a key, and the certificate that fits it. */
function wholeAuthority(home: string): X509Certificate | undefined {
  const [certificate, key] = ["rootCA.pem", "rootCA-key.pem"].map((name) => join(home, name));
  if (!certificate || !key || !existsSync(certificate) || !existsSync(key)) return undefined;
  const x509 = new X509Certificate(readFileSync(certificate)); // throws on half of one
  return x509.checkPrivateKey(decodePrivateKey(readFileSync(key, "utf8"))) ? x509 : undefined;
}

/** Without the temporary names that a killed run cannot remove. */
const named = (left: readonly string[]): string[] =>
  left.map((line) => line.split(" ")[0] as string).filter((name) => !name.startsWith("."));

function expectWholeCertificate({ home, out, call }: Run): void {
  const root = wholeAuthority(home);
  const leaf = new X509Certificate(readFileSync(join(out, "localhost.pem")));
  const key = decodePrivateKey(readFileSync(join(out, "localhost-key.pem"), "utf8"));
  expect(leaf.checkPrivateKey(key), `call ${call}`).toBe(true);
  expect(root && leaf.verify(root.publicKey), `call ${call}`).toBe(true);
}

/** The next run said what is wrong, with the file and the way out, and changed nothing. */
function expectReport({ home, left, next, call }: Run): void {
  const [message, ...hint] = next.stderr.trimEnd().split("\n");
  expect(next.status, `call ${call}`).toBe(1);
  expect(message).toMatch(/^devtls: could not load the authority: /);
  expect(message).toContain(join(home, "rootCA"));
  expect(hint.join("\n")).toContain("devtls ca create --force");
  expect(snapshot(home), `call ${call}`).toEqual(left);
}

describe("`devtls cert` on an empty state directory, killed", () => {
  let runs: Run[];
  beforeAll(async () => {
    runs = await runsOf("kill", ["cert", "localhost"], undefined);
  });

  it("was killed at each of its calls", () => {
    expect(runs.length).toBeGreaterThan(15);
    expect(runs.map(({ outcome }) => outcome.status)).toEqual(runs.map(() => null));
    expect(runs.map(({ call }) => call)).toEqual(runs.map((_, index) => index + 1));
  });

  // The key's name is the claim, so it alone is what a kill between the two names leaves.
  it("leaves nothing, the key's name alone, or a whole authority", () => {
    const seen = new Set(runs.map(({ left }) => named(left).join(" ")));
    expect([...seen]).toEqual(["", "rootCA-key.pem", "rootCA-key.pem rootCA.pem"]);
  });

  it("is followed by a run that ends well, or says what is wrong and changes nothing", () => {
    for (const run of runs) {
      if (named(run.left).join() === "rootCA-key.pem") expectReport(run);
      else {
        expect(run.next.status, `call ${run.call}: ${run.next.stderr}`).toBe(0);
        expectWholeCertificate(run);
      }
    }
  });

  it("keeps an authority that was whole when it was killed", () => {
    const whole = runs.filter(({ left }) => named(left).length === 2);
    expect(whole.length).toBeGreaterThan(5);
    for (const { home, left } of whole) {
      const now = snapshot(home);
      expect(left.filter((line) => line.startsWith("rootCA"))).toEqual(
        now.filter((line) => line.startsWith("rootCA")),
      );
    }
  });

  it("has nobody but the owner read its key at any moment", () => {
    const lines = runs.flatMap(({ left }) => left).filter((line) => /rootCA-key/.test(line));
    for (const line of lines) expect(line.split(" ")[1]).toMatch(/^[46]?00$/);
  });
});

describe("`devtls ca create --force` over an authority, killed", () => {
  const old = makeRoot();
  let runs: Run[];
  beforeAll(async () => {
    runs = await runsOf("kill", ["ca", "create", "--force"], filesOf(old));
  });

  it("leaves the old authority, the new one, or what the next run reports", () => {
    const seen = { old: 0, new: 0, reported: 0 };
    for (const run of runs) {
      const root = wholeAuthority(run.home);
      if (!root) {
        expectReport(run);
        seen.reported++;
      } else {
        expect(run.next.status, `call ${run.call}: ${run.next.stderr}`).toBe(0);
        expectWholeCertificate(run);
        seen[root.serialNumber === old.certificate.serial ? "old" : "new"]++;
      }
    }
    expect(seen.old).toBeGreaterThan(5);
    expect(seen.new).toBeGreaterThan(0);
    expect(seen.reported).toBeGreaterThan(0); // between the two names
  });
});

describe("a disk that gets full", () => {
  it("during `devtls cert` is reported, and leaves nothing or a whole authority", async () => {
    const runs = await runsOf("fail", ["cert", "localhost"], undefined);
    let reported = 0;
    for (const run of runs) {
      const { outcome, left, next } = run;
      if (outcome.status !== 0) {
        const report = /^devtls: could not write \S+: no space left on the device\n {2}Check who/;
        expect(outcome.stderr).toMatch(report);
        expect(outcome.status).toBe(1);
        reported++;
      }
      expect(["", "rootCA-key.pem rootCA.pem"]).toContain(
        left.map((line) => line.split(" ")[0]).join(" "),
      );
      expect(next.status, `call ${run.call}: ${next.stderr}`).toBe(0);
      expectWholeCertificate(run);
      expect(list(run.out)).toEqual(["localhost-key.pem", "localhost.pem"]);
    }
    // Keeping what is replaced has a second way, so a call or two may fail without harm.
    expect(reported).toBeGreaterThan(10 / FULL_EVERY);
    expect(reported).toBeGreaterThan(runs.length - 4);
  });

  it("during `devtls ca create --force` is reported, and leaves the old authority", async () => {
    const old = makeRoot();
    const runs = await runsOf("fail", ["ca", "create", "--force"], filesOf(old));
    const failed = runs.filter(({ outcome }) => outcome.status !== 0);
    expect(failed.length).toBeGreaterThan(5 / FULL_EVERY);
    expect(failed.length).toBeGreaterThan(runs.length - 4);
    for (const { outcome, home, call } of failed) {
      expect(outcome.stderr).toContain("no space left on the device");
      expect(outcome.status, `call ${call}`).toBe(1);
      expect(wholeAuthority(home)?.serialNumber, `call ${call}`).toBe(old.certificate.serial);
      expect(list(home), `call ${call}`).toEqual(["rootCA-key.pem", "rootCA.pem"]);
    }
  });
});
