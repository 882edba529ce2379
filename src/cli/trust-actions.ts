/** What `devtls trust` and `devtls untrust` share. */
import { loadAuthorityCertificate } from "../ca/authority.js";
import { DevtlsError } from "../errors.js";
import { stateDirectory, statePaths } from "../paths.js";
import { type Machine, thisMachine } from "../trust/machine.js";
import { findStores, planStores, withRights } from "../trust/operations.js";
import {
  type Root,
  rootOf,
  STORE_IDS,
  type Step,
  type StoreId,
  type StoreResult,
  type TrustStore,
} from "../trust/store.js";
import { shellWords } from "../words.js";
import { didYouMean, usage } from "./options.js";
import { type Colour, EXIT, note, paint, print, printJson, table } from "./output.js";
import { confirm, requireTerminal } from "./prompt.js";

export interface TrustOptions {
  store?: StoreId[];
  admin?: boolean;
  verify?: "clients" | "browsers" | "none";
  check?: boolean;
  dryRun?: boolean;
  json?: boolean;
  yes?: boolean;
}

export type Action = "trust" | "untrust";

export function parseStores(text: string): StoreId[] {
  return text.split(",").map((word) => {
    const id = STORE_IDS.find((candidate) => candidate === word.trim());
    if (id) return id;
    throw usage(
      `--store ${word}: ${didYouMean(word, STORE_IDS)}`,
      `Any of: ${STORE_IDS.join(",")}`,
    );
  });
}

export interface Session {
  readonly machine: Machine;
  readonly root: Root;
  readonly stores: readonly TrustStore[];
}

/** The root and the stores to work on. @throws DevtlsError "authority-missing" */
export async function openSession(options: TrustOptions): Promise<Session> {
  const directory = stateDirectory();
  const certificate = loadAuthorityCertificate(directory);
  if (!certificate) {
    throw new DevtlsError(
      "authority-missing",
      `could not find an authority in ${directory}: there is none yet`,
      { hint: "Make one: devtls ca create" },
    );
  }
  const machine = thisMachine();
  const root = rootOf(certificate, statePaths(directory).rootCertificate);
  const settings = { admin: options.admin ?? false };
  return { machine, root, stores: await findStores(machine, options.store, settings) };
}

/** Prints the exact commands. */
export async function showPlan(session: Session, action: Action, json: boolean): Promise<void> {
  const plans = (await planStores(session.stores, session.root, action)).map(
    ({ result, steps }) => ({
      ...result,
      commands: steps.map((step) => planLine(step, session.machine)),
    }),
  );
  if (json) {
    printJson({ stores: plans });
    return;
  }
  for (const { name, state, detail, hint, commands } of plans) {
    if (commands.length > 0) note(`${name}:`);
    else if (state === "skipped" || state === "failed") note(`${name}: ${detail}. ${hint ?? ""}`);
    else note(`${name}: nothing to do`);
    for (const command of commands) print(command);
  }
}

/** The command of a step for a shell, with its input. */
export function planLine(step: Step, machine: Machine): string {
  const line = shellWords(withRights(step, machine) ?? ["sudo", "--", ...step.argv]);
  return step.stdin === undefined ? line : `${line} <<'EOF'\n${step.stdin}EOF`;
}

const GO_ON = "Go on?";

/** @throws DevtlsError "needs-consent" where {@link askConsent} could not ask */
export function requireConsent(options: TrustOptions, action: Action): void {
  if (!options.yes) requireTerminal(GO_ON, commandLine(options, action));
}

/** Says what is going to change and which commands need root, then asks unless told not to. */
export async function askConsent(
  session: Session,
  options: TrustOptions,
  action: Action,
): Promise<void> {
  // Root has nothing to be told of, and the plan takes time.
  if (options.yes && session.machine.isRoot) return;
  const touched = (await planStores(session.stores, session.root, action)).filter(
    ({ steps }) => steps.length > 0,
  );
  if (options.yes) {
    const steps = touched.flatMap((plan) => plan.steps.filter(({ asRoot }) => asRoot));
    if (steps.length > 0) note("These commands need root:");
    for (const step of steps)
      note(`  ${shellWords(withRights(step, session.machine) ?? step.argv)}`);
    return;
  }
  if (touched.length === 0) return;
  const verb = action === "trust" ? "add the authority to" : "remove the authority from";
  note(`devtls ${action} is going to ${verb}:`);
  for (const { result, steps } of touched) {
    note(`  ${result.name}`);
    for (const step of steps) if (step.asRoot) note(`    as root: ${shellWords(step.argv)}`);
  }
  await confirm(GO_ON, commandLine(options, action));
}

function commandLine({ store, admin }: TrustOptions, action: Action): string {
  return `devtls ${action}${store ? ` --store ${store.join(",")}` : ""}${admin ? " --admin" : ""}`;
}

const COLOURS: Readonly<Record<StoreResult["state"], Colour>> = {
  trusted: "green",
  already: "green",
  removed: "green",
  absent: "dim",
  skipped: "dim",
  missing: "yellow",
  failed: "red",
};

export function showResults(
  results: readonly StoreResult[],
  json: boolean,
  more: Readonly<Record<string, unknown>> = {},
): void {
  if (json) {
    printJson({ stores: results, ...more });
    return;
  }
  if (results.length === 0) note("No trust store was found on this machine.");
  const width = Math.max(...results.map(({ state }) => state.length));
  const rows = results.map(({ name, state, detail }) => [
    paint(COLOURS[state], state.padEnd(width)),
    `${name}${detail ? `: ${detail}` : ""}`,
  ]);
  print(table(rows));
  for (const { hint, state } of results) {
    if (hint && (state === "failed" || state === "skipped")) note(`  ${hint}`);
  }
}

export function statusOf(results: readonly StoreResult[]): number {
  return results.some(({ state }) => state === "failed") ? EXIT.failed : EXIT.ok;
}
