/** HAR 1.2 files of any program as records, to look at and to replay. Everything in them is untrusted. */
import { DevtlsError } from "../errors.js";
import { first } from "../lines.js";
import type { Draft, KeptBody } from "./record.js";
import { MAX_BODY } from "./recorder.js";

/** Of one file. */
const MAX_ENTRIES = 10_000;
/** Of one text: a header of some megabytes is no header. */
const MAX_TEXT = 64 * 1024;

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$/;

/** @param target where a replay goes: only ever to the one that is configured */
export function readHar(value: unknown, target: string): Draft[] {
  const entries = objectOf(objectOf(value)?.log)?.entries;
  if (!Array.isArray(entries)) throw refuse('it has no "log" with "entries"');
  if (entries.length > MAX_ENTRIES) {
    throw refuse(`it has ${entries.length} entries, more than ${MAX_ENTRIES}`);
  }
  return entries.map((entry, index) => {
    const record = draftOf(entry, target);
    if (typeof record === "string") throw refuse(`entry ${index + 1}: ${record}`);
    return record;
  });
}

function refuse(cause: string): DevtlsError {
  return new DevtlsError("usage", `could not read the HAR file: ${cause}`, {
    hint: "Save it in a browser's network panel (Export HAR), or here",
  });
}

function draftOf(value: unknown, target: string): Draft | string {
  const entry = objectOf(value) ?? {};
  const request = objectOf(entry.request) ?? {};
  const response = objectOf(entry.response) ?? {};
  const { url, method } = request;
  if (typeof url !== "string" || !URL.canParse(url)) return "its request has no URL";
  const { protocol, host, pathname, search, port } = new URL(url);
  const scheme = /^(?:https|wss):$/.test(protocol)
    ? "https"
    : /^(?:http|ws):$/.test(protocol)
      ? "http"
      : undefined;
  if (!scheme) return `${protocol} is neither http nor https`;
  if (typeof method !== "string" || !METHOD.test(method)) return "its request has no method";
  const all = linesOf(request.headers).filter((_, index, list) => {
    return !(list[index - (index % 2)] as string).startsWith(":");
  });
  const headers = all.filter((_, index) => !/^host$/i.test(all[index - (index % 2)] as string));
  const sent = linesOf(response.headers);
  const milliseconds = numberOf(entry.time, 0);
  const wait = numberOf(objectOf(entry.timings)?.wait, milliseconds);
  const body = bodyOf(objectOf(request.postData)?.text, undefined);
  const content = objectOf(response.content) ?? {};
  const http2 = /2|3|h2|h3/i.test(textOf(request.httpVersion).replace(/^http\//i, ""));
  return {
    source: "har",
    at: Date.parse(textOf(entry.startedDateTime)) || 0,
    url: url.slice(0, MAX_TEXT),
    asked: {
      method,
      target: (pathname + search).slice(0, MAX_TEXT),
      protocol: http2 ? "HTTP/2" : "HTTP/1.1",
      host,
      ...(!http2 && { hostAt: 0 }),
      headers,
      trailersWelcome: false,
      connection: {
        scheme,
        address: "127.0.0.1",
        clientPort: 0,
        port: port === "" ? (scheme === "https" ? 443 : 80) : Number(port),
      },
      body: body && { chunked: false, length: body.total },
    },
    upgrade: first(headers, "upgrade"),
    edge: "",
    standIn: false,
    target,
    told: [],
    status: numberOf(response.status, 0),
    answered: sent,
    sent,
    trailers: [],
    informations: [],
    bytes: Math.max(numberOf(response.bodySize, 0), 0),
    milliseconds,
    millisecondsToHead: Math.min(wait, milliseconds),
    opening: undefined,
    brokenBy: undefined,
    own: false,
    limit: undefined,
    requestBody: body,
    responseBody: bodyOf(content.text, content.encoding),
    frames: [],
    framesLeftOut: 0,
    over: true,
    findings: [],
  };
}

type Loose = Readonly<Record<string, unknown>>;

function objectOf(value: unknown): Loose | undefined {
  return typeof value === "object" && value !== null ? (value as Loose) : undefined;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function numberOf(value: unknown, otherwise: number): number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : otherwise;
}

/** Header lines that can be written; others cannot have been on a wire. */
function linesOf(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((each) => {
    const { name, value: text } = objectOf(each) ?? {};
    if (typeof name !== "string" || typeof text !== "string") return [];
    const pseudo = name.startsWith(":") && TOKEN.test(name.slice(1));
    if (!pseudo && !TOKEN.test(name)) return [];
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
    const clean = text.slice(0, MAX_TEXT).replace(/[\x00-\x08\x0a-\x1f\x7f]+/g, " ");
    return [name.slice(0, 256), clean];
  });
}

function bodyOf(text: unknown, encoding: unknown): KeptBody | undefined {
  if (typeof text !== "string" || text === "") return undefined;
  const octets = Buffer.from(text, encoding === "base64" ? "base64" : "utf8");
  return { octets: Buffer.from(octets.subarray(0, MAX_BODY)), total: octets.length };
}
