/** Text of an app as it can be shown on a terminal. */

/** The longest piece that is shown, in characters. */
const MAX_SHOWN = 200;

/** Printable ASCII only. */
export function shown(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, "?").slice(0, MAX_SHOWN);
}

/** A URL without what its query carries: codes, tokens, addresses of people. */
export function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, "?...");
}

const TELLTALE = /^(?:x-forwarded-(?:host|proto|port)|forwarded|host)$/i;

/** The header lines that an app builds its URLs from. */
export function toldOf(told: readonly string[]): string {
  const lines: string[] = [];
  for (let index = 0; index < told.length; index += 2) {
    if (TELLTALE.test(told[index] as string)) lines.push(`${told[index]}: ${told[index + 1]}`);
  }
  return lines.join(", ");
}
