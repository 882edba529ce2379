/**
 * devtls beside mkcert, which people come from: the same arguments, the same files. Where devtls
 * differs, the list of differences says so and why; the list has to be exact.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { devtls, runProgram, temporaryFolder } from "../support/cli.js";
import { describeWith } from "../support/tools.js";
import { DIFFERENCES, type Difference } from "./mkcert-differences.js";
import { type Observation, observe } from "./mkcert-observe.js";
import { VECTORS, type Vector } from "./mkcert-vectors.js";

const BASE = temporaryFolder("devtls-mkcert-");
const REQUESTS = join(BASE, "requests");
const AUTHORITIES = { mkcert: join(BASE, "mkcert"), devtls: join(BASE, "devtls") };

describeWith(["mkcert", "openssl"], "Given the arguments of mkcert, devtls", () => {
  beforeAll(async () => {
    makeRequests();
    const env = { DEVTLS_HOME: AUTHORITIES.devtls };
    expect((await devtls(["ca", "create", "--unconstrained"], { env })).status).toBe(0);
    // Any run makes mkcert's authority, this one nothing else.
    await runMkcert([""], BASE, AUTHORITIES.mkcert);
  });

  for (const vector of VECTORS) {
    const { mkcert, differs, fresh } = vector;
    const line = mkcert.map((word) => word || "''").join(" ") || "no argument";
    const how = differs.length === 0 ? "as mkcert" : `as mkcert but for: ${differs.join(", ")}`;
    it.concurrent(`takes ${line}${fresh ? " (no authority yet)" : ""} ${how}`, async () => {
      const before = await runOne(vector, "mkcert");
      const after = await runOne(vector, "devtls");
      let expected = before;
      for (const id of differs) {
        const difference: Difference = DIFFERENCES[id];
        const changed = { ...expected, ...difference.instead(expected, mkcert) };
        expect(changed, `${id} is listed and does not occur`).not.toEqual(expected);
        expected = changed;
      }
      const both = before.status === "0" && after.status === "0";
      expect(comparable(after, both)).toEqual(comparable(expected, both));
    });
  }

  it("differs in no way that no vector shows", () => {
    const shown = new Set(VECTORS.flatMap(({ differs }) => differs));
    expect([...shown].sort()).toEqual(Object.keys(DIFFERENCES).sort());
  });
});

/** Of a certificate that one of them did not issue there is nothing to compare. */
function comparable(observation: Observation, both: boolean): Partial<Observation> {
  const { status, authority, files } = observation;
  return both ? observation : { status, authority, files };
}

async function runOne(vector: Vector, program: "mkcert" | "devtls"): Promise<Observation> {
  const folder = mkdtempSync(join(BASE, "run-"));
  const requests = readdirSync(REQUESTS);
  for (const name of requests) copyFileSync(join(REQUESTS, name), join(folder, name));
  const authority = vector.fresh ? `${folder}-authority` : AUTHORITIES[program];
  const outcome =
    program === "mkcert"
      ? await runMkcert(vector.mkcert, folder, authority)
      : await devtls(["cert", ...(vector.devtls ?? vector.mkcert)], {
          cwd: folder,
          env: { DEVTLS_HOME: authority },
        });
  return observe(outcome, folder, authority, requests);
}

/** With a trust store that does not exist, mkcert looks at none; it is never told to install. */
function runMkcert(args: readonly string[], cwd: string, authority: string) {
  return runProgram("mkcert", args, { cwd, env: { CAROOT: authority, TRUST_STORES: "none" } });
}

function makeRequests(): void {
  mkdirSync(REQUESTS);
  const keys = { ec: "-newkey ec -pkeyopt ec_paramgen_curve:P-256", rsa: "-newkey rsa:2048" };
  const make = (kind: "ec" | "rsa", name: string, subject: string, ...wanted: string[]): void => {
    const key = [...keys[kind].split(" "), "-nodes", "-keyout", join(BASE, `${name}.key`)];
    const extensions = wanted.flatMap((text) => ["-addext", text]);
    const out = ["-out", join(REQUESTS, name)];
    execFileSync("openssl", ["req", "-new", ...key, "-subj", subject, ...extensions, ...out], {
      stdio: "pipe",
    });
  };
  make("ec", "ec.csr", "/CN=ec.test", "subjectAltName=DNS:ec.test");
  make("ec", "cn.csr", "/CN=only.test");
  make("ec", "nameless.csr", "/O=nobody");
  make("rsa", "rsa.csr", "/O=Asked/CN=cn.test", "subjectAltName=DNS:a.test,IP:127.0.0.1");
  make(
    "ec",
    "other-uses.csr",
    "/CN=uses.test",
    "subjectAltName=DNS:uses.test",
    "basicConstraints=critical,CA:TRUE",
    "keyUsage=keyCertSign",
    "extendedKeyUsage=codeSigning",
  );
  writeFileSync(join(REQUESTS, "garbage.csr"), "not a request");
}
