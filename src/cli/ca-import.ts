/** `devtls ca import`: use an authority that another tool made. */
import { addAuthority, installAuthority, loadAuthorityCertificate } from "../ca/authority.js";
import { readForeignAuthority } from "../ca/import.js";
import { alone } from "../ca/lock.js";
import { requireNoRotation } from "../ca/rotation.js";
import { DevtlsError } from "../errors.js";
import { stateDirectory, statePaths } from "../paths.js";
import { describeConstraints } from "../x509/constraints.js";
import { usage } from "./options.js";
import { note, print, warn } from "./output.js";

export interface ImportOptions {
  readonly from: string;
  readonly key?: string;
  readonly force?: boolean;
}

export async function importAuthority({ from, key, force }: ImportOptions): Promise<void> {
  if (key !== undefined && (from === "mkcert" || from === "caddy")) {
    throw usage(`--key with --from ${from}`, `Its key is known; leave --key out`);
  }
  const foreign = readForeignAuthority(from, key);
  const directory = stateDirectory();
  const { rootCertificate, rootKey, intermediateKey } = statePaths(directory);
  if (force) requireNoRotation(directory);
  if (force) await alone(directory, () => installAuthority(directory, foreign.files));
  else if (!addAuthority(directory, foreign.files) && !isThere(directory, foreign.root.der)) {
    throw new DevtlsError(
      "authority-exists",
      `could not import ${foreign.certificatePath}: ${rootCertificate} exists already`,
      {
        hint: "See it: devtls ca show. To replace it: devtls untrust, then devtls ca import --force",
      },
    );
  }
  print(rootCertificate);
  const kept = foreign.intermediate ? intermediateKey : rootKey;
  note(`Imported ${foreign.certificatePath}; a copy of its key is in ${kept}.`);
  const { constraints } = foreign.intermediate ?? foreign.root;
  if (constraints) note(`It may sign ${describeConstraints(constraints).join(", ")}.`);
  else {
    warn(
      "it has no name constraints: it can sign any name, and who gets its key can impersonate any site to you.",
    );
  }
  note("Does this machine trust it? devtls trust --check. To make it: devtls trust");
}

/** An import that is repeated has nothing to do. */
function isThere(directory: string, der: Buffer): boolean {
  return loadAuthorityCertificate(directory)?.der.equals(der) ?? false;
}
