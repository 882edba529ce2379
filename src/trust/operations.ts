/**
 * Checking, trusting and untrusting: the same few steps for every store. Stores stand alone: one
 * that fails does not stop the others.
 */
import { causeOf, DevtlsError } from "../errors.js";
import { shellWords } from "../words.js";
import { findFirefoxPolicy } from "./firefox-policy.js";
import { findJavaStores } from "./java.js";
import type { Machine, RunResult } from "./machine.js";
import { findMacKeychains } from "./macos.js";
import { findNssStores } from "./nss.js";
import type {
  FindStores,
  Root,
  Step,
  StoreId,
  StoreResult,
  StoreSettings,
  StoreState,
  TrustStore,
} from "./store.js";
import { findLinuxSystemStore } from "./system-linux.js";
import { findWindowsStore, findWslStore } from "./windows.js";

/** The kinds of stores, in the order in which they are shown. */
const KINDS: Readonly<Record<StoreId, readonly FindStores[]>> = {
  system: [findLinuxSystemStore, findMacKeychains, findWindowsStore, findWslStore],
  nss: [findNssStores, findFirefoxPolicy],
  // After the system store, whose tools fill Debian's keystore of Java, too.
  java: [findJavaStores],
};

export async function findStores(
  machine: Machine,
  ids: readonly StoreId[] = Object.keys(KINDS) as StoreId[],
  settings: StoreSettings = {},
): Promise<TrustStore[]> {
  const stores: TrustStore[] = [];
  for (const id of ids) {
    for (const find of KINDS[id]) stores.push(...(await find(machine, settings)));
  }
  return stores;
}

/** Whether each store trusts the root; nothing is changed. */
export function checkStore(store: TrustStore, root: Root): Promise<StoreResult> {
  return standingAlone(store, async () => {
    const { state, detail, hint } = await store.inspect(root);
    return result(store, state, detail, hint ?? (state === "missing" ? "devtls trust" : undefined));
  });
}

/** What a store throws is its own result, and the next store's turn comes. */
async function standingAlone(
  store: TrustStore,
  action: () => Promise<StoreResult>,
): Promise<StoreResult> {
  try {
    return await action();
  } catch (error) {
    const hint = error instanceof DevtlsError ? error.hint : undefined;
    return result(store, "failed", causeOf(error), hint ?? "Leave this store out with --store");
  }
}

/** What would be done to a store; empty when nothing is. */
export async function planStore(
  store: TrustStore,
  root: Root,
  action: "trust" | "untrust",
): Promise<readonly Step[]> {
  const { state, residue } = await store.inspect(root);
  if (action === "trust") return state === "missing" ? store.install(root) : [];
  return state === "trusted" || residue ? store.remove(root) : [];
}

export interface Plan {
  /** The state before; failed with the reason where nothing can be planned. */
  readonly result: StoreResult;
  readonly steps: readonly Step[];
}

/** What would be done to each store; one that cannot tell does not stop the others. */
export async function planStores(
  stores: readonly TrustStore[],
  root: Root,
  action: "trust" | "untrust",
): Promise<Plan[]> {
  const plans: Plan[] = [];
  for (const store of stores) {
    let steps: readonly Step[] = [];
    const planned = await standingAlone(store, async () => {
      const checked = await checkStore(store, root);
      if (checked.state !== "failed") steps = await planStore(store, root, action);
      return checked;
    });
    plans.push({ result: planned, steps });
  }
  return plans;
}

export function trustStore(store: TrustStore, root: Root, machine: Machine): Promise<StoreResult> {
  return standingAlone(store, () => trust(store, root, machine));
}

async function trust(store: TrustStore, root: Root, machine: Machine): Promise<StoreResult> {
  const before = await store.inspect(root);
  if (before.state === "trusted") return result(store, "already", before.detail);
  if (before.state === "skipped") return result(store, "skipped", before.detail, before.hint);
  const failure = await runSteps(await store.install(root), machine, "trust");
  if (failure) return failed(store, failure);
  const [again] = await findSame(store, machine);
  const after = await (again ?? store).inspect(root);
  if (after.state === "trusted") return result(store, "trusted", after.detail);
  return result(
    store,
    "failed",
    `the commands succeeded, but the store does not trust the authority${after.detail ? `: ${after.detail}` : ""}`,
    "See what it holds: devtls trust --check",
  );
}

export function untrustStore(
  store: TrustStore,
  root: Root,
  machine: Machine,
): Promise<StoreResult> {
  return standingAlone(store, () => untrust(store, root, machine));
}

async function untrust(store: TrustStore, root: Root, machine: Machine): Promise<StoreResult> {
  const before = await store.inspect(root);
  if (before.state === "skipped") return result(store, "skipped", before.detail, before.hint);
  if (before.state === "missing" && !before.residue) return result(store, "absent", before.detail);
  const failure = await runSteps(await store.remove(root), machine, "untrust");
  if (failure) return failed(store, failure);
  const after = await store.inspect(root);
  if (after.state === "missing" && !after.residue) return result(store, "removed", "");
  return result(store, "failed", "the commands succeeded, but the store still holds it");
}

/** A store whose database was just made is found anew, as one that exists. */
async function findSame(store: TrustStore, machine: Machine): Promise<TrustStore[]> {
  const stores = store.id === "nss" ? await findStores(machine, ["nss"]) : [];
  return stores.filter((candidate) => candidate.name === store.name);
}

interface StepFailure {
  readonly argv: readonly string[];
  readonly result: RunResult;
  readonly hint?: string;
}

async function runSteps(
  steps: readonly Step[],
  machine: Machine,
  action: "trust" | "untrust",
): Promise<StepFailure | undefined> {
  for (const step of steps) {
    const argv = withRights(step, machine);
    if (!argv) {
      return {
        argv: step.argv,
        result: {
          status: null,
          stdout: "",
          stderr: "it needs the rights of root, and sudo is not installed",
        },
        hint: howToRun(step, action, "Run it as root: "),
      };
    }
    const outcome = await machine.run(argv, {
      ...(step.stdin !== undefined && { stdin: step.stdin }),
      terminal: step.asRoot && !machine.isRoot && machine.hasTerminal,
    });
    if (outcome.status !== 0) {
      const refused = step.asRoot && !machine.isRoot;
      return {
        argv,
        result: outcome,
        ...(refused && { hint: howToRun(step, action, "Run it with the rights of root: sudo ") }),
      };
    }
  }
  return undefined;
}

/** A command that reads a certificate from its input would wait for it at a terminal. */
function howToRun(step: Step, action: "trust" | "untrust", alone: string): string {
  if (step.stdin === undefined) return alone + shellWords(step.argv);
  return `Print the commands, and run them as root: devtls ${action} --dry-run`;
}

/** The command as it is run: through sudo where it needs root and this is not root. */
export function withRights(step: Step, machine: Machine): readonly string[] | undefined {
  if (!step.asRoot || machine.isRoot) return step.argv;
  if (!machine.which("sudo")) return undefined;
  // Without a terminal sudo must not wait for a password that nobody can type.
  return machine.hasTerminal ? ["sudo", "--", ...step.argv] : ["sudo", "-n", "--", ...step.argv];
}

function failed(store: TrustStore, { argv, result: outcome, hint }: StepFailure): StoreResult {
  const output = (outcome.stderr || outcome.stdout).trim().split("\n").slice(-3).join(" ");
  const status =
    outcome.status === null ? "could not be run" : `ended with status ${outcome.status}`;
  return result(
    store,
    "failed",
    `${shellWords(argv)} ${status}${output ? `: ${output}` : ""}`,
    hint ?? "Run the command by itself to see more, or leave this store out with --store",
  );
}

function result(store: TrustStore, state: StoreState, detail: string, hint?: string): StoreResult {
  return { id: store.id, name: store.name, state, detail, hint: hint ?? null };
}
