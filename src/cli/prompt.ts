/** Questions. Without a terminal none is asked: the error says which option answers it. */
import { createInterface } from "node:readline/promises";
import { DevtlsError } from "../errors.js";

/** @throws DevtlsError "needs-consent" when the answer is no or nobody can give one */
export async function confirm(question: string, command: string): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new DevtlsError(
      "needs-consent",
      `could not ask "${question}": there is no terminal to ask on`,
      { hint: `To answer yes: ${command} --yes` },
    );
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await lines.question(`${question} [y/N] `);
    if (/^y(?:es)?$/i.test(answer.trim())) return;
  } finally {
    lines.close();
  }
  throw new DevtlsError("needs-consent", "could not go on: the answer was no");
}
