/** Doing the same with every store of a machine. */
import { checkStore, findStores, trustStore, untrustStore } from "../../../src/trust/operations.js";
import type { Root, StoreId, StoreResult, StoreSettings } from "../../../src/trust/store.js";
import type { FakeMachine } from "../fake-machine.js";

export type Action = "check" | "trust" | "untrust";

/** Finds the stores anew, as every command does, and acts on each. */
export async function withStores(
  machine: FakeMachine,
  id: StoreId,
  action: Action,
  root: Root,
  settings: StoreSettings = {},
): Promise<StoreResult[]> {
  const results: StoreResult[] = [];
  for (const store of await findStores(machine, [id], settings)) {
    if (action === "check") results.push(await checkStore(store, root));
    else results.push(await (action === "trust" ? trustStore : untrustStore)(store, root, machine));
  }
  return results;
}

/** The result of the only store there is. */
export async function withOnlyStore(
  machine: FakeMachine,
  id: StoreId,
  action: Action,
  root: Root,
  settings: StoreSettings = {},
): Promise<StoreResult> {
  const [result, ...more] = await withStores(machine, id, action, root, settings);
  if (!result || more.length > 0) throw new Error(`${more.length + (result ? 1 : 0)} stores`);
  return result;
}
