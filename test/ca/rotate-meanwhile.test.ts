/**
 * A rotation from beginning to end while a certificate is issued by who cannot take turns with it:
 * it is of the new authority.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { describe, expect, it } from "vitest";
import { newSandbox, type Sandbox } from "../cli/sandbox.js";
import { LAUNCHER, PROJECT, serve } from "../support/cli.js";

const MEANWHILE = {
  NODE_OPTIONS: `--require ${join(PROJECT, "test/ca/meanwhile.cjs")}`,
  DEVTLS_MEANWHILE: LAUNCHER,
};

const read = (path: string): X509Certificate => new X509Certificate(readFileSync(path));

async function withCertificate(): Promise<{ box: Sandbox; old: X509Certificate }> {
  const box = newSandbox();
  await box.prepare(["cert", "localhost", "--days", "20"]);
  return { box, old: read(join(box.state, "rootCA.pem")) };
}

describe("A rotation in the moment in which", () => {
  it.each([
    ["devtls cert writes", ["cert", "localhost"]],
    ["devtls cert writes elsewhere", ["cert", "localhost", "--out-dir", "elsewhere"]],
    ["devtls renew writes", ["renew"]],
  ])("%s leaves a certificate of the new authority, with its key", async (_, args) => {
    const { box, old } = await withCertificate();
    const { status, stderr } = await box.run(args, { env: MEANWHILE });
    expect(status, stderr).toBe(0);
    const root = read(join(box.state, "rootCA.pem"));
    expect(root.fingerprint256).not.toBe(old.fingerprint256);
    const folder = args.includes("--out-dir") ? "elsewhere" : ".";
    const leaf = read(box.path(join(folder, "localhost.pem")));
    expect(leaf.verify(root.publicKey)).toBe(true);
    expect(
      leaf.checkPrivateKey(
        createPrivateKey(readFileSync(box.path(join(folder, "localhost-key.pem")))),
      ),
    ).toBe(true);
  });

  it("devtls serve keeps its leaf leaves it with one of the new authority", async () => {
    const { box, old } = await withCertificate();
    const run = await serve(["--demo"], {
      cwd: box.cwd,
      env: { ...box.env, ...MEANWHILE },
    });
    const ca = readFileSync(join(box.state, "rootCA.pem"));
    expect(new X509Certificate(ca).fingerprint256).not.toBe(old.fingerprint256);
    const socket = connect({ port: run.port, servername: "localhost", ca });
    await once(socket, "secureConnect");
    socket.destroy();
    await run.stop();
  });
});
