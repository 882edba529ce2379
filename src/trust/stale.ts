/**
 * Roots of tools for local development that are still trusted: those of other devtls authorities and
 * of other tools. Who has the key of one can impersonate every site to this machine, and most of
 * them have been forgotten.
 */
import { type Certificate, fingerprint } from "../x509/certificate.js";
import { developmentRoot, keyInUse, pemIn } from "./development-tools.js";
import { findJavaStores, findKeystores } from "./java.js";
import { certificatesOf } from "./keystore.js";
import type { Machine } from "./machine.js";
import { findHeldInNss } from "./nss-held.js";
import { type Held, type Root, rootOf, type StoreId, type TrustStore } from "./store.js";
import { findAnchors } from "./system-linux.js";

export interface DevelopmentRoot {
  readonly tool: string;
  readonly root: Root;
  /** Its most telling name: the common name. */
  readonly name: string;
  /** Hexadecimal SHA-256 of the certificate, lower case, without colons. */
  readonly fingerprint: string;
  /** As {@link keyInUse}; undefined when the root is stale. */
  readonly keyPath: string | undefined;
  /** The stores that hold it. */
  readonly stores: readonly TrustStore[];
}

const FINDERS: Readonly<Record<StoreId, (machine: Machine) => Promise<readonly Held[]>>> = {
  system: heldInSystem,
  nss: findHeldInNss,
  // After the system store, whose tools fill Debian's keystore of Java, too.
  java: heldInJava,
};

/**
 * The development roots that the readable stores hold, without the present authority: the system
 * store of Linux, NSS databases, Java keystores. A store that cannot be read counts as empty.
 * @param ours the present authority, if there is one
 */
export async function findDevelopmentRoots(
  machine: Machine,
  ours: readonly Certificate[],
  ids: readonly StoreId[] = Object.keys(FINDERS) as StoreId[],
): Promise<DevelopmentRoot[]> {
  const held = (await Promise.all(ids.map((id) => FINDERS[id](machine)))).flat();
  const found = new Map<string, DevelopmentRoot>();
  for (const { der, store } of held) {
    if (ours.some((certificate) => certificate.der.equals(der))) continue;
    const known = developmentRoot(der);
    if (!known) continue;
    const { certificate, tool } = known;
    const digest = fingerprint(certificate).replaceAll(":", "").toLowerCase();
    const stores = [...(found.get(digest)?.stores ?? []), store];
    found.set(digest, {
      tool,
      root: rootOf(certificate, ""),
      name: /^CN=(.*)$/m.exec(certificate.x509.subject)?.[1] ?? tool,
      fingerprint: digest,
      keyPath: keyInUse(certificate, tool, machine),
      stores,
    });
  }
  return [...found.values()];
}

async function heldInSystem(machine: Machine): Promise<Held[]> {
  return findAnchors(machine).flatMap(({ files, storeOf }) => {
    const holders = new Map<string, { der: Buffer; files: string[] }>();
    for (const file of files) {
      const certificates = pemIn(machine, file);
      const [der] = certificates;
      // A file with more than one is not a tool's, and removing it would remove the others.
      if (!der || certificates.length > 1) continue;
      const key = der.toString("base64");
      const holder = holders.get(key) ?? { der, files: [] };
      holder.files.push(file);
      holders.set(key, holder);
    }
    return [...holders.values()].map((holder) => ({
      der: holder.der,
      store: storeOf(holder.files),
    }));
  });
}

async function heldInJava(machine: Machine): Promise<Held[]> {
  const stores = await findJavaStores(machine, {});
  return findKeystores(machine).flatMap(({ path }, index) => {
    const bytes = machine.readBytes(path);
    const store = stores[index];
    if (!bytes || !store) return [];
    return (certificatesOf(bytes) ?? []).map((der) => ({ der, store }));
  });
}
