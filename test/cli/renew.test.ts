/** `devtls renew`: what it issues again, what it keeps, and what it leaves alone. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runProgram } from "../support/cli.js";
import { describeWith } from "../support/tools.js";
import { contentsOf, expectRefused, modeOf, newSandbox, type Sandbox } from "./sandbox.js";

function readCertificate(box: Sandbox, name: string): X509Certificate {
  return new X509Certificate(readFileSync(box.path(name)));
}

function serialOf(box: Sandbox, name: string): string {
  return readCertificate(box, name).serialNumber;
}

/** What a renewal has to keep. */
function kept(certificate: X509Certificate) {
  const lifetime = Date.parse(certificate.validTo) - Date.parse(certificate.validFrom);
  const { subjectAltName, keyUsage, publicKey } = certificate;
  return { subjectAltName, keyUsage, lifetime, key: publicKey.asymmetricKeyDetails };
}

describe("devtls renew", () => {
  it("renews what expires within 30 days and leaves the rest as it is", async () => {
    const box = newSandbox();
    await box.prepare(["cert", "soon.test", "--days", "30"]);
    await box.prepare(["cert", "later.test", "--days", "32"]);
    const before = [serialOf(box, "soon.test.pem"), serialOf(box, "later.test.pem")];
    const { stdout, stderr } = await box.prepare(["renew"]);
    expect(stdout).toBe("soon.test.pem\n");
    expect(stderr).toContain("later.test.pem: valid for 31 more days, left as it is");
    expect(serialOf(box, "soon.test.pem")).not.toBe(before[0]);
    expect(serialOf(box, "later.test.pem")).toBe(before[1]);
  });

  it("finds the certificates of certs/ and of this folder", async () => {
    const box = newSandbox();
    await box.prepare(["cert", "here.test", "--days", "9"]);
    await box.prepare(["cert", "there.test", "--days", "9", "--out-dir", "certs"]);
    await box.prepare(["cert", "elsewhere.test", "--days", "9", "--out-dir", "other"]);
    const { stdout } = await box.prepare(["renew"]);
    expect(stdout).toBe("certs/there.test.pem\nhere.test.pem\n");
  });

  it("keeps names, usages, lifetime and kind of key, and makes a new key", async () => {
    const box = newSandbox();
    await box.prepare([
      ...["cert", "app.test", "*.app.test", "::1"],
      ...["--days", "7", "--rsa", "--client"],
    ]);
    const files = ["app.test+2-client.pem", "app.test+2-client-key.pem"] as const;
    const before = readCertificate(box, files[0]);
    const key = readFileSync(box.path(files[1]), "latin1");
    await box.prepare(["renew"]);
    const after = readCertificate(box, files[0]);
    expect(after.serialNumber).not.toBe(before.serialNumber);
    expect(kept(after)).toEqual(kept(before));
    expect(readFileSync(box.path(files[1]), "latin1")).not.toBe(key);
  });

  it("keeps certificate and key a pair with the modes they had", async () => {
    const box = newSandbox();
    await box.prepare(["cert", "localhost", "--days", "1"]);
    await box.prepare(["renew"]);
    const key = createPrivateKey(readFileSync(box.path("localhost-key.pem")));
    expect(readCertificate(box, "localhost.pem").checkPrivateKey(key)).toBe(true);
    expect(["localhost.pem", "localhost-key.pem"].map((name) => modeOf(box.path(name)))).toEqual([
      "644",
      "600",
    ]);
  });

  it("keeps one file for both, and the authority in a full chain", async () => {
    const box = newSandbox();
    const both = ["--cert-file", "both.pem", "--key-file", "both.pem", "--fullchain"];
    await box.prepare(["cert", "localhost", "--days", "1", ...both]);
    await box.prepare(["renew"]);
    const labels = readFileSync(box.path("both.pem"), "latin1").match(/(?<=BEGIN )[A-Z ]+/g);
    expect(labels).toEqual(["CERTIFICATE", "CERTIFICATE", "PRIVATE KEY"]);
    expect(modeOf(box.path("both.pem"))).toBe("600");
  });

  it("finds the key under a name of its own", async () => {
    const box = newSandbox();
    await box.prepare(["cert", "localhost", "--days", "1", "--key-file", "server.key"]);
    const before = readFileSync(box.path("server.key"), "latin1");
    await box.prepare(["renew"]);
    expect(readFileSync(box.path("server.key"), "latin1")).not.toBe(before);
  });

  it("says of a PKCS#12 file beside it that it holds the old certificate", async () => {
    const box = newSandbox();
    await box.prepare(["cert", "localhost", "--days", "1", "--p12"]);
    const { stderr } = await box.prepare(["renew"]);
    expect(stderr).toContain("localhost.p12 still holds the old certificate");
  });

  it("says that it found nothing, and succeeds", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    const { stdout, stderr } = await box.prepare(["renew"]);
    expect(stdout).toBe("");
    expect(stderr).toBe("No certificate of this authority in certs/ or in this folder.\n");
  });

  it("leaves another authority's certificates alone", async () => {
    const [box, other] = [newSandbox(), newSandbox()];
    await box.prepare(["ca", "create"]);
    await other.prepare(["cert", "other.test", "--days", "1"]);
    copyFileSync(other.path("other.test.pem"), box.path("other.test.pem"));
    const before = contentsOf(box.cwd);
    await box.prepare(["renew"]);
    expect(contentsOf(box.cwd)).toEqual(before);
  });
});

describe("devtls renew --dry-run", () => {
  it("names what would be renewed and changes nothing", async () => {
    const box = newSandbox();
    await box.prepare(["cert", "soon.test", "--days", "10"]);
    await box.prepare(["cert", "later.test"]);
    const before = [box.cwd, box.state].map((folder) => contentsOf(folder));
    const { stdout, stderr } = await box.prepare(["renew", "--dry-run"]);
    expect(stdout).toBe("soon.test.pem\n");
    expect(stderr).toContain("soon.test.pem: valid for 9 more days, would be renewed");
    expect([box.cwd, box.state].map((folder) => contentsOf(folder))).toEqual(before);
  });
});

describe("devtls renew --within", () => {
  it("takes more than 30 days ahead", async () => {
    const box = newSandbox();
    await box.prepare(["cert", "later.test", "--days", "60"]);
    expect((await box.prepare(["renew", "--within", "58"])).stdout).toBe("");
    expect((await box.prepare(["renew", "--within", "59"])).stdout).toBe("later.test.pem\n");
  });

  it("takes 0 for what expires within the day", async () => {
    const box = newSandbox();
    await box.prepare(["cert", "today.test", "--days", "1"]);
    await box.prepare(["cert", "tomorrow.test", "--days", "2"]);
    expect((await box.prepare(["renew", "--within", "0"])).stdout).toBe("today.test.pem\n");
  });
});

describe("devtls renew FILE", () => {
  it("renews this file only", async () => {
    const box = newSandbox();
    await box.prepare(["cert", "one.test", "--days", "1"]);
    await box.prepare(["cert", "two.test", "--days", "1", "--out-dir", "other"]);
    const before = serialOf(box, "one.test.pem");
    expect((await box.prepare(["renew", "other/two.test.pem"])).stdout).toBe(
      "other/two.test.pem\n",
    );
    expect(serialOf(box, "one.test.pem")).toBe(before);
  });

  it("fails for a file that is not there", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    await expectRefused(box, ["renew", "no.pem"], {
      status: 1,
      message: `could not read ${box.path("no.pem")}: no such file or directory`,
      hint: `Check the file and its folder: ls -l ${box.path("no.pem")}`,
    });
  });

  it("fails for another authority's certificate before anything is renewed", async () => {
    const [box, other] = [newSandbox(), newSandbox()];
    await box.prepare(["cert", "mine.test", "--days", "1"]);
    await other.prepare(["cert", "other.test", "--days", "1"]);
    copyFileSync(other.path("other.test.pem"), box.path("other.test.pem"));
    await expectRefused(box, ["renew", "mine.test.pem", "other.test.pem"], {
      status: 1,
      message: "could not renew other.test.pem: it is not a certificate that this authority signed",
      hint: "See the authority: devtls ca show. To issue a new certificate: devtls cert localhost",
    });
  });

  it("fails without an authority, and makes none", async () => {
    const box = newSandbox();
    await box.prepare(["cert", "localhost", "--days", "1"]);
    rmSync(box.state, { recursive: true });
    await expectRefused(box, ["renew", "localhost.pem"], {
      status: 1,
      message: `could not renew certificates: there is no authority in ${box.state}`,
      hint: "Issue a certificate, which makes one: devtls cert localhost",
    });
  });
});

describeWith(["openssl"], "A certificate that was made from a request", () => {
  it("is renewed for the same key", async () => {
    const box = newSandbox();
    mkdirSync(box.path("away"));
    const key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout away/k.key";
    const request = `req -new ${key} -subj /CN=a.test -out r.csr`;
    await runProgram("openssl", request.split(" "), { cwd: box.cwd });
    await box.prepare(["cert", "--csr", "r.csr", "--days", "1"]);
    const before = readCertificate(box, "a.test.pem");
    await box.prepare(["renew"]);
    const after = readCertificate(box, "a.test.pem");
    expect(after.serialNumber).not.toBe(before.serialNumber);
    expect(after.publicKey.equals(before.publicKey)).toBe(true);
    expect(Object.keys(contentsOf(box.cwd)).sort()).toEqual(
      [".", "a.test.pem", "away", join("away", "k.key"), "r.csr"].sort(),
    );
  });
});
