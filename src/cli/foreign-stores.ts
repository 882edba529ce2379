/** Stores that hold an imported authority as the tool that made it put it there. */
import { foreignUntrust } from "../ca/import.js";
import type { Machine } from "../trust/machine.js";
import type { TrustStore } from "../trust/store.js";
import type { Certificate } from "../x509/certificate.js";

/**
 * The stores from which an authority can be removed: the system store by the file in it where
 * another tool named that, else as they are.
 */
export async function storesToLeave(
  stores: readonly TrustStore[],
  certificate: Certificate,
  machine: Machine,
): Promise<readonly TrustStore[]> {
  const listed = stores.some(({ id }) => id === "system");
  if (!listed || foreignUntrust(certificate) === undefined) return stores;
  const { findDevelopmentRoots } = await import("../trust/stale.js");
  const roots = await findDevelopmentRoots(machine, [], ["system"]);
  const found = roots.find(({ root }) => root.certificate.der.equals(certificate.der));
  const held = found?.stores ?? [];
  return [...held, ...stores.filter(({ name }) => !held.some((store) => store.name === name))];
}
