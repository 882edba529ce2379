/** The value of the control header: token, number of the request, and what the app is to answer. */
import type { Reply } from "./question.js";

export interface Control {
  readonly token: string;
  readonly number: number;
  readonly reply: Reply;
}

/** "TOKEN NUMBER" or "TOKEN NUMBER REPLY", the last one JSON in base64url. */
export function encodeControl({ token, number, reply }: Control): string {
  const wanted = Object.keys(reply).length === 0 ? "" : ` ${toBase64(JSON.stringify(reply))}`;
  // As long for every request, so that it counts the same against a bound.
  return `${token} ${String(number).padStart(6, "0")}${wanted}`;
}

function toBase64(text: string): string {
  return Buffer.from(text, "utf8").toString("base64url");
}

/** The other way round; undefined for anything else. */
export function decodeControl(value: string | undefined): Control | undefined {
  const [token, number, reply, ...more] = value?.split(" ") ?? [];
  if (token === undefined || !/^\d{1,9}$/.test(number ?? "") || more.length > 0) return undefined;
  try {
    const wanted = reply === undefined ? "{}" : Buffer.from(reply, "base64url").toString("utf8");
    return { token, number: Number(number), reply: JSON.parse(wanted) as Reply };
  } catch {
    return undefined;
  }
}
