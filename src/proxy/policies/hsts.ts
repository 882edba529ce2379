/** What becomes of Strict-Transport-Security, which knows no ports (RFC 6797 8.3). */
import type { HeaderLines } from "../../lines.js";
import type { ResponsePolicy } from "../forwarding.js";

/** A number is a max-age in seconds, sent in place of what the app says. */
export type HstsMode = "strip" | "pass" | number;

const NAME = "Strict-Transport-Security";
const LOWER = NAME.toLowerCase();

/** The policy for a mode; undefined when there is nothing to do. */
export function hstsPolicy(mode: HstsMode): ResponsePolicy | undefined {
  if (mode === "pass") return undefined;
  if (mode === "strip") return withoutHsts;
  const value = `max-age=${mode}`;
  return (headers, { connection }) => {
    const rest = withoutHsts(headers);
    // Not over plain http, where nobody may listen to it (RFC 6797 7.2).
    return connection.scheme === "https" ? [...rest, NAME, value] : rest;
  };
}

/** Most responses have none, and pass as they are. */
function withoutHsts(headers: HeaderLines): HeaderLines {
  for (let index = 0; index < headers.length; index += 2) {
    if (isHsts(headers[index] as string)) return dropFrom(headers, index);
  }
  return headers;
}

function dropFrom(headers: HeaderLines, first: number): HeaderLines {
  const kept = headers.slice(0, first);
  for (let index = first + 2; index < headers.length; index += 2) {
    const name = headers[index] as string;
    if (!isHsts(name)) kept.push(name, headers[index + 1] as string);
  }
  return kept;
}

function isHsts(name: string): boolean {
  return name.length === LOWER.length && name.toLowerCase() === LOWER;
}
