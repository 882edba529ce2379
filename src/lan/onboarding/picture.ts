/** Schematic pictures of settings screens: rows, and which of them is meant. */
import { escapeHtml } from "../../proxy/own/pages.js";

export interface Screen {
  /** What the screen is called. */
  readonly title: string;
  /** From the top; "…" stands for others between them. */
  readonly rows: readonly Row[];
}

export type Row =
  | string
  /** A row that is meant: what to do with it. */
  | { readonly tap: string }
  /** One with a switch, to be turned on. */
  | { readonly turnOn: string };

const WIDTH = 260;
const ROW = 34;
const TOP = 40;
/** Characters beside a switch, and how many of them fit as they are. */
const MAX_BESIDE_SWITCH = 23;
const ROOMY = 18;

/** The screen as SVG, in the colours of the page. */
export function drawScreen({ title, rows }: Screen): string {
  const height = TOP + rows.length * ROW + 10;
  const label = `${title}: ${rows.map(meaning).filter(Boolean).join(", ")}`;
  const drawn = rows.map((row, index) => drawRow(row, TOP + index * ROW)).join("");
  return `<svg class="screen" role="img" aria-label="${escapeHtml(label)}" viewBox="0 0 ${WIDTH} ${height}">
<rect class="frame" x="1" y="1" width="${WIDTH - 2}" height="${height - 2}" rx="14"/>
<text class="title" x="${WIDTH / 2}" y="26">${escapeHtml(title)}</text>${drawn}
</svg>`;
}

/** For who hears the picture. */
function meaning(row: Row): string {
  if (typeof row === "string") return "";
  return "tap" in row ? `tap ${row.tap}` : `turn ${row.turnOn} on`;
}

function drawRow(row: Row, y: number): string {
  const middle = y + ROW / 2;
  const line = `<path class="line" d="M12 ${y}h${WIDTH - 24}"/>`;
  if (row === "…") return `${line}<text class="rest" x="18" y="${middle + 4}">…</text>`;
  if (typeof row === "string") {
    return `${line}<text class="row" x="18" y="${middle + 5}">${escapeHtml(row)}</text>`;
  }
  const text = "tap" in row ? row.tap : clipped(row.turnOn);
  const mark =
    "tap" in row
      ? `<path class="chevron" d="M${WIDTH - 28} ${middle - 6}l6 6-6 6"/>`
      : `<rect class="switch" x="${WIDTH - 58}" y="${middle - 10}" width="36" height="20" rx="10"/><circle class="knob" cx="${WIDTH - 32}" cy="${middle}" r="8"/>`;
  // Whatever the fonts of a device are, it ends before the switch.
  const fitted =
    text.length > ROOMY ? ` textLength="${WIDTH - 84}" lengthAdjust="spacingAndGlyphs"` : "";
  return `${line}<rect class="meant" x="8" y="${y + 2}" width="${WIDTH - 16}" height="${ROW - 4}" rx="8"/><text class="row strong" x="18" y="${middle + 5}"${"turnOn" in row ? fitted : ""}>${escapeHtml(text)}</text>${mark}`;
}

/** Beside a switch there is no room for more. */
function clipped(text: string): string {
  return text.length <= MAX_BESIDE_SWITCH ? text : `${text.slice(0, MAX_BESIDE_SWITCH - 1)}…`;
}
