/**
 * Stores of systems that the tests do not run on, each with the commands as they are recorded. A
 * machine is made anew for each test, and with it what the store holds.
 */
import type { StoreId } from "../../src/trust/store.js";
import { FakeMachine, type MachineSettings } from "./fake-machine.js";
import { newRoot, ROOT_PATH } from "./roots.js";
import { WindowsRootStore } from "./support/certutil-exe.js";
import { Keytool } from "./support/keytool.js";
import { LOGIN, Security, SYSTEM } from "./support/security.js";

export const root = newRoot();
/** Somebody else's, which is in every store from the start. */
export const other = newRoot();

const SHA1 = root.certificate.x509.fingerprint.replaceAll(":", "");

/** What is different about a machine: somebody says no, or the program is not there. */
export type Condition = "usual" | "refusing" | "without-tool";

export interface Recorded {
  readonly machine: FakeMachine;
  /** What the store holds, in an order of its own. */
  contents(): unknown;
}

export interface RecordedStore {
  /** What the tests call it, where two stores have one name. */
  readonly title: string;
  readonly id: StoreId;
  readonly name: string;
  readonly admin?: boolean;
  make(condition: Condition): Recorded;
  /** The detail when it trusts the root. */
  readonly detail: string;
  readonly install: readonly string[];
  readonly remove: readonly string[];
  /** What is said when a person or the system refuses. */
  readonly refusal: string;
  readonly refusalHint: string;
  readonly withoutTool?: { readonly detail: string; readonly hint: string };
}

const ALONE = "Run the command by itself to see more, or leave this store out with --store";

function machine(settings: MachineSettings): FakeMachine {
  return new FakeMachine({ ...settings, files: { [ROOT_PATH]: root.pem, ...settings.files } });
}

function mac(keychain: string, condition: Condition): Recorded {
  const security = new Security(condition === "refusing" ? { prompt: "cancelled" } : {});
  security.put(keychain, other.pem);
  return {
    machine: machine({
      platform: "darwin",
      hasTerminal: true,
      commands: condition === "without-tool" ? [] : ["security", "sudo"],
      programs: { security: security.run },
    }),
    contents: () => [security.hashes(keychain), security.settings],
  };
}

const CERTUTIL = "C:\\Windows\\System32\\certutil.exe";

function windows(condition: Condition): Recorded {
  const store = new WindowsRootStore({ cancelled: condition === "refusing" });
  store.put(other.pem);
  return {
    machine: machine({
      platform: "win32",
      env: { SystemRoot: "C:\\Windows" },
      files: condition === "without-tool" ? {} : { [CERTUTIL]: "" },
      programs: { "certutil.exe": store.run },
    }),
    contents: () => store.thumbprints,
  };
}

const WSL_CERTUTIL = "/mnt/c/Windows/System32/certutil.exe";
const WSL_ROOT = `\\\\wsl.localhost\\Debian${ROOT_PATH.replaceAll("/", "\\")}`;

function wsl(condition: Condition): Recorded {
  const store = new WindowsRootStore({
    cancelled: condition === "refusing",
    pathOf: (path) => (path === WSL_ROOT ? ROOT_PATH : path),
  });
  store.put(other.pem);
  return {
    machine: machine({
      env: { WSL_DISTRO_NAME: "Debian" },
      commands: ["wslpath"],
      files: condition === "without-tool" ? {} : { [WSL_CERTUTIL]: "" },
      programs: {
        "certutil.exe": store.run,
        wslpath: ([form, path]) => ({
          status: 0,
          stdout: form === "-w" && path === ROOT_PATH ? `${WSL_ROOT}\n` : `${WSL_CERTUTIL}\n`,
          stderr: "",
        }),
      },
    }),
    contents: () => store.thumbprints,
  };
}

interface JavaPlace {
  readonly home: string;
  readonly platform: NodeJS.Platform;
}

function java({ home, platform }: JavaPlace, condition: Condition): Recorded {
  const cacerts = `${home}/lib/security/cacerts`;
  const keytool = `${home}/bin/${platform === "win32" ? "keytool.exe" : "keytool"}`;
  const tool = new Keytool(condition === "refusing" ? `${cacerts} (Permission denied)` : undefined);
  const keystore = tool.make(cacerts, { "debian:another": other.pem });
  const tools = condition === "without-tool" ? {} : { [keytool]: "" };
  const recorded = machine({
    platform,
    files: { [cacerts]: keystore, ...tools },
    programs: { keytool: tool.run, "keytool.exe": tool.run },
  });
  return {
    machine: recorded,
    contents: () => [tool.aliases(cacerts), recorded.files.get(cacerts)],
  };
}

function javaStore(title: string, place: JavaPlace): RecordedStore {
  const cacerts = `${place.home}/lib/security/cacerts`;
  const keytool = `${place.home}/bin/${place.platform === "win32" ? "keytool.exe" : "keytool"}`;
  const location = `-keystore ${cacerts} -storepass changeit`;
  return {
    title,
    id: "java",
    name: `Java (${cacerts})`,
    make: (condition) => java(place, condition),
    detail: `used by ${place.home}`,
    install: [
      `${keytool} -importcert ${location} -noprompt -alias ${root.slug} -file ${ROOT_PATH}`,
    ],
    remove: [`${keytool} -delete ${location} -alias ${root.slug}`],
    refusal: `keytool error: java.lang.Exception: ${cacerts} (Permission denied)`,
    refusalHint: ALONE,
    withoutTool: {
      detail: "keytool is not installed",
      hint: "Install a JDK, which brings it",
    },
  };
}

export const RECORDED_STORES: readonly RecordedStore[] = [
  {
    title: "The login keychain of macOS",
    id: "system",
    name: "macOS login keychain",
    make: (condition) => mac(LOGIN, condition),
    detail: LOGIN,
    install: [`security add-trusted-cert -r trustRoot -p ssl -k ${LOGIN} ${ROOT_PATH}`],
    remove: [
      `security remove-trusted-cert ${ROOT_PATH}`,
      `security delete-certificate -Z ${SHA1} ${LOGIN}`,
    ],
    refusal: "The authorization was canceled by the user.",
    refusalHint: ALONE,
    withoutTool: { detail: "security is not installed", hint: "It is in /usr/bin" },
  },
  {
    title: "The System keychain of macOS, with --admin",
    id: "system",
    name: "macOS System keychain",
    admin: true,
    make: (condition) => mac(SYSTEM, condition),
    detail: SYSTEM,
    install: [`sudo -- security add-trusted-cert -d -r trustRoot -p ssl -k ${SYSTEM} ${ROOT_PATH}`],
    remove: [
      `sudo -- security remove-trusted-cert -d ${ROOT_PATH}`,
      `sudo -- security delete-certificate -Z ${SHA1} ${SYSTEM}`,
    ],
    refusal: "The authorization was canceled by the user.",
    refusalHint: "Run it with the rights of root: sudo security ",
    withoutTool: { detail: "security is not installed", hint: "It is in /usr/bin" },
  },
  {
    title: "The root store of a Windows user",
    id: "system",
    name: "Windows root store of this user",
    make: windows,
    detail: "",
    install: [`${CERTUTIL} -addstore -user Root ${ROOT_PATH}`],
    remove: [`${CERTUTIL} -delstore -user Root ${SHA1.toLowerCase()}`],
    refusal: "The operation was canceled by the user.",
    refusalHint: ALONE,
    withoutTool: {
      detail: `${CERTUTIL} is not there`,
      hint: "Certificate Services tools are a part of Windows: run sfc /scannow",
    },
  },
  {
    title: "The root store of Windows, from WSL",
    id: "system",
    name: "Windows root store (through WSL)",
    make: wsl,
    detail: "",
    install: [`${WSL_CERTUTIL} -addstore -user Root ${WSL_ROOT}`],
    remove: [`${WSL_CERTUTIL} -delstore -user Root ${SHA1.toLowerCase()}`],
    refusal: "The operation was canceled by the user.",
    refusalHint: ALONE,
    withoutTool: {
      detail: "the programs of Windows cannot be reached from this distribution",
      hint: "Run devtls trust in Windows, or switch on [automount] and [interop] in /etc/wsl.conf",
    },
  },
  javaStore("A JDK of a Linux distribution", {
    home: "/usr/lib/jvm/java-21-openjdk",
    platform: "linux",
  }),
  javaStore("A JDK of SDKMAN", {
    home: "/home/ada/.sdkman/candidates/java/21.0.4-tem",
    platform: "linux",
  }),
  javaStore("A JDK of macOS", {
    home: "/Library/Java/JavaVirtualMachines/temurin-21.jdk/Contents/Home",
    platform: "darwin",
  }),
  javaStore("A JDK of Windows", {
    home: "C:\\Program Files\\Eclipse Adoptium/jdk-21",
    platform: "win32",
  }),
];
