/** Reading option values: every bad value becomes a usage error that says what is allowed. */
import { DevtlsError } from "../errors.js";
import { ARGUMENTS, didYouMean } from "../words.js";

export { didYouMean, nearest } from "../words.js";

/** @throws DevtlsError "usage" */
export function usage(problem: string, hint?: string): DevtlsError {
  const details = hint === undefined ? {} : { hint };
  return new DevtlsError("usage", `${ARGUMENTS}: ${problem}`, details);
}

export function parseWholeNumber(
  option: string,
  from: number,
  to: number,
): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= from && value <= to) return value;
    throw usage(`${option} ${text}: not a whole number from ${from} to ${to}`);
  };
}

/** One of a list of words; anything else suggests the nearest. */
export function parseChoice<T extends string>(
  option: string,
  choices: readonly T[],
): (text: string) => T {
  return (text) => {
    const choice = choices.find((candidate) => candidate === text);
    if (choice !== undefined) return choice;
    throw usage(`${option} ${text}: ${didYouMean(text, choices)}`, `One of: ${choices.join(", ")}`);
  };
}

/** Collects a repeatable option. */
export function collect(text: string, previous: readonly string[] = []): string[] {
  return [...previous, text];
}
