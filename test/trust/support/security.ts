/**
 * security(1) of macOS: what `devtls trust` asks of it, with its words and exit statuses. A refused
 * prompt leaves a certificate without trust settings, as on a Mac.
 */
import { X509Certificate } from "node:crypto";
import { DONE, failure, type Program } from "../fake-machine.js";

export const LOGIN = "/Users/ada/Library/Keychains/login.keychain-db";
export const SYSTEM = "/Library/Keychains/System.keychain";

export interface SecuritySettings {
  /** What the person at the prompt does when trust settings are changed. */
  readonly prompt?: "allowed" | "cancelled" | "impossible";
}

const REFUSALS = {
  cancelled: "SecTrustSettingsSetTrustSettings: The authorization was canceled by the user.\n",
  impossible:
    "SecTrustSettingsSetTrustSettings: The authorization was denied since no user interaction was possible.\n",
} as const;

export class Security {
  /** Certificates by keychain, and the domains whose settings trust each. */
  readonly #keychains = new Map<string, Map<string, X509Certificate>>();
  readonly #trusted = { user: new Set<string>(), admin: new Set<string>() };
  readonly #prompt: keyof typeof REFUSALS | "allowed";

  constructor({ prompt = "allowed" }: SecuritySettings = {}) {
    this.#prompt = prompt;
  }

  /** Puts a certificate into a keychain, with or without trust. */
  put(keychain: string, pem: string, trusted = true): void {
    const certificate = new X509Certificate(pem);
    const inside = this.#keychains.get(keychain) ?? new Map();
    inside.set(hash(certificate), certificate);
    this.#keychains.set(keychain, inside);
    if (trusted) this.#trusted[keychain === SYSTEM ? "admin" : "user"].add(hash(certificate));
  }

  /** The SHA-1 hashes in a keychain. */
  hashes(keychain: string): string[] {
    return [...(this.#keychains.get(keychain)?.keys() ?? [])];
  }

  /** How many certificates have trust settings. */
  get settings(): number {
    return this.#trusted.user.size + this.#trusted.admin.size;
  }

  readonly run: Program = ([command = "", ...args], files) => {
    const last = args.at(-1) ?? "";
    const domain = this.#trusted[args.includes("-d") ? "admin" : "user"];
    switch (command) {
      case "default-keychain":
        return { ...DONE, stdout: `    "${LOGIN}"\n` };
      case "find-certificate":
        return { ...DONE, stdout: this.#list(last, args.includes("-c")) };
      case "verify-cert":
        return this.#isTrusted(hashOf(files, args[args.indexOf("-c") + 1]))
          ? { ...DONE, stdout: "...certificate verification successful.\n" }
          : failure("Cert Verify Result: CSSMERR_TP_NOT_TRUSTED\n", 1);
      case "add-trusted-cert":
        this.put(args[args.indexOf("-k") + 1] as string, files.get(last) as string, false);
        if (this.#prompt !== "allowed") return failure(REFUSALS[this.#prompt], 1);
        domain.add(hashOf(files, last));
        return DONE;
      case "remove-trusted-cert":
        if (this.#prompt !== "allowed") return failure(REFUSALS[this.#prompt], 1);
        if (domain.delete(hashOf(files, last))) return DONE;
        return failure(
          "SecTrustSettingsRemoveTrustSettings: The specified item could not be found in the keychain.\n",
          1,
        );
      case "delete-certificate": {
        const wanted = args[args.indexOf("-Z") + 1] as string;
        if (this.#keychains.get(last)?.delete(wanted)) return DONE;
        return failure(`Unable to delete certificate matching "${wanted}"`, 1);
      }
      default:
        throw new Error(`security ${command} is not known here`);
    }
  };

  #isTrusted(sha1: string): boolean {
    return this.#trusted.user.has(sha1) || this.#trusted.admin.has(sha1);
  }

  #list(keychain: string, ours: boolean): string {
    const found = [...(this.#keychains.get(keychain)?.values() ?? [])];
    return found
      .map((certificate) => {
        const name = /CN=(.*)/.exec(certificate.subject)?.[1] ?? "";
        if (ours && !name.includes("devtls")) return "";
        return `SHA-256 hash: ${certificate.fingerprint256.replaceAll(":", "")}
SHA-1 hash: ${hash(certificate)}
keychain: "${keychain}"
version: 512
class: 0x80001000
attributes:
    "alis"<blob>="${name}"
`;
      })
      .join("");
  }
}

function hash(certificate: X509Certificate): string {
  return certificate.fingerprint.replaceAll(":", "");
}

function hashOf(files: Map<string, string>, path = ""): string {
  return hash(new X509Certificate(files.get(path) ?? ""));
}
