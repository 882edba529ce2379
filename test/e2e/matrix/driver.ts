/** A login as a browser does it, and how it ends. */

import { Network } from "../../../src/visit/network.js";
import type { Page } from "../../../src/visit/page.js";
import { bare, type Hop, type Visit as Visited, Visitor } from "../../../src/visit/visitor.js";

/** How a visit ends. */
export type Outcome =
  | "works"
  /** The same redirect until the browser gives up. */
  | "loops"
  /** The login was answered, and the next page does not know who it is. */
  | "cookie-lost"
  /** The form was refused. */
  | "csrf"
  /** A redirect to http://. */
  | "http-urls"
  /** A redirect to another host than the one in the address bar. */
  | "internal-urls"
  /** Pages work, the WebSocket does not. */
  | "live-refused"
  /** An answer that has no place in the visit. */
  | `status ${number}`;

export interface Visit {
  readonly outcome: Outcome;
  /** One line a request; a loop is one line. */
  readonly log: readonly string[];
}

export const USER = "ada";

/**
 * Opens the front page, logs in, and looks whether the page knows who it is.
 * @param origin "https://localhost:8443"
 * @param ca the certificate that is trusted, PEM
 * @param live whether the app has a WebSocket at /live
 * @param address where the origin's host is, in place of the loopback addresses
 */
export async function visit(
  origin: string,
  ca: string,
  live = false,
  address?: string,
): Promise<Visit> {
  const log: string[] = [];
  const note = (line: string): void => {
    if (log.at(-1) !== line) log.push(line);
  };
  const visitor = new Visitor({
    carrier: new Network({ roots: [ca], ...(address !== undefined && { resolve: () => address }) }),
  });
  const onHop = ({ request, response, next }: Hop): boolean => {
    const { pathname } = request.url;
    note([request.method, pathname, response.status, next?.href].filter(Boolean).join(" "));
    return next === undefined || next.origin === origin || isPlainSide(next, origin, address);
  };
  const first = await visitor.navigate({ url: new URL(origin), onHop });
  const early = failureOf(first, origin);
  if (early) return { outcome: early, log };
  const [form] = first.page?.forms ?? [];
  if (!form) return { outcome: `status ${first.status}`, log };
  const then = await visitor.submit(first.page as Page, form, { user: USER }, { onHop });
  const late = failureOf(then, origin);
  if (late) return { outcome: late, log };
  if (then.page?.forms.length) return { outcome: "cookie-lost", log };
  if (then.body !== `Hello, ${USER}`) return { outcome: `status ${then.status}`, log };
  if (!live) return { outcome: "works", log };
  const { status } = await visitor.socket(new URL("/live", origin), bare(new URL(origin)));
  note(`GET /live ${status}`);
  return { outcome: status === 101 ? "works" : "live-refused", log };
}

/** On ports 443 and 80 there is a plain side, where browsers go on. */
function isPlainSide(next: URL, origin: string, address: string | undefined): boolean {
  return address !== undefined && next.origin === origin.replace(/^https/, "http");
}

function failureOf({ end, hops }: Visited, origin: string): Outcome | undefined {
  if (end === "too-many-redirects") return "loops";
  const last = hops.at(-1) as Hop;
  if (end === "stopped" && last.next) {
    return last.next.host === new URL(origin).host ? "http-urls" : "internal-urls";
  }
  const { status } = last.response;
  const isRefused = last.request.method === "POST" && (status === 400 || status === 403);
  return isRefused ? "csrf" : undefined;
}
