/** Development roots in stores that this machine does not have: what is found, and the commands. */
import { expect, it } from "vitest";
import { encodeJks } from "../../src/trust/keystore.js";
import { type Machine, thisMachine } from "../../src/trust/machine.js";
import { planStore, untrustStore } from "../../src/trust/operations.js";
import { type DevelopmentRoot, findDevelopmentRoots } from "../../src/trust/stale.js";
import { parsePemCertificate } from "../../src/x509/certificate.js";
import { type ForeignRoot, rootLike } from "../support/foreign-roots.js";
import { describeWith } from "../support/tools.js";

type Files = Readonly<Record<string, string | Buffer>>;

/** A machine that holds these files only, and has every command. */
function machineWith(files: Files, changes: Partial<Machine> = {}): Machine {
  const paths = Object.keys(files);
  return {
    ...thisMachine(),
    ...{ platform: "linux", home: "/home/ada", env: {}, isRoot: false, hasTerminal: false },
    exists: (path) => paths.some((file) => file === path || file.startsWith(`${path}/`)),
    read: (path) => files[path]?.toString("latin1"),
    readBytes: (path) => files[path] as Buffer | undefined,
    realPath: (path) => (paths.some((file) => file.startsWith(path)) ? path : undefined),
    canWrite: () => false,
    list: (path) => {
      const inside = paths.filter((file) => file.startsWith(`${path}/`));
      return [...new Set(inside.map((file) => file.slice(path.length + 1).split("/")[0] ?? ""))];
    },
    which: (command) => (command === "java" ? undefined : `/usr/bin/${command}`),
    run: async () => ({ status: 0, stdout: "", stderr: "" }),
    ...changes,
  };
}

async function commands({ root, stores }: DevelopmentRoot): Promise<string[]> {
  const plans = await Promise.all(stores.map((store) => planStore(store, root, "untrust")));
  return plans.flat().map(({ argv, asRoot }) => `${asRoot ? "as root: " : ""}${argv.join(" ")}`);
}

/** Each family's folder and bundle, and the command that follows. */
const FAMILIES = [
  ["/etc/pki/ca-trust/source/anchors", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"],
  ["/etc/ca-certificates/trust-source/anchors", "/etc/ssl/certs/ca-certificates.crt"],
  ["/etc/pki/trust/anchors", "/var/lib/ca-certificates/ca-bundle.pem"],
] as const;
const UPDATES = ["update-ca-trust extract", "update-ca-trust", "update-ca-certificates"];

describeWith(["openssl"], "A root of a tool", () => {
  it.each(FAMILIES.map(([...paths], index) => [...paths, UPDATES[index]] as const))(
    "in %s goes with its file",
    async (anchors, bundle, update) => {
      const { pem } = await rootLike("mkcert");
      const file = `${anchors}/mkcert_development_CA_1.pem`;
      const machine = machineWith({ [file]: pem, [bundle]: pem });
      const [found] = await findDevelopmentRoots(machine, [], ["system"]);
      expect(found).toMatchObject({ tool: "mkcert", name: "mkcert ada@engine" });
      expect(await commands(found as DevelopmentRoot)).toEqual([
        `as root: rm -f ${file}`,
        `as root: ${update}`,
      ]);
    },
  );

  it("under two names goes with both files, and with Debian's links to them", async () => {
    const { pem } = await rootLike("Caddy");
    const anchors = "/usr/local/share/ca-certificates";
    const machine = machineWith({
      [`${anchors}/Caddy (2024), local.crt`]: pem,
      [`${anchors}/caddy.crt`]: pem,
      "/etc/ssl/certs/ca-certificates.crt": pem,
      "/etc/ssl/certs/Caddy_=2024=__local.pem": pem,
      "/etc/ssl/certs/caddy.pem": pem,
      "/etc/ssl/certs/other.pem": (await rootLike("devcert")).pem,
    });
    const roots = await findDevelopmentRoots(machine, [], ["system"]);
    expect(roots.length).toBe(1);
    expect((await commands(roots[0] as DevelopmentRoot))[0]).toBe(
      `as root: rm -f ${anchors}/Caddy (2024), local.crt ${anchors}/caddy.crt /etc/ssl/certs/Caddy_=2024=__local.pem /etc/ssl/certs/caddy.pem`,
    );
  });

  it("beside others in one file is left to its owner", async () => {
    const pems = [(await rootLike("mkcert")).pem, (await rootLike(["/CN=Company"])).pem];
    const file = "/etc/pki/ca-trust/source/anchors/ours.pem";
    const machine = machineWith({ [file]: pems.join("") });
    expect(await findDevelopmentRoots(machine, [], ["system"])).toEqual([]);
  });

  it("in a keystore of Java goes by its alias", async () => {
    const root = await rootLike("portless");
    const path = "/usr/lib/jvm/jdk/lib/security/cacerts";
    const certificate = parsePemCertificate(root.pem);
    const listing = `Alias name: first\nSHA256: 00:11\n\nAlias name: portless\nSHA256: ${certificate.x509.fingerprint256}\n`;
    const machine = machineWith(
      { [path]: encodeJks([certificate.der], "changeit") },
      { run: async () => ({ status: 0, stdout: listing, stderr: "" }) },
    );
    const [found] = await findDevelopmentRoots(machine, [], ["java"]);
    expect(found?.tool).toBe("portless");
    expect(await commands(found as DevelopmentRoot)).toEqual([
      `as root: /usr/bin/keytool -delete -keystore ${path} -storepass changeit -alias portless`,
    ]);
  });

  it("in several stores is one root", async () => {
    const { pem } = await rootLike("mkcert");
    const { der } = parsePemCertificate(pem);
    const machine = machineWith({
      "/etc/pki/trust/anchors/mkcert.pem": pem,
      "/usr/lib/jvm/jdk/lib/security/cacerts": encodeJks([der], "changeit"),
    });
    const roots = await findDevelopmentRoots(machine, []);
    expect(roots.map(({ stores }) => stores.map(({ id }) => id))).toEqual([["system", "java"]]);
  });

  it("that is the present authority is none", async () => {
    const { pem } = await rootLike("devtls");
    const machine = machineWith({ "/etc/pki/trust/anchors/devtls.pem": pem });
    const ours = parsePemCertificate(pem);
    expect(await findDevelopmentRoots(machine, [ours], ["system"])).toEqual([]);
    expect((await findDevelopmentRoots(machine, [], ["system"])).length).toBe(1);
  });

  it("that cannot be removed without a password is a failure with the command to run", async () => {
    const { pem }: ForeignRoot = await rootLike("mkcert");
    const file = "/etc/pki/trust/anchors/mkcert.pem";
    const bundle = "/var/lib/ca-certificates/ca-bundle.pem";
    const refused = { status: 1, stdout: "", stderr: "sudo: a password is required" };
    const machine = machineWith(
      { [file]: pem, [bundle]: pem },
      { run: async (argv) => (argv[0] === "sudo" ? refused : { ...refused, status: 0 }) },
    );
    const [found] = await findDevelopmentRoots(machine, [], ["system"]);
    const { root, stores } = found as DevelopmentRoot;
    const result = await untrustStore(stores[0] as never, root, machine);
    expect(result).toMatchObject({
      state: "failed",
      detail: expect.stringContaining("a password is required"),
      hint: `Run it with the rights of root: sudo rm -f ${file}`,
    });
  });

  it("is not looked for in stores that this system has not", async () => {
    const machine = machineWith({}, { platform: "win32", which: () => undefined });
    expect(await findDevelopmentRoots(machine, [])).toEqual([]);
  });
});
