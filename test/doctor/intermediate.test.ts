/** An authority whose root has no key any more: an intermediate signs in its place. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { CheckFunction } from "../../src/doctor/check.js";
import { CHECKS, runCheck } from "../../src/doctor/run.js";
import { parsePemCertificate } from "../../src/x509/certificate.js";
import { decodePrivateKey } from "../../src/x509/keys.js";
import { runProgram } from "../support/cli.js";
import { describeWith } from "../support/tools.js";
import { type Box, newBox } from "./box.js";

async function statusOf(id: string, box: Box): Promise<string | undefined> {
  const [check] = await runCheck(id, CHECKS[id] as CheckFunction, box.context);
  return check?.status;
}

/** A box whose root's key is gone; an intermediate of `signer` is beside the root. */
async function burnt(signer: "root" | "stranger"): Promise<Box> {
  const box = newBox();
  const own = await box.authority();
  const { paths } = signer === "root" ? own : await box.stranger();
  const [certificate, key] = ["intermediateCA.pem", "intermediateCA-key.pem"].map((name) =>
    join(box.state, name),
  ) as [string, string];
  const { status, stderr } = await runProgram("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
    ...["-CA", paths.rootCertificate, "-CAkey", paths.rootKey, "-subj", "/CN=devtls intermediate"],
    ...["-keyout", key, "-out", certificate, "-days", "30"],
  ]);
  expect(status, stderr).toBe(0);
  const read = (path: string): string => box.context.machine.read(path) ?? "";
  const intermediate = {
    ...own,
    certificate: parsePemCertificate(read(certificate)),
    key: decodePrivateKey(read(key)),
  };
  const leaf = await box.leaf(20, intermediate);
  box.write(join(box.state, "leaves/leaf.pem"), leaf.certificate + leaf.key, 0o600);
  box.write(join(box.cwd, "localhost.pem"), leaf.certificate);
  rmSync(own.paths.rootKey);
  return box;
}

describeWith(["openssl"], "The checks of an authority with an intermediate", () => {
  it("take its key for the authority's, and what it signed for the authority's own", async () => {
    const box = await burnt("root");
    expect(await statusOf("authority-key-fits", box)).toBe("ok");
    expect(await statusOf("authority-key-mode", box)).toBe("ok");
    expect(await statusOf("leaf-chain", box)).toBe("ok");
    expect(await statusOf("certificates-expiry", box)).toBe("warning");
  });

  it("see that others can read its key", async () => {
    const box = await burnt("root");
    const key = join(box.state, "intermediateCA-key.pem");
    box.write(key, box.context.machine.read(key) ?? "", 0o644);
    expect(await statusOf("authority-key-mode", box)).toBe("problem");
  });

  it("do not take the intermediate of another root", async () => {
    const box = await burnt("stranger");
    expect(await statusOf("authority-key-fits", box)).toBe("problem");
    expect(await statusOf("leaf-chain", box)).toBe("warning");
  });
});
