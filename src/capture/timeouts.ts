/** How long an edge waits for an app: the app is told to be slow, and who gives up is timed. */

import type { Limit, Limits } from "../edge/profile.js";
import { type Door, type Reached, send, Unanswered } from "./asking/client.js";
import { encodeControl } from "./control.js";
import type { Question, Reply } from "./question.js";

/** Longer than any edge's default: Apache waits 300 s as Debian sets it. */
const MAX_WAIT_MS = 310_000;

/** Before the app itself answers. */
const MARGIN_MS = 2_000;

export interface LearnedTimeouts {
  readonly limits: Pick<Limits, "firstByte" | "idleMs">;
  readonly notLearned: readonly string[];
  /** Requests that were sent. */
  readonly requests: number;
}

/** How a request ended, and after how many milliseconds. */
interface Ended {
  readonly reached: Reached | undefined;
  readonly afterMs: number;
}

/**
 * Asks for two slow responses at once: one that does not begin, one that does not go on.
 * @throws whatever the signal is aborted with
 */
export async function learnTimeouts(
  door: Door,
  control: Question,
  token: string,
  signal: AbortSignal | undefined,
): Promise<LearnedTimeouts> {
  const wait = async (number: number, reply: Reply): Promise<Ended> => {
    const began = performance.now();
    const value = encodeControl({ token, number, reply });
    let reached: Reached | undefined;
    try {
      reached = await send(door, control, value, MAX_WAIT_MS + MARGIN_MS, signal);
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
    }
    return { reached, afterMs: performance.now() - began };
  };
  const [first, within] = await Promise.all([
    wait(900_001, { delayMs: MAX_WAIT_MS }),
    wait(900_002, { pauseMs: MAX_WAIT_MS }),
  ]);
  const notLearned: string[] = [];
  const limits: { firstByte?: Limit; idleMs?: number } = {};
  const status = first.reached?.status;
  if (!gaveUp(first)) notLearned.push(`a first byte after more than ${MAX_WAIT_MS / 1000} s`);
  else if (status !== undefined && status >= 400) {
    limits.firstByte = { max: seconds(first), status };
  } else {
    notLearned.push(`no first byte within ${seconds(first) / 1000} s: closed without an answer`);
  }
  // An echo of an older release answers at once.
  if (within.afterMs < 500) notLearned.push("silence within a response: the echo knows none");
  else if (gaveUp(within)) limits.idleMs = seconds(within);
  else notLearned.push(`silence of more than ${MAX_WAIT_MS / 1000} s within a response`);
  return { limits, notLearned, requests: 2 };
}

function gaveUp({ afterMs }: Ended): boolean {
  return afterMs < MAX_WAIT_MS - MARGIN_MS;
}

/** In whole seconds, as everybody configures them; in milliseconds. */
function seconds({ afterMs }: Ended): number {
  return Math.max(1, Math.round(afterMs / 1000)) * 1000;
}
