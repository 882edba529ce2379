/** The dates of `Expires`, which servers write in more ways than any standard has (RFC 6265bis 5.1.1). */

/** %x09 / %x20-2F / %x3B-40 / %x5B-60 / %x7B-7E */
const DELIMITERS = /[\t\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+/;

const TIME = /^(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\D|$)/;
const DAY = /^(\d{1,2})(?:\D|$)/;
const YEAR = /^(\d{2,4})(?:\D|$)/;
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/**
 * Reads a date as browsers do: tokens in any order, of which the first that looks like a time, a
 * day, a month or a year is taken for it. Zones are ignored; it is always UTC.
 * @returns milliseconds since 1970, or undefined for what is no date
 */
export function parseCookieDate(text: string): number | undefined {
  let time: RegExpExecArray | null = null;
  let day: number | undefined;
  let month = -1;
  let year: number | undefined;
  for (const token of text.split(DELIMITERS)) {
    if (!time) {
      time = TIME.exec(token);
      if (time) continue;
    }
    if (day === undefined) {
      const match = DAY.exec(token);
      if (match) {
        day = Number(match[1]);
        continue;
      }
    }
    if (month < 0) {
      month = MONTHS.indexOf(token.slice(0, 3).toLowerCase());
      if (month >= 0) continue;
    }
    if (year === undefined) {
      const match = YEAR.exec(token);
      if (match) year = Number(match[1]);
    }
  }
  if (!time || day === undefined || month < 0 || year === undefined) return undefined;
  const [hours, minutes, seconds] = time.slice(1).map(Number) as [number, number, number];
  const full = year >= 70 && year <= 99 ? year + 1900 : year <= 69 ? year + 2000 : year;
  if (day < 1 || day > 31 || full < 1601 || hours > 23 || minutes > 59 || seconds > 59) {
    return undefined;
  }
  const date = new Date(Date.UTC(full, month, day, hours, minutes, seconds));
  // There is no 31 April.
  return date.getUTCDate() === day ? date.getTime() : undefined;
}
