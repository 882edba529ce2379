/** The order, the case and the number of the header lines, as each edge writes them. */
import { pairsOf } from "../lines.js";
import { arrangeCopied } from "./arrange-copied.js";
import { canonical, lower } from "./names.js";
import { isPart, type Parts } from "./parts.js";
import type { EdgeRequest, HeadPart, ToApp } from "./profile.js";

type Arrangement = (host: string | undefined, parts: Parts, request: EdgeRequest) => string[];

/** Prepares the way in which an edge arranges a head. */
export function compileArrangement(toApp: ToApp): Arrangement {
  if (toApp.hopByHop === "in-place" || toApp.hopByHop === "keep") {
    return (host, parts, request) => arrangeInPlace(host, parts, request, toApp);
  }
  if (toApp.hopByHop === "copied") {
    return (host, parts, request) => arrangeCopied(host, parts, request, toApp);
  }
  return isPlain(toApp)
    ? (host, parts, request) => joinPlain(host, parts, request, toApp)
    : (host, parts, request) => arrange(host, parts, request, toApp);
}

/**
 * For each field of a profile's section: which values leave the client's lines as and where they
 * are, or that it says nothing of lines that have been chosen. A new field has to be entered.
 */
const LEAVES_LINES: {
  readonly [Field in keyof ToApp]-?: ((value: ToApp[Field]) => boolean) | "elsewhere";
} = {
  order: (order) => order.join() === "host,client,edge,framing,connection",
  names: (names) => names === "keep",
  http2Names: (names) => names === "keep",
  http2Cookie: (place) => place === "keep",
  sendsEmptyLength: (sends) => !sends,
  movesLength: (moves) => !moves,
  mergesLines: (merges) => !merges,
  hopByHop: (rule) => rule === "drop" || rule === "by-name",
  // Written with the head's own lines, which both ways of arranging share.
  ...{ host: "elsewhere", connection: "elsewhere", te: "elsewhere" },
  // Applied before: to the lines, the request line or the body.
  ...{ version: "elsewhere", appendsInPlace: "elsewhere", dropsOddNames: "elsewhere" },
  ...{ dropsTwins: "elsewhere", replacesPrefix: "elsewhere", keepsAbsolute: "elsewhere" },
  ...{ headAsGet: "elsewhere" },
  ...{ target: "elsewhere", buffersChunked: "elsewhere", answersExpect: "elsewhere" },
  ...{ passesUpgrade: "elsewhere", source: "elsewhere", clientFrom: "elsewhere" },
  ...{ upgradeConnection: "elsewhere", alwaysUpgrade: "elsewhere" },
};

/** Whether the client's lines stay as and where they are, which needs no further pass. */
function isPlain(toApp: ToApp): boolean {
  return (Object.keys(LEAVES_LINES) as (keyof ToApp)[]).every((field) => leaves(toApp, field));
}

function leaves<Field extends keyof ToApp>(toApp: ToApp, field: Field): boolean {
  const rule = LEAVES_LINES[field] as ((value: ToApp[Field]) => boolean) | "elsewhere";
  return rule === "elsewhere" || rule(toApp[field]);
}

function joinPlain(
  host: string | undefined,
  { client, edge }: Parts,
  request: EdgeRequest,
  toApp: ToApp,
): string[] {
  const lines: string[] = host === undefined ? [] : ["Host", host];
  for (const line of client) lines.push(line);
  for (const line of edge) lines.push(line);
  if (request.framing === "chunked") lines.push("Transfer-Encoding", "chunked");
  addConnection(lines, request, toApp);
  return lines;
}

/** The hop-by-hop lines: those of this connection, not of the client's (RFC 9110 7.6.1). */
function addConnection(
  lines: string[],
  request: EdgeRequest,
  toApp: ToApp,
  upgrades: string[] = lines,
): void {
  const trailers = passesTe(request, toApp);
  if (trailers) lines.push("TE", "trailers");
  if (toApp.connection === "client") {
    if (request.connection !== undefined) lines.push("Connection", request.connection);
    if (request.upgrade !== undefined) upgrades.push("Upgrade", request.upgrade);
  } else if (request.upgrade !== undefined) {
    lines.push("Connection", toApp.upgradeConnection ?? "Upgrade");
    upgrades.push("Upgrade", request.upgrade);
  } else if (toApp.alwaysUpgrade) {
    lines.push("Connection", toApp.upgradeConnection ?? "Upgrade");
  } else if (toApp.connection !== undefined) {
    lines.push("Connection", toApp.connection);
  } else if (trailers && toApp.te === "named") {
    lines.push("Connection", "TE");
  }
}

function passesTe({ trailersWelcome }: EdgeRequest, { te, connection }: ToApp): boolean {
  return trailersWelcome && connection !== "close" && te !== "drop";
}

/** Lines of a connection that leave HTTP/1.1 or say how long it lasts. */
const OWN_OPTIONS = ["close", "keep-alive"];

/** Every line where the client has it; `client` has Host and the hop-by-hop ones, too. */
function arrangeInPlace(
  host: string | undefined,
  { client, edge }: Parts,
  request: EdgeRequest,
  toApp: ToApp,
): string[] {
  const lines: string[] = [];
  const seen = new Set<string>();
  const given = toApp.mergesLines ? mergeLines(client) : client;
  const says = toApp.connection === "client" ? undefined : toApp.connection;
  const own = request.upgrade === undefined ? says : undefined;
  const keeps = toApp.hopByHop === "keep";
  for (let index = 0; index < given.length; index += 2) {
    const name = given[index] as string;
    const key = lower(name);
    const said = given[index + 1] as string;
    const value =
      key === "connection" && own !== undefined
        ? own
        : inPlaceValue(key, said, host, request, keeps);
    if (value === undefined) continue;
    seen.add(key);
    lines.push(name, value);
  }
  // An HTTP/1.0 client may send no Host, and then there is none.
  if (!seen.has("host") && host !== undefined && request.protocol !== "HTTP/1.0") {
    lines.unshift("Host", host);
  }
  const cookies =
    request.protocol === "HTTP/2" && toApp.http2Cookie === "last" ? cookiesLast(lines) : lines;
  const result = [...cookies, ...edge];
  if (request.framing === "chunked" && !seen.has("transfer-encoding")) {
    result.push("Transfer-Encoding", "chunked");
  }
  if (request.upgrade !== undefined && !seen.has("upgrade")) {
    result.push("Connection", "Upgrade", "Upgrade", request.upgrade);
  }
  // The edge keeps the connection that an HTTP/1.0 client's request is passed on by.
  const old = request.protocol === "HTTP/1.0" && request.upgrade === undefined && !keeps;
  const last = own ?? (old ? "keep-alive" : undefined);
  if (last !== undefined && !seen.has("connection")) result.push("Connection", last);
  return rename(result, toApp.names);
}

/** What a line says to the app; undefined where it has to go. */
function inPlaceValue(
  key: string,
  value: string,
  host: string | undefined,
  request: EdgeRequest,
  keeps: boolean,
): string | undefined {
  switch (key) {
    case "host":
      return host;
    case "transfer-encoding":
      return request.framing === "chunked" ? value : undefined;
    case "upgrade":
      return request.upgrade;
    case "te":
      if (keeps) return value;
      return request.trailersWelcome ? "trailers" : undefined;
    case "connection": {
      const options = value.split(",").map((option) => option.trim());
      const gone = [
        "",
        ...(keeps ? [] : OWN_OPTIONS),
        ...(request.upgrade === undefined ? ["upgrade"] : []),
        ...(request.trailersWelcome || keeps ? [] : ["te"]),
      ];
      return (
        options.filter((option) => !gone.includes(option.toLowerCase())).join(", ") || undefined
      );
    }
    default:
      return value;
  }
}

/** As a server does that puts the cookies of an HTTP/2 request together when it has all of them. */
function cookiesLast(lines: readonly string[]): string[] {
  const cookies: string[] = [];
  const rest: string[] = [];
  for (let index = 0; index < lines.length; index += 2) {
    const to = lines[index] === "cookie" ? cookies : rest;
    to.push(lines[index] as string, lines[index + 1] as string);
  }
  return [...rest, ...cookies];
}

function arrange(
  host: string | undefined,
  parts: Parts,
  request: EdgeRequest,
  toApp: ToApp,
): string[] {
  let client = toApp.mergesLines ? mergeLines(parts.client) : parts.client;
  if (request.protocol === "HTTP/2" && toApp.http2Cookie === "last") client = cookiesLast(client);
  const framing: string[] = [];
  if (toApp.movesLength) client = moveLine(client, "content-length", framing, "Content-Length");
  if (request.framing === "chunked") framing.push("Transfer-Encoding", "chunked");
  // A body that came chunked and was collected has a length that no line of the client's gives.
  else if (request.framing !== undefined && framing.length === 0 && toApp.movesLength) {
    framing.push("Content-Length", request.framing);
  }
  if (toApp.sendsEmptyLength && request.framing === undefined) {
    framing.splice(0, 2, ...(EMPTY.has(request.method) ? ["Content-Length", "0"] : []));
  }
  const agent: string[] = [];
  if (toApp.order.includes("user-agent")) {
    client = moveLine(client, "user-agent", agent, "User-Agent");
  }
  const connection: string[] = [];
  const upgrade: string[] = toApp.order.includes("upgrade") ? [] : connection;
  addConnection(connection, request, toApp, upgrade);
  const hasOwnPlace = toApp.order.includes("connection");
  const single = new Map<string, string[]>();
  for (const name of toApp.order) if (!isPart(name)) single.set(lower(name), []);
  const edge = single.size === 0 ? parts.edge : takeOut(parts.edge, single);
  const late = single.size === 0 ? parts.late : takeOut(parts.late, single);
  if (toApp.names === "lower-client") client = rename(client.slice(), "lower");
  const blocks: Readonly<Record<HeadPart, () => readonly string[]>> = {
    host: () => (host === undefined ? [] : ["Host", host]),
    "user-agent": () => agent,
    edge: () => edge,
    client: () => client,
    sorted: () => sortLines([...client, ...edge, ...(hasOwnPlace ? [] : connection)]),
    upgrade: () => upgrade,
    framing: () => framing,
    connection: () => connection,
    late: () => late,
  };
  const fromHttp2 = request.protocol === "HTTP/2" ? toApp.http2Names : "keep";
  const names = toApp.names === "keep" ? fromHttp2 : toApp.names;
  const lines: string[] = [];
  for (const name of toApp.order) {
    const block = isPart(name) ? blocks[name]() : (single.get(lower(name)) ?? []);
    for (const text of block) lines.push(text);
  }
  return rename(lines, names);
}

/** Takes lines of these names out of a list, each to its own place. */
function takeOut(lines: readonly string[], places: ReadonlyMap<string, string[]>): string[] {
  const rest: string[] = [];
  for (let index = 0; index < lines.length; index += 2) {
    const to = places.get(lower(lines[index] as string)) ?? rest;
    to.push(lines[index] as string, lines[index + 1] as string);
  }
  return rest;
}

/** Methods whose request has a length also when that is 0 (RFC 9110 8.6). */
const EMPTY = new Set(["POST", "PUT", "PATCH"]);

/** Takes the lines of a name out of `lines`; the first of them goes to `to`. */
function moveLine(lines: string[], key: string, to: string[], name: string): string[] {
  const rest: string[] = [];
  for (let index = 0; index < lines.length; index += 2) {
    const candidate = lines[index] as string;
    const value = lines[index + 1] as string;
    if (candidate.length !== key.length || lower(candidate) !== key) rest.push(candidate, value);
    else if (to.length === 0) to.push(name, value);
  }
  return rest;
}

/** One line for each name, where the first of it stood, the values with commas between them. */
function mergeLines(lines: readonly string[]): string[] {
  const merged: string[] = [];
  const places = new Map<string, number>();
  for (let index = 0; index < lines.length; index += 2) {
    const key = lower(lines[index] as string);
    const place = places.get(key);
    if (place === undefined) {
      places.set(key, merged.length + 1);
      merged.push(lines[index] as string, lines[index + 1] as string);
    } else {
      merged[place] = `${merged[place]}, ${lines[index + 1]}`;
    }
  }
  return merged;
}

/** By name; several lines of one name keep their order. */
function sortLines(lines: readonly string[]): string[] {
  const pairs = pairsOf(lines).map(([name, value]) => [canonical(name), value] as const);
  pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return pairs.flat();
}

function rename(lines: string[], names: ToApp["names"]): string[] {
  if (names === "keep" || names === "lower-client") return lines;
  const change = names === "lower" ? lower : canonical;
  for (let index = 0; index < lines.length; index += 2) {
    lines[index] = change(lines[index] as string);
  }
  return lines;
}
