/** Several processes on an empty state directory: one authority, and a certificate for each. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decodePrivateKey } from "../../src/x509/keys.js";
import { devtls, type Outcome, runProgram, temporaryFolder } from "../support/cli.js";
import { describeWith } from "../support/tools.js";
import { list } from "./state.js";

const FAULTS = join(import.meta.dirname, "faults.cjs");
const PROCESSES = 4;

interface Race {
  readonly home: string;
  readonly out: string;
  readonly outcomes: readonly Outcome[];
}

async function race(env: Readonly<Record<string, string>> = {}): Promise<Race> {
  const folder = temporaryFolder();
  const home = join(folder, "state");
  const out = join(folder, "out");
  const outcomes = await Promise.all(
    Array.from({ length: PROCESSES }, (_, index) =>
      devtls(["cert", `app${index}.localhost`, "--out-dir", out], {
        env: { ...env, DEVTLS_HOME: home },
      }),
    ),
  );
  return { home, out, outcomes };
}

/** One authority, told of once; every certificate is its own, fits its key and is verified. */
async function expectOneAuthority({ home, out, outcomes }: Race): Promise<void> {
  expect(outcomes.map(({ status, stderr }) => (status === 0 ? 0 : stderr))).toEqual([0, 0, 0, 0]);
  const makers = outcomes.filter(({ stderr }) => stderr.includes("Made a certificate authority"));
  expect(makers).toHaveLength(1);
  expect(list(home)).toEqual(["rootCA-key.pem", "rootCA.pem"]);
  const root = new X509Certificate(readFileSync(join(home, "rootCA.pem")));
  const rootKey = decodePrivateKey(readFileSync(join(home, "rootCA-key.pem"), "utf8"));
  expect(root.checkPrivateKey(rootKey)).toBe(true);
  const serials = new Set<string>();
  const stems = outcomes.map((_, index) => `app${index}.localhost`);
  expect(list(out)).toEqual(stems.flatMap((stem) => [`${stem}-key.pem`, `${stem}.pem`]));
  for (const stem of stems) {
    const leaf = new X509Certificate(readFileSync(join(out, `${stem}.pem`)));
    const key = decodePrivateKey(readFileSync(join(out, `${stem}-key.pem`), "utf8"));
    expect(leaf.checkPrivateKey(key)).toBe(true);
    expect(leaf.verify(root.publicKey)).toBe(true);
    serials.add(leaf.serialNumber);
    const verified = await runProgram("openssl", [
      ...["verify", "-x509_strict", "-verify_hostname", stem],
      ...["-CAfile", join(home, "rootCA.pem"), join(out, `${stem}.pem`)],
    ]);
    expect(verified.status, verified.stderr).toBe(0);
  }
  expect(serials.size).toBe(PROCESSES);
}

describeWith(["openssl"], "processes that are started at once on an empty state directory", () => {
  it.each(Array.from({ length: 10 }, (_, round) => [round + 1]))(
    "end with one authority and a valid certificate each (round %i)",
    async () => {
      await expectOneAuthority(await race());
    },
  );

  // What is seen of the authority must not depend on how fast the disk is: its key was visible,
  // and its certificate was not, for as long as it took to get the certificate onto the disk.
  it("end so on a slow disk too", async () => {
    const env = { NODE_OPTIONS: `--require=${FAULTS}`, DEVTLS_FAULT: "slow:700" };
    await expectOneAuthority(await race(env));
  });
});

describe("processes that issue the same certificate at once", () => {
  it("leave one whole certificate with its key's file beside it, and nothing else", async () => {
    const folder = temporaryFolder();
    const env = { DEVTLS_HOME: join(folder, "state") };
    const p12 = join(folder, "out", "both.pem");
    const args = ["cert", "localhost", "--cert-file", p12, "--key-file", p12];
    const outcomes = await Promise.all(
      Array.from({ length: 3 }, () => devtls([...args, "--out-dir", join(folder, "out")], { env })),
    );
    expect(outcomes.map(({ status }) => status)).toEqual([0, 0, 0]);
    const text = readFileSync(p12, "utf8");
    expect(new X509Certificate(text).checkPrivateKey(decodePrivateKey(text))).toBe(true);
    expect(list(join(folder, "out"))).toEqual(["both.pem"]);
  });
});
