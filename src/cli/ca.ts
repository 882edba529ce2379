/** `devtls ca`: make, show, import, export, rotate or delete the authority. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import {
  type AuthorityOptions,
  commonNameOf,
  constraintsOf,
  deleteAuthority,
  issuerOf,
  loadAuthority,
  loadAuthorityCertificate,
  openAuthority,
  replaceAuthority,
} from "../ca/authority.js";
import { writeFiles } from "../ca/files.js";
import { foreignUntrust } from "../ca/import.js";
import { alone } from "../ca/lock.js";
import { requireNoRotation, rootsInRotation } from "../ca/rotation.js";
import { causeOf, DevtlsError } from "../errors.js";
import { stateDirectory, statePaths } from "../paths.js";
import { type Machine, thisMachine } from "../trust/machine.js";
import { checkStore, findStores, untrustStore } from "../trust/operations.js";
import { rootOf, type StoreResult } from "../trust/store.js";
import { type Certificate, certificateToPem, fingerprint } from "../x509/certificate.js";
import { describeConstraints } from "../x509/constraints.js";
import { formatCidr } from "../x509/ip.js";
import { describeKey } from "../x509/keys.js";
import type { ImportOptions } from "./ca-import.js";
import { storesToLeave } from "./foreign-stores.js";
import { collect, parseChoice, usage } from "./options.js";
import { note, print, printExactly, printJson, progress, table, warn, write } from "./output.js";
import { withExamples } from "./program.js";
import { confirm } from "./prompt.js";
import { showResults } from "./trust-actions.js";

export function define(program: Command): void {
  const command = program
    .command("ca")
    .description("Make, show, import, export, rotate or delete the authority.")
    .helpCommand(false);
  withExamples(
    command,
    `devtls ca create --permit example.test --permit 100.64.0.0/10
devtls ca show
devtls ca import --from mkcert
devtls ca export --format der --out root.cer
devtls ca rotate
devtls ca delete`,
  );
  const create = command
    .command("create")
    .description("Make the authority. Other commands do it by themselves when they need one.")
    .option(
      "--permit <domain...>",
      "also sign names below this domain, or an address block",
      collect,
    )
    .option("--unconstrained", "sign any name: the key could then impersonate any site to you")
    .option("--rsa", "RSA-3072 key instead of P-256")
    .option("--burn-root", "have an intermediate sign, and destroy the root's key unwritten")
    .option("--force", "replace the authority that is there")
    .action(createAuthority);
  withExamples(
    create,
    `devtls ca create                                local names only
devtls ca create --burn-root                    a root that nobody can sign with any more
devtls ca create --force --permit example.test  a wider one in its place`,
  );
  const show = command
    .command("show")
    .description("Show the authority.")
    .option("--json", "print it as JSON")
    .action(showAuthority);
  withExamples(show, "devtls ca show");
  const path = command
    .command("path")
    .description("Print the folder that the authority is in.")
    .action(() => printExactly(stateDirectory()));
  withExamples(path, "devtls ca path");
  const exporting = command
    .command("export")
    .description("Print the authority's certificate (never its key).")
    .option(
      "--format <format>",
      "pem or der",
      parseChoice("--format", ["pem", "der"] as const),
      "pem",
    )
    .option("--out <file>", "write it here instead")
    .option("--dockerfile", "print the lines that make an image trust it instead")
    .option("--kubernetes", "print a Secret and a ClusterIssuer for cert-manager instead")
    .action(exportCertificate);
  withExamples(
    exporting,
    `devtls ca export > root.pem
devtls ca export --format der --out root.cer   for Windows and Android
devtls ca export --out devtls.crt && devtls ca export --dockerfile >> Dockerfile
devtls ca export --kubernetes | kubectl apply -f -   an intermediate of the cluster's own`,
  );
  const importing = command
    .command("import")
    .description("Use an authority that mkcert, Caddy or another tool made.")
    .requiredOption("--from <source>", "mkcert, caddy, or a PEM file with its certificate")
    .option("--key <file>", "its key, where that is not beside the file")
    .option("--force", "replace the authority that is there")
    .action(async (options: ImportOptions) => {
      const { importAuthority } = await import("./ca-import.js");
      await importAuthority(options);
    });
  withExamples(
    importing,
    `devtls ca import --from mkcert                  no second prompt where mkcert's is trusted
devtls ca import --from caddy
devtls ca import --from root.pem --key root.key one that openssl made`,
  );
  const rotate = command
    .command("rotate")
    .description(
      "Make a new authority, have it trusted where the old one is, issue again what is in certs/, in this folder and in serve's, and untrust the old one. What is interrupted goes on when it is run again.",
    )
    .option("--yes", "do not ask")
    .action(async (options: { yes?: boolean }) => {
      const { rotateAuthority } = await import("./ca-rotate.js");
      await rotateAuthority(options);
    });
  withExamples(rotate, "devtls ca rotate");
  const remove = command
    .command("delete")
    .description("Remove the authority from the trust stores, then delete it with its leaves.")
    .option("--yes", "do not ask")
    .action(deleteEverything);
  withExamples(remove, "devtls ca delete");
}

async function createAuthority(options: AuthorityOptions & { force?: boolean }): Promise<void> {
  if (options.unconstrained && options.permit) {
    throw usage("--permit and --unconstrained exclude each other");
  }
  constraintsOf(options); // a bad --permit is found before anything is made
  if (options.permit) {
    const { requireNarrow } = await import("../ca/permitted.js");
    requireNarrow(options.permit);
  }
  const directory = stateDirectory();
  const { rootCertificate } = statePaths(directory);
  if (options.force) requireNoRotation(directory);
  const previous = options.force ? knownCertificate(directory) : undefined;
  let certificate: Certificate;
  if (options.force) {
    const replaced = await alone(directory, () => replaceAuthority(directory, options));
    certificate = replaced.certificate;
  } else {
    const { authority, created } = await openAuthority(directory, options);
    certificate = authority.certificate;
    if (!created) {
      throw new DevtlsError(
        "authority-exists",
        `could not make an authority: ${rootCertificate} exists already`,
        {
          hint: "See it: devtls ca show. To replace it: devtls untrust, then devtls ca create --force",
        },
      );
    }
  }
  print(rootCertificate);
  note(`Made ${commonNameOf(certificate)}, valid until ${day(certificate.notAfter)}.`);
  if (options.unconstrained) {
    warn("it is not limited to local names: who gets its key can impersonate any site to you.");
  }
  if (options.burnRoot) {
    note("An intermediate signs in its place; the root's key was never written and is gone.");
  }
  if (previous) {
    const old = fingerprint(previous).slice(0, 23);
    warn(`stores that trusted the authority it replaces (SHA-256 ${old}…) still do.`);
  }
  note("To make browsers trust it: devtls trust");
}

/** Of an authority that is damaged there is nothing to say. */
function knownCertificate(directory: string): Certificate | undefined {
  return attempt(() => loadAuthorityCertificate(directory));
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}

function requireCertificate(): Certificate {
  const directory = stateDirectory();
  const certificate = loadAuthorityCertificate(directory);
  if (certificate) return certificate;
  throw new DevtlsError(
    "authority-missing",
    `could not find an authority in ${directory}: there is none yet`,
    { hint: "Make one: devtls ca create" },
  );
}

async function showAuthority({ json }: { json?: boolean }): Promise<void> {
  const certificate = requireCertificate();
  const paths = statePaths(stateDirectory());
  const trusted = await whereTrusted(certificate, thisMachine());
  const authority = attempt(() => loadAuthority(paths.directory));
  const { constraints } = authority ? issuerOf(authority) : certificate;
  const intermediate = authority
    ? authority.intermediate !== undefined
    : existsSync(paths.intermediateCertificate);
  if (json) {
    printJson({
      subject: certificate.x509.subject,
      serial: certificate.serial,
      sha256: fingerprint(certificate),
      sha1: fingerprint(certificate, "sha1"),
      notBefore: certificate.notBefore.toISOString(),
      notAfter: certificate.notAfter.toISOString(),
      key: describeKey(certificate.publicKey),
      permitted: constraints && {
        dns: constraints.dns,
        ip: constraints.ip.map(formatCidr),
        email: constraints.email,
        uri: constraints.uri,
      },
      files: {
        certificate: paths.rootCertificate,
        intermediate: intermediate ? paths.intermediateCertificate : null,
        key: intermediate ? paths.intermediateKey : paths.rootKey,
        leaves: paths.leaves,
      },
      stores: trusted,
    });
    return;
  }
  print(
    table([
      ["subject", certificate.x509.subject.replaceAll("\n", ", ")],
      ["serial", certificate.serial],
      ["SHA-256", fingerprint(certificate)],
      ["SHA-1", fingerprint(certificate, "sha1")],
      ["valid", `${day(certificate.notBefore)} to ${day(certificate.notAfter)}`],
      ["key", describeKey(certificate.publicKey)],
      ["may sign", constraints ? describeConstraints(constraints).join(", ") : "any name"],
      ["certificate", paths.rootCertificate],
      ...(intermediate ? [["intermediate", paths.intermediateCertificate]] : []),
      ["private key", keyState()],
      ...trusted.map(({ name, state }): [string, string] => ["store", `${name}: ${state}`]),
    ]),
  );
}

function keyState(): string {
  const { rootKey, intermediateKey, directory } = statePaths(stateDirectory());
  try {
    return loadAuthority(directory)?.intermediate
      ? `${intermediateKey} (the intermediate's; the root's is not here)`
      : rootKey;
  } catch (error) {
    return causeOf(error);
  }
}

async function whereTrusted(certificate: Certificate, machine: Machine): Promise<StoreResult[]> {
  const root = rootOf(certificate, statePaths(stateDirectory()).rootCertificate);
  const stores = await findStores(machine);
  return Promise.all(stores.map((store) => checkStore(store, root)));
}

interface ExportOptions {
  readonly format: "pem" | "der";
  readonly out?: string;
  readonly dockerfile?: boolean;
  readonly kubernetes?: boolean;
}

/** For images of Debian, Ubuntu and Alpine; the file is what --out wrote beside the Dockerfile. */
const DOCKERFILE = `COPY devtls.crt /usr/local/share/ca-certificates/devtls.crt
RUN update-ca-certificates`;

async function exportCertificate(options: ExportOptions): Promise<void> {
  const { format, out, dockerfile, kubernetes } = options;
  if (dockerfile && kubernetes) throw usage("--dockerfile and --kubernetes exclude each other");
  if (kubernetes) {
    const { exportForKubernetes } = await import("./ca-kubernetes.js");
    return exportForKubernetes(out);
  }
  const certificate = requireCertificate();
  if (dockerfile) {
    if (out !== undefined) throw usage("--dockerfile and --out exclude each other");
    print(DOCKERFILE);
    return;
  }
  const data = format === "der" ? certificate.der : certificateToPem(certificate);
  if (out === undefined) {
    write("stdout", data);
    return;
  }
  const path = resolve(out);
  writeFiles([{ path, data, mode: 0o644 }]);
  print(path);
}

async function deleteEverything({ yes }: { yes?: boolean }): Promise<void> {
  const directory = stateDirectory();
  if (!yes) {
    await confirm(
      `Delete the authority in ${directory} and remove it from the trust stores?`,
      "devtls ca delete",
    );
  }
  if (existsSync(directory)) await alone(directory, () => deleteFrom(directory));
  else note(`There is no authority in ${directory}.`);
}

async function deleteFrom(directory: string): Promise<void> {
  const certificate = knownCertificate(directory);
  const certificates = [...(certificate ? [certificate] : []), ...rootsInRotation(directory)];
  if (certificates.length > 0) {
    const machine = thisMachine();
    const roots = certificates.map((each) => rootOf(each, statePaths(directory).rootCertificate));
    const results: StoreResult[] = [];
    const found = await findStores(machine);
    const stores = certificate ? await storesToLeave(found, certificate, machine) : found;
    for (const store of stores) {
      progress(`Changing ${store.name} …`);
      for (const root of roots) results.push(await untrustStore(store, root, machine));
    }
    const failed = results.filter(({ state }) => state === "failed");
    if (failed.length > 0) {
      showResults(failed, false);
      const foreign = certificate && foreignUntrust(certificate);
      if (!foreign) {
        throw new DevtlsError(
          "trust-failed",
          "could not delete the authority: a store still trusts it",
          { hint: "Mend what is said above, then run it again: devtls ca delete" },
        );
      }
      warn(`a store trusts ${commonNameOf(certificate)} still. ${foreign}`);
    }
  }
  const removed = deleteAuthority(directory);
  if (removed.length === 0) note(`There is no authority in ${directory}.`);
  for (const path of removed) print(path);
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
