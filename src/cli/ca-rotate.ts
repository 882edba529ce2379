/** `devtls ca rotate`: a new authority for all that the old one is used for. */
import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import { type Authority, authorityFilesIn, commonNameOf } from "../ca/authority.js";
import { foreignUntrust } from "../ca/import.js";
import { alone, inTurn } from "../ca/lock.js";
import { requireOwnState } from "../ca/ownership.js";
import { findRenewable, renew } from "../ca/renew.js";
import {
  authorityToReplace,
  endRotation,
  type KnownAuthority,
  openNext,
  placeNext,
  rotationStage,
} from "../ca/rotation.js";
import { causeOf, DevtlsError } from "../errors.js";
import { stateDirectory, statePaths } from "../paths.js";
import { type Machine, thisMachine } from "../trust/machine.js";
import {
  checkStore,
  findStores,
  planStore,
  trustStore,
  untrustStore,
  withRights,
} from "../trust/operations.js";
import { type Root, rootOf, type StoreResult, type TrustStore } from "../trust/store.js";
import { shellWords } from "../words.js";
import { certificateToPem } from "../x509/certificate.js";
import { storesToLeave } from "./foreign-stores.js";
import { note, print, progress } from "./output.js";
import { confirm } from "./prompt.js";
import { warnOfCopies } from "./renew.js";
import { showResults } from "./trust-actions.js";

const AGAIN = "Mend what is said above, then run it again: devtls ca rotate";

export async function rotateAuthority({ yes }: { yes?: boolean }): Promise<void> {
  const directory = stateDirectory();
  if (!existsSync(directory)) throw nothingToRotate(directory);
  const paths = statePaths(directory);
  requireOwnState(paths, authorityFilesIn(paths));
  await alone(directory, () => rotate(directory, yes ?? false));
}

function nothingToRotate(directory: string): DevtlsError {
  return new DevtlsError(
    "authority-missing",
    `could not rotate the authority: there is none in ${directory}`,
    { hint: "Make one: devtls ca create" },
  );
}

async function rotate(directory: string, yes: boolean): Promise<void> {
  const old = authorityToReplace(directory);
  if (!old) throw nothingToRotate(directory);
  const machine = thisMachine();
  const oldRoot = rootOf(old.certificate, statePaths(directory).rootCertificate);
  const stores = await findStores(machine);
  const trusting = await storesThatTrust(stores, oldRoot);
  if (!yes) await ask(directory, old, trusting);

  await makeTrusted(directory, old, trusting, machine);
  await inTurn(directory, async () => {
    const authority = placeNext(directory, old);
    print(authority.paths.rootCertificate);
    await reissueAll(directory, old, authority);
  });
  const holding = await storesToLeave(stores, old.certificate, machine);
  const trusted = await hasFailed(holding, oldRoot, machine, "untrust");
  const foreign = foreignUntrust(old.certificate);
  if (trusted && foreign === undefined) throw trustedStill(AGAIN);
  endRotation(directory);
  note(
    "Certificates in other folders are the old authority's still: issue them again with devtls cert.",
  );
  note("What is running, devtls serve and browsers, notices it when it is started again.");
  if (trusted) throw trustedStill(foreign);
}

async function ask(
  directory: string,
  old: KnownAuthority,
  trusting: readonly TrustStore[],
): Promise<void> {
  const begun = rotationStage(directory) !== "none";
  if (begun) note("A rotation was interrupted and is going to be ended.");
  note(`${commonNameOf(old.certificate)} is going to be replaced in ${directory}`);
  for (const { name } of trusting) note(`and in ${name}`);
  await confirm("Go on?", "devtls ca rotate");
}

async function storesThatTrust(stores: readonly TrustStore[], root: Root): Promise<TrustStore[]> {
  const found: TrustStore[] = [];
  for (const store of stores) {
    if ((await checkStore(store, root)).state === "trusted") found.push(store);
  }
  return found;
}

/** Trusted first, in place then: at no moment is there none that is trusted. */
async function makeTrusted(
  directory: string,
  old: KnownAuthority,
  trusting: readonly TrustStore[],
  machine: Machine,
): Promise<void> {
  const { certificate, paths } = await openNext(directory, old);
  note(`The new authority is ${commonNameOf(certificate)}.`);
  const root = rootOf(certificate, paths.rootCertificate);
  if (await hasFailed(trusting, root, machine, "trust")) {
    throw new DevtlsError(
      "trust-failed",
      "could not rotate the authority: a store does not take the new one; the old one is in use still",
      { hint: AGAIN },
    );
  }
}

/** With their keys as they are: one file changes, and what else holds the key stays right. */
async function reissueAll(
  directory: string,
  old: KnownAuthority,
  authority: Authority,
): Promise<void> {
  const { leaves, bundle } = statePaths(directory);
  const problems: string[] = [];
  for (const folder of [resolve("certs"), resolve("."), leaves]) {
    for (const renewable of findRenewable(folder, old)) {
      try {
        await renew(renewable, authority, { keepKey: true });
        if (folder === leaves) continue;
        print(relative(process.cwd(), renewable.path));
        warnOfCopies(renewable);
      } catch (error) {
        // Signed when mailboxes and URIs had no limits: nobody has to go without a rotation for it.
        if (error instanceof DevtlsError && error.code === "outside-constraints") {
          note(`${renewable.path} is left as it is: ${error.message}`);
        } else problems.push(causeOf(error));
      }
    }
  }
  if (existsSync(bundle)) {
    const { runtimeEnvironment } = await import("../ca/environment.js");
    await runtimeEnvironment(authority.paths, certificateToPem(authority.certificate), {});
  }
  if (problems.length === 0) return;
  for (const problem of problems) note(problem);
  throw new DevtlsError(
    "file-unwritable",
    "could not end the rotation: a certificate is the old authority's still, which stays trusted",
    { hint: AGAIN },
  );
}

function trustedStill(hint: string | undefined): DevtlsError {
  return new DevtlsError(
    "trust-failed",
    "could not untrust the old authority: a store holds it still",
    hint === undefined ? {} : { hint },
  );
}

/** Changes the stores one by one, and shows what became of those that had something to change. */
async function hasFailed(
  stores: readonly TrustStore[],
  root: Root,
  machine: Machine,
  action: "trust" | "untrust",
): Promise<boolean> {
  const results: StoreResult[] = [];
  for (const store of stores) {
    await announceRoot(store, root, machine, action);
    const result = await (action === "trust" ? trustStore : untrustStore)(store, root, machine);
    if (["trusted", "removed", "failed"].includes(result.state)) results.push(result);
  }
  if (results.length > 0) showResults(results, false);
  return results.some(({ state }) => state === "failed");
}

async function announceRoot(
  store: TrustStore,
  root: Root,
  machine: Machine,
  action: "trust" | "untrust",
): Promise<void> {
  progress(`Changing ${store.name} …`);
  if (machine.isRoot) return;
  // A store that cannot be read says so when its turn comes.
  const steps = await planStore(store, root, action).catch(() => []);
  for (const step of steps) {
    if (step.asRoot) note(`As root: ${shellWords(withRights(step, machine) ?? step.argv)}`);
  }
}
