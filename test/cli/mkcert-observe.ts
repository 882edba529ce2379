/** What a run of mkcert or of devtls left behind, in words that can be compared. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Outcome } from "../support/cli.js";
import { modeOf } from "./sandbox.js";

export interface Observation {
  readonly status: string;
  /** Whether there is an authority after the run. */
  readonly authority: string;
  /** Each new file with its mode. */
  readonly files: string;
  /** Of the certificate, where there is one: */
  readonly names: string;
  readonly order: string;
  readonly extendedKeyUsage: string;
  readonly keyUsage: string;
  readonly key: string;
  readonly commonName: string;
  readonly validity: string;
  readonly p12: string;
}

const NOTHING: Observation = {
  status: "",
  authority: "",
  files: "",
  names: "",
  order: "",
  extendedKeyUsage: "",
  keyUsage: "",
  key: "",
  commonName: "",
  validity: "",
  p12: "",
};

/** @param given the names of files that stood in the folder before the run */
export function observe(
  outcome: Outcome,
  folder: string,
  authority: string,
  given: readonly string[],
): Observation {
  const files = readdirSync(folder)
    .filter((name) => !given.includes(name))
    .sort();
  const paths = files.map((name) => join(folder, name));
  const certificate = paths.find((path) => readFileSync(path, "latin1").includes("N CERTIFICATE-"));
  const p12 = paths.find((path) => path.endsWith(".p12"));
  return {
    ...NOTHING,
    status: String(outcome.status),
    authority: existsSync(join(authority, "rootCA.pem")) ? "there" : "none",
    files: files.map((name) => `${name} ${modeOf(join(folder, name))}`).join(", "),
    ...(p12 && describeP12(p12)),
    ...(certificate && describeCertificate(readFileSync(certificate, "latin1"))),
  };
}

/** OpenSSL reads it, so that neither program is asked about itself. */
function describeCertificate(
  pem: string,
): Omit<Observation, "status" | "authority" | "files" | "p12"> {
  const text = execFileSync(
    "openssl",
    ["x509", "-noout", "-text", "-nameopt", "utf8,sep_multiline,lname", "-certopt", "no_sigdump"],
    { input: pem, encoding: "utf8" },
  );
  const extension = (name: string): string =>
    new RegExp(`X509v3 ${name}:(?: critical)?\\s*\\n\\s*(.*)`).exec(text)?.[1]?.trim() ?? "";
  const names = extension("Subject Alternative Name").split(", ");
  // The issuer's common name stands first in the text, the subject's second.
  const commonNames = [...text.matchAll(/commonName=(.*)/g)].map((match) => match[1]);
  return {
    names: [...names].sort().join(", "),
    order: names.join(", "),
    extendedKeyUsage: extension("Extended Key Usage").split(", ").sort().join(", "),
    keyUsage: extension("Key Usage"),
    key: keyOf(text),
    commonName: commonNames[1] ?? "",
    validity: validityOf(text),
  };
}

function keyOf(text: string): string {
  const algorithm = /Public Key Algorithm: (.*)/.exec(text)?.[1] === "rsaEncryption" ? "RSA" : "EC";
  return `${algorithm} ${/Public-Key: \((\d+) bit/.exec(text)?.[1]}`;
}

/** mkcert counts in months of the calendar, so its number of days varies with the day. */
function validityOf(text: string): string {
  const [from, to] = ["Before", "After "].map(
    (label) => new Date(new RegExp(`Not ${label}: (.*)`).exec(text)?.[1] ?? ""),
  ) as [Date, Date];
  const months = new Date(from);
  months.setUTCMonth(months.getUTCMonth() + 27);
  if (months.getTime() === to.getTime()) return "27 months";
  return `${(to.getTime() - from.getTime()) / 86_400_000} days`;
}

function describeP12(path: string): Partial<Observation> {
  const { stdout, stderr } = spawnSync(
    "openssl",
    ["pkcs12", "-in", path, "-passin", "pass:changeit", "-nodes", "-legacy"],
    { encoding: "utf8" },
  );
  const leaf = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/.exec(stdout)?.[0];
  if (leaf === undefined) return { p12: `unreadable: ${stderr.trim()}` };
  const count = (label: string): number => stdout.split(`-----BEGIN ${label}-----`).length - 1;
  const p12 = `certificates: ${count("CERTIFICATE")}, keys: ${count("PRIVATE KEY")}`;
  return { ...describeCertificate(leaf), p12 };
}
