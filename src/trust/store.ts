/** What every trust store is to devtls. Each kind has a file of its own behind this interface. */
import { type Certificate, certificateToPem, fingerprint } from "../x509/certificate.js";
import type { Machine } from "./machine.js";

/** As `--store` names them; a kind may find several stores (one for each browser profile). */
export const STORE_IDS = ["system", "nss", "java"] as const;
export type StoreId = (typeof STORE_IDS)[number];

/** The root that is to be trusted. */
export interface Root {
  readonly certificate: Certificate;
  readonly pem: string;
  /** A file that holds the certificate, for tools that take a path. */
  readonly path: string;
  /**
   * How stores list it. It follows from the certificate: NSS keeps the first nickname a
   * certificate was added under, whatever a later call asks for.
   */
  readonly nickname: string;
  /** A file name that only this root has. */
  readonly slug: string;
}

export function rootOf(certificate: Certificate, path: string): Root {
  const short = fingerprint(certificate).replaceAll(":", "").slice(0, 16).toLowerCase();
  return {
    certificate,
    pem: certificateToPem(certificate),
    path,
    nickname: `devtls ${short}`,
    slug: `devtls-${short}`,
  };
}

/** A command that changes a store: data, so that it can be shown, run or only printed. */
export interface Step {
  readonly argv: readonly string[];
  readonly stdin?: string;
  /** Needs the rights of root. */
  readonly asRoot: boolean;
}

export interface Inspection {
  readonly state: "trusted" | "missing" | "skipped";
  readonly detail: string;
  readonly hint?: string;
  /** The store does not trust the root, but holds something of it that can be removed. */
  readonly residue?: boolean;
}

export interface TrustStore {
  readonly id: StoreId;
  /** As a person knows it: "Debian system store", "Chromium (~/.pki/nssdb)". */
  readonly name: string;
  /** Whether it trusts the root. Changes nothing. */
  inspect(root: Root): Promise<Inspection>;
  install(root: Root): Promise<readonly Step[]>;
  /** Removes exactly this root. */
  remove(root: Root): Promise<readonly Step[]>;
}

/** A certificate that a store trusts, and the store as it is for this one. */
export interface Held {
  readonly der: Buffer;
  readonly store: TrustStore;
}

export interface StoreSettings {
  /** On macOS: trust for every user of the machine, in the System keychain. */
  readonly admin?: boolean;
}

/** Finds the stores of one kind on a machine. */
export type FindStores = (
  machine: Machine,
  settings: StoreSettings,
) => Promise<readonly TrustStore[]>;

/** Whether a text holds the root in PEM, however its lines are broken and whatever else it holds. */
export function holdsPem(text: string, root: Root): boolean {
  const begin = root.pem.split("\n")[1] as string;
  // Cheap first: most bundles are 200 kB without the root's first line.
  return text.includes(begin) && squeeze(text).includes(squeeze(root.pem));
}

function squeeze(text: string): string {
  return text.replace(/\s+/g, "");
}

export type StoreState =
  | "trusted"
  | "already"
  | "missing"
  | "removed"
  | "absent"
  | "skipped"
  | "failed";

export interface StoreResult {
  readonly id: StoreId;
  readonly name: string;
  readonly state: StoreState;
  readonly detail: string;
  readonly hint: string | null;
}
