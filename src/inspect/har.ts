/** Records as HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/). Pure but for zlib. */
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import { first, pairsOf, valuesOf } from "../lines.js";
import { browserLines, type KeptBody, type Recorded } from "./record.js";
import { redacted } from "./secrets.js";
import { phasesOf } from "./views.js";

/** A few octets can stand for very many. */
const MAX_DECODED = 4 * 1024 * 1024;

interface HarPair {
  readonly name: string;
  readonly value: string;
}

/**
 * A HAR document. What the format cannot say (octets on the wire, what the app was told) stands in
 * fields whose names begin with "_", which other readers leave alone.
 * @param secrets keep cookies, authorization and bodies
 */
export function harOf(records: readonly Recorded[], version: string, secrets: boolean): unknown {
  return {
    log: {
      version: "1.2",
      creator: { name: "devtls", version },
      ...(!secrets && { comment: "Secrets and bodies are left out." }),
      pages: [],
      entries: records.map((record) => entryOf(secrets ? record : redacted(record))),
    },
  };
}

function entryOf(record: Recorded): Record<string, unknown> {
  const { asked, url, milliseconds } = record;
  const { told, answered, target, edge, own, trailers, frames, upgrade } = record;
  const requestLines = browserLines(asked);
  const { dns, tcp, tls, wait, receive } = phasesOf(record);
  return {
    startedDateTime: new Date(record.at).toISOString(),
    time: milliseconds,
    request: {
      method: asked.method === "" ? "GET" : asked.method,
      url,
      httpVersion: asked.protocol,
      cookies: valuesOf(asked.headers, "cookie").flatMap(cookiePairs),
      headers: headersOf(requestLines),
      queryString: queryOf(url),
      headersSize: -1,
      bodySize: record.requestBody?.total ?? (asked.body ? (asked.body.length ?? -1) : 0),
      ...(record.requestBody && { postData: postData(asked.headers, record.requestBody) }),
    },
    response: {
      status: record.status,
      statusText: "",
      httpVersion: asked.protocol,
      cookies: valuesOf(record.sent, "set-cookie").map(setCookie),
      headers: headersOf(record.sent),
      content: contentOf(record),
      redirectURL: first(record.sent, "location") ?? "",
      headersSize: -1,
      bodySize: record.bytes,
    },
    cache: {},
    timings: {
      ...{ blocked: -1, dns: dns ?? -1 },
      // It holds the handshake, too (HAR 1.2, timings).
      ...{ connect: tcp === undefined ? -1 : tcp + (tls ?? 0), ssl: tls ?? -1 },
      ...{ send: 0, wait, receive },
    },
    ...(upgrade === "websocket" && {
      _resourceType: "websocket",
      _webSocketMessages: frames.map((frame) => ({
        type: frame.from === "client" ? "send" : "receive",
        time: (record.at + frame.after) / 1000,
        opcode: frame.kind === "text" ? 1 : 2,
        data: frame.text ?? "",
      })),
    }),
    _devtls: {
      ...{ edge, target, own, told, answered, trailers, over: record.over, source: record.source },
      ...(record.brokenBy && { brokenBy: record.brokenBy }),
      ...(record.limit && { limit: record.limit }),
    },
    _raw: { request: requestLines, response: record.sent },
  };
}

function headersOf(lines: readonly string[]): HarPair[] {
  return pairsOf(lines).map(([name, value]) => ({ name, value }));
}

function cookiePairs(line: string): HarPair[] {
  return line
    .split(/;\s*/)
    .filter((pair) => pair !== "")
    .map((pair) => {
      const sign = pair.indexOf("=");
      return sign < 0
        ? { name: "", value: pair }
        : { name: pair.slice(0, sign), value: pair.slice(sign + 1) };
    });
}

function setCookie(line: string): Record<string, unknown> {
  const [pair = "", ...attributes] = line.split(/;\s*/);
  const [{ name, value } = { name: "", value: "" }] = cookiePairs(pair);
  const has = (wanted: string): boolean => attributes.some((each) => each.toLowerCase() === wanted);
  return { name, value, httpOnly: has("httponly"), secure: has("secure") };
}

function queryOf(url: string): HarPair[] {
  const query = /\?([^#]*)/.exec(url)?.[1];
  if (!query) return [];
  return [...new URLSearchParams(query)].map(([name, value]) => ({ name, value }));
}

function postData(headers: readonly string[], { octets }: KeptBody): Record<string, unknown> {
  return { mimeType: first(headers, "content-type") ?? "", text: octets.toString("utf8") };
}

function contentOf({ sent, bytes, responseBody }: Recorded): Record<string, unknown> {
  const mimeType = first(sent, "content-type") ?? "x-unknown";
  if (!responseBody || responseBody.total > responseBody.octets.length) {
    const comment = responseBody ? "longer than what is kept" : "not kept";
    return { size: bytes, mimeType, comment };
  }
  const octets = decodedBody(sent, responseBody);
  const size = octets.length;
  const text = octets.toString("utf8");
  return Buffer.from(text, "utf8").equals(octets)
    ? { size, mimeType, text }
    : { size, mimeType, text: octets.toString("base64"), encoding: "base64" };
}

/** Without its content coding (RFC 9110 8.4.1); as it came where that cannot be undone. */
export function decodedBody(lines: readonly string[], { octets }: KeptBody): Buffer {
  const options = { maxOutputLength: MAX_DECODED };
  try {
    switch (first(lines, "content-encoding")?.trim().toLowerCase()) {
      case "gzip":
      case "x-gzip":
        return gunzipSync(octets, options);
      case "deflate":
        return inflateSync(octets, options);
      case "br":
        return brotliDecompressSync(octets, options);
      default:
        return octets;
    }
  } catch {
    return octets;
  }
}
