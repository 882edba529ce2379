/** Validating challenges: again and again for a while, because some clients are ready late. */
import type { Resolver } from "node:dns/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Verdict } from "../rules/challenges.js";
import type { ChallengeType } from "../rules/model.js";
import { problem } from "../rules/problem.js";
import type { AddressPolicy } from "./addresses.js";
import { validateDns01 } from "./dns-01.js";
import { ChallengeFailure, type Task } from "./failure.js";
import { type HttpPorts, validateHttp01 } from "./http-01.js";
import { addressesOf, type Candidate } from "./resolve.js";
import { validateTlsAlpn01 } from "./tls-alpn-01.js";

export interface ValidatorOptions {
  readonly policy: AddressPolicy;
  readonly ports: HttpPorts;
  readonly dns: Resolver;
  /** The hosts file. */
  readonly hosts: string;
  /**
   * How long to wait before each attempt, in milliseconds. Traefik sets its route up after it has
   * said that it is ready (traefik#7033), and RFC 8555 8.2 lets servers try again.
   */
  readonly delays: readonly number[];
}

export const DELAYS_MS = [0, 1000, 2000, 4000];

/** @returns what was found; undefined when `signal` came first */
export async function validate(
  type: ChallengeType,
  task: Task,
  options: ValidatorOptions,
  signal: AbortSignal,
): Promise<Verdict | undefined> {
  let failure: ChallengeFailure | undefined;
  for (const delay of options.delays) {
    try {
      if (delay > 0) await sleep(delay, undefined, { signal });
      await attempt(type, task, options, signal);
      return { valid: true };
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof ChallengeFailure)) throw error;
      failure = error;
    }
  }
  return failure && verdictOf(failure, task);
}

function verdictOf(
  { type, message, explanation }: ChallengeFailure,
  { identifier }: Task,
): Verdict {
  return { valid: false, error: problem(type, message, identifier), explanation };
}

async function attempt(
  type: ChallengeType,
  task: Task,
  options: ValidatorOptions,
  signal: AbortSignal,
): Promise<void> {
  if (type === "dns-01") return validateDns01(task, options.dns);
  const failures: ChallengeFailure[] = [];
  for await (const candidate of addressesOf(task, options)) {
    try {
      return await askAt(type, task, candidate, options, signal);
    } catch (error) {
      if (!(error instanceof ChallengeFailure)) throw error;
      failures.push(error);
    }
  }
  // A server that answered says more than a port that nobody listens on.
  throw failures.find((entry) => entry.type !== "connection") ?? failures[0];
}

function askAt(
  type: Exclude<ChallengeType, "dns-01">,
  task: Task,
  candidate: Candidate,
  { ports }: ValidatorOptions,
  signal: AbortSignal,
): Promise<void> {
  return type === "http-01"
    ? validateHttp01(task, candidate, ports, signal)
    : validateTlsAlpn01(task, candidate, ports.https, signal);
}
