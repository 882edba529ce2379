/** `devtls rehearse` for programs. */
import { rootsOf } from "../ca/environment.js";
import { DevtlsError } from "../errors.js";
import type { EdgeOutcome, Rehearsal } from "../rehearse/outcome.js";
import { type RehearseOptions, readRehearseOptions } from "../rehearse/read-options.js";
import { rehearse as run } from "../rehearse/rehearse.js";
import type { Origin } from "../settings/serve-options.js";

export type { EdgeOutcome, JoinedFix, Rehearsal, RehearsalFinding } from "../rehearse/outcome.js";
export type { RehearseOptions } from "../rehearse/read-options.js";

const PROBLEM = "could not understand the options of rehearse()";
const PROGRAM: Origin = { problem: () => PROBLEM, name: (option) => option };

/**
 * Sends one flow through production's edges, in this process, and says which of them the app does
 * not survive, why, and which lines mend the most. Nothing is printed, and no port is opened.
 * @param onEdge told of each edge when it is done
 * @throws DevtlsError "usage" for a bad option, "request-failed" when the app does not answer,
 * "flow-failed" when the flow cannot be followed without an edge
 */
export function rehearse(
  options: RehearseOptions,
  onEdge?: (outcome: EdgeOutcome) => void,
): Promise<Rehearsal> {
  return Promise.resolve().then(() => {
    const { target, ...settings } = readRehearseOptions(options, PROGRAM, process.env);
    if (!target) {
      throw new DevtlsError("usage", `${PROBLEM}: target is missing`, {
        hint: "Name the port of your app: rehearse({ target: 8000 })",
      });
    }
    const isSecure = target.kind === "tcp" && target.tls;
    return run({
      ...settings,
      target,
      ...(isSecure && { roots: rootsOf(process.env) }),
      ...(onEdge && { onEdge }),
    });
  });
}
