/** `devtls cert`: issue a certificate and write it where mkcert would. */
import { relative, resolve } from "node:path";
import type { Command } from "commander";
import { makeDirectory, type NewFile, readRequired, writeFiles } from "../ca/files.js";
import { checkDays, issueLeaf, type Leaf, openAuthorityFor, underCurrent } from "../ca/issue.js";
import { DevtlsError } from "../errors.js";
import { type Certificate, fingerprint } from "../x509/certificate.js";
import { type Name, parseName } from "../x509/names.js";
import { type CertificateRequest, parseRequest } from "../x509/request.js";
import { DEFAULT_LEAF_DAYS, MAX_LEAF_DAYS } from "../x509/validity.js";
import { usage } from "./options.js";
import { note, print, printJson } from "./output.js";
import { withExamples } from "./program.js";

interface CertOptions {
  certFile?: string;
  keyFile?: string;
  p12File?: string;
  outDir: string;
  days?: number;
  rsa?: boolean;
  client?: boolean;
  csr?: string;
  p12?: boolean;
  p12Password?: string;
  fullchain?: boolean;
  json?: boolean;
}

export function define(program: Command): void {
  const command = program
    .command("cert")
    .description("Issue a certificate; makes the authority when there is none.")
    .argument("[name...]", "host names, *.name, IP addresses, e-mail addresses, URIs")
    .option("--cert-file <file>", "write the certificate here")
    .option("--key-file <file>", "write the private key here")
    .option("--p12-file <file>", "write the PKCS#12 file here (implies --p12)")
    .option("--out-dir <folder>", "folder for the default file names, made when missing", ".")
    .option(
      "--days <n>",
      `validity in days, 1 to ${MAX_LEAF_DAYS} (default: ${DEFAULT_LEAF_DAYS})`,
      (text) => checkDays(/^\d+$/.test(text) ? Number(text) : Number.NaN, text),
    )
    .option("--rsa", "RSA-2048 key instead of P-256")
    .option("--client", "add client authentication")
    .option("--csr <file>", "certify this request's names and key; writes no key")
    .option("--p12", "also write a PKCS#12 file with leaf, key and chain")
    .option("--p12-password <password>", "its password (default: changeit)")
    .option("--fullchain", "put the authority's certificate after the leaf")
    .option("--json", "print the result as JSON")
    .action(cert);
  withExamples(
    command,
    `devtls cert localhost                    localhost.pem and localhost-key.pem
devtls cert app.test "*.app.test" ::1    several names in one certificate
devtls cert --rsa --p12 app.localhost    for programs that want RSA or PKCS#12
devtls cert --csr request.pem            sign a request made elsewhere`,
  );
}

async function cert(texts: string[], options: CertOptions): Promise<void> {
  checkCombination(texts, options);
  const request = options.csr === undefined ? undefined : readRequest(options.csr);
  const names: readonly Name[] = request?.names ?? texts.map(parseName);
  const base = defaultBaseName(request ? names.map((name) => name.value) : texts, options);
  const inFolder = (suffix: string): string => resolve(options.outDir, base + suffix);
  const wantsP12 = options.p12 === true || options.p12File !== undefined;
  const paths = {
    cert: options.certFile ? resolve(options.certFile) : inFolder(".pem"),
    key: request ? null : options.keyFile ? resolve(options.keyFile) : inFolder("-key.pem"),
    p12: wantsP12 ? (options.p12File ? resolve(options.p12File) : inFolder(".p12")) : null,
  };
  if (paths.p12 !== null && (paths.p12 === paths.cert || paths.p12 === paths.key)) {
    const other = paths.p12 === paths.cert ? "--cert-file" : "--key-file";
    throw usage(`--p12-file and ${other} name the same file`);
  }

  const { authority, created } = await openAuthorityFor(names);
  const leaf = await underCurrent(authority, async (issuer) => {
    const issued = await issueLeaf(issuer, names, {
      ...(options.days !== undefined && { days: options.days }),
      ...(request && { publicKey: request.publicKey }),
      rsa: options.rsa ?? false,
      client: options.client ?? false,
    });
    makeDirectory(resolve(options.outDir), 0o755);
    const files = pemFiles(issued, paths.cert, paths.key, options.fullchain ?? false);
    if (paths.p12 && issued.key) {
      const { encodePkcs12 } = await import("../x509/pkcs12.js");
      const data = encodePkcs12({
        key: issued.key,
        chain: issued.chain.map(({ der }) => der),
        friendlyName: names[0]?.value ?? base,
        password: options.p12Password ?? "changeit",
      });
      files.push({ path: paths.p12, data, mode: 0o600 });
    }
    writeFiles(files);
    return issued;
  });
  report(leaf.certificate, paths, created && authority.paths.directory, options.json ?? false);
}

/** @throws DevtlsError naming the file, and the command that shows what it holds */
function readRequest(path: string): CertificateRequest {
  const data = readRequired(path);
  try {
    return parseRequest(data);
  } catch (error) {
    if (!(error instanceof DevtlsError) || error.code !== "bad-request") throw error;
    const reason = error.message.replace(/^could not read [^:]+: /, "");
    throw new DevtlsError("bad-request", `could not read the request ${path}: ${reason}`, {
      cause: error,
      hint: error.hint ?? `See what it holds: openssl req -in ${path} -noout -text -verify`,
    });
  }
}

function pemFiles(leaf: Leaf, cert: string, key: string | null, fullchain: boolean): NewFile[] {
  const chain = leaf.certificatePem + (fullchain ? leaf.rootPem : "");
  if (key === null || leaf.keyPem === undefined) return [{ path: cert, data: chain, mode: 0o644 }];
  // One path for both makes one file of both, as mkcert does.
  if (key === cert) return [{ path: cert, data: chain + leaf.keyPem, mode: 0o600 }];
  return [
    { path: cert, data: chain, mode: 0o644 },
    { path: key, data: leaf.keyPem, mode: 0o600 },
  ];
}

function report(
  certificate: Certificate,
  paths: Readonly<Record<"cert" | "key" | "p12", string | null>>,
  newAuthority: string | false,
  json: boolean,
): void {
  const names = certificate.names.map((name) => name.value);
  if (json) {
    printJson({
      ...paths,
      names,
      notBefore: certificate.notBefore.toISOString(),
      notAfter: certificate.notAfter.toISOString(),
      serial: certificate.serial,
      sha256: fingerprint(certificate),
    });
  } else {
    const shown = (path: string): string => relative(process.cwd(), path) || path;
    for (const path of new Set(Object.values(paths))) if (path) print(shown(path));
  }
  note(`For ${names.join(", ")}, valid until ${certificate.notAfter.toISOString().slice(0, 10)}.`);
  const wildcard = names.find((name) => name.startsWith("*."));
  if (wildcard)
    note(`${wildcard} covers one level only: a${wildcard.slice(1)}, not a.b${wildcard.slice(1)}.`);
  if (certificate.names.some(({ kind }) => kind === "email")) {
    note("For TLS clients, with --client: signed mail is refused, the authority is for TLS only.");
  }
  if (newAuthority) {
    note(
      `Made a certificate authority in ${newAuthority}. To make browsers trust it: devtls trust`,
    );
  }
}

function checkCombination(texts: string[], options: CertOptions): void {
  if (options.csr === undefined) {
    if (texts.length === 0) {
      throw usage("missing argument 'name'", "Name a host: devtls cert localhost");
    }
  } else {
    const clash = (["rsa", "p12", "p12File", "keyFile"] as const).find((key) => options[key]);
    if (texts.length > 0) {
      throw usage("--csr takes its names from the request; leave the names out");
    }
    if (clash) {
      const flag = clash.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      throw usage(`--${flag} needs a private key, which a request does not hold`);
    }
  }
  if (options.p12Password !== undefined && !options.p12 && options.p12File === undefined) {
    throw usage("--p12-password without --p12", "Add --p12");
  }
}

/** mkcert's file names: the first name, the number of further ones, and "-client". */
function defaultBaseName(texts: readonly string[], options: CertOptions): string {
  const first = texts[0] ?? "";
  const bare = first.replace(/^\[(.*)\]$/, "$1");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the ASCII range is what is meant
  const ascii = /^[\x00-\x7f]*$/.test(bare) ? bare : parseName(first).value;
  const safe = ascii.replace(/[:/\\?#]/g, "_").replaceAll("*", "_wildcard");
  const more = texts.length > 1 ? `+${texts.length - 1}` : "";
  return `${safe}${more}${options.client ? "-client" : ""}`;
}
