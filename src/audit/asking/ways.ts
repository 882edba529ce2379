/** The ways into a site, walked as the HTTP Observatory walks them. */
import { causeOf, DevtlsError } from "../../errors.js";
import { first, valuesOf } from "../../lines.js";
import type { Carrier, HopResponse } from "../../visit/carrier.js";
import { ACCEPT_ENCODING } from "../../visit/collect.js";
import { isCertificateError } from "../../visit/network.js";
import { KeptCookies } from "../rules/kept-cookies.js";
import type { Answer, CorsAnswer, Site, Way } from "../rules/site.js";
import { isImpolite } from "./outside.js";

export interface Carriers {
  /** Refuses certificates that are not trusted. */
  readonly strict: Carrier;
  /** Takes any. */
  readonly lenient: Carrier;
}

/** As the Observatory does. */
const MAX_REDIRECTS = 10;

const REDIRECTS = [301, 302, 303, 307, 308];

/** The origin that the Observatory asks from: who answers it alone is graded alike. */
const CORS_ORIGIN = "https://http-observatory.security.mozilla.org";

const PAGE = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

export const USER_AGENT = "Mozilla/5.0 (compatible; devtls-audit)";

export interface Walked extends Way {
  /** What the start itself answered. */
  readonly first: Answer | undefined;
  /** Why it broke off. */
  readonly failure: unknown;
  readonly jar: KeptCookies;
}

interface Steps {
  readonly route: URL[];
  readonly jar: KeptCookies;
  first: Answer | undefined;
  redirects: number;
}

/** Walks from a URL to where it leads; never throws. */
async function walk(start: URL, { strict, lenient }: Carriers): Promise<Walked> {
  const steps: Steps = {
    ...{ route: [], jar: new KeptCookies(), first: undefined, redirects: 0 },
  };
  const of = (answer: Answer | undefined, isVerified: boolean, failure?: unknown): Walked => {
    const { route, jar, first } = steps;
    return { start, route, answer, first, isVerified, failure, jar, cookies: jar.all };
  };
  try {
    return of(await follow(start, strict, steps), true);
  } catch (error) {
    if (!isCertificateError(error)) return of(undefined, true, error);
  }
  // From the beginning, with what was set and counted so far.
  steps.route.length = 0;
  steps.first = undefined;
  try {
    return of(await follow(start, lenient, steps), false);
  } catch (error) {
    return of(undefined, false, error);
  }
}

async function follow(start: URL, carrier: Carrier, steps: Steps): Promise<Answer> {
  for (let url = start; ; ) {
    const answer = await ask(carrier, url, steps.jar);
    steps.route.push(url);
    steps.first ??= answer;
    if (!REDIRECTS.includes(answer.status) || steps.redirects >= MAX_REDIRECTS) return answer;
    steps.redirects++;
    // The Observatory reads a missing Location as this word.
    url = withoutFragment(new URL(first(answer.headers, "location") ?? "undefined", url));
  }
}

function withoutFragment(url: URL): URL {
  url.hash = "";
  return url;
}

async function ask(carrier: Carrier, url: URL, jar: KeptCookies, accept = PAGE): Promise<Answer> {
  const cookie = jar.sentTo(url);
  const response = await carrier.send({
    ...{ method: "GET", url },
    headers: [
      ...["Host", url.host, "Accept", accept, "User-Agent", USER_AGENT],
      ...["Accept-Encoding", ACCEPT_ENCODING],
      ...(cookie === undefined ? [] : ["Cookie", cookie]),
    ],
  });
  for (const line of valuesOf(response.headers, "set-cookie")) jar.keep(line, url);
  return answerOf(response);
}

function answerOf({ status, headers, body }: HopResponse): Answer {
  return { status, headers, body: body.toString() };
}

/** Without what the network says of it already; several addresses fail with one error of many. */
export function reasonOf(failure: unknown): string {
  const cause = failure instanceof DevtlsError ? failure.cause : undefined;
  if (cause instanceof AggregateError) return causeOf(cause.errors[0]);
  return causeOf(failure).replace(/^could not ask (?:[A-Z]+ )?\S+: /, "");
}

export interface Asked extends Site {
  readonly http: Walked;
  readonly https: Walked;
}

export interface Doors {
  readonly http: URL | undefined;
  readonly https: URL | undefined;
  /** Whether plain http counts by its redirect alone: it is asked on the port of https. */
  readonly isSamePort: boolean;
  /** How another origin asks: with a preflight, or as a page fetches. */
  readonly corsMethod: "OPTIONS" | "GET";
}

/** Walks both ways, and asks as another origin would. */
export async function askSite(hostname: string, doors: Doors, carriers: Carriers): Promise<Asked> {
  const [plain, https] = await Promise.all([
    doors.http ? walk(doors.http, carriers) : nowhere(new URL(`http://${hostname}`)),
    doors.https ? walk(doors.https, carriers) : nowhere(new URL(`https://${hostname}`)),
  ]);
  const http = doors.isSamePort && plain.route.length < 2 ? nowhere(plain.start) : plain;
  const judged = https.answer ? https : http;
  const cors = judged.answer && (await askCors(judged, doors.corsMethod, carriers));
  // What the last questions set counts, too.
  const settled = (way: Walked): Walked => ({ ...way, cookies: way.jar.all });
  return {
    ...{ hostname, http: settled(http), https: settled(https), cors },
    isPreloaded: () => false,
  };
}

function nowhere(start: URL): Walked {
  const jar = new KeptCookies();
  return {
    ...{ start, route: [], answer: undefined, isVerified: true, cookies: [], jar },
    ...{ failure: undefined, first: undefined },
  };
}

async function askCors(
  way: Walked,
  method: Doors["corsMethod"],
  carriers: Carriers,
): Promise<CorsAnswer | undefined> {
  const carrier = way.isVerified ? carriers.strict : carriers.lenient;
  let url = way.route.at(-1) ?? way.start;
  try {
    // Past an untrusted certificate the Observatory asks for robots.txt last, cookies and all.
    if (!way.isVerified) {
      const robots = new URL("/robots.txt", way.start);
      const { status } = await ask(carrier, robots, way.jar, "text/plain,*/*;q=0.8");
      if (status >= 200 && status < 300) url = robots;
    }
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const { status, headers } = await askAsForeign(carrier, method, url);
      if (status >= 200 && status < 300) return { headers, origin: CORS_ORIGIN };
      const location = first(headers, "location");
      if (!REDIRECTS.includes(status) || location === undefined) return undefined;
      url = new URL(location, url);
    }
  } catch {
    // Who does not answer shares nothing.
  }
  return undefined;
}

/** A preflight is none of the methods for a server that is somebody else's: it is asked as pages fetch. */
async function askAsForeign(
  carrier: Carrier,
  method: Doors["corsMethod"],
  url: URL,
): Promise<HopResponse> {
  const common = [
    "Host",
    url.host,
    "Accept",
    PAGE,
    "User-Agent",
    USER_AGENT,
    "Origin",
    CORS_ORIGIN,
  ];
  const preflight = ["Access-Control-Request-Method", "GET"];
  try {
    const headers = method === "OPTIONS" ? [...common, ...preflight] : common;
    return await carrier.send({ method, url, headers });
  } catch (error) {
    if (!isImpolite(error)) throw error;
    return carrier.send({ method: "GET", url, headers: common });
  }
}
