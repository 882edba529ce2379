/** `devtls ca`: the authority is made, shown, exported and deleted. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { LAUNCHER, runProgram } from "../support/cli.js";
import { describeWith } from "../support/tools.js";
import { contentsOf, expectRefused, modeOf, newSandbox, type Sandbox } from "./sandbox.js";

function rootOf(box: Sandbox): X509Certificate {
  return new X509Certificate(readFileSync(join(box.state, "rootCA.pem")));
}

describe("devtls ca create", () => {
  it("makes certificate and key with the modes of the contract, and prints the certificate", async () => {
    const box = newSandbox();
    const { stdout } = await box.prepare(["ca", "create"]);
    expect(stdout).toBe(`${join(box.state, "rootCA.pem")}\n`);
    const modes = ["", "rootCA.pem", "rootCA-key.pem"].map((name) => modeOf(join(box.state, name)));
    expect(modes).toEqual(["700", "644", "400"]);
    const key = readFileSync(join(box.state, "rootCA-key.pem"), "latin1");
    expect(key).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    expect(rootOf(box).checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(rootOf(box).ca).toBe(true);
  });

  it("refuses when there is one, and leaves it", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    await expectRefused(box, ["ca", "create"], {
      status: 1,
      message: `could not make an authority: ${join(box.state, "rootCA.pem")} exists already`,
      hint: "See it: devtls ca show. To replace it: devtls untrust, then devtls ca create --force",
    });
  });

  it("replaces it with --force, and warns of stores that trusted the old one", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    const old = rootOf(box).fingerprint256;
    const { stderr } = await box.prepare(["ca", "create", "--force"]);
    expect(rootOf(box).fingerprint256).not.toBe(old);
    expect(stderr).toContain(`warning: stores that trusted the authority it replaces`);
    expect(stderr).toContain(old.slice(0, 23));
  });

  it("replaces a damaged one with --force", async () => {
    const box = newSandbox();
    mkdirSync(box.state, { mode: 0o700 });
    writeFileSync(join(box.state, "rootCA.pem"), "half of a certif");
    await box.prepare(["ca", "create", "--force"]);
    await box.prepare(["cert", "localhost"]);
  });

  it("makes one without constraints only when it is asked to, and warns", async () => {
    const box = newSandbox();
    const { stderr } = await box.prepare(["ca", "create", "--unconstrained"]);
    expect(stderr).toContain("warning: it is not limited to local names");
    await box.prepare(["cert", "example.com", "8.8.8.8"]);
  });

  it("permits the domains and address blocks that it is given, besides the local ones", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create", "--permit", "example.com", "--permit", "100.64.0.0/10"]);
    await box.prepare(["cert", "a.example.com", "100.64.0.1", "localhost"]);
    expect((await box.run(["cert", "example.org"])).status).toBe(1);
    expect((await box.run(["cert", "100.128.0.1"])).status).toBe(1);
  });

  it("makes an RSA-3072 key with --rsa", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create", "--rsa"]);
    expect(rootOf(box).publicKey.asymmetricKeyDetails).toMatchObject({ modulusLength: 3072 });
  });

  for (const [permit, cause] of [
    ["a..b", 'could not use the name "a..b": it has an empty label (two dots in a row)'],
    ["https://example.com", 'could not permit "https://example.com": it is not a domain'],
  ]) {
    it(`refuses --permit ${permit} before it replaces anything`, async () => {
      const box = newSandbox();
      await box.prepare(["ca", "create"]);
      await expectRefused(box, ["ca", "create", "--force", "--permit", permit as string], {
        status: 2,
        message: cause as string,
        hint: /devtls ca/,
      });
    });
  }
});

describe("devtls ca show", () => {
  it("prints with --json what Node's crypto reads in the certificate", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create", "--permit", "example.com"]);
    const shown = JSON.parse((await box.prepare(["ca", "show", "--json"])).stdout);
    const root = rootOf(box);
    expect(shown).toMatchObject({
      subject: root.subject,
      serial: root.serialNumber,
      sha256: root.fingerprint256,
      sha1: root.fingerprint,
      notBefore: new Date(root.validFrom).toISOString(),
      notAfter: new Date(root.validTo).toISOString(),
      key: "EC P-256",
      files: {
        certificate: join(box.state, "rootCA.pem"),
        key: join(box.state, "rootCA-key.pem"),
        leaves: join(box.state, "leaves"),
      },
    });
    expect(shown.permitted.dns).toContain("example.com");
    expect(shown.permitted.ip).toContain("127.0.0.0/8");
  });

  it("says where it is trusted", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    const { stores } = JSON.parse((await box.prepare(["ca", "show", "--json"])).stdout);
    for (const store of stores) {
      expect(Object.keys(store)).toEqual(["id", "name", "state", "detail", "hint"]);
    }
    const ids = new Set(stores.map((store: { id: string }) => store.id));
    // Where there is no Java, there is none of its stores.
    expect([...ids].filter((id) => id !== "java")).toEqual(["system", "nss"]);
  });

  it("prints null for the permitted names of an authority without constraints", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create", "--unconstrained"]);
    const shown = JSON.parse((await box.prepare(["ca", "show", "--json"])).stdout);
    expect(shown.permitted).toBeNull();
  });

  it("prints a table for people", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    const { stdout } = await box.prepare(["ca", "show"]);
    expect(stdout).toMatch(new RegExp(`^SHA-256 +${rootOf(box).fingerprint256}$`, "m"));
    expect(stdout).toMatch(
      /^may sign +localhost, test, local, internal, home\.arpa, 127\.0\.0\.0\/8/m,
    );
  });

  for (const command of [["show"], ["show", "--json"], ["export"]]) {
    it(`fails without an authority and makes none: ca ${command.join(" ")}`, async () => {
      const box = newSandbox();
      await expectRefused(box, ["ca", ...command], {
        status: 1,
        message: `could not find an authority in ${box.state}: there is none yet`,
        hint: "Make one: devtls ca create",
      });
    });
  }
});

describe("devtls ca path", () => {
  const cases: readonly (readonly [string, Record<string, string | undefined>, string])[] = [
    ["DEVTLS_HOME", { DEVTLS_HOME: "/one/place", XDG_DATA_HOME: "/data" }, "/one/place"],
    ["XDG_DATA_HOME", { DEVTLS_HOME: undefined, XDG_DATA_HOME: "/data" }, "/data/devtls"],
  ];
  for (const [variable, env, path] of cases) {
    it(`follows ${variable}, and makes nothing`, async () => {
      const { stdout, status } = await newSandbox().run(["ca", "path"], { env });
      expect({ stdout, status }).toEqual({ stdout: `${path}\n`, status: 0 });
    });
  }

  it("is in the home folder otherwise", async () => {
    const box = newSandbox();
    const { stdout } = await box.run(["ca", "path"], { env: { DEVTLS_HOME: undefined } });
    expect(stdout).toBe(`${join(box.home, ".local/share/devtls")}\n`);
    expect(Object.keys(contentsOf(box.home))).toEqual(["."]);
  });
});

describe("devtls ca export", () => {
  it("prints the certificate as it is on disk, and never the key", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    const { stdout } = await box.prepare(["ca", "export"]);
    expect(stdout).toBe(readFileSync(join(box.state, "rootCA.pem"), "latin1"));
  });

  it("writes as DER the same certificate as PEM", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    const written = await box.prepare(["ca", "export", "--format", "der", "--out", "root.cer"]);
    expect(written.stdout).toBe(`${box.path("root.cer")}\n`);
    expect(readFileSync(box.path("root.cer")).equals(rootOf(box).raw)).toBe(true);
    expect(modeOf(box.path("root.cer"))).toBe("644");
  });

  it("prints DER untouched", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    const line = `"$NODE" "$LAUNCHER" ca export --format der >root.cer`;
    const env = { ...box.env, NODE: process.execPath, LAUNCHER };
    await runProgram("sh", ["-c", line], { cwd: box.cwd, env });
    expect(readFileSync(box.path("root.cer")).equals(rootOf(box).raw)).toBe(true);
  });

  it("works without the key", async () => {
    const box = newSandbox();
    mkdirSync(box.state, { mode: 0o700 });
    const other = newSandbox();
    await other.prepare(["ca", "create"]);
    const pem = readFileSync(join(other.state, "rootCA.pem"));
    writeFileSync(join(box.state, "rootCA.pem"), pem);
    expect((await box.prepare(["ca", "export"])).stdout).toBe(pem.toString());
  });
});

describe("devtls ca delete --yes", () => {
  it("removes the authority and its leaves, and the folder with the last of them", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    mkdirSync(join(box.state, "leaves"));
    writeFileSync(join(box.state, "leaves", "localhost-1.pem"), "");
    writeFileSync(join(box.state, "bundle.pem"), "");
    const { stdout } = await box.prepare(["ca", "delete", "--yes"]);
    const names = ["rootCA-key.pem", "rootCA.pem", "bundle.pem", "leaves", ""];
    expect(stdout).toBe(names.map((name) => `${join(box.state, name)}\n`).join(""));
    expect(contentsOf(box.state)).toEqual({});
  });

  it("leaves what is not devtls's", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    writeFileSync(join(box.state, "notes.txt"), "mine");
    await box.prepare(["ca", "delete", "--yes"]);
    expect(Object.keys(contentsOf(box.state))).toEqual([".", "notes.txt"]);
  });

  it("says that there is none, and succeeds", async () => {
    const box = newSandbox();
    const { stdout, stderr } = await box.prepare(["ca", "delete", "--yes"]);
    expect({ stdout, stderr }).toEqual({
      stdout: "",
      stderr: `There is no authority in ${box.state}.\n`,
    });
  });
});

describeWith(["certutil"], "devtls ca delete, when a browser trusts the authority,", () => {
  it("removes it from there first", async () => {
    const box = newSandbox();
    await box.prepare(["trust", "--yes", "--store", "nss"]);
    expect(Object.keys(contentsOf(box.home)).length).toBeGreaterThan(1);
    await box.prepare(["ca", "delete", "--yes"]);
    expect(Object.keys(contentsOf(box.home))).toEqual(["."]);
    expect(contentsOf(box.state)).toEqual({});
  });
});
