/** Where Javas are found, and what is particular about their keystores. */
import { describe, expect, it } from "vitest";
import { findKeystores } from "../../src/trust/java.js";
import { encodeJks } from "../../src/trust/keystore.js";
import { FakeMachine, type MachineSettings } from "./fake-machine.js";
import { newRoot, ROOT_PATH } from "./roots.js";
import { Keytool } from "./support/keytool.js";
import { withOnlyStore, withStores } from "./support/with-stores.js";

const root = newRoot();
const other = newRoot();

const CACERTS = "lib/security/cacerts";
const EMPTY = encodeJks([], "changeit").toString("latin1");

/** The files of a Java; with its keytool unless it is bare. */
function javaIn(home: string, bare = false): Record<string, string> {
  return { [`${home}/${CACERTS}`]: EMPTY, ...(!bare && { [`${home}/bin/keytool`]: "" }) };
}

function found(settings: MachineSettings): (readonly [string, string | undefined])[] {
  return findKeystores(new FakeMachine(settings)).map(({ path, keytool }) => [path, keytool]);
}

describe("A Java", () => {
  const places: readonly (readonly [string, NodeJS.Platform, string, MachineSettings?])[] = [
    ["a Linux distribution", "linux", "/usr/lib/jvm/java-21-openjdk-amd64"],
    ["Fedora on 64 bits", "linux", "/usr/lib64/jvm/java-21"],
    ["Oracle's packages", "linux", "/usr/java/jdk-21"],
    ["the images of Docker", "linux", "/opt/java/openjdk"],
    ["SDKMAN", "linux", "/home/ada/.sdkman/candidates/java/21-tem"],
    ["IntelliJ", "linux", "/home/ada/.jdks/openjdk-21"],
    ["asdf", "linux", "/home/ada/.asdf/installs/java/temurin-21"],
    ["mise", "linux", "/home/ada/.local/share/mise/installs/java/21"],
    ["macOS", "darwin", "/Library/Java/JavaVirtualMachines/t.jdk/Contents/Home"],
    ["a user of macOS", "darwin", "/home/ada/Library/Java/JavaVirtualMachines/t/Contents/Home"],
    [
      "Homebrew on Apple's chips",
      "darwin",
      "/opt/homebrew/opt/openjdk/libexec/openjdk.jdk/Contents/Home",
    ],
    ["Homebrew on Intel's", "darwin", "/usr/local/opt/openjdk/libexec/openjdk.jdk/Contents/Home"],
    ["JAVA_HOME", "linux", "/srv/jdk", { env: { JAVA_HOME: "/srv/jdk" } }],
  ];
  for (const [what, platform, home, settings] of places) {
    it(`is found in the place of ${what}`, () => {
      expect(found({ platform, files: javaIn(home), ...settings })).toEqual([
        [`${home}/${CACERTS}`, `${home}/bin/keytool`],
      ]);
    });
  }

  it("is found by the java on PATH, through its links", () => {
    const links = {
      "/usr/bin/java": "/etc/alternatives/java",
      "/etc/alternatives/java": "/srv/jdk/bin/java",
    };
    const files = { ...javaIn("/srv/jdk"), "/srv/jdk/bin/java": "" };
    expect(found({ commands: ["java"], links, files })).toEqual([
      [`/srv/jdk/${CACERTS}`, "/srv/jdk/bin/keytool"],
    ]);
  });

  it("may be a JDK 8, whose keystore is one folder further down", () => {
    const home = "/usr/lib/jvm/java-8";
    const files = { [`${home}/jre/${CACERTS}`]: EMPTY, [`${home}/bin/keytool`]: "" };
    expect(found({ files })).toEqual([[`${home}/jre/${CACERTS}`, `${home}/bin/keytool`]]);
  });

  it("of JAVA_HOME comes first, then that on PATH, then the others", () => {
    const homes = ["/usr/lib/jvm/other", "/srv/path", "/srv/home"];
    const files = Object.assign({}, ...homes.map((home) => javaIn(home)));
    const paths = found({
      env: { JAVA_HOME: "/srv/home" },
      commands: ["java"],
      links: { "/usr/bin/java": "/srv/path/bin/java" },
      files: { ...files, "/srv/path/bin/java": "" },
    }).map(([path]) => path.replace(`/${CACERTS}`, ""));
    expect(paths).toEqual(["/srv/home", "/srv/path", "/usr/lib/jvm/other"]);
  });

  it("shares its keystore with others through links, and the keystore is one store", async () => {
    const [first, second] = ["/usr/lib/jvm/java-17", "/usr/lib/jvm/java-21"];
    const shared = "/etc/ssl/certs/java/cacerts";
    const machine = new FakeMachine({
      links: { [`${first}/${CACERTS}`]: shared, [`${second}/${CACERTS}`]: shared },
      files: {
        [shared]: encodeJks([root.certificate.der], "changeit").toString("latin1"),
        [`${first}/release`]: "",
        [`${second}/bin/keytool`]: "",
      },
    });
    expect(findKeystores(machine)).toEqual([
      { path: shared, homes: [first, second], keytool: `${second}/bin/keytool` },
    ]);
    expect(await withOnlyStore(machine, "java", "check", root)).toMatchObject({
      name: `Java (${shared})`,
      state: "trusted",
      detail: `used by ${first} and 1 more`,
    });
  });

  it("without a keystore is none", () => {
    expect(found({ files: { "/usr/lib/jvm/half/bin/java": "" } })).toEqual([]);
  });

  it("without keytool is written by the keytool on PATH", () => {
    const files = javaIn("/usr/lib/jvm/jre", true);
    expect(found({ files, commands: ["keytool"] })[0]?.[1]).toBe("/usr/bin/keytool");
  });
});

describe("A keystore of Java", () => {
  const home = "/usr/lib/jvm/java-21";
  const path = `${home}/${CACERTS}`;

  function keystoreWith(
    entries: Readonly<Record<string, string>>,
    settings: MachineSettings = {},
    refusal?: string,
  ): { machine: FakeMachine; keytool: Keytool } {
    const keytool = new Keytool(refusal);
    const machine = new FakeMachine({
      programs: { keytool: keytool.run },
      ...settings,
      files: {
        ...javaIn(home),
        [ROOT_PATH]: root.pem,
        [path]: keytool.make(path, entries),
        ...settings.files,
      },
    });
    return { machine, keytool };
  }

  it("is known to trust a root that came by another alias, and gives back every copy", async () => {
    const entries = { "debian:devtls.pem": root.pem, another: other.pem, mine: root.pem };
    const { machine, keytool } = keystoreWith(entries);
    expect(await withOnlyStore(machine, "java", "trust", root)).toMatchObject({ state: "already" });
    expect(await withOnlyStore(machine, "java", "untrust", root)).toMatchObject({
      state: "removed",
    });
    expect(keytool.aliases(path)).toEqual(["another"]);
  });

  it("is read by devtls itself for a check: no keytool starts", async () => {
    const { machine } = keystoreWith({ another: other.pem });
    await withOnlyStore(machine, "java", "check", root);
    expect(machine.recorded).toEqual([]);
  });

  it("that devtls cannot read is read by keytool", async () => {
    const { machine } = keystoreWith({ mine: root.pem });
    machine.files.set(path, "encrypted, or of another format");
    expect(await withOnlyStore(machine, "java", "check", root)).toMatchObject({ state: "trusted" });
  });

  it("that is another user's is written through sudo", async () => {
    const settings = { readOnly: ["/usr"], commands: ["sudo"], hasTerminal: true };
    const { machine } = keystoreWith({}, settings);
    expect(await withOnlyStore(machine, "java", "trust", root)).toMatchObject({ state: "trusted" });
    expect(machine.changes[0]).toMatch(/^sudo -- \S+\/bin\/keytool -importcert /);
    await withOnlyStore(machine, "java", "untrust", root);
    expect(machine.changes[1]).toMatch(/^sudo -- \S+\/bin\/keytool -delete /);
  });

  it("on a file system that is read-only has failed, in the words of keytool", async () => {
    const { machine } = keystoreWith({}, {}, `${path} (Read-only file system)`);
    expect(await withOnlyStore(machine, "java", "trust", root)).toMatchObject({
      state: "failed",
      detail: expect.stringContaining(`${path} (Read-only file system)`),
    });
  });

  it("with another password has failed, in the words of keytool, when devtls cannot read it", async () => {
    const stdout =
      "keytool error: java.io.IOException: Keystore was tampered with, or password was incorrect\n";
    const answers = { "-list": { status: 1, stdout } };
    const { machine } = keystoreWith({}, { answers });
    machine.files.set(path, "with keys in it");
    expect(await withOnlyStore(machine, "java", "trust", root)).toMatchObject({
      state: "failed",
      detail: `could not read ${path}: ${stdout.trim()}`,
      hint: "Leave this store out with --store",
    });
  });

  it("that cannot be read at all is skipped, and the next one is not", async () => {
    const second = "/usr/lib/jvm/java-8";
    const settings = { files: javaIn(second) };
    const { machine } = keystoreWith({}, settings);
    machine.readBytes = (file) => (file === path ? undefined : Buffer.from(EMPTY, "latin1"));
    expect((await withStores(machine, "java", "check", root)).map(({ state }) => state)).toEqual([
      "skipped",
      "missing",
    ]);
  });

  it("of which the program to write it is missing is skipped with the package to install", async () => {
    for (const [manager, hint] of [
      ["apt-get", "Install it: apt-get install default-jre-headless"],
      ["dnf", "Install it: dnf install java-latest-openjdk-headless"],
      ["apk", "Install it: apk add openjdk21-jre-headless"],
    ] as const) {
      const machine = new FakeMachine({ files: javaIn(home, true), commands: [manager] });
      expect(await withOnlyStore(machine, "java", "trust", root)).toMatchObject({
        state: "skipped",
        detail: "keytool is not installed",
        hint,
      });
    }
  });
});

describe("A keystore that devtls writes", () => {
  it("holds each certificate once, and the same ones make the same octets", () => {
    const twice = encodeJks([root.certificate.der, root.certificate.der], "changeit");
    expect(twice).toEqual(encodeJks([root.certificate.der], "changeit"));
  });
});
