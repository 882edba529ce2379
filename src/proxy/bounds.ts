/** The bounds of a simulated edge: on request heads and bodies, and what a client gets beyond. */

import { Readable } from "node:stream";
import { checkHeadLimits, formatBound } from "../edge/limits.js";
import type { EdgeProfile, Limit } from "../edge/profile.js";
import { refusesTarget } from "../edge/target.js";
import { first } from "../lines.js";
import type { Exchange } from "./exchange.js";
import type { Forwarding } from "./forwarding.js";
import type { Page } from "./own/pages.js";
import type { RequestBody } from "./upstream/call.js";

export interface Refusal {
  readonly page: Page;
  /** What was passed, for the terminal: "413: a body of more than 1 MiB". */
  readonly limit: string;
}

export function refusalOf(
  edge: EdgeProfile,
  limit: Limit,
  what: string,
  advice = "devtls simulates this edge's limits. To keep its headers without them: --limits off",
): Refusal {
  const code = limit.code ? ` (${limit.code})` : "";
  return {
    // 0 where there is no answer, because a response is broken off.
    limit: limit.status === 0 ? what : `${limit.status}${code}: ${what}`,
    page: {
      status: limit.status,
      title: `${edge.name} would answer ${limit.status}${code} here: ${what}.`,
      advice: [advice],
      headers: ["Connection", "close"],
    },
  };
}

/** What a request passes before its body is looked at. */
export function refuseRequest(
  exchange: Exchange,
  { edge, limits }: Forwarding,
): Refusal | undefined {
  if (refusesTarget(edge.toApp.target, exchange.target)) {
    const advice = "Its configuration can allow them: AllowEncodedSlashes NoDecode";
    return refusalOf(edge, { max: 0, status: 404 }, "an encoded slash in the path", advice);
  }
  const exceeded = checkHeadLimits(limits, exchange.target, exchange.headers);
  if (exceeded) return refusalOf(edge, exceeded.limit, exceeded.what);
  const { body, getBody, unknownLength } = limits;
  const length = Number(first(exchange.headers, "content-length") ?? 0);
  if (getBody && exchange.method === "GET" && exchange.body) {
    return refusalOf(edge, getBody, "a GET with a body");
  }
  if (unknownLength && exchange.body?.chunked) {
    return refusalOf(edge, unknownLength, "a body without Content-Length");
  }
  return body && length > body.max ? refusalOf(edge, body, tooLarge(body)) : undefined;
}

export function tooLarge(limit: Limit): string {
  return `a body of more than ${formatBound(limit.max, "octets")}`;
}

/** Without a bound of the edge's; more than this is not held in memory. */
const MAX_COLLECTED = 64 * 1024 * 1024;

/**
 * Collects a chunked body, as edges do that speak HTTP/1.0 to the app.
 * @returns undefined when the client left meanwhile
 * @throws Refusal when the body is too large
 */
export async function collectBody(
  exchange: Exchange,
  { edge, limits }: Forwarding,
): Promise<RequestBody | undefined> {
  const { body, reply } = exchange;
  if (!body) return undefined;
  const bound = limits.body ?? { max: MAX_COLLECTED, status: 413 };
  const chunks: Buffer[] = [];
  let length = 0;
  let gone = false;
  reply.onClose(() => {
    gone = true;
  });
  try {
    for await (const chunk of body.stream) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > bound.max) break;
    }
  } catch {
    return undefined; // the stream ends so when its client leaves
  }
  if (gone) return undefined;
  if (length > bound.max) throw refusalOf(edge, bound, tooLarge(bound));
  return { stream: Readable.from(chunks), chunked: false, length, trailers: () => [] };
}
