/** The bounds of an edge on request heads. */
import type { Limit, Limits } from "./profile.js";

export interface Exceeded {
  readonly limit: Limit;
  /** What was too large, for a person. */
  readonly what: string;
}

/** The first bound that a request head passes, or undefined. */
export function checkHeadLimits(
  limits: Limits,
  target: string,
  headers: readonly string[],
): Exceeded | undefined {
  if (limits.target && target.length > limits.target.max) {
    return { limit: limits.target, what: `a request target of ${target.length} octets` };
  }
  if (limits.query) {
    const mark = target.indexOf("?");
    const length = mark < 0 ? 0 : target.length - mark - 1;
    if (length > limits.query.max) {
      return { limit: limits.query, what: `a query of ${length} octets` };
    }
  }
  let octets = 0;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    const length = name.length + 2 + (headers[index + 1] as string).length;
    octets += length;
    if (limits.header && length > limits.header.max) {
      return { limit: limits.header, what: `the header ${name} of ${length} octets` };
    }
  }
  if (limits.headers && octets > limits.headers.max) {
    return { limit: limits.headers, what: `headers of ${octets} octets` };
  }
  if (limits.headerLines && headers.length / 2 > limits.headerLines.max) {
    return { limit: limits.headerLines, what: `${headers.length / 2} header lines` };
  }
  if (limits.forwardedFor) {
    const count = addressesIn(headers);
    if (count > limits.forwardedFor.max) {
      return { limit: limits.forwardedFor, what: `${count} addresses in X-Forwarded-For` };
    }
  }
  return undefined;
}

function addressesIn(headers: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < headers.length; index += 2) {
    if ((headers[index] as string).toLowerCase() !== "x-forwarded-for") continue;
    count += (headers[index + 1] as string).split(",").filter((entry) => entry.trim()).length;
  }
  return count;
}

const MIB = 1024 * 1024;

/** A bound for a person: "1 MiB", "30 s". */
export function formatBound(max: number, unit: "octets" | "milliseconds" | "lines"): string {
  if (unit === "lines") return String(max);
  if (unit === "milliseconds") return `${max / 1000} s`;
  if (max >= MIB && max % (MIB / 2) === 0) return `${max / MIB} MiB`;
  return max % 1024 === 0 ? `${max / 1024} KiB` : `${max} octets`;
}
