/**
 * What each app does behind each edge, taken from running it. A cell is one visit after the other:
 * how it ended and what devtls said of it (`outcome code:cause`), then ` > ` and the next visit,
 * with all that the finding printed applied. It has to end in "works", or the reason is given.
 */
import { oneOfEach } from "../../support/sample.js";

/** Edges that tell the app the scheme and the whole Host, from an address that is not loopback. */
const TELLING = ["heroku", "aws-alb", "cloudflare-flexible", "traefik"] as const;

/**
 * `none` sends the Host and no scheme. `nginx` sends its target as the Host and no scheme.
 * `nginx-proxy-params` sends the scheme, and the Host without its port.
 */
export const EDGES = ["none", "nginx", "nginx-proxy-params", ...TELLING] as const;

export type Edge = (typeof EDGES)[number];

/** A cell of which devtls does not say yet what it should. */
export interface Gap {
  readonly now: string;
  /** `*` stands for any text. */
  readonly should: string;
}

export type Cell = string | Gap;

type Row = Readonly<Record<Edge, Cell>>;

/** `telling` is for each of the four of {@link TELLING} that has no cell of its own. */
function row(cells: { telling: Cell } & Readonly<Partial<Record<Edge, Cell>>>): Row {
  const { telling, ...own } = cells;
  const same = Object.fromEntries(TELLING.map((edge) => [edge, telling]));
  return { ...same, ...own } as Row;
}

const LOOP = "loops redirect-loop:app-ignores-forwarded-proto";
const PEER = "loops redirect-loop:peer-not-trusted";
const EDGE_LOOP = "loops redirect-loop:edge-sends-no-proto";
const CSRF = "csrf csrf-origin-mismatch";
const LIVE = "live-refused websocket-refused:edge-drops-upgrade";
/** The Host is without its port there: on 443 it is a loop, or nothing at all. */
const ON_443 = "internal-urls port-dropped";
const PORT = `${CSRF}:harmless-on-443`;
const LOST = "cookie-lost cookie-missing:app-ignores-forwarded-proto";
const EDGE_LOST = "cookie-lost cookie-missing:edge-sends-no-proto";

/** The redirect names the Host that the edge made up. */
const INTERNAL = "internal-urls insecure-location:internal-location";

/** A redirect to http://. */
const PLAIN_URL = "http-urls insecure-location:http-location";

/**
 * What gives Fastify away, until it sets a cookie, is how long it keeps connections open, and nginx
 * up to 1.28 closes them: its own line is not among those printed.
 */
function unknown(...before: readonly string[]): Gap {
  const now = before.join(" > ");
  const [first = ""] = before;
  return { now, should: `${first} > *works` };
}

/** `secure: "auto"`, or what is_ssl() says: either the app knows of https, or a setting says so. */
const NOT_SECURE = "cookie-not-secure:no-secure-attribute";

/** By app and configuration, as starters.ts has the one and the fixture the other. */
export const EXPECTED: Readonly<Record<string, Row>> = {
  // Without the edge's word the app is asked again with it: it is deaf as well, so both lines are
  // printed, the edge's and the app's.
  "django-runserver forced": row({
    none: `${LOOP} > works`,
    nginx: `${INTERNAL} > works`,
    "nginx-proxy-params": `${ON_443}:app-ignores-forwarded-proto > ${PORT} > works`,
    telling: `${LOOP} > works`,
  }),
  // Debian's Django is 3.2: its CSRF check looks at the Referer, and only when the request is
  // secure. So an app that does not know of https lets every form pass (none, nginx), and one that
  // does refuses the one whose port the edge has removed from Host.
  "django-runserver trusting": row({
    none: "works",
    nginx: "works",
    "nginx-proxy-params": `${PORT} > works`,
    telling: "works",
  }),
  // What Django does from 4.0 on: Origin is compared with the scheme and Host that it believes in.
  "django-runserver origin-check": row({
    none: `${CSRF}:scheme > works`,
    nginx: `${CSRF}:host > works`,
    "nginx-proxy-params": `${PORT} > ${CSRF}:origin-not-listed > works`,
    telling: `${CSRF}:origin-not-listed > works`,
  }),
  // gunicorn itself acts on X-Forwarded-Proto, from 127.0.0.1 only: no edge but `none` is there,
  // and that one says nothing.
  "django-gunicorn forced": row({
    none: `${EDGE_LOOP} > works`,
    nginx: `${INTERNAL} > works`,
    "nginx-proxy-params": `${ON_443}:peer-not-trusted > ${PORT} > works`,
    telling: `${PEER} > works`,
  }),
  "django-gunicorn origin-check": row({
    none: `${CSRF}:scheme > works`,
    nginx: `${CSRF}:host > works`,
    "nginx-proxy-params": `${PORT} > ${CSRF}:origin-not-listed > works`,
    telling: `${CSRF}:origin-not-listed > works`,
  }),
  "flask forced": row({
    none: `${LOOP} > works`,
    nginx: `${INTERNAL} > works`,
    "nginx-proxy-params": `${ON_443}:app-ignores-forwarded-proto > ${PORT} > works`,
    telling: `${LOOP} > works`,
  }),
  // Flask sets its cookie with Secure in any case, and Flask-WTF checks nothing it takes for
  // plain: only the redirect after the login, url_for(_external=True), is wrong. nginx rewrites
  // that, as it names http:// and the Host that it made up (proxy_redirect default). Once the app
  // knows of https, Flask-WTF compares the Referer with the Host: 400, "The referrer does not
  // match the host.".
  "flask plain": row({
    none: `${PLAIN_URL} > works`,
    nginx: "works",
    "nginx-proxy-params": `internal-urls insecure-location:http-location > ${PORT} > works`,
    telling: `${PLAIN_URL} > works`,
  }),
  "flask trusting": row({
    none: `${PLAIN_URL} > works`,
    nginx: "works",
    "nginx-proxy-params": `${PORT} > works`,
    telling: "works",
  }),
  // uvicorn is as gunicorn: it acts on X-Forwarded-Proto from 127.0.0.1 by itself. It takes wss,
  // which Traefik says on upgrades, for what it is. nginx passes no upgrades, see Express.
  "starlette forced": row({
    none: `${EDGE_LOOP} > works`,
    nginx: `${INTERNAL} > ${LIVE} > works`,
    "nginx-proxy-params": `${ON_443}:peer-not-trusted > ${ON_443}:harmless-on-443 > ${LIVE} > works`,
    telling: `${PEER} > works`,
  }),
  "starlette plain": row({
    none: `${PLAIN_URL} > works`,
    nginx: `${LIVE} > works`,
    "nginx-proxy-params": `internal-urls insecure-location:http-location > ${ON_443}:harmless-on-443 > ${LIVE} > works`,
    telling: `${PLAIN_URL} > works`,
  }),
  // Traefik says wss on upgrades, which Express takes for insecure.
  "express forced": row({
    none: `${LOOP} > works`,
    nginx: `${INTERNAL} > ${LIVE} > works`,
    "nginx-proxy-params": `${ON_443}:app-ignores-forwarded-proto > ${LIVE} > works`,
    telling: `${LOOP} > works`,
    traefik: `${LOOP} > live-refused redirect-loop:proto-value-not-understood > works`,
  }),
  // A login is not repeated, so that the app is deaf as well is not known where nobody told it.
  // nginx does not pass upgrades on unless `proxy_set_header Upgrade` tells it to.
  "express plain": row({
    none: `${EDGE_LOST} > works`,
    nginx: `${EDGE_LOST} > ${LIVE} > works`,
    "nginx-proxy-params": `${LOST} > ${LIVE} > works`,
    telling: `${LOST} > works`,
  }),
  "express auto": row({
    none: `works ${NOT_SECURE} > works`,
    nginx: `live-refused ${NOT_SECURE} websocket-refused:edge-drops-upgrade > works`,
    "nginx-proxy-params": `live-refused ${NOT_SECURE} websocket-refused:edge-drops-upgrade > works`,
    telling: `works ${NOT_SECURE} > works`,
  }),
  "fastify forced": row({
    none: `${LOOP} > works`,
    nginx: unknown(INTERNAL, LOOP),
    "nginx-proxy-params": unknown(`${ON_443}:app-ignores-forwarded-proto`),
    telling: `${LOOP} > works`,
  }),
  "fastify plain": row({
    none: `${EDGE_LOST} > works`,
    nginx: unknown(EDGE_LOST, LOST),
    "nginx-proxy-params": unknown(LOST),
    telling: `${LOST} > works`,
  }),
  "php forced": row({
    none: `${LOOP} > works`,
    nginx: `${INTERNAL} > works`,
    "nginx-proxy-params": `${ON_443}:app-ignores-forwarded-proto > ${ON_443}:harmless-on-443 > works`,
    telling: `${LOOP} > works`,
  }),
  // The cookie is without Secure and the redirect is to http://, both because of is_ssl().
  "php plain": row({
    none: "http-urls cookie-not-secure:no-secure-attribute insecure-location:http-location > works",
    nginx: `works ${NOT_SECURE} > ${INTERNAL} > works`,
    "nginx-proxy-params": `internal-urls ${NOT_SECURE} insecure-location:http-location > ${ON_443}:harmless-on-443 > works`,
    telling:
      "http-urls cookie-not-secure:no-secure-attribute insecure-location:http-location > works",
  }),
};

export const EVERY_EDGE = process.env.DEVTLS_EVERY_EDGE === "1";

/**
 * Behind which edges a row is tried: of those that tell the app the same and expect the same of it
 * one, another one in the next row; all of them with DEVTLS_EVERY_EDGE=1.
 */
export function edgesOf(name: string): readonly Edge[] {
  if (EVERY_EDGE) return EDGES;
  const telling = cellsOf(EXPECTED[name] as Row, TELLING);
  const others = EDGES.filter((edge) => telling[edge] === undefined);
  return [...others, ...oneOfEach(telling, Object.keys(EXPECTED).indexOf(name))];
}

/** A row with these edges only. */
export function cellsOf(row: Row, edges: readonly Edge[]): Partial<Row> {
  return Object.fromEntries(edges.map((edge) => [edge, row[edge]]));
}

/** The edges of a row for which devtls does not print enough, and how a visit ends when mended. */
export function gapsOf(cells: Partial<Row>): readonly (readonly [edge: Edge, end: string])[] {
  return EDGES.flatMap((edge) => {
    const cell = cells[edge];
    return cell === undefined || typeof cell === "string"
      ? []
      : [[edge, cell.should.split(/[ *]/).at(-1) ?? ""] as const];
  });
}

/** How many findings a visit has in any case. @param index counts from 0 */
export function findingsOf(cell: Cell, index: number): number {
  const ways = typeof cell === "string" ? [cell] : [cell.now, cell.should];
  return Math.min(...ways.map((way) => (way.split(" > ")[index] ?? "").split(":").length - 1));
}

/** What was seen, with the cell itself in the place of what it allows. */
export function withoutGaps(
  actual: Readonly<Record<string, string>>,
  cells: Partial<Row>,
): Record<string, Cell> {
  return Object.fromEntries(
    Object.entries(cells).map(([edge, cell]) => {
      const seen = actual[edge] ?? "";
      return [edge, typeof cell !== "string" && allows(cell, seen) ? cell : seen];
    }),
  );
}

function allows({ now, should }: Gap, seen: string): boolean {
  const literal = should.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return seen === now || new RegExp(`^${literal.join(".*")}$`).test(seen);
}

/**
 * Cells whose finding prints several lines of which each alone is enough: every one is applied by
 * itself.
 */
export const ALTERNATIVES: readonly (readonly [row: string, edge: Edge])[] = [
  ["django-runserver origin-check", "heroku"],
  ["django-gunicorn origin-check", "traefik"],
  ["django-gunicorn forced", "aws-alb"],
  ["starlette forced", "heroku"],
];
