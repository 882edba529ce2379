/**
 * Lists of header lines: name, value, name, value, … as they stood on the wire, with case, order
 * and duplicates. Read, filtered and written here and nowhere else.
 */

/** Names at even places, values at odd ones. */
export type HeaderLines = string[];

/** Whether a name is this one, which is in lower case (RFC 9110 5.1). */
export function isNamed(candidate: string, name: string): boolean {
  return candidate.length === name.length && candidate.toLowerCase() === name;
}

/** Calls back for every line, in order. */
export function eachLine(
  lines: readonly string[],
  see: (name: string, value: string, index: number) => void,
): void {
  for (let index = 0; index < lines.length; index += 2) {
    see(lines[index] as string, lines[index + 1] as string, index);
  }
}

/** The first value of a header, by its lower-case name. */
export function first(lines: readonly string[], name: string): string | undefined {
  for (let index = 0; index < lines.length; index += 2) {
    if (isNamed(lines[index] as string, name)) return lines[index + 1];
  }
  return undefined;
}

/** Whether there is a header of this lower-case name. */
export function has(lines: readonly string[], name: string): boolean {
  return first(lines, name) !== undefined;
}

/** The values of a header by its lower-case name, in order. */
export function valuesOf(lines: readonly string[], name: string): string[] {
  const values: string[] = [];
  eachLine(lines, (candidate, value) => {
    if (isNamed(candidate, name)) values.push(value);
  });
  return values;
}

/** The lines that `keeps` says yes to, in a new list. */
export function filterLines(
  lines: readonly string[],
  keeps: (name: string, value: string) => boolean,
): HeaderLines {
  const kept: HeaderLines = [];
  eachLine(lines, (name, value) => {
    if (keeps(name, value)) kept.push(name, value);
  });
  return kept;
}

/** The lines without those of some lower-case names. */
export function without(lines: readonly string[], names: readonly string[]): HeaderLines {
  return filterLines(lines, (name) => !names.includes(name.toLowerCase()));
}

/**
 * The lines with every value of one lower-case name edited; undefined drops the line.
 * @returns the same list where nothing changed
 */
export function editValues(
  lines: HeaderLines,
  name: string,
  edit: (value: string) => string | undefined,
): HeaderLines {
  let result: HeaderLines | undefined;
  for (let index = 0; index < lines.length; index += 2) {
    const candidate = lines[index] as string;
    const value = lines[index + 1] as string;
    const after = isNamed(candidate, name) ? edit(value) : value;
    if (after !== value) result ??= lines.slice(0, index);
    if (result && after !== undefined) result.push(candidate, after);
  }
  return result ?? lines;
}

/** As pairs, for what takes them so. */
export function pairsOf(lines: readonly string[]): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  eachLine(lines, (name, value) => pairs.push([name, value]));
  return pairs;
}

/** As they are written in HTTP/1.x (RFC 9112 5): each with its line end, without the empty line. */
export function fieldsText(lines: readonly string[]): string {
  let text = "";
  for (let index = 0; index < lines.length; index += 2) {
    text += `${lines[index]}: ${lines[index + 1]}\r\n`;
  }
  return text;
}

/** A whole head: its first line, the header lines and the empty line. */
export function headText(firstLine: string, lines: readonly string[]): string {
  return `${firstLine}\r\n${fieldsText(lines)}\r\n`;
}
