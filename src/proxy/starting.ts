/** An app that is being started: who asks for it waits, and is told so when that takes its time. */
import { first } from "../lines.js";
import type { Exchange } from "./exchange.js";
import type { Forwarding, Patience, Starting } from "./forwarding.js";
import type { Page } from "./own/pages.js";
import type { Passage } from "./passage.js";

/** A large project compiles for a minute before it listens; test runners have bounds of their own. */
const PATIENCE: Patience = { pageMs: 2_000, endMs: 120_000 };

/**
 * Goes on with an exchange when the app listens.
 * @param proceed what to do then
 */
export function whenReady(
  starting: Starting,
  exchange: Exchange,
  passage: Passage,
  proceed: (forwarding: Forwarding) => void,
): void {
  const { name, ready, patience = PATIENCE } = starting;
  let waiting = true;
  const stop = (): boolean => {
    const waited = waiting;
    waiting = false;
    clearTimeout(timer);
    return waited;
  };
  const after = isWatched(exchange) ? patience.pageMs : patience.endMs;
  const timer = setTimeout(() => {
    if (stop()) passage.attempt(() => passage.answer(waitingPage(name)));
  }, after);
  exchange.reply.onClose(stop);
  void ready.then((forwarding) => {
    if (!stop()) return;
    passage.attempt(() => {
      if (forwarding) proceed(forwarding);
      else passage.answer(endedPage(name));
    });
  });
}

/**
 * Whether somebody looks at it who would rather see a page than a browser that turns. A browser
 * without a screen is a test's, which has to see the app first.
 */
function isWatched({ method, headers }: Exchange): boolean {
  if (method !== "GET" || !first(headers, "accept")?.includes("text/html")) return false;
  return !/headless/i.test(first(headers, "user-agent") ?? "");
}

function waitingPage(name: string): Page {
  return {
    status: 503,
    title: `Waiting for ${name}`,
    advice: ["It has been started and does not listen yet. Its terminal shows what it is doing."],
    headers: ["Retry-After", "1"],
    reload: true,
  };
}

function endedPage(name: string): Page {
  return {
    status: 503,
    title: `${name} ended before it listened.`,
    advice: ["Its terminal shows why."],
  };
}
