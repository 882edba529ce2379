/** The hops of a finding as a sequence diagram in SVG: the browser on one side, the app on the other. */
import { escapeHtml } from "./escape.js";

const WIDTH = 760;
const LANES = { browser: 60, app: 700 } as const;
const ROW = 38;
const TOP = 40;
/** Of monospace text at 12 px, between the lanes. */
const MAX_CHARACTERS = 82;

type Lane = keyof typeof LANES;

interface Hop {
  readonly lane: Lane;
  readonly text: string;
  /** What one side knows, and sends nobody. */
  readonly isNote: boolean;
}

const HOP = /^(browser|app)( told)?\s+(.*)$/s;

/** @returns undefined for a chain that does not say who speaks */
export function drawing(chain: readonly string[], isLoop: boolean): string | undefined {
  const hops: Hop[] = [];
  for (const line of chain) {
    const [, lane, told, text] = HOP.exec(line) ?? [];
    if (lane === undefined || text === undefined) return undefined;
    hops.push({ lane: lane as Lane, text, isNote: told !== undefined });
  }
  if (hops.length === 0) return undefined;
  const bottom = TOP + hops.length * ROW;
  const parts = [
    ...Object.entries(LANES).map(([name, x]) => laneOf(name, x, bottom)),
    ...hops.map((hop, index) => arrow(hop, TOP + index * ROW + ROW / 2)),
    ...(isLoop ? [back(TOP + ROW / 2, bottom - ROW / 2)] : []),
  ];
  const label = escapeHtml(chain.join("; "));
  return `<svg role="img" aria-label="${label}" viewBox="0 0 ${WIDTH} ${bottom + 10}">${parts.join("")}</svg>`;
}

function laneOf(name: string, x: number, bottom: number): string {
  return `<text class="lane" x="${x}" y="18">${name}</text><line class="lane" x1="${x}" y1="28" x2="${x}" y2="${bottom}"/>`;
}

function arrow({ lane, text, isNote }: Hop, y: number): string {
  const from = LANES[lane];
  const to = LANES[lane === "browser" ? "app" : "browser"];
  const label = `<text class="${isNote ? "note" : "hop"}" x="${WIDTH / 2}" y="${y - 6}">${escapeHtml(shortened(text))}<title>${escapeHtml(text)}</title></text>`;
  if (isNote) return label;
  const tip = to > from ? -8 : 8;
  return `${label}<line x1="${from}" y1="${y}" x2="${to}" y2="${y}"/><path d="M${to} ${y}l${tip} -4v8z"/>`;
}

/** From the last hop round to the first. */
function back(top: number, bottom: number): string {
  const x = LANES.browser;
  return `<path class="back" d="M${x} ${bottom}C${x - 55} ${bottom} ${x - 55} ${top} ${x - 8} ${top}"/><path d="M${x} ${top}l-8 -4v8z"/>`;
}

function shortened(text: string): string {
  return text.length <= MAX_CHARACTERS ? text : `${text.slice(0, MAX_CHARACTERS - 1)}…`;
}
