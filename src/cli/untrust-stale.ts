/** `devtls untrust --stale`: removes roots of earlier authorities and of other tools, by choice. */
import { loadAuthorityCertificate } from "../ca/authority.js";
import { causeOf } from "../errors.js";
import { stateDirectory } from "../paths.js";
import { TOOL_NAMES } from "../trust/development-tools.js";
import { type Machine, thisMachine } from "../trust/machine.js";
import { planStore, untrustStore } from "../trust/operations.js";
import { type DevelopmentRoot, findDevelopmentRoots } from "../trust/stale.js";
import type { Step, StoreResult } from "../trust/store.js";
import { shellWords } from "../words.js";
import { didYouMean, usage } from "./options.js";
import { note, print, printJson, progress } from "./output.js";
import { ask, confirm, requireTerminal } from "./prompt.js";
import { planLine, showResults, statusOf, type TrustOptions } from "./trust-actions.js";

export interface StaleOptions extends TrustOptions {
  stale?: boolean;
  root?: string[];
}

/** Leads each root on a screen and names it for `--root`. */
const SHORT = 12;

const COMMAND = "devtls untrust --stale";

export async function untrustStale(options: StaleOptions): Promise<void> {
  const machine = thisMachine();
  const authority = loadAuthorityCertificate(stateDirectory());
  progress("Looking into the trust stores …");
  const roots = await findDevelopmentRoots(machine, authority ? [authority] : [], options.store);
  const candidates = options.root
    ? named(roots, options.root)
    : roots.filter(({ keyPath }) => keyPath === undefined);
  const plans = await Promise.all(candidates.map((root) => planOf(root)));
  if (options.dryRun) {
    showPlans(plans, machine, options.json ?? false);
    return;
  }
  list(plans, roots);
  const chosen = plans.length > 0 ? await choose(plans, options) : [];
  const outcomes: Outcome[] = [];
  for (const { root } of chosen) outcomes.push(await remove(root, machine));
  showOutcomes(outcomes, options.json ?? false);
  process.exitCode = statusOf(outcomes.flatMap(({ results }) => results));
}

/** @throws DevtlsError "usage" for a word that names no root that is trusted here */
function named(roots: readonly DevelopmentRoot[], words: readonly string[]): DevelopmentRoot[] {
  const matches = ({ tool, fingerprint }: DevelopmentRoot, word: string): boolean => {
    const digits = word.replaceAll(":", "").toLowerCase();
    const isPrefix = /^[0-9a-f]{6,}$/.test(digits) && fingerprint.startsWith(digits);
    return isPrefix || tool.toLowerCase() === word.toLowerCase();
  };
  for (const word of words) {
    if (roots.some((root) => matches(root, word))) continue;
    const known = [...TOOL_NAMES, ...roots.map(({ fingerprint }) => fingerprint.slice(0, SHORT))];
    const isTool = TOOL_NAMES.some((name) => name.toLowerCase() === word.toLowerCase());
    throw usage(
      `--root ${word}: ${isTool ? "no root of it is trusted here" : didYouMean(word, known)}`,
      `See what there is: ${COMMAND} --dry-run`,
    );
  }
  return roots.filter((root) => words.some((word) => matches(root, word)));
}

interface Plan {
  readonly root: DevelopmentRoot;
  readonly steps: readonly Step[];
}

/** A store that cannot tell has no steps; when its turn comes, its own result says why. */
async function planOf(root: DevelopmentRoot): Promise<Plan> {
  const steps = root.stores.map(async (store) => {
    try {
      return await planStore(store, root.root, "untrust");
    } catch (error) {
      note(`${store.name}: ${causeOf(error)}`);
      return [];
    }
  });
  return { root, steps: (await Promise.all(steps)).flat() };
}

function describe({ tool, name, fingerprint, stores }: DevelopmentRoot): string {
  const where = stores.map((store) => store.name).join(", ");
  return `${fingerprint.slice(0, SHORT)}  ${tool}: ${name}, in ${where}`;
}

function list(plans: readonly Plan[], roots: readonly DevelopmentRoot[]): void {
  if (plans.length === 0) note("No stale development root was found.");
  else note("Roots that are trusted here and can be removed:");
  for (const [index, { root, steps }] of plans.entries()) {
    note(`  ${index + 1}  ${describe(root)}`);
    for (const step of steps) if (step.asRoot) note(`     as root: ${shellWords(step.argv)}`);
  }
  const kept = roots.filter((root) => plans.every((plan) => plan.root !== root));
  const inUse = kept.filter(({ keyPath }) => keyPath !== undefined);
  if (inUse.length > 0) note("In use, and kept unless --root names them:");
  for (const root of inUse) note(`     ${describe(root)}, key: ${root.keyPath}`);
}

/** @throws DevtlsError "needs-consent" */
async function choose(plans: readonly Plan[], options: StaleOptions): Promise<readonly Plan[]> {
  if (options.yes) return plans;
  const words = (options.root ?? []).map((word) => ` --root ${shellWords([word])}`).join("");
  const stores = options.store ? ` --store ${options.store.join(",")}` : "";
  const command = `${COMMAND}${stores}${words}`;
  if (plans.length === 1 || options.root) {
    await confirm("Remove?", command);
    return plans;
  }
  const question = "Remove which?";
  requireTerminal(question, command);
  const answer = (await ask(`${question} [1, 2, … or all] `)).trim();
  if (/^(?:all|a)$/i.test(answer)) return plans;
  const numbers = answer.split(/[\s,]+/).filter(Boolean);
  for (const number of numbers) {
    if (plans[Number(number) - 1]) continue;
    throw usage(`there is no number ${JSON.stringify(number)} in the list`);
  }
  return plans.filter((_plan, index) => numbers.includes(String(index + 1)));
}

interface Outcome {
  readonly root: DevelopmentRoot;
  readonly results: readonly StoreResult[];
}

async function remove(root: DevelopmentRoot, machine: Machine): Promise<Outcome> {
  const results: StoreResult[] = [];
  for (const store of root.stores) {
    progress(`Changing ${store.name} …`);
    const result = await untrustStore(store, root.root, machine);
    // One change of the system store may have reached Java's, too.
    results.push(result.state === "absent" ? { ...result, state: "removed" } : result);
  }
  return { root, results };
}

function facts({ tool, name, fingerprint, keyPath }: DevelopmentRoot) {
  return { tool, name, sha256: fingerprint, keyInUse: keyPath ?? null };
}

function showOutcomes(outcomes: readonly Outcome[], json: boolean): void {
  if (json) {
    printJson({
      roots: outcomes.map(({ root, results }) => ({ ...facts(root), stores: results })),
    });
    return;
  }
  const rows = outcomes.flatMap(({ root, results }) =>
    results.map((result) => ({
      ...result,
      detail: `${root.tool}: ${root.name}${result.detail ? `: ${result.detail}` : ""}`,
    })),
  );
  if (rows.length > 0) showResults(rows, false);
}

function showPlans(plans: readonly Plan[], machine: Machine, json: boolean): void {
  const commandsOf = ({ steps }: Plan) => steps.map((step) => planLine(step, machine));
  if (json) {
    const roots = plans.map((plan) => ({
      ...facts(plan.root),
      stores: plan.root.stores.map(({ id, name }) => ({ id, name })),
      commands: commandsOf(plan),
    }));
    printJson({ roots });
    return;
  }
  if (plans.length === 0) note("No stale development root was found.");
  for (const plan of plans) {
    note(`${describe(plan.root)}:`);
    for (const command of commandsOf(plan)) print(command);
  }
}
