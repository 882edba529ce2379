/** Revocation lists, as OpenSSL reads and obeys them (RFC 5280 5). */
import { expect, it } from "vitest";
import { buildCrl, type RevocationList } from "../../src/x509/crl.js";
import { encodePem } from "../../src/x509/pem.js";
import { runProgram, temporaryFolder } from "../support/cli.js";
import { describeWith } from "../support/tools.js";
import { makeLeaf, makeRoot, openssl, save } from "./fixtures.js";

const NOW = new Date();
const LATER = new Date(NOW.getTime() + 86_400_000);
const root = makeRoot();
const { subject, keyId } = root.certificate;

/** PEM. */
function listOf(revoked: RevocationList["revoked"], number = 7): string {
  const issuer = { key: root.key, subject, keyId };
  const list = { issuer, number, thisUpdate: NOW, nextUpdate: LATER, revoked };
  return encodePem("X509 CRL", buildCrl(list));
}

const textOf = (list: string): Promise<string> =>
  openssl(["crl", "-noout", "-text"], { input: list });

describeWith(["openssl"], "A revocation list", () => {
  it.each([
    [1, "Key Compromise"],
    [3, "Affiliation Changed"],
    [4, "Superseded"],
    [5, "Cessation Of Operation"],
  ])("says why: %i is %s", async (reason, words) => {
    const text = await textOf(listOf([{ serial: "0a0b", at: NOW, reason }]));
    expect(text).toMatch(/Serial Number: 0A0B/i);
    expect(text).toMatch(new RegExp(`CRL Reason Code:\\s+${words}`));
  });

  it("leaves out a reason that nobody gave", async () => {
    const text = await textOf(listOf([{ serial: "0a0b", at: NOW, reason: 0 }]));
    expect(text).toMatch(/Serial Number: 0A0B/i);
    expect(text).not.toContain("Reason");
  });

  it("has its number, its issuer's key and no entries where nothing is revoked", async () => {
    const text = await textOf(listOf([], 41));
    expect(text).toMatch(/CRL Number:\s+41/);
    expect(text).toContain("X509v3 Authority Key Identifier");
    expect(text).toContain("No Revoked Certificates");
  });

  it("is obeyed: the certificate that is on it is refused, another one is not", async () => {
    const folder = temporaryFolder();
    const [good, bad] = [makeLeaf(root, ["localhost"]), makeLeaf(root, ["localhost"])];
    const list = listOf([{ serial: bad.certificate.serial, at: NOW, reason: 1 }]);
    const ca = save(folder, "root.pem", root.pem);
    const crl = save(folder, "list.pem", list);
    const verify = (leaf: string) =>
      runProgram("openssl", ["verify", "-crl_check", "-CAfile", ca, "-CRLfile", crl, leaf]);
    expect((await verify(save(folder, "good.pem", good.pem))).status).toBe(0);
    const refused = await verify(save(folder, "bad.pem", bad.pem));
    expect(refused.status).not.toBe(0);
    expect(refused.stdout + refused.stderr).toContain("certificate revoked");
  });
});
