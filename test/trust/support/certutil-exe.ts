/** certutil.exe of Windows with the root store of a user: its words and exit statuses. */
import { X509Certificate } from "node:crypto";
import { DONE, failure, type Program } from "../fake-machine.js";

const NOT_FOUND = 0x80092004;
const CANCELLED = 0x800704c7;

export interface CertutilSettings {
  /** Whether the person says no in the window of Windows. */
  readonly cancelled?: boolean;
  /** Where the files of this machine are for Windows. */
  readonly pathOf?: (windowsPath: string) => string;
}

export class WindowsRootStore {
  readonly #certificates = new Map<string, X509Certificate>();
  readonly #settings: CertutilSettings;

  constructor(settings: CertutilSettings = {}) {
    this.#settings = settings;
  }

  put(pem: string): void {
    const certificate = new X509Certificate(pem);
    this.#certificates.set(thumbprint(certificate), certificate);
  }

  /** The thumbprints in it. */
  get thumbprints(): string[] {
    return [...this.#certificates.keys()];
  }

  readonly run: Program = ([action = "", user, store, what = ""], files) => {
    if (user !== "-user" || store !== "Root") throw new Error("another store than the user's");
    const verb = action.slice(1);
    if (action === "-store") {
      const found = this.#certificates.get(what);
      return found
        ? { ...DONE, stdout: shown(found) }
        : refusal(verb, NOT_FOUND, "CRYPT_E_NOT_FOUND", "Cannot find object or property.");
    }
    if (this.#settings.cancelled) {
      const words = "The operation was canceled by the user.";
      return refusal(verb, CANCELLED, "WIN32: 1223 ERROR_CANCELLED", words);
    }
    if (action === "-addstore") {
      this.put(files.get((this.#settings.pathOf ?? String)(what)) as string);
    } else if (action === "-delstore") this.#certificates.delete(what);
    return { ...DONE, stdout: `CertUtil: ${action} command completed successfully.\n` };
  };
}

/** Windows ends a program with the error itself; in WSL the last eight bits arrive. */
function refusal(verb: string, code: number, name: string, words: string) {
  const text = `CertUtil: -${verb} command FAILED: 0x${code.toString(16)} (${name})\nCertUtil: ${words}\n`;
  return { ...failure("", code & 0xff), stdout: text };
}

/** As Windows 10 prints it; older versions put spaces between the octets of the hash. */
function shown(certificate: X509Certificate): string {
  return `Root "Trusted Root Certification Authorities"
================ Certificate 0 ================
Serial Number: ${certificate.serialNumber.toLowerCase()}
Issuer: ${certificate.issuer.split("\n").join(", ")}
 NotBefore: ${certificate.validFrom}
 NotAfter: ${certificate.validTo}
Signature matches Public Key
Root Certificate: Subject matches Issuer
Cert Hash(sha1): ${thumbprint(certificate)}
  No key provider information
Cannot find the certificate and private key for decryption.
CertUtil: -store command completed successfully.
`;
}

function thumbprint(certificate: X509Certificate): string {
  return certificate.fingerprint.replaceAll(":", "").toLowerCase();
}
