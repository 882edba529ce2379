/** Which tool made a root, and whether it signs by it still. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { developmentRoot, keyInUse } from "../../src/trust/development-tools.js";
import { type Machine, thisMachine } from "../../src/trust/machine.js";
import { type Certificate, fingerprint, parsePemCertificate } from "../../src/x509/certificate.js";
import { devtls, temporaryFolder } from "../support/cli.js";
import {
  caddyRoot,
  type ForeignRoot,
  mkcertRoot,
  rootLike,
  SUBJECTS,
  type ToolName,
} from "../support/foreign-roots.js";
import { describeWith } from "../support/tools.js";

const toolOf = ({ pem }: ForeignRoot): string | undefined =>
  developmentRoot(parsePemCertificate(pem).der)?.tool;

/** A machine with a home of its own and no other settings. */
function machineIn(home: string, env: Readonly<Record<string, string>> = {}): Machine {
  return { ...thisMachine(), home, env, platform: "linux" };
}

describeWith(["openssl"], "A root", () => {
  it.each(Object.keys(SUBJECTS) as ToolName[])("of %s is known by its subject", async (tool) => {
    expect(toolOf(await rootLike(tool))).toBe(tool);
  });

  it.each([
    ["of a company", ["/O=Example Inc/CN=Example Root"]],
    ["that has a tool's name beside others", ["/O=Example Inc/CN=devcert"]],
    ["that names a tool in passing", ["/CN=Successor of the mkcert development CA"]],
    ["for localhost that .NET did not make", ["/CN=localhost"]],
  ])("%s is nobody's", async (_whose, subject) => {
    expect(toolOf(await rootLike(subject))).toBeUndefined();
  });

  it("that cannot be read is nobody's", () => {
    expect(developmentRoot(Buffer.from("mkcert development CA"))).toBeUndefined();
  });
});

describe("A root of devtls", () => {
  it.each([
    ["itself", []],
    ["by an intermediate", ["--burn-root"]],
  ])("that signs %s is in use while the key is there", async (_how, options) => {
    const home = temporaryFolder();
    const folder = join(home, ".local/share/devtls");
    const made = await devtls(["ca", "create", ...options], { env: { DEVTLS_HOME: folder } });
    expect(made, made.stderr).toMatchObject({ status: 0 });
    const certificate = parsePemCertificate(readFileSync(join(folder, "rootCA.pem"), "utf8"));
    const machine = machineIn(home, { DEVTLS_HOME: join(home, "another") });
    const key = keyInUse(certificate, "devtls", machine);
    expect(key).toBe(join(folder, `${options.length > 0 ? "intermediate" : "root"}CA-key.pem`));
    rmSync(key as string);
    expect(keyInUse(certificate, "devtls", machine)).toBeUndefined();
  });
});

describeWith(["mkcert"], "mkcert's own root", () => {
  it("is in use while the key is in its CAROOT", async () => {
    const { pem, caroot, key } = await mkcertRoot();
    const certificate = parsePemCertificate(pem);
    expect(developmentRoot(certificate.der)?.tool).toBe("mkcert");
    const machine = machineIn(temporaryFolder(), { CAROOT: caroot });
    expect(keyInUse(certificate, "mkcert", machine)).toBe(key);
    rmSync(key);
    expect(keyInUse(certificate, "mkcert", machine)).toBeUndefined();
  });

  it("is not in use when mkcert has made another since", async () => {
    const [before, now] = [await mkcertRoot(), await mkcertRoot()];
    const machine = machineIn(temporaryFolder(), { CAROOT: now.caroot });
    expect(keyInUse(parsePemCertificate(before.pem), "mkcert", machine)).toBeUndefined();
  });
});

describeWith(["caddy"], "Caddy's own root", () => {
  it("is in use while the key is in its data folder", async () => {
    const { pem, data, key } = await caddyRoot();
    const certificate = parsePemCertificate(pem);
    expect(developmentRoot(certificate.der)?.tool).toBe("Caddy");
    const home = temporaryFolder();
    expect(keyInUse(certificate, "Caddy", machineIn(home, { XDG_DATA_HOME: data }))).toBe(key);
    expect(keyInUse(certificate, "Caddy", machineIn(home))).toBeUndefined();
  });
});

/** Where each tool keeps certificate and key below a home on Linux. */
const PLACES: Readonly<Record<Exclude<ToolName, "dotnet">, readonly [string, string]>> = {
  devtls: [".local/share/devtls/rootCA.pem", ".local/share/devtls/rootCA-key.pem"],
  mkcert: [".local/share/mkcert/rootCA.pem", ".local/share/mkcert/rootCA-key.pem"],
  Caddy: [
    ".local/share/caddy/pki/authorities/local/root.crt",
    ".local/share/caddy/pki/authorities/local/root.key",
  ],
  devcert: [
    ".config/devcert/certificate-authority/certificate.cert",
    ".config/devcert/certificate-authority/private-key.key",
  ],
  portless: [".portless/ca.pem", ".portless/ca-key.pem"],
  "puma-dev": [".puma-dev-ssl/cert.pem", ".puma-dev-ssl/key.pem"],
};

describeWith(["openssl"], "The key of a root", () => {
  it.each(Object.entries(PLACES))("of %s is found where it keeps it", async (tool, paths) => {
    const home = temporaryFolder();
    const { pem } = await rootLike(tool as ToolName);
    const [certificatePath, keyPath] = paths.map((path) => join(home, path)) as [string, string];
    write(certificatePath, pem);
    const certificate = parsePemCertificate(pem);
    expect(keyInUse(certificate, tool, machineIn(home))).toBeUndefined();
    write(keyPath, "key");
    expect(keyInUse(certificate, tool, machineIn(home))).toBe(keyPath);
  });

  it("of .NET is found by the certificate's SHA-1", async () => {
    const home = temporaryFolder();
    const certificate = parsePemCertificate((await rootLike("dotnet")).pem);
    expect(keyInUse(certificate, "dotnet", machineIn(home))).toBeUndefined();
    const path = join(
      home,
      ".dotnet/corefx/cryptography/x509stores/my",
      `${sha1(certificate)}.pfx`,
    );
    write(path, "pfx");
    expect(keyInUse(certificate, "dotnet", machineIn(home))).toBe(path);
  });

  it("of another devtls is found although DEVTLS_HOME is elsewhere", async () => {
    const home = temporaryFolder();
    const { pem } = await rootLike("devtls");
    const folder = join(home, ".local/share/devtls");
    write(join(folder, "rootCA.pem"), pem);
    write(join(folder, "rootCA-key.pem"), "key");
    const machine = machineIn(home, { DEVTLS_HOME: "/nonexistent" });
    expect(keyInUse(parsePemCertificate(pem), "devtls", machine)).toContain(folder);
  });
});

describeWith(["openssl"], "The root of another user of this machine", () => {
  /** Ada looks at what Bob made. */
  async function lookAt(host: string, files: Readonly<Record<string, string>>) {
    const name = `bob@${host}`;
    const { pem } = await rootLike([`/O=mkcert development CA/OU=${name}/CN=mkcert ${name}`]);
    const all: Record<string, string> = {
      "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\nbob:x:1001:1001::/home/bob:/bin/sh\n",
      ...Object.fromEntries(
        Object.entries(files).map(([path, text]) => [path, text.replace("ROOT", pem)]),
      ),
    };
    const machine: Machine = {
      ...machineIn("/home/ada"),
      read: (path) => all[path],
      exists: (path) => path === "/home/bob" || path in all,
      list: (path) => (path === "/home/bob" ? Object.keys(files) : []),
    };
    return keyInUse(parsePemCertificate(pem), "mkcert", machine);
  }
  const folder = "/home/bob/.local/share/mkcert";
  const key = `${folder}/rootCA-key.pem`;

  it("is in use when the key is in that user's home", async () => {
    const files = { [`${folder}/rootCA.pem`]: "ROOT", [key]: "key" };
    expect(await lookAt(hostname(), files)).toBe(key);
  });

  it("counts as in use when that home cannot be read", async () => {
    expect(await lookAt(hostname(), {})).toBe(key);
  });

  it("is stale when that home can be read and has no such key", async () => {
    expect(await lookAt(hostname(), { "/home/bob/.profile": "" })).toBeUndefined();
  });

  it("is stale when it was made on another machine", async () => {
    expect(await lookAt("another.example", {})).toBeUndefined();
  });
});

describe("Other systems", () => {
  it.each([
    ["darwin", {}, "Library/Application Support/mkcert"],
    ["win32", { LOCALAPPDATA: "LOCAL" }, "mkcert"],
  ] as const)("have folders of their own: %s", async (platform, env, folder) => {
    const home = temporaryFolder();
    const { pem } = await rootLike("mkcert");
    const values = Object.entries(env).map(([name]) => [name, home]);
    write(join(home, folder, "rootCA.pem"), pem);
    write(join(home, folder, "rootCA-key.pem"), "key");
    const machine: Machine = { ...machineIn(home, Object.fromEntries(values)), platform };
    const path = keyInUse(parsePemCertificate(pem), "mkcert", machine);
    expect(path).toBe(join(home, folder, "rootCA-key.pem"));
  });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function sha1(certificate: Certificate): string {
  return fingerprint(certificate, "sha1").replaceAll(":", "");
}
