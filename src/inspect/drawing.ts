/**
 * A loop or a login drawn: browser, edge and app as three lanes, an arrow for whatever one said to
 * another. Pure: text for a terminal, SVG for a page or a report, shapes for whoever draws himself.
 */

/** One request of a browser and the answer to it. */
export interface Hop {
  readonly method: string;
  /** The public URL. */
  readonly url: string;
  /** Of what the edge told the app, what matters here: "X-Forwarded-Proto: http". */
  readonly told: readonly string[];
  /** 0 when there was no answer. */
  readonly status: number;
  readonly location?: string;
  /** Names of the cookies that the answer sets. */
  readonly cookies: readonly string[];
  /** The edge answered without asking the app. */
  readonly own: boolean;
  /** What goes wrong here, in a few words. */
  readonly wrong?: string;
}

export interface Drawing {
  readonly title: string;
  readonly hops: readonly Hop[];
  /** How it ends: "and so on: a loop". */
  readonly ending?: string;
}

type Lane = 0 | 1 | 2;
const LANES = ["browser", "edge", "app"] as const;

export interface Arrow {
  readonly from: Lane;
  readonly to: Lane;
  readonly text: string;
  readonly wrong: boolean;
  /** The first arrow of a hop has its number, from 1. */
  readonly hop?: number;
}

/** The arrows of a drawing, from top to bottom. */
export function arrowsOf({ hops }: Drawing): Arrow[] {
  const origin = originOf(hops[0]?.url ?? "");
  return hops.flatMap((hop, index): Arrow[] => {
    const { method, url, told, status, own, location, cookies } = hop;
    const wrong = hop.wrong !== undefined;
    const answer = [
      status === 0 ? "no answer" : String(status),
      ...(location === undefined ? [] : [`-> ${shortened(location, origin)}`]),
      ...(cookies.length === 0 ? [] : [`sets ${cookies.join(", ")}`]),
      ...(hop.wrong === undefined ? [] : [`(${hop.wrong})`]),
    ].join(" ");
    const asked = { text: `${method} ${shortened(url, origin)}`, wrong: false, hop: index + 1 };
    const passed = told.length === 0 ? "passed on" : told.join(", ");
    return [
      { ...asked, from: 0, to: 1 },
      ...(own ? [] : [{ from: 1, to: 2, text: passed, wrong } as const]),
      { from: own ? 1 : 2, to: 0, text: answer, wrong },
    ].map((arrow) => ({ ...arrow, text: printable(arrow.text) }) as Arrow);
  });
}

/** Columns of the lanes; 80 columns hold them all. */
const COLUMNS = [3, 38, 73] as const;

/** For a terminal, in lines of 80 columns at most; arrows that go wrong end in "!!". */
export function drawText(drawing: Drawing): string[] {
  const head = [...LANES].reduce(
    (line, name, lane) => line.padEnd((COLUMNS[lane as Lane] ?? 0) - 2) + name,
    "",
  );
  const lines = [printable(drawing.title), head];
  for (const arrow of arrowsOf(drawing)) lines.push(textOf(arrow));
  if (drawing.ending !== undefined) lines.push(`   ${printable(drawing.ending)}`);
  return lines;
}

function textOf({ from, to, text, wrong, hop }: Arrow): string {
  const [left, right] = [Math.min(from, to), Math.max(from, to)].map(
    (lane) => COLUMNS[lane as Lane],
  ) as [number, number];
  const room = right - left - 1;
  const label = cut(text, room - 6);
  const line =
    from < to ? `─ ${label} `.padEnd(room - 1, "─").concat(">") : `<─ ${label} `.padEnd(room, "─");
  const cells = Array.from({ length: COLUMNS[2] + 1 }, () => " ");
  for (const column of COLUMNS) cells[column] = "│";
  [...line].forEach((sign, index) => {
    cells[left + 1 + index] = sign;
  });
  const number = hop === undefined ? "" : String(hop);
  const drawn = number.padStart(2) + cells.join("").slice(2);
  return wrong ? `${drawn} !!` : drawn;
}

/** Pixels of the SVG. */
const SIZE = { width: 760, top: 64, row: 36, bottom: 40 } as const;
const PLACES = [70, 370, 690] as const;

/** Texts that fit between lanes, in signs: about seven pixels each. */
const ROOM = { near: 38, far: 82 } as const;

export type Shape =
  | {
      readonly kind: "lane";
      readonly x: number;
      readonly y1: number;
      readonly y2: number;
      readonly text: string;
    }
  | {
      readonly kind: "arrow";
      readonly x1: number;
      readonly x2: number;
      readonly y: number;
      readonly text: string;
      readonly wrong: boolean;
    }
  | { readonly kind: "note"; readonly x: number; readonly y: number; readonly text: string };

/** What to draw, in pixels, for whoever makes elements himself. */
export function layOut(drawing: Drawing): {
  readonly width: number;
  readonly height: number;
  readonly shapes: readonly Shape[];
} {
  const arrows = arrowsOf(drawing);
  const end = SIZE.top + arrows.length * SIZE.row;
  const lanes = LANES.map((text, lane): Shape => {
    return { kind: "lane", x: PLACES[lane as Lane] ?? 0, y1: 44, y2: end, text };
  });
  const lines = arrows.flatMap(({ from, to, text, wrong, hop }, index): Shape[] => {
    const y = SIZE.top + index * SIZE.row + 22;
    const x1 = PLACES[from];
    const x2 = PLACES[to];
    const room = Math.abs(from - to) === 2 ? ROOM.far : ROOM.near;
    const arrow: Shape = { kind: "arrow", x1, x2, y, text: cut(text, room), wrong };
    return hop === undefined
      ? [arrow]
      : [{ kind: "note", x: 24, y: y + 4, text: String(hop) }, arrow];
  });
  const ending: Shape[] =
    drawing.ending === undefined
      ? []
      : [{ kind: "note", x: PLACES[0], y: end + 24, text: printable(drawing.ending) }];
  return {
    width: SIZE.width,
    height: end + SIZE.bottom,
    shapes: [...lanes, ...lines, ...ending],
  };
}

/** A whole SVG document, both for light and dark surroundings; all text is escaped. */
export function drawSvg(drawing: Drawing): string {
  const { width, height, shapes } = layOut(drawing);
  const title = escapeXml(printable(drawing.title));
  const drawn = shapes.map(svgOf).join("");
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">` +
    `<title>${title}</title><style>text{font:13px system-ui,sans-serif;fill:#1c2430}.l{stroke:#8a94a3}.a{stroke:#3d4a5c;stroke-width:1.5}.h{fill:#3d4a5c}.w{stroke:#c01c28}.w.h,.w.t{fill:#c01c28;stroke:none}.t{text-anchor:middle}.n{font-weight:600}` +
    `@media (prefers-color-scheme:dark){text{fill:#e6eaf0}.a{stroke:#aab6c6}.h{fill:#aab6c6}.w{stroke:#ff8086}.w.h,.w.t{fill:#ff8086}}</style>` +
    `<text class="n" x="24" y="20">${title}</text>${drawn}</svg>`
  );
}

function svgOf(shape: Shape): string {
  switch (shape.kind) {
    case "lane":
      return `<text class="t n" x="${shape.x}" y="40">${shape.text}</text><line class="l" x1="${shape.x}" x2="${shape.x}" y1="${shape.y1 + 4}" y2="${shape.y2}"/>`;
    case "note":
      return `<text class="n" x="${shape.x}" y="${shape.y}">${escapeXml(shape.text)}</text>`;
    case "arrow": {
      const { x1, x2, y, text, wrong } = shape;
      const w = wrong ? " w" : "";
      return `<line class="a${w}" x1="${x1}" x2="${x2}" y1="${y}" y2="${y}"/><path class="h${w}" d="${arrowHead(x1, x2, y)}"/><text class="t${w}" x="${(x1 + x2) / 2}" y="${y - 6}">${escapeXml(text)}</text>`;
    }
  }
}

/** The path of an arrow's head. */
export function arrowHead(x1: number, x2: number, y: number): string {
  const back = x2 > x1 ? -8 : 8;
  return `M${x2} ${y}l${back} -4v8z`;
}

function originOf(url: string): string {
  return /^https?:\/\/[^/?#]*/.exec(url)?.[0] ?? "";
}

/** Without the origin where that is the usual one: another scheme or host is what to look at. */
function shortened(url: string, origin: string): string {
  if (origin === "" || !url.startsWith(origin)) return url;
  const rest = url.slice(origin.length);
  return rest === "" ? "/" : /^[/?#]/.test(rest) ? rest : url;
}

function cut(text: string, room: number): string {
  return text.length <= room ? text : `${text.slice(0, Math.max(room - 1, 0))}…`;
}

/** What a client or an app wrote must not steer a terminal, nor break a line. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, "?");
}

function escapeXml(text: string): string {
  const names: Readonly<Record<string, string>> = { "&": "amp", "<": "lt", ">": "gt", '"': "quot" };
  return text.replace(/[&<>"]/g, (sign) => `&${names[sign]};`);
}
