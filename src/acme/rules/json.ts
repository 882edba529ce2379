/** Reading what clients send: strictly, and with a problem that names the field. */
import { malformed } from "./problem.js";

export type JsonObject = Readonly<Record<string, unknown>>;

const BASE64URL = /^[A-Za-z0-9_-]*$/;

/** Base64url without padding (RFC 7515 2), in the one form that encodes these octets. */
export function decodeBase64Url(text: unknown, what: string): Buffer {
  if (typeof text !== "string" || !BASE64URL.test(text)) {
    throw malformed(`${what} is not base64url`);
  }
  const octets = Buffer.from(text, "base64url");
  if (octets.toString("base64url") !== text) throw malformed(`${what} is not base64url`);
  return octets;
}

/** A JSON object from UTF-8 octets. */
export function decodeObject(octets: Uint8Array, what: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(octets));
  } catch {
    throw malformed(`${what} is not JSON`);
  }
  if (!isObject(value)) throw malformed(`${what} is not a JSON object`);
  if (isNestedBeyond(MAX_DEPTH, value)) throw malformed(`${what} is nested too deeply`);
  return value;
}

/** Nothing that clients send has more than four; what shows a value in an error goes down into it. */
const MAX_DEPTH = 16;

/** Level by level: calls would end where the stack does. */
function isNestedBeyond(depth: number, value: object): boolean {
  let level: object[] = [value];
  for (let left = depth; level.length > 0; left--) {
    if (left === 0) return true;
    level = level.flatMap((each) =>
      Object.values(each).filter((inner) => typeof inner === "object" && inner !== null),
    );
  }
  return false;
}

/** Any value, for an error. */
export function shownJson(value: unknown): string {
  return value === undefined ? "(none)" : JSON.stringify(value).slice(0, 64);
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A field that may be missing. */
export function optionalText(object: JsonObject, field: string): string | undefined {
  const value = object[field];
  if (value === undefined || typeof value === "string") return value;
  throw malformed(`${field} is not a string`);
}

export function optionalFlag(object: JsonObject, field: string): boolean {
  const value = object[field];
  if (value === undefined || typeof value === "boolean") return value ?? false;
  throw malformed(`${field} is neither true nor false`);
}

export function optionalList(object: JsonObject, field: string): readonly unknown[] | undefined {
  const value = object[field];
  if (value === undefined || Array.isArray(value)) return value;
  throw malformed(`${field} is not an array`);
}
