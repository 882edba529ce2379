/** `devtls renew`: issue certificates again before they expire. */
import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import type { Command } from "commander";
import { loadAuthority } from "../ca/authority.js";
import { readRequired } from "../ca/files.js";
import { underCurrent } from "../ca/issue.js";
import { RENEW_WITHIN_DAYS } from "../ca/leaves.js";
import { daysLeft, findRenewable, type Renewable, readRenewable, renew } from "../ca/renew.js";
import { DevtlsError } from "../errors.js";
import { stateDirectory } from "../paths.js";
import { parseWholeNumber } from "./options.js";
import { note, print } from "./output.js";
import { withExamples } from "./program.js";

interface RenewOptions {
  dryRun?: boolean;
  within: number;
}

export function define(program: Command): void {
  const command = program
    .command("renew")
    .description("Issue certificates again, with the same names, kind of key and paths.")
    .argument("[file...]", "certificates (default: those in certs/ and in this folder)")
    .option("--dry-run", "say what would be renewed and change nothing")
    .option(
      "--within <days>",
      "renew what expires within so many days",
      parseWholeNumber("--within", 0, 3650),
      RENEW_WITHIN_DAYS,
    )
    .action(renewFiles);
  withExamples(
    command,
    `devtls renew                            what expires soon, in certs/ and here
devtls renew --dry-run --within 90      what would be renewed
devtls renew localhost.pem --within 825 this one now`,
  );
}

async function renewFiles(files: string[], { dryRun, within }: RenewOptions): Promise<void> {
  const directory = stateDirectory();
  const authority = loadAuthority(directory);
  if (!authority) {
    throw new DevtlsError(
      "authority-missing",
      `could not renew certificates: there is no authority in ${directory}`,
      { hint: "Issue a certificate, which makes one: devtls cert localhost" },
    );
  }
  const found =
    files.length > 0
      ? files.map((file) => requireRenewable(file, authority))
      : [...findRenewable(resolve("certs"), authority), ...findRenewable(resolve("."), authority)];
  if (found.length === 0) note("No certificate of this authority in certs/ or in this folder.");
  for (const renewable of found) {
    const shown = relative(process.cwd(), renewable.path) || renewable.path;
    const left = daysLeft(renewable.certificate);
    if (left > within) {
      note(`${shown}: valid for ${left} more days, left as it is`);
    } else if (dryRun) {
      print(shown);
      note(
        `${shown}: ${left < 0 ? "has expired" : `valid for ${left} more days`}, would be renewed`,
      );
    } else {
      const certificate = await underCurrent(authority, (issuer) =>
        // Somebody else may have issued it again since it was found.
        renew(readRenewable(renewable.path, issuer) ?? renewable, issuer),
      );
      print(shown);
      note(`${shown}: valid until ${certificate.notAfter.toISOString().slice(0, 10)}`);
      warnOfCopies(renewable);
    }
  }
}

function requireRenewable(
  file: string,
  authority: NonNullable<ReturnType<typeof loadAuthority>>,
): Renewable {
  const path = resolve(file);
  readRequired(path);
  const renewable = readRenewable(path, authority);
  if (renewable) return renewable;
  throw new DevtlsError(
    "bad-certificate",
    `could not renew ${file}: it is not a certificate that this authority signed`,
    {
      hint: "See the authority: devtls ca show. To issue a new certificate: devtls cert localhost",
    },
  );
}

/** A PKCS#12 file holds the old leaf, and its password is not known here. */
export function warnOfCopies({ path }: Pick<Renewable, "path">): void {
  const p12 = path.replace(/\.[^./]+$/, ".p12");
  if (existsSync(p12)) {
    note(
      `${relative(process.cwd(), p12)} still holds the old certificate; issue it again: devtls cert --p12`,
    );
  }
}
