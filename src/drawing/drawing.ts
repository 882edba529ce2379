/**
 * A loop or a login drawn: browser, edge and app as three lanes, an arrow for whatever one said to
 * another. Pure: text for a terminal, shapes for whoever makes SVG of it.
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

export interface Drawing {
  readonly title: string;
  /** From top to bottom. */
  readonly arrows: readonly Arrow[];
  /** How it ends: "and so on: a loop". */
  readonly ending?: string;
}

/** The arrows of what a browser asked, from top to bottom. */
export function arrowsOf(hops: readonly Hop[]): Arrow[] {
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
    const passed = told.length === 0 ? "passed on" : told.join(", ");
    return [
      arrow(0, 1, `${method} ${shortened(url, origin)}`, { hop: index + 1 }),
      ...(own ? [] : [arrow(1, 2, passed, { wrong })]),
      arrow(own ? 1 : 2, 0, answer, { wrong }),
    ];
  });
}

function arrow(
  from: Lane,
  to: Lane,
  text: string,
  { hop, wrong = false }: { hop?: number; wrong?: boolean } = {},
): Arrow {
  return { from, to, text: printable(text), wrong, ...(hop !== undefined && { hop }) };
}

/** "browser  GET …", "app told Host: …", "app      301, Location: …", "edge  GET … -> 308 …". */
const SPOKEN = /^(browser|edge|app)( told)?\s+(.*)$/s;

/**
 * The chain of a finding as a drawing. What goes wrong is the last answer of a loop, and the last
 * arrow of anything else.
 * @param isLoop it leads back to where it began
 * @returns undefined for a chain that does not say who speaks
 */
export function drawingOfChain(
  title: string,
  chain: readonly string[],
  isLoop: boolean,
): Drawing | undefined {
  const arrows: Arrow[] = [];
  let hop = 0;
  for (const line of chain) {
    const [, speaker, told, text] = SPOKEN.exec(line) ?? [];
    if (speaker === undefined || text === undefined) return undefined;
    const [, asked, answered] = /^(.*) -> (\d{3} .*)$/s.exec(text) ?? [];
    const lane = LANES.indexOf(speaker as (typeof LANES)[number]) as Lane;
    if (told) arrows.push(arrow(1, 2, text));
    else if (speaker === "browser") arrows.push(arrow(0, 1, text, { hop: ++hop }));
    else if (asked === undefined || answered === undefined) arrows.push(arrow(lane, 0, text));
    else arrows.push(arrow(0, lane, asked, { hop: ++hop }), arrow(lane, 0, answered));
  }
  const isWrong = isLoop ? ({ to }: Arrow) => to === 0 : () => true;
  const wrong = arrows.findLastIndex(isWrong);
  if (wrong < 0) return undefined;
  return {
    title: printable(title),
    arrows: arrows.map((each, at) => (at === wrong ? { ...each, wrong: true } : each)),
    ...(isLoop && { ending: "and so on: the browser gives up after 20" }),
  };
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
  for (const arrow of drawing.arrows) lines.push(textOf(arrow));
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
  const { arrows } = drawing;
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
