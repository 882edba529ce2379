/** Checks of the trust stores: whether each trusts the authority, and what else they trust. */
import { checkStore, findStores } from "../trust/operations.js";
import { findDevelopmentRoots } from "../trust/stale.js";
import { rootOf, type StoreResult } from "../trust/store.js";
import { rootHere } from "./authority.js";
import {
  type Check,
  type CheckFunction,
  count,
  type DoctorContext,
  ok,
  problem,
  warning,
} from "./check.js";

/** One check a store that is here; the second and further ones of a kind are numbered. */
export async function checkStores(context: DoctorContext): Promise<Check[]> {
  const root = rootHere(context);
  if (!root) return [];
  const trusted = rootOf(root, context.paths.rootCertificate);
  const stores = await findStores(context.machine);
  const results = await Promise.all(stores.map((store) => checkStore(store, trusted)));
  return results.map((result, index) => {
    const before = results.slice(0, index).filter(({ id }) => id === result.id).length;
    const id = `store-${result.id}${before > 0 ? `-${before + 1}` : ""}`;
    return { id, ...findingOf(result) };
  });
}

function findingOf({ id, name, state, detail, hint }: StoreResult) {
  const because = detail ? `: ${detail}` : "";
  switch (state) {
    case "trusted":
    case "already":
      return ok(`${name} trusts it`);
    case "missing":
      return problem(`${name} does not trust it${because}`, `devtls trust --store ${id}`);
    case "skipped":
      return warning(`${name}${because}`, hint ?? `devtls trust --store ${id}`);
    default:
      return problem(`${name}${because}`, hint ?? `devtls trust --store ${id}`);
  }
}

/** Who finds the key of one in a backup can impersonate any site to this machine. */
export const staleRoots: CheckFunction = async (context) => {
  const root = rootHere(context);
  const roots = await findDevelopmentRoots(context.machine, root ? [root] : []);
  const stale = roots.filter(({ keyPath }) => keyPath === undefined);
  const inUse = [...new Set(roots.filter(({ keyPath }) => keyPath).map(({ tool }) => tool))];
  if (stale.length === 0) {
    return ok(inUse.length > 0 ? `none; in use: ${inUse.join(", ")}` : "none");
  }
  const tools = [...new Set(stale.map(({ tool }) => tool))];
  return warning(
    `${count(stale.length, "root")} that nothing signs by any more, still trusted: ${tools.join(", ")}`,
    "devtls untrust --stale",
  );
};
