/** The configuration profile, read back by programs that nobody here wrote. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { commonNameOf, openAuthority } from "../../src/ca/authority.js";
import { configurationProfile } from "../../src/lan/onboarding/profile.js";
import { type Certificate, fingerprint } from "../../src/x509/certificate.js";
import { runProgram, temporaryFolder } from "../support/cli.js";
import { describeWith } from "../support/tools.js";

/** Prints the profile as JSON, its certificates as files. */
const READ = `
import json, plistlib, sys
profile = plistlib.load(open(sys.argv[1], "rb"))
for number, payload in enumerate(profile["PayloadContent"]):
    open(sys.argv[2] + str(number), "wb").write(payload.pop("PayloadContent"))
print(json.dumps(profile))
`;

describeWith(["python3", "openssl", "xmllint"], "The configuration profile", () => {
  const folder = temporaryFolder();
  const path = join(folder, "devtls.mobileconfig");
  let root: Certificate;

  const read = async (name: string): Promise<Record<string, unknown>> => {
    writeFileSync(path, configurationProfile(root, name));
    const args = ["-c", READ, path, join(folder, "certificate")];
    const { status, stdout, stderr } = await runProgram("python3", args);
    expect(status, stderr).toBe(0);
    return JSON.parse(stdout) as Record<string, unknown>;
  };

  beforeAll(async () => {
    root = (await openAuthority(join(folder, "state"))).authority.certificate;
  });

  it("is a property list with what Apple's systems ask of a root certificate", async () => {
    const uuid = expect.stringMatching(
      /^[\dA-F]{8}-[\dA-F]{4}-8[\dA-F]{3}-8[\dA-F]{3}-[\dA-F]{12}$/,
    );
    const profile = await read(commonNameOf(root));
    expect(profile).toMatchObject({
      PayloadType: "Configuration",
      PayloadVersion: 1,
      PayloadUUID: uuid,
      PayloadDisplayName: commonNameOf(root),
      PayloadRemovalDisallowed: false,
      PayloadContent: [
        {
          PayloadType: "com.apple.security.root",
          PayloadVersion: 1,
          PayloadUUID: uuid,
          PayloadCertificateFileName: "devtls-root.crt",
        },
      ],
    });
    const [payload] = profile.PayloadContent as Record<string, unknown>[];
    expect(payload?.PayloadUUID).not.toBe(profile.PayloadUUID);
    expect(payload?.PayloadIdentifier).not.toBe(profile.PayloadIdentifier);
  });

  it("holds the root and nothing else", async () => {
    await read("devtls");
    const { stdout } = await runProgram("openssl", [
      ...["x509", "-inform", "DER", "-in", join(folder, "certificate0")],
      ...["-noout", "-fingerprint", "-sha256"],
    ]);
    expect(stdout.trim().split("=")[1]).toBe(fingerprint(root));
    expect(configurationProfile(root, "devtls")).not.toContain("PRIVATE");
  });

  it("is the same for the same root, so that it replaces itself", () => {
    expect(configurationProfile(root, "devtls")).toBe(configurationProfile(root, "devtls"));
  });

  it("is XML whatever the authority is called", async () => {
    const name = 'a <b> & "c" \u0001 é 名';
    expect(await read(name)).toMatchObject({ PayloadDisplayName: 'a <b> & "c" ? é 名' });
    expect(await runProgram("xmllint", ["--noout", path])).toMatchObject({ status: 0 });
  });
});
