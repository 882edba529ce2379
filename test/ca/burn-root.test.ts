/** An authority whose root has no key any more: what it issues, and who accepts it. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { connect, createServer } from "node:tls";
import { beforeAll, describe, expect, it } from "vitest";
import { deleteAuthority } from "../../src/ca/authority.js";
import { credentials, issue } from "../../src/index.js";
import { decodePem } from "../../src/x509/pem.js";
import { modeOf, newSandbox, type Sandbox } from "../cli/sandbox.js";
import { runProgram, serve, temporaryFolder } from "../support/cli.js";
import { describeWith } from "../support/tools.js";
import { makeRoot } from "../x509/fixtures.js";
import { filesOf, list } from "./state.js";

const RECORDER = join(import.meta.dirname, "record-writes.cjs");

let box: Sandbox;
let writes: string;
let root: X509Certificate;
const state = (name: string): string => join(box.state, name);
const read = (path: string): string => readFileSync(path, "utf8");

function certificatesIn(path: string): X509Certificate[] {
  const blocks = decodePem(read(path)).filter(({ label }) => label === "CERTIFICATE");
  return blocks.map(({ der }) => new X509Certificate(der));
}

/** Whether each is signed by the next. */
function expectChain(chain: readonly X509Certificate[], length: number): void {
  expect(chain).toHaveLength(length);
  for (const [at, certificate] of chain.entries()) {
    const issuer = chain[at + 1];
    if (issuer) expect(certificate.checkIssued(issuer)).toBe(true);
    if (issuer) expect(certificate.verify(issuer.publicKey)).toBe(true);
  }
}

beforeAll(async () => {
  box = newSandbox();
  writes = join(temporaryFolder(), "writes");
  const made = await box.run(["ca", "create", "--burn-root"], {
    env: {
      NODE_OPTIONS: `--require=${RECORDER}`,
      DEVTLS_TEST_WRITES: writes,
      // What V8 compiled has the words of PEM in it.
      NODE_DISABLE_COMPILE_CACHE: "1",
    },
  });
  expect(made.status, made.stderr).toBe(0);
  expect(made.stderr).toContain("the root's key was never written and is gone");
  root = new X509Certificate(read(state("rootCA.pem")));
  await box.prepare(["cert", "localhost", "127.0.0.1", "--p12"]);
  await box.prepare(["cert", "app.test", "--fullchain"]);
});

describe("devtls ca create --burn-root", () => {
  it("leaves the root's certificate, and an intermediate with its key", () => {
    const names = ["intermediateCA-key.pem", "intermediateCA.pem", "rootCA.pem"];
    expect(list(box.state)).toEqual(names);
    expect(names.map((name) => modeOf(state(name)))).toEqual(["400", "644", "644"]);
    const [intermediate] = certificatesIn(state("intermediateCA.pem"));
    const key = createPrivateKey(read(state("intermediateCA-key.pem")));
    expect(intermediate?.checkPrivateKey(key)).toBe(true);
    expect(intermediate?.ca).toBe(true);
    expectChain([intermediate as X509Certificate, root], 2);
    expect(root.checkPrivateKey(key)).toBe(false);
  });

  it("never writes the root's key, not even for a moment", () => {
    const keys = decodePem(read(writes)).filter(({ label }) => label === "PRIVATE KEY");
    expect(keys).toHaveLength(1);
    const key = createPrivateKey({ key: keys[0]?.der as Buffer, format: "der", type: "pkcs8" });
    expect(root.checkPrivateKey(key)).toBe(false);
  });

  it("is shown with its files", async () => {
    const { stdout } = await box.prepare(["ca", "show", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      sha256: root.fingerprint256,
      files: {
        certificate: state("rootCA.pem"),
        intermediate: state("intermediateCA.pem"),
        key: state("intermediateCA-key.pem"),
      },
    });
    const text = (await box.prepare(["ca", "show"])).stdout;
    expect(text).toContain("the root's is not here");
  });

  it("keeps to the root's limits", async () => {
    const { status, stderr } = await box.run(["cert", "example.com"]);
    expect(status).toBe(1);
    expect(stderr).toContain("could not sign example.com");
  });

  it("takes the place of an authority with a key, and gives it back", async () => {
    const other = newSandbox();
    await other.prepare(["ca", "create"]);
    await other.prepare(["ca", "create", "--burn-root", "--rsa", "--force"]);
    expect(list(other.state)).toEqual(list(box.state));
    await other.prepare(["cert", "localhost"]);
    await other.prepare(["ca", "create", "--force"]);
    expect(list(other.state)).toEqual(["rootCA-key.pem", "rootCA.pem"]);
    await other.prepare(["cert", "localhost"]);
    expectChain(certificatesIn(other.path("localhost.pem")), 1);
  });

  it("is not taken for damaged where the key of an earlier root was left behind", async () => {
    const other = newSandbox();
    await other.prepare(["ca", "create", "--burn-root"]);
    writeFileSync(join(other.state, "rootCA-key.pem"), filesOf(makeRoot())["rootCA-key.pem"] ?? "");
    await other.prepare(["cert", "localhost"]);
    expectChain(certificatesIn(other.path("localhost.pem")), 2);
  });

  it("is made by one of several runs at once, whatever kinds they make", async () => {
    const other = newSandbox();
    const kinds = [["--burn-root"], [], ["--burn-root"], []];
    const runs = await Promise.all(kinds.map((kind) => other.run(["ca", "create", ...kind])));
    const texts = runs.map(({ stderr }) => stderr);
    expect(
      runs.filter(({ status }) => status === 0),
      texts.join(),
    ).toHaveLength(1);
    for (const { status, stderr } of runs) {
      if (status !== 0) expect(stderr).toContain("rootCA.pem exists already");
    }
    await other.prepare(["cert", "localhost"]);
    const made = list(other.state).join();
    expect(["rootCA-key.pem,rootCA.pem", list(box.state).join()]).toContain(made);
  });

  it("is deleted whole", async () => {
    const other = newSandbox();
    await other.prepare(["ca", "create", "--burn-root"]);
    deleteAuthority(other.state);
    expect(existsSync(other.state)).toBe(false);
  });

  it.each([
    ["rootCA.pem", "rootCA.pem is missing beside "],
    ["intermediateCA.pem", "intermediateCA.pem is missing beside its key"],
    ["intermediateCA-key.pem", "intermediateCA-key.pem is missing beside its certificate"],
  ])("is reported as damaged without %s", async (name, reason) => {
    const other = newSandbox();
    await other.prepare(["ca", "create", "--burn-root"]);
    rmSync(join(other.state, name));
    const { status, stderr } = await other.run(["cert", "localhost"]);
    expect(status).toBe(1);
    expect(stderr).toContain(`could not load the authority: `);
    expect(stderr).toContain(reason);
  });
});

describe("the intermediate goes with", () => {
  it("the certificate file, so that a server that is given it can be verified", () => {
    expectChain([...certificatesIn(box.path("localhost+1.pem")), root], 3);
    expect(read(box.path("localhost+1.pem"))).not.toContain(read(state("rootCA.pem")));
  });

  it("--fullchain, before the root", () => {
    const chain = certificatesIn(box.path("app.test.pem"));
    expectChain(chain, 3);
    expect(chain[2]?.raw).toEqual(root.raw);
  });

  it("a renewal, which keeps either form", async () => {
    await box.prepare(["renew", "--within", "825"]);
    expectChain(certificatesIn(box.path("localhost+1.pem")), 2);
    expectChain(certificatesIn(box.path("app.test.pem")), 3);
  });

  it("what the library issues", async () => {
    const { cert, ca } = await issue("localhost", { stateDirectory: box.state });
    expect(ca).toBe(read(state("rootCA.pem")));
    const blocks = decodePem(cert).map(({ der }) => new X509Certificate(der));
    expectChain([...blocks, root], 3);
  });

  it("a kept leaf of serve, which is used again", async () => {
    const stateDirectory = box.state;
    const first = await credentials("kept.localhost", { stateDirectory });
    const chain = decodePem(first.cert).map(({ der }) => new X509Certificate(der));
    expectChain(chain, 3);
    expect(await credentials("kept.localhost", { stateDirectory })).toEqual(first);
  });
});

describe("with the root alone, a chain is accepted by", () => {
  it("Node, from devtls serve", async () => {
    const run = await serve(["--demo"], { cwd: box.cwd, env: box.env });
    const socket = connect({
      host: "127.0.0.1",
      port: run.port,
      servername: "localhost",
      ca: read(state("rootCA.pem")),
    });
    await once(socket, "secureConnect");
    expect(socket.authorized).toBe(true);
    socket.destroy();
    await run.stop();
  });

  it("Node, from a server with the certificate file as it is", async () => {
    const server = createServer({
      cert: read(box.path("localhost+1.pem")),
      key: read(box.path("localhost+1-key.pem")),
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const socket = connect({ host: "127.0.0.1", port, ca: read(state("rootCA.pem")) });
    await once(socket, "secureConnect");
    expect(socket.authorized).toBe(true);
    socket.destroy();
    server.close();
  });
});

describeWith(["openssl"], "openssl", () => {
  it("verifies the chain by the strict rules", async () => {
    const leaf = box.path("localhost+1.pem");
    const { status, stderr } = await runProgram("openssl", [
      ...["verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", "localhost"],
      ...["-CAfile", state("rootCA.pem"), "-untrusted", leaf, leaf],
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  it("finds leaf, intermediate and root in the PKCS#12 file", async () => {
    const { stdout } = await runProgram("openssl", [
      ...["pkcs12", "-in", box.path("localhost+1.p12"), "-passin", "pass:changeit"],
      ...["-nokeys", "-legacy"],
    ]);
    const chain = decodePem(stdout).map(({ der }) => new X509Certificate(der));
    expectChain(chain, 3);
  });

  it("refuses an authority that the intermediate would sign: its path ends there", async () => {
    const folder = temporaryFolder();
    const file = (name: string): string => join(folder, name);
    const { status, stderr } = await runProgram("openssl", [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
      ...["-CA", state("intermediateCA.pem"), "-CAkey", state("intermediateCA-key.pem")],
      ...["-keyout", file("key.pem"), "-out", file("ca.pem"), "-subj", "/CN=below", "-days", "9"],
      ...["-addext", "keyUsage=critical,keyCertSign"],
    ]);
    expect(status, stderr).toBe(0);
    const leaf = await runProgram("openssl", [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
      ...["-CA", file("ca.pem"), "-CAkey", file("key.pem"), "-days", "9"],
      ...["-keyout", file("l.pem"), "-out", file("leaf.pem"), "-subj", "/CN=localhost"],
      ...["-addext", "basicConstraints=critical,CA:FALSE"],
    ]);
    expect(leaf.status, leaf.stderr).toBe(0);
    const chain = read(file("ca.pem")) + read(state("intermediateCA.pem"));
    writeFileSync(file("chain.pem"), chain);
    const verified = await runProgram("openssl", [
      ...["verify", "-CAfile", state("rootCA.pem")],
      ...["-untrusted", file("chain.pem"), file("leaf.pem")],
    ]);
    expect(verified.status).not.toBe(0);
    expect(verified.stderr).toContain("path length constraint exceeded");
  });
});

describeWith(["certtool"], "GnuTLS", () => {
  it("verifies the chain", async () => {
    const { status, stdout, stderr } = await runProgram("certtool", [
      ...["--verify", "--load-ca-certificate", state("rootCA.pem")],
      ...["--verify-hostname", "localhost", "--infile", box.path("localhost+1.pem")],
    ]);
    expect(status, stdout + stderr).toBe(0);
    expect(stdout).toContain("Verified. The certificate is trusted.");
  });
});

describeWith(["certutil"], "NSS", () => {
  it("verifies the chain", async () => {
    const database = `sql:${temporaryFolder()}`;
    const [leaf] = certificatesIn(box.path("localhost+1.pem"));
    const leafPath = join(temporaryFolder(), "leaf.pem");
    writeFileSync(leafPath, leaf?.toString() ?? "");
    const steps = [
      ["-N", "--empty-password"],
      ["-A", "-n", "root", "-t", "C,,", "-i", state("rootCA.pem")],
      ["-A", "-n", "intermediate", "-t", ",,", "-i", state("intermediateCA.pem")],
      ["-A", "-n", "leaf", "-t", ",,", "-i", leafPath],
      ["-V", "-n", "leaf", "-u", "V"],
    ];
    for (const step of steps) {
      const { status, stderr } = await runProgram("certutil", [...step, "-d", database]);
      expect(status, `${step.join(" ")}: ${stderr}`).toBe(0);
    }
  });
});
