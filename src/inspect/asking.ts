/**
 * Asking again: through the front as a browser would, or straight as another edge would. The target
 * is never the caller's to choose: it is that of the record, or the one that is served.
 */
import { randomBytes } from "node:crypto";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { judge } from "../cookies/judge.js";
import { arrowsOf, type Drawing, type Hop } from "../drawing/drawing.js";
import type { EdgeProfile } from "../edge/profile.js";
import { DevtlsError } from "../errors.js";
import { editValues, first, valuesOf, without } from "../lines.js";
import { type ProbeAnswer, Prober } from "../proxy/prober.js";
import type { ConnectOptions } from "../proxy/upstream/connect.js";
import { parseTarget } from "../proxy/upstream/target.js";
import { type Recorded, withOneCookieLine } from "./record.js";
import { REPLAY_HEADER, type ReplayKeys } from "./recorder.js";
import { asEdge, authorityOf, cookieOrigin } from "./views.js";

/** One header that is set, or dropped where there is no value. */
export interface HeaderChange {
  readonly name: string;
  readonly value?: string;
}

export interface Front {
  readonly host: string;
  readonly address: string;
  readonly port: number;
  readonly plainPort: number | undefined;
}

const SAFE = ["GET", "HEAD", "OPTIONS"];
const TIMEOUT_MS = 15_000;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** What belongs to one connection or one body, which a replay has of its own. */
const OWN = ["connection", "keep-alive", "transfer-encoding", "content-length", "te", "upgrade"];

export function isSafe(method: string): boolean {
  return SAFE.includes(method);
}

/** @throws DevtlsError "usage" for what is no header line, or one that devtls itself writes */
export function checkChange({ name, value = "" }: HeaderChange): void {
  if (TOKEN.test(name) && FIELD_VALUE.test(value) && !OWN.includes(name.toLowerCase())) {
    if (!/^(?:host|x-devtls-.*)$/i.test(name)) return;
  }
  throw new DevtlsError(
    "usage",
    `could not change ${JSON.stringify(name)}: not a header to change`,
    {
      hint: "Name one header of the request, such as X-Forwarded-Proto or Cookie",
    },
  );
}

function changed(lines: readonly string[], change: HeaderChange | undefined): string[] {
  if (!change) return [...lines];
  const name = change.name.toLowerCase();
  const { value } = change;
  if (value === undefined) return without(lines, [name]);
  if (first(lines, name) === undefined) return [...lines, change.name, value];
  return editValues([...lines], name, () => value);
}

/**
 * Sends a request of a client once more, through everything that devtls does.
 * @returns the id of the record of it
 * @throws DevtlsError "request-failed"
 */
export function askFront(
  record: Recorded,
  front: Front,
  replays: ReplayKeys,
  change?: HeaderChange,
): Promise<number> {
  const { asked, requestBody } = record;
  if (
    asked.body &&
    asked.body.length !== 0 &&
    (requestBody?.total ?? -1) !== requestBody?.octets.length
  ) {
    throw failed("its body was not kept", "Switch bodies on, and do it again in the browser");
  }
  const plain = asked.connection.scheme === "http" && record.source !== "har";
  if (plain && front.plainPort === undefined && asked.connection.port !== front.port) {
    throw failed("plain HTTP is not served any more", "Start devtls with --http-port");
  }
  const key = randomBytes(8).toString("hex");
  const isForeign = record.source === "har";
  const host = isForeign ? front.host : asked.host;
  const lines = changed(asClient(without(asked.headers, OWN), record, front), change);
  const body = requestBody?.octets;
  const headers = [
    ...["Host", host, ...lines, REPLAY_HEADER, key],
    ...(body ? ["Content-Length", String(body.length)] : []),
  ];
  return new Promise((resolve, reject) => {
    const send = plain ? httpRequest : httpsRequest;
    const name = host.replace(/:\d+$/, "");
    const timer = setTimeout(() => {
      request.destroy();
      fail(new Error(`no answer within ${TIMEOUT_MS / 1000} s`));
    }, TIMEOUT_MS);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      replays.delete(key);
      reject(failed(error.message, "Is the dev server running?"));
    };
    replays.set(key, {
      of: record.id,
      done: (id) => {
        clearTimeout(timer);
        resolve(id);
      },
    });
    let request: ReturnType<typeof httpRequest>;
    try {
      request = send({
        host: front.address,
        port: plain ? (front.plainPort ?? front.port) : front.port,
        method: asked.method,
        path: asked.target,
        headers: headers as unknown as NodeJS.Dict<string>,
        setHost: false,
        agent: false,
        // This very process listens there, with whatever certificate the user wanted it to show.
        ...(!plain && { rejectUnauthorized: false }),
        ...(!plain && /[a-z]/i.test(name) && !name.includes("[") && { servername: name }),
      });
    } catch (error) {
      fail(error as Error);
      return;
    }
    request.on("response", (response) => response.resume().on("error", () => undefined));
    request.on("upgrade", (_response, socket) => socket.destroy());
    request.on("error", fail);
    request.end(body);
  });
}

/** As one HTTP/1.1 client; a file's own origin becomes the one here. */
function asClient(lines: readonly string[], record: Recorded, front: Front): string[] {
  const joined = withOneCookieLine(lines);
  if (record.source !== "har") return joined;
  const from = new URL(record.url).origin;
  const to = `https://${front.host}`;
  return joined.map((text, at) => {
    const named = at % 2 === 1 && /^(?:origin|referer)$/i.test(joined[at - 1] as string);
    return named && text.startsWith(from) ? to + text.slice(from.length) : text;
  });
}

function failed(cause: string, hint: string): DevtlsError {
  return new DevtlsError("request-failed", `could not replay the request: ${cause}`, { hint });
}

export interface AskOptions {
  readonly change?: HeaderChange | undefined;
  /** This machine's own address, whatever the edge's is. */
  readonly from?: "edge" | "loopback" | undefined;
  /** The header lines, where they are known already. */
  readonly told?: readonly string[] | undefined;
}

export interface EdgeAnswer extends ProbeAnswer {
  readonly line: string;
  readonly told: readonly string[];
}

/**
 * Asks the app as an edge would, with one header of what it is told changed: GET and HEAD only.
 */
export async function askAsEdge(
  record: Recorded,
  edge: EdgeProfile,
  connecting: ConnectOptions,
  { change, from = "edge", told: given }: AskOptions = {},
): Promise<EdgeAnswer> {
  const { method } = record.asked;
  if (method !== "GET" && method !== "HEAD") {
    throw failed(`${method} may change something`, "Only GET and HEAD are asked as another edge");
  }
  const prober = new Prober(parseTarget(record.target), edge, connecting);
  try {
    const { line, told } = asEdge(record, edge, authorityOf(record.target));
    const lines = changed(given ?? told, change);
    const answer = await prober.ask(record.asked, { told: lines, from, body: true });
    if (!answer) throw failed("the app gave no answer", "Is the dev server running?");
    return { ...answer, line, told: lines };
  } finally {
    prober.close();
  }
}

/** Chromium and Firefox give up after twenty redirects. */
const MAX_HOPS = 20;

export interface LoopProof {
  readonly edge: string;
  readonly loops: boolean;
  /** Of the last answer. */
  readonly status: number;
  readonly hops: number;
  /** "it loops after 2 redirects", "it ends at 200". */
  readonly says: string;
  readonly drawing: Drawing;
}

/**
 * Would it loop behind this edge? The app is asked as that edge would, and its redirects are
 * followed as a browser does, cookies included, as long as they stay on the host.
 */
export async function wouldLoop(
  record: Recorded,
  edge: EdgeProfile,
  connecting: ConnectOptions,
): Promise<LoopProof> {
  const hops: Hop[] = [];
  const seen = new Set<string>();
  const jar = cookiesIn(record.asked.headers);
  const { host } = record.asked;
  let url = new URL(`https://${host}${record.asked.target}`);
  const done = (loops: boolean, status: number, says: string): LoopProof => {
    const title = `Behind ${edge.name}: ${says}`;
    const arrows = arrowsOf(hops.slice(0, 8));
    const drawing = { title, arrows, ...(loops && { ending: "and so on" }) };
    return { edge: edge.name, loops, status, hops: hops.length, says, drawing };
  };
  for (let hop = 0; hop < MAX_HOPS; hop++) {
    const cookies = [...jar].map(([name, value]) => (name ? `${name}=${value}` : value)).join("; ");
    const state = `${url.href} ${cookies}`;
    if (seen.has(state)) return done(true, 302, `it loops after ${hops.length} redirects`);
    seen.add(state);
    if (url.protocol === "http:" && edge.plain.mode === "redirect") {
      const to = url.href.replace(/^http:/, "https:");
      const status = edge.plain.status ?? 301;
      hops.push({
        ...{ method: "GET", url: url.href, told: [], status, location: to },
        cookies: [],
        own: true,
      });
      url = new URL(to);
      continue;
    }
    const headers = without(record.asked.headers, ["cookie"]);
    const target = url.pathname + url.search;
    const asked = {
      ...record.asked,
      ...{ method: "GET", target, body: undefined },
      headers: cookies === "" ? headers : [...headers, "Cookie", cookies],
      connection: {
        ...record.asked.connection,
        scheme: url.protocol === "http:" ? ("http" as const) : ("https" as const),
      },
    };
    const answer = await askAsEdge({ ...record, asked }, edge, connecting);
    const location = first(answer.response, "location");
    const sets = valuesOf(answer.response, "set-cookie");
    for (const line of sets) take(jar, line, url.href);
    const proto = first(answer.told, "x-forwarded-proto");
    hops.push({
      ...{ method: "GET", url: url.href, status: answer.status, own: false },
      told: [proto === undefined ? "no X-Forwarded-Proto" : `X-Forwarded-Proto: ${proto}`],
      ...(location !== undefined && { location }),
      cookies: sets.map((line) => line.split("=", 1)[0] ?? ""),
    });
    const redirects = answer.status >= 300 && answer.status < 400 && location !== undefined;
    if (!redirects || !URL.canParse(location, url.href)) {
      return done(false, answer.status, `it ends at ${answer.status}`);
    }
    const next = new URL(location, url.href);
    next.hash = "";
    if (next.hostname !== url.hostname) {
      return done(false, answer.status, `it leads to ${next.origin}, which is not asked`);
    }
    // Without the development port it is the same site in production.
    next.port = url.port;
    url = next;
  }
  return done(true, 302, `it is still redirecting after ${MAX_HOPS} redirects`);
}

function cookiesIn(headers: readonly string[]): Map<string, string> {
  const pairs = valuesOf(headers, "cookie").flatMap((line) => line.split(/;\s*/));
  return new Map(
    pairs
      .filter((pair) => pair !== "")
      .map((pair) => {
        const sign = pair.indexOf("=");
        return sign < 0 ? ["", pair] : [pair.slice(0, sign), pair.slice(sign + 1)];
      }),
  );
}

function take(jar: Map<string, string>, line: string, url: string): void {
  const origin = cookieOrigin(url);
  const verdict = origin && judge(line, origin);
  if (verdict?.kind !== "stored") return;
  const { name, value, expires } = verdict.cookie;
  if (expires !== undefined && expires <= Date.now()) jar.delete(name);
  else jar.set(name, value);
}
