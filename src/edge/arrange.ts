/** The order, the case and the number of the header lines, as each edge writes them. */
import type { EdgeRequest, HeadPart, ToApp } from "./profile.js";

export interface Parts {
  /** The client's lines, but for those that the edge replaces. */
  readonly client: string[];
  readonly edge: string[];
  readonly late: string[];
}

type Arrangement = (host: string | undefined, parts: Parts, request: EdgeRequest) => string[];

/** Prepares the way in which an edge arranges a head. */
export function compileArrangement(toApp: ToApp): Arrangement {
  return isPlain(toApp)
    ? (host, parts, request) => joinPlain(host, parts, request, toApp)
    : (host, parts, request) => arrange(host, parts, request, toApp);
}

/** Whether the client's lines stay as and where they are, which needs no further pass. */
function isPlain(toApp: ToApp): boolean {
  return (
    toApp.order.join() === "host,client,edge,framing,connection" &&
    toApp.names === "keep" &&
    toApp.http2Names === "keep" &&
    !toApp.movesLength &&
    !toApp.mergesLines
  );
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
function addConnection(lines: string[], request: EdgeRequest, toApp: ToApp): void {
  const trailers = request.trailersWelcome && toApp.connection !== "close";
  if (trailers) lines.push("TE", "trailers");
  if (request.upgrade !== undefined) {
    lines.push("Connection", "Upgrade", "Upgrade", request.upgrade);
  } else if (toApp.connection !== undefined) {
    lines.push("Connection", toApp.connection);
  } else if (trailers) {
    lines.push("Connection", "TE");
  }
}

function arrange(
  host: string | undefined,
  parts: Parts,
  request: EdgeRequest,
  toApp: ToApp,
): string[] {
  let client = toApp.mergesLines ? mergeLines(parts.client) : parts.client;
  const framing: string[] = [];
  if (toApp.movesLength) client = moveLine(client, "content-length", framing, "Content-Length");
  if (request.framing === "chunked") framing.push("Transfer-Encoding", "chunked");
  // A body that came chunked and was collected has a length that no line of the client's gives.
  else if (request.framing !== undefined && framing.length === 0 && toApp.movesLength) {
    framing.push("Content-Length", request.framing);
  }
  const agent: string[] = [];
  if (toApp.order.includes("user-agent")) {
    client = moveLine(client, "user-agent", agent, "User-Agent");
  }
  const connection: string[] = [];
  addConnection(connection, request, toApp);
  const hasOwnPlace = toApp.order.includes("connection");
  const blocks: Readonly<Record<HeadPart, readonly string[]>> = {
    host: host === undefined ? [] : ["Host", host],
    "user-agent": agent,
    edge: parts.edge,
    client,
    sorted: sortLines([...client, ...parts.edge, ...(hasOwnPlace ? [] : connection)]),
    framing,
    connection,
    late: parts.late,
  };
  const fromHttp2 = request.protocol === "HTTP/2" ? toApp.http2Names : "keep";
  const names = toApp.names === "keep" ? fromHttp2 : toApp.names;
  return rename(
    toApp.order.flatMap((part) => blocks[part]),
    names,
  );
}

/** Takes the lines of a name out of `lines`; the first of them goes to `to`. */
function moveLine(lines: string[], key: string, to: string[], name: string): string[] {
  const rest: string[] = [];
  for (let index = 0; index < lines.length; index += 2) {
    const candidate = lines[index] as string;
    const value = lines[index + 1] as string;
    if (candidate.toLowerCase() !== key) rest.push(candidate, value);
    else if (to.length === 0) to.push(name, value);
  }
  return rest;
}

/** One line for each name, where the first of it stood, the values with commas between them. */
function mergeLines(lines: readonly string[]): string[] {
  const merged: string[] = [];
  const places = new Map<string, number>();
  for (let index = 0; index < lines.length; index += 2) {
    const key = (lines[index] as string).toLowerCase();
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
  const pairs: [string, string][] = [];
  for (let index = 0; index < lines.length; index += 2) {
    pairs.push([canonical(lines[index] as string), lines[index + 1] as string]);
  }
  pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return pairs.flat();
}

function rename(lines: string[], names: ToApp["names"]): string[] {
  if (names === "keep") return lines;
  const change = names === "lower" ? (name: string) => name.toLowerCase() : canonical;
  return lines.map((text, index) => (index % 2 === 0 ? change(text) : text));
}

/** As Go writes header names: each word with a capital, the rest in lower case. */
function canonical(name: string): string {
  return name.toLowerCase().replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase());
}
