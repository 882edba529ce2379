/** keytool of a JDK with real keystores in the format JKS: its words and exit statuses. */
import { X509Certificate } from "node:crypto";
import { encodeJks } from "../../../src/trust/keystore.js";
import { DONE, type Program } from "../fake-machine.js";

const PASSWORD = "changeit";

export class Keytool {
  /** Certificates by alias, by keystore. */
  readonly #keystores = new Map<string, Map<string, X509Certificate>>();
  readonly #refusal: string | undefined;

  constructor(refusal?: string) {
    this.#refusal = refusal;
  }

  /** The file of a keystore with these certificates. */
  make(path: string, entries: Readonly<Record<string, string>>): string {
    const parsed = Object.entries(entries).map(
      ([alias, pem]) => [alias, new X509Certificate(pem)] as const,
    );
    this.#keystores.set(path, new Map(parsed));
    return this.#encode(path);
  }

  aliases(path: string): string[] {
    return [...(this.#keystores.get(path)?.keys() ?? [])];
  }

  readonly run: Program = (args, files) => {
    const value = (flag: string): string => args[args.indexOf(flag) + 1] ?? "";
    const path = value("-keystore");
    const keystore = this.#keystores.get(path);
    if (!keystore) return broken(`Keystore file does not exist: ${path}`);
    if (value("-storepass") !== PASSWORD) return broken("keystore password was incorrect");
    if (args.includes("-list")) return { ...DONE, stdout: list(keystore) };
    if (this.#refusal) return broken(this.#refusal);
    const alias = value("-alias").toLowerCase(); // as JKS keeps it
    if (args.includes("-importcert")) {
      if (keystore.has(alias)) {
        return broken(`Certificate not imported, alias <${alias}> already exists`);
      }
      keystore.set(alias, new X509Certificate(files.get(value("-file")) ?? ""));
    } else if (!keystore.delete(alias)) return broken(`Alias <${alias}> does not exist`);
    files.set(path, this.#encode(path));
    return { ...DONE, stderr: "Certificate was added to keystore\n" };
  };

  #encode(path: string): string {
    const held = [...(this.#keystores.get(path)?.values() ?? [])].map(({ raw }) => raw);
    return encodeJks(held, PASSWORD).toString("latin1");
  }
}

/** keytool speaks of its errors on stdout. */
function broken(words: string) {
  return { status: 1, stdout: `keytool error: java.lang.Exception: ${words}\n`, stderr: "" };
}

function list(keystore: ReadonlyMap<string, X509Certificate>): string {
  const entries = [...keystore].map(
    ([alias, certificate]) => `Alias name: ${alias}
Creation date: Jan 1, 1970
Entry type: trustedCertEntry

Owner: ${certificate.subject.split("\n").join(", ")}
Issuer: ${certificate.issuer.split("\n").join(", ")}
Certificate fingerprints:
\t SHA1: ${certificate.fingerprint}
\t SHA256: ${certificate.fingerprint256}


*******************************************
*******************************************


`,
  );
  return `Keystore type: JKS
Keystore provider: SUN

Your keystore contains ${keystore.size} entries

${entries.join("")}`;
}
