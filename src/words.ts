/** Words: of a fixed list, the nearest one to a slip of the finger, and as a shell reads them. */

/** How errors about the command line begin. */
export const ARGUMENTS = "could not understand the arguments";

export function didYouMean(word: string, candidates: readonly string[]): string {
  const near = nearest(word, candidates);
  return near === undefined ? "there is no such value" : `did you mean ${near}?`;
}

/** The candidate with the smallest edit distance, when it is small for the word's length. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    const prefix = word.length >= 2 && candidate.startsWith(word);
    const rank = prefix ? Math.min(distance, 1) : distance;
    if (!best || rank < best.distance) best = { candidate, distance: rank };
  }
  const limit = Math.max(2, Math.floor(word.length * 0.4));
  return best && best.distance <= limit ? best.candidate : undefined;
}

/** Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(
        at(i - 1, j) + 1,
        (row[j - 1] ?? 0) + 1,
        at(i - 1, j - 1) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, at(i - 2, j - 2) + 1);
      }
      row.push(cost);
    }
  }
  return at(a.length, b.length);
}

/** An argument vector as a line for a shell, for printing only. */
export function shellWords(argv: readonly string[]): string {
  return argv
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(" ");
}

/** An address as people type it: a port alone is this machine's, and https is meant unless said. */
export function asAddress(text: string): string {
  const named = text.trim().replace(/^:?(\d+)(?=[/?#]|$)/, "localhost:$1");
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(named) ? named : `https://${named}`;
}

/** C0 without tab and line feed, DEL, C1, and what turns the direction of text (UAX #9). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
export const ACTIVE = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** JSON that does nothing where it is shown: JSON.stringify leaves DEL and C1 as they are. */
export function inertJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    ACTIVE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** As at the beginning of a sentence. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
