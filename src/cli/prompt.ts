/** Questions. Without a terminal none is asked: the error says which option answers it. */
import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import { DevtlsError } from "../errors.js";
import { note } from "./output.js";

/** @throws DevtlsError "needs-consent" when the answer is no or nobody can give one */
export async function confirm(question: string, command: string): Promise<void> {
  requireTerminal(question, command);
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    // Ctrl-D and Ctrl-C reject the question; a terminal that goes away leaves it open.
    const left = once(lines, "close").then(() => undefined);
    const asked = lines.question(`${question} [y/N] `).catch(() => undefined);
    const answer = await Promise.race([asked, left]);
    if (answer === undefined) note("");
    else if (/^y(?:es)?$/i.test(answer.trim())) return;
  } finally {
    lines.close();
  }
  throw new DevtlsError("needs-consent", "could not go on: the answer was no");
}

/** For a caller that must not begin before it knows that it can ask. */
export function requireTerminal(question: string, command: string): void {
  if (process.stdin.isTTY) return;
  throw new DevtlsError(
    "needs-consent",
    `could not ask "${question}": there is no terminal to ask on`,
    { hint: `To answer yes: ${command} --yes` },
  );
}
