/** Header lines as diagnosers read them: name, value, name, value. */

/** The first value of a header by its lower-case name. */
export function first(lines: readonly string[], name: string): string | undefined {
  for (let index = 0; index < lines.length; index += 2) {
    if (isNamed(lines[index] as string, name)) return lines[index + 1];
  }
  return undefined;
}

/** The values of a header by its lower-case name, in order. */
export function valuesOf(lines: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let index = 0; index < lines.length; index += 2) {
    if (isNamed(lines[index] as string, name)) values.push(lines[index + 1] as string);
  }
  return values;
}

/** The lines without those of some lower-case names. */
export function without(lines: readonly string[], names: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index < lines.length; index += 2) {
    const name = (lines[index] as string).toLowerCase();
    if (!names.includes(name)) kept.push(lines[index] as string, lines[index + 1] as string);
  }
  return kept;
}

function isNamed(candidate: string, name: string): boolean {
  return candidate.length === name.length && candidate.toLowerCase() === name;
}
