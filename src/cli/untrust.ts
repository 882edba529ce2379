/** `devtls untrust`: undo `devtls trust`. */
import type { Command } from "commander";
import { untrustStore } from "../trust/operations.js";
import { STORE_IDS, type StoreResult } from "../trust/store.js";
import { progress } from "./output.js";
import { withExamples } from "./program.js";
import {
  askConsent,
  openSession,
  parseStores,
  showPlan,
  showResults,
  statusOf,
  type TrustOptions,
} from "./trust-actions.js";

export function define(program: Command): void {
  const command = program
    .command("untrust")
    .description("Remove exactly this authority from the trust stores, by fingerprint.")
    .option("--store <ids>", `only these stores: ${STORE_IDS.join(",")}`, parseStores)
    .option("--dry-run", "print the exact commands and run none")
    .option("--json", "print the result as JSON")
    .option("--yes", "do not ask")
    .action(untrust);
  withExamples(
    command,
    `devtls untrust             asks, then removes it from every store found here
devtls untrust --dry-run   the commands, without running them`,
  );
}

async function untrust(options: TrustOptions): Promise<void> {
  const session = await openSession(options);
  if (options.dryRun) {
    await showPlan(session, "untrust", options.json ?? false);
    return;
  }
  if (!options.yes) await askConsent(session, options, "untrust");
  const results: StoreResult[] = [];
  for (const store of session.stores) {
    progress(`Changing ${store.name} …`);
    results.push(await untrustStore(store, session.root, session.machine));
  }
  showResults(results, options.json ?? false);
  process.exitCode = statusOf(results);
}
