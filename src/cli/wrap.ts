/** Text for a terminal of some width: broken between words, tables with their last column wrapped. */

/** What colours is as wide as nothing: as terminals know it, and as {@link coloured} marks its own. */
const SGR = new RegExp(`${String.fromCharCode(27)}[a-z\\d]*\\[[\\d;]*m`, "g");

/** How many columns a text takes. */
export function widthOf(text: string): number {
  return text.replace(SGR, "").length;
}

/**
 * Lines of at most `width` columns, where words allow it.
 * @param hang how far the lines after the first are indented
 */
export function wrap(text: string, width: number, hang = 0): string[] {
  const [indent = ""] = /^ */.exec(text) ?? [];
  const lines: string[] = [];
  let line = indent;
  let used = false;
  for (const word of text.slice(indent.length).split(" ")) {
    const longer = used ? `${line} ${word}` : line + word;
    if (used && widthOf(longer) > width) {
      lines.push(line);
      line = " ".repeat(hang) + word;
    } else {
      line = longer;
    }
    used = true;
  }
  return [...lines, line];
}

/** The last column is not worth wrapping into less. */
const LEAST = 24;
/** How far what has no room beside its row is indented below it. */
const BELOW = 4;

/** Rows with aligned columns; what is too wide for the terminal is the last column's to wrap. */
export function tableLines(
  rows: readonly (readonly string[])[],
  indent: string,
  width: number,
): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.slice(0, -1).forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, widthOf(cell));
    });
  }
  return rows.flatMap((row) => {
    const left = row.slice(0, -1).map((cell, index) => `${padded(cell, widths[index] ?? 0)}  `);
    const start = indent + left.join("");
    const last = row.at(-1) ?? "";
    const hang = widthOf(start);
    if (hang + widthOf(last) <= width) return [start + last];
    if (width - hang >= LEAST || left.length === 0) {
      const [first = "", ...rest] = wrap(last, width - hang);
      return [start + first, ...rest.map((line) => " ".repeat(hang) + line)];
    }
    const head = row.slice(0, -1).join("  ");
    const below = indent.length + BELOW;
    return [...wrap(indent + head, width, below), ...wrap(" ".repeat(below) + last, width, below)];
  });
}

function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}
