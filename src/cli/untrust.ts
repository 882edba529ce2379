/** `devtls untrust`: undo `devtls trust`. */
import type { Command } from "commander";
import { untrustStore } from "../trust/operations.js";
import { STORE_IDS, type StoreResult } from "../trust/store.js";
import { storesToLeave } from "./foreign-stores.js";
import { collect, usage } from "./options.js";
import { progress } from "./output.js";
import { withExamples } from "./program.js";
import {
  askConsent,
  openSession,
  parseStores,
  showPlan,
  showResults,
  statusOf,
} from "./trust-actions.js";
import type { StaleOptions } from "./untrust-stale.js";

export function define(program: Command): void {
  const command = program
    .command("untrust")
    .description(
      "Remove exactly this authority from the trust stores, by fingerprint; with --stale, roots of earlier authorities and of other development tools instead. One whose tool has the key still is in use, and stays unless --root names it.",
    )
    .option("--store <ids>", `only these stores: ${STORE_IDS.join(",")}`, parseStores)
    .option("--admin", "macOS: from the System keychain, too, which is every user's")
    .option(
      "--stale",
      "remove roots of devtls, mkcert, Caddy, devcert, portless, puma-dev and dotnet that nothing signs by any more",
    )
    .option(
      "--root <which>",
      "with --stale: only this one, by its tool or the begin of its fingerprint, in use or not; repeatable",
      collect,
    )
    .option("--dry-run", "print the exact commands and run none")
    .option("--json", "print the result as JSON")
    .option("--yes", "do not ask")
    .action(untrust);
  withExamples(
    command,
    `devtls untrust                         asks, then removes it from every store found here
devtls untrust --dry-run               the commands, without running them
devtls untrust --stale                 lists roots that were left over and asks which to remove
devtls untrust --stale --root mkcert   those of mkcert, the one that it uses included`,
  );
}

async function untrust(options: StaleOptions): Promise<void> {
  if (options.root && !options.stale) throw usage("--root goes with --stale");
  if (options.stale) {
    if (options.admin) throw usage("--admin and --stale exclude each other");
    const { untrustStale } = await import("./untrust-stale.js");
    return untrustStale(options);
  }
  const opened = await openSession(options);
  const { machine, root } = opened;
  const stores = await storesToLeave(opened.stores, root.certificate, machine);
  const session = { ...opened, stores };
  if (options.dryRun) {
    await showPlan(session, "untrust", options.json ?? false);
    return;
  }
  await askConsent(session, options, "untrust");
  const results: StoreResult[] = [];
  for (const store of stores) {
    progress(`Changing ${store.name} …`);
    results.push(await untrustStore(store, root, machine));
  }
  showResults(results, options.json ?? false);
  process.exitCode = statusOf(results);
}
