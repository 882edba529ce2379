/** What becomes of Strict-Transport-Security, which knows no ports (RFC 6797 8.3). */
import { editValues, type HeaderLines } from "../../lines.js";
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

function withoutHsts(headers: HeaderLines): HeaderLines {
  return editValues(headers, LOWER, () => undefined);
}
