/** Java by `devtls env`: a trust store that it takes without keytool having touched it. */
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { deleteAuthority } from "../../src/ca/authority.js";
import { credentials } from "../../src/index.js";
import { certificatesOf } from "../../src/trust/keystore.js";
import { decodePem } from "../../src/x509/pem.js";
import { encodeTrustStore } from "../../src/x509/pkcs12-trust.js";
import { freePort, LAUNCHER, type Outcome, runProgram, temporaryFolder } from "../support/cli.js";
import { start } from "../support/programs.js";
import { describeWith, missing } from "../support/tools.js";
import { makeRoot } from "../x509/fixtures.js";
import { newSandbox, type Sandbox } from "./sandbox.js";

const OPTION = "-Djavax.net.ssl.trustStore=";

/** A sandbox whose state directory has a space in its name, as on macOS. */
function spacious(): Sandbox {
  const box = newSandbox();
  const state = join(box.home, "Application Support", "devtls");
  const env = { ...box.env, DEVTLS_HOME: state };
  return {
    ...box,
    state,
    env,
    run: (args, options) => box.run(args, { ...options, env: { ...env, ...options?.env } }),
  };
}

const box = spacious();
const store = join(box.state, "java-trust.p12");
const server = createServer((_request, response) => {
  asked++;
  response.end("trusted");
});
let asked = 0;
let url: string;

async function javaOptions(given = ""): Promise<{ value: string | undefined } & Outcome> {
  const outcome = await box.run(["env", "--json"], { env: { JAVA_TOOL_OPTIONS: given } });
  expect(outcome.status, outcome.stderr).toBe(0);
  return { value: JSON.parse(outcome.stdout).set.JAVA_TOOL_OPTIONS, ...outcome };
}

const bundled = (): Buffer[] =>
  decodePem(readFileSync(join(box.state, "bundle.pem"), "latin1")).map(({ der }) => der);

beforeAll(async () => {
  mkdirSync(box.state, { recursive: true });
  server.setSecureContext(await credentials("localhost", { stateDirectory: box.state }));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `https://localhost:${(server.address() as AddressInfo).port}/`;
  await javaOptions();
});
beforeEach(() => {
  asked = 0;
});
afterAll(() => server.close());

describe("JAVA_TOOL_OPTIONS of devtls env", () => {
  it("names a trust store with the system's roots and the authority", async () => {
    expect((await javaOptions()).value).toBe(`${OPTION}"${store}"`);
    const held = certificatesOf(readFileSync(store)) ?? [];
    const hex = (ders: readonly Buffer[]): string[] => ders.map((der) => der.toString("hex"));
    expect(new Set(hex(held))).toEqual(new Set(hex(bundled())));
    expect(held.length).toBeGreaterThan(20);
    const root = new X509Certificate(readFileSync(join(box.state, "rootCA.pem")));
    expect(hex(held)).toContain(root.raw.toString("hex"));
  });

  it("has the store written again when it is gone, and when the bundle is old", async () => {
    const before = readFileSync(store);
    rmSync(store);
    await javaOptions();
    expect(readFileSync(store)).toEqual(before);
    rmSync(join(box.state, "bundle.pem"));
    copyFileSync(join(box.state, "rootCA.pem"), store);
    await javaOptions();
    expect(readFileSync(store)).toEqual(before);
  });

  it("keeps what is set and adds to it, once", async () => {
    const { value, stderr } = await javaOptions("-Xmx64m");
    expect(value).toBe(`-Xmx64m ${OPTION}"${store}"`);
    expect(stderr).toContain("JAVA_TOOL_OPTIONS keeps what it has: -Xmx64m\n");
    const again = await javaOptions(value);
    expect(again.value).toBe(value);
    expect(again.stderr).not.toContain("JAVA_TOOL_OPTIONS");
  });

  it("keeps a trust store of the user's, and says so", async () => {
    const own = `${OPTION}/etc/own.p12`;
    const { value, stdout, stderr } = await javaOptions(own);
    expect(value).toBeUndefined();
    expect(JSON.parse(stdout).kept.JAVA_TOOL_OPTIONS).toBe(own);
    expect(stderr).toContain(`JAVA_TOOL_OPTIONS is set to ${own} and stays so.`);
  });

  it("names the file in a container", async () => {
    const { stdout } = await box.run(["env", "--docker"]);
    expect(stdout).toContain(`--env JAVA_TOOL_OPTIONS=${OPTION}/etc/devtls/java-trust.p12`);
    expect(stdout).toContain("target=/etc/devtls/java-trust.p12,readonly");
  });

  it("goes to the dev server of serve", async () => {
    const print = "console.log('OPTIONS ' + process.env.JAVA_TOOL_OPTIONS)";
    const port = String(await freePort());
    const words = ["serve", "--port", port, "--", process.execPath, "-e", print];
    const running = start(process.execPath, [LAUNCHER, ...words], {
      env: { ...box.env, JAVA_TOOL_OPTIONS: "-Xmx64m", SSL_CERT_FILE: "/etc/own.pem" },
    });
    await running.exited;
    expect(running.stdout()).toContain(`OPTIONS -Xmx64m ${OPTION}"${store}"\n`);
    expect(running.stderr()).toContain("Kept as set: SSL_CERT_FILE.");
  });

  it("goes with the authority", async () => {
    const other = newSandbox();
    await other.prepare(["ca", "create"]);
    await other.prepare(["env"]);
    expect(existsSync(join(other.state, "java-trust.p12"))).toBe(true);
    deleteAuthority(other.state);
    expect(existsSync(other.state)).toBe(false);
  });
});

/** What a Java of this machine does with the variable, and without. */
function runJava(command: string, args: readonly string[], options: string): Promise<Outcome> {
  return runProgram(command, args, { env: { ...box.env, JAVA_TOOL_OPTIONS: options } });
}

describeWith(["keytool"], "keytool", () => {
  it("lists every certificate as trusted, by any password", async () => {
    const expected = new Set(bundled().map((der) => new X509Certificate(der).fingerprint256));
    for (const password of ["changeit", "another"]) {
      const { stdout } = await runProgram("keytool", [
        ...["-J-Duser.language=en", "-list", "-keystore", store, "-storepass", password],
      ]);
      expect(stdout).toContain(`contains ${expected.size} entries`);
      const entries = [...stdout.matchAll(/, trustedCertEntry, $\n.*\(SHA-256\): (\S+)$/gm)];
      expect(new Set(entries.map(([, sha256]) => sha256))).toEqual(expected);
    }
  });

  it("asks a server of the authority with the variable, and refuses it without", async () => {
    const ask = ["-J-Duser.language=en", "-printcrl", "-file", url];
    const without = await runJava("keytool", ask, "");
    expect(without.stdout + without.stderr).toContain("PKIX path building failed");
    expect(asked).toBe(0);
    const withIt = await runJava("keytool", ask, (await javaOptions()).value ?? "");
    expect(withIt.stdout + withIt.stderr).not.toContain("PKIX");
    expect(asked).toBe(1);
  });
});

const PROGRAM = join(import.meta.dirname, "fixtures/Ask.java");

/** A JRE has no compiler; there keytool, above, is the Java program. */
async function hasCompiler(): Promise<boolean> {
  if (missing(["java"])) return false;
  const { stdout } = await runProgram("java", ["--list-modules"]);
  return stdout.includes("jdk.compiler");
}

describe.skipIf(!(await hasCompiler()))("A Java program, where a JDK is", () => {
  it("trusts the authority with the variable, and not without", async () => {
    const withIt = await runJava("java", [PROGRAM, url], (await javaOptions()).value ?? "");
    expect(withIt.stdout).toBe("trusted\n");
    const without = await runJava("java", [PROGRAM, url], "");
    expect(without.stdout).toMatch(/^refused: .*PKIX path building failed/);
  });

  it("has a public root of the system among those that it trusts", async () => {
    const value = (await javaOptions()).value ?? "";
    const { stdout } = await runJava("java", [PROGRAM, "roots"], value);
    const count = new Set(bundled().map((der) => der.toString("hex"))).size;
    expect(stdout).toBe(`${count} roots\n`);
  });
});

describe("A trust store", () => {
  const ders = [makeRoot().der, makeRoot({ kind: "rsa2048" }).der];

  it("holds each certificate once, and is the same for the same", () => {
    const encoded = encodeTrustStore([...ders, ...ders]);
    expect(certificatesOf(encoded)).toEqual(ders);
    expect(encodeTrustStore(ders)).toEqual(encoded);
    expect(certificatesOf(encodeTrustStore([]))).toEqual([]);
  });

  it("is read by openssl", async () => {
    const path = join(temporaryFolder(), "store.p12");
    writeFileSync(path, encodeTrustStore(ders));
    const { stdout } = await runProgram("openssl", [
      ...["pkcs12", "-in", path, "-nokeys", "-passin", "pass:"],
    ]);
    expect(decodePem(stdout).map(({ der }) => der)).toEqual(ders);
  });
});
