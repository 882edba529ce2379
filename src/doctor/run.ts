/** All checks, in the order in which they are shown. */
import { causeOf } from "../errors.js";
import * as authority from "./authority.js";
import { type Check, type CheckFunction, type DoctorContext, warning } from "./check.js";
import * as network from "./network.js";
import * as project from "./project.js";
import * as state from "./state.js";
import { checkStores, staleRoots } from "./stores.js";
import * as variables from "./variables.js";

const BEFORE_STORES: Readonly<Record<string, CheckFunction>> = {
  "authority-present": authority.authorityPresent,
  "authority-valid": authority.authorityValid,
  "authority-expiry": authority.authorityExpiry,
  "authority-key-fits": authority.authorityKeyFits,
  "authority-key-mode": authority.authorityKeyMode,
  "authority-constraints": authority.authorityConstraints,
  clock: authority.clock,
  "root-file-mode": authority.rootFileMode,
  "state-directory-mode": state.stateDirectoryMode,
  "state-directory-writable": state.stateDirectoryWritable,
  "interrupted-writes": state.interruptedWrites,
  "run-by-sudo": variables.runBySudo,
};

const AFTER_STORES: Readonly<Record<string, CheckFunction>> = {
  "stale-roots": staleRoots,
  "leaf-valid": state.leafValid,
  "leaf-chain": state.leafChain,
  "leaf-expiry": state.leafExpiry,
  "leaf-mode": state.leafMode,
  "certificates-expiry": project.certificatesExpiry,
  "certificates-chain": project.certificatesChain,
  "certificates-key-mode": project.certificateKeyMode,
  "config-file": project.configFile,
  [`port-${network.DEFAULT_PORT}`]: network.portFree,
  "configured-ports": network.configuredPorts,
  "ipv4-loopback": network.ipv4Loopback,
  "ipv6-loopback": network.ipv6Loopback,
  "resolve-localhost": network.resolveLocalhost,
  "resolve-subdomain": network.resolveSubdomain,
  "resolve-configured-hosts": network.resolveConfigured,
  "hosts-file": network.hostsFileSane,
  ...Object.fromEntries(
    (Object.keys(variables.TRUST_VARIABLES) as variables.TrustVariable[]).map((name) => [
      variableId(name),
      variables.trustVariable(name),
    ]),
  ),
  [variableId("JAVA_TOOL_OPTIONS")]: variables.javaOptions,
  "bundle-fresh": state.bundleFresh,
  "verification-off": variables.verificationOff,
  "proxy-variables": variables.proxyVariables,
  "node-system-store": variables.nodeSystemStore,
};

/** Every check but those of the stores, of which a machine has more or fewer. */
export const CHECKS: Readonly<Record<string, CheckFunction>> = {
  ...BEFORE_STORES,
  ...AFTER_STORES,
};

/** "variable-ssl-cert-file" */
export function variableId(name: string): string {
  return `variable-${name.toLowerCase().replaceAll("_", "-")}`;
}

/** Runs all checks at once; one that cannot be made is a warning, and stops no other. */
export async function examine(context: DoctorContext): Promise<Check[]> {
  const groups = [
    ...Object.entries(BEFORE_STORES).map(([id, check]) => runCheck(id, check, context)),
    guarded("stores", () => checkStores(context)),
    ...Object.entries(AFTER_STORES).map(([id, check]) => runCheck(id, check, context)),
  ];
  return (await Promise.all(groups)).flat();
}

/** The check's result; none where there is nothing to look at. */
export function runCheck(
  id: string,
  check: CheckFunction,
  context: DoctorContext,
): Promise<Check[]> {
  return guarded(id, async () => {
    const finding = await check(context);
    return finding ? [{ id, ...finding }] : [];
  });
}

async function guarded(id: string, check: () => Promise<Check[]>): Promise<Check[]> {
  try {
    return await check();
  } catch (error) {
    const detail = `it could not be checked: ${causeOf(error)}`;
    return [{ id, ...warning(detail, "DEVTLS_DEBUG=1 devtls doctor") }];
  }
}
