/** Whether clients here trust the authority, as their stores say; no client is started for it. */
import { checkStore } from "../trust/operations.js";
import { openSession } from "./trust-actions.js";

/** Whether every store of the system and its browsers that is here trusts the authority. */
export async function isTrustedHere(): Promise<boolean> {
  try {
    const { stores, root } = await openSession({ store: ["system", "nss"] });
    const results = await Promise.all(stores.map((store) => checkStore(store, root)));
    return results.length > 0 && results.every(({ state }) => state === "trusted");
  } catch {
    return false;
  }
}
