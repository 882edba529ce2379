/** Which requests are one: a redirect and what followed it. Pure. */
import { arrowsOf, type Drawing, type Hop } from "../drawing/drawing.js";
import { first } from "../lines.js";
import type { Draft, Recorded } from "./record.js";

/** A browser follows a redirect at once; what comes later is another visit. */
const FOLLOWS_WITHIN_MS = 10_000;
/** Redirects whose next request may still come. */
const MAX_EXPECTED = 1_000;

interface Expected {
  readonly chain: number;
  readonly until: number;
}

export class RedirectChains {
  /** By client and URL; a file is a client of its own. */
  readonly #expected = new Map<string, Expected>();

  /** @returns the chain that a record belongs to: the id of its first one */
  place(id: number, record: Draft): number {
    const { url, asked, at, milliseconds, source } = record;
    // What is asked once more follows nothing.
    if (source === "replay") return id;
    const next = nextUrl(record);
    if (next === undefined && this.#expected.size === 0) return id;
    const client = source === "har" ? "a file" : asked.connection.address;
    const key = `${client} ${url}`;
    const expected = this.#expected.get(key);
    this.#expected.delete(key);
    const chain = expected && at <= expected.until ? expected.chain : id;
    if (next !== undefined) {
      const until = at + milliseconds + FOLLOWS_WITHIN_MS;
      this.#expected.set(`${client} ${next}`, { chain, until });
      const [oldest] = this.#expected.keys();
      if (this.#expected.size > MAX_EXPECTED && oldest !== undefined) this.#expected.delete(oldest);
    }
    return chain;
  }
}

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

type Redirecting = Pick<Recorded, "status" | "sent" | "url">;

/** Where a response sends the browser, as it asks for it: without the fragment. */
function nextUrl({ status, sent, url }: Redirecting): string | undefined {
  if (status < 300 || status > 308 || !REDIRECTS.includes(status)) return undefined;
  const location = first(sent, "location");
  if (location === undefined || !URL.canParse(location, url)) return undefined;
  const next = new URL(location, url);
  next.hash = "";
  return next.href;
}

/** Of what the app is told, what decides where it sends the browser. */
const TELLING =
  /^(?:x-forwarded-proto|x-forwarded-ssl|x-forwarded-scheme|forwarded|x-scheme|front-end-https|cloudfront-forwarded-proto)$/i;

/** A chain as a drawing; the hop that leads back to where the browser was is the wrong one. */
export function drawingOf(chain: readonly Recorded[]): Drawing {
  const asked = new Map<string, number>();
  let loops = false;
  const hops = chain.map((record, index): Hop => {
    const { asked: request, url, told, status, own, sent } = record;
    asked.set(keyOf(record), index);
    const next = nextUrl(record);
    const back = next !== undefined && asked.has(`GET ${next}`);
    if (back) loops = true;
    const location = first(sent, "location");
    return {
      ...{ method: request.method, url, status, own, told: tellingLines(told) },
      ...(location !== undefined && { location }),
      cookies: cookieNames(sent),
      ...(back && { wrong: "where it was" }),
      ...(!back && status >= 400 && { wrong: "refused" }),
    };
  });
  const last = chain.at(-1);
  const title = loops
    ? "A redirect loop"
    : chain.some(({ asked: { method } }) => method === "POST")
      ? "A form and what followed"
      : chain.length > 1
        ? "Redirects"
        : "One request";
  const ending = loops ? "and so on: the browser gives up after 20" : endingOf(last);
  return { title, arrows: arrowsOf(folded(hops)), ...(ending !== undefined && { ending }) };
}

/** A loop of twenty hops says no more than its first turns. */
function folded(hops: readonly Hop[]): readonly Hop[] {
  return hops.length <= MAX_HOPS ? hops : hops.slice(0, MAX_HOPS);
}
const MAX_HOPS = 8;

function endingOf(last: Recorded | undefined): string | undefined {
  if (!last) return undefined;
  const next = nextUrl(last);
  return next === undefined ? undefined : `goes on at ${next}, which was not asked here`;
}

function keyOf({ asked, url }: Recorded): string {
  return `${asked.method} ${url}`;
}

function tellingLines(told: readonly string[]): string[] {
  const lines: string[] = [];
  for (let index = 0; index < told.length; index += 2) {
    const name = told[index] as string;
    if (TELLING.test(name)) lines.push(`${name}: ${told[index + 1]}`);
  }
  return lines.length === 0 && told.length > 0 ? ["nothing said of https"] : lines;
}

function cookieNames(sent: readonly string[]): string[] {
  const names: string[] = [];
  for (let index = 0; index < sent.length; index += 2) {
    if (/^set-cookie$/i.test(sent[index] as string)) {
      names.push((sent[index + 1] as string).split("=", 1)[0]?.trim() ?? "");
    }
  }
  return names;
}
