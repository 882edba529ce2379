/** `devtls trust`: make browsers and tools trust the authority. */
import type { Command } from "commander";
import { loadAuthorityCertificate, openAuthority } from "../ca/authority.js";
import { stateDirectory } from "../paths.js";
import { checkStore, trustStore } from "../trust/operations.js";
import { STORE_IDS, type StoreResult } from "../trust/store.js";
import { parseChoice, usage } from "./options.js";
import { EXIT, note, progress } from "./output.js";
import { withExamples } from "./program.js";
import {
  askConsent,
  openSession,
  parseStores,
  requireConsent,
  showPlan,
  showResults,
  statusOf,
  type TrustOptions,
} from "./trust-actions.js";
import { showClients, VERIFY, verify } from "./trust-verification.js";

export function define(program: Command): void {
  const command = program
    .command("trust")
    .description("Make browsers and tools trust the authority; makes it when there is none.")
    .option("--store <ids>", `only these stores: ${STORE_IDS.join(",")}`, parseStores)
    .option(
      "--check",
      "change nothing; exit 3 unless every store that is here trusts it, and every client that goes by one of them",
    )
    .option(
      "--verify <what>",
      "prove it by handshakes of: clients (curl, Python, Java, …), browsers (these, too), none",
      parseChoice("--verify", VERIFY),
      "clients",
    )
    .option("--admin", "macOS: for every user, in the System keychain")
    .option("--dry-run", "print the exact commands and run none")
    .option("--json", "print the result as JSON")
    .option("--yes", "do not ask")
    .action(trust);
  withExamples(
    command,
    `devtls trust                     asks, then changes every store found here
devtls trust --dry-run           the commands, without running them
devtls trust --check             does this machine trust the authority?
devtls trust --verify browsers   have Chromium and Firefox prove it, too
devtls trust --yes --store nss   browsers on Linux only, no question`,
  );
}

/** Where nobody can be asked, none is made: nothing could follow. */
async function makeAuthority(options: TrustOptions): Promise<void> {
  if (!loadAuthorityCertificate(stateDirectory())) requireConsent(options, "trust");
  await openAuthority();
}

async function trust(options: TrustOptions): Promise<void> {
  if (options.check && options.dryRun) throw usage("--check and --dry-run exclude each other");
  if (!options.check && !options.dryRun) await makeAuthority(options);
  const session = await openSession(options);
  if (options.dryRun) {
    await showPlan(session, "trust", options.json ?? false);
    return;
  }
  if (!options.check) await askConsent(session, options, "trust");
  const results: StoreResult[] = [];
  for (const store of session.stores) {
    progress(`${options.check ? "Checking" : "Changing"} ${store.name} …`);
    results.push(
      options.check
        ? await checkStore(store, session.root)
        : await trustStore(store, session.root, session.machine),
    );
  }
  const verification = await verify(session, options, results);
  showResults(results, options.json ?? false, { clients: verification.results });
  if (!options.json) showClients(verification);
  if (options.check) {
    const untrusted = results.some(({ state }) => state === "missing" || state === "failed");
    const problem = untrusted || verification.contradicting.length > 0;
    process.exitCode = problem ? EXIT.problems : EXIT.ok;
    return;
  }
  if (results.some(({ id, state }) => id === "nss" && state === "trusted")) {
    note("Browsers that are running notice it when they are started again.");
  }
  process.exitCode = statusOf(results);
}
