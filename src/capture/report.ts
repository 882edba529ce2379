/** What the echo answers with: the request that it got, as JSON. */
import { first } from "../lines.js";
import { type Arrived, isControl, type Shows } from "./question.js";

/** In a response without a body the report is in this header, base64. */
const REPORT_HEADER = "x-devtls-report";

export interface Report {
  readonly arrived: Arrived;
  readonly shows: Shows;
  /** The number of the request that it is about. */
  readonly number: number;
  /** The peer of the app's connection, where the runtime says. */
  readonly peer: string;
}

/** Reads a report; undefined for any other response. */
export function readReport(lines: readonly string[], body: Buffer): Report | undefined {
  const header = first(lines, REPORT_HEADER);
  const text = header === undefined ? body.toString("utf8") : fromBase64(header);
  if (!text.startsWith('{"devtls":')) return undefined;
  try {
    return parse(JSON.parse(text) as Record<string, unknown>);
  } catch {
    return undefined;
  }
}

function fromBase64(text: string): string {
  return Buffer.from(text, "base64").toString("utf8");
}

/** Every field is checked: whoever answers may be anybody. */
function parse(json: Record<string, unknown>): Report | undefined {
  const { devtls, method, target, version, headers, octets, peer, number, shows } = json;
  const text = (value: unknown): value is string => typeof value === "string";
  const pairs = Array.isArray(headers) ? headers : [];
  const sound = pairs.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(text));
  if (devtls !== 1 || !sound || !text(method) || !text(target) || !text(version)) return undefined;
  if (typeof octets !== "number" || typeof number !== "number" || !isObject(shows))
    return undefined;
  const lines = (pairs as [string, string][])
    .filter(([name]) => !isControl(name.replaceAll("_", "-")))
    .flat();
  return {
    arrived: { method, target, version, lines, octets },
    shows: {
      order: shows.order === true,
      case: shows.case === true,
      duplicates: shows.duplicates === true,
      target: shows.target === true,
      version: shows.version === true,
      trailers: false,
      hidden: Array.isArray(shows.hidden) ? shows.hidden.filter(text) : [],
    },
    number,
    peer: text(peer) ? peer : "",
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
