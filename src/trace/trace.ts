/**
 * The way of a URL as a browser goes it: redirect after redirect, with a cookie jar, and the
 * diagnosis of `devtls serve` seen from the client's side.
 */
import { CookieJar } from "../cookies/jar.js";
import { GIVING_UP } from "../diagnose/detectors/redirect-loop.js";
import { Diagnosis } from "../diagnose/diagnosis.js";
import { type Ask, type Finding, type Observation, stated } from "../diagnose/finding.js";
import { becomesGet, normalUrl, originOf, redirectOf } from "../diagnose/redirects.js";
import { DevtlsError } from "../errors.js";
import { first, valuesOf } from "../lines.js";
import { ARGUMENTS } from "../words.js";
import { type AskOptions, ask, type Reply } from "./ask.js";

export interface TraceOptions extends AskOptions {
  /** GET unless told otherwise. */
  readonly method?: string;
  /** Header lines to send: name, value, name, value. */
  readonly headers?: readonly string[];
  /** Replay a failing GET to find the cause; so unless told otherwise. */
  readonly probe?: boolean;
}

export interface Hop {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  /** Where it sends the browser. */
  readonly location: string | null;
  /** The names of the cookies that it set. */
  readonly cookies: readonly string[];
  readonly milliseconds: number;
}

export interface Trace {
  readonly hops: readonly Hop[];
  readonly findings: readonly Finding[];
}

/** As Chromium does. */
export const MAX_REDIRECTS = 20;

/** A round is gone twice before it is taken for one without an end. */
const MAX_SAME = 2;

/**
 * Follows a URL to its end, or until it goes in circles.
 * @param onHop told of each response as it comes
 * @throws DevtlsError "usage" for what is no http or https URL, "request-failed"
 */
export async function trace(
  address: string,
  options: TraceOptions,
  onHop: (hop: Hop) => void = () => undefined,
): Promise<Trace> {
  const findings: Finding[] = [];
  const hops: Hop[] = [];
  const diagnosis = new Diagnosis(
    { fromClient: true, hstsPassed: true },
    (finding) => void findings.push(finding),
    (error) => {
      throw error;
    },
  );
  const jar = new CookieJar();
  const asked = new Map<string, number>();
  let url = addressOf(address);
  let method = options.method ?? "GET";
  for (;;) {
    const started = performance.now();
    const told = linesFor(url, method, jar, options.headers ?? []);
    const reply = await ask(url, method, told, options);
    const lines = valuesOf(reply.response, "set-cookie");
    const hop: Hop = {
      ...{ method, url: url.href, status: reply.status },
      location: first(reply.response, "location") ?? null,
      cookies: lines.map((line) => (line.split(/[=;]/)[0] ?? "").trim()),
      milliseconds: performance.now() - started,
    };
    hops.push(hop);
    onHop(hop);
    diagnosis.observe(observed(hop, told, reply, url), replay(url, method, options));
    for (const line of lines) jar.store(line, originOf(url.href));
    const next = redirectOf(reply.status, reply.response, url.href);
    if (next === undefined || !/^https?:/.test(next)) break;
    if (becomesGet(method, reply.status)) method = "GET";
    url = new URL(next);
    const state = `${method} ${next} ${jar.cookieHeader({ ...originOf(next), method })}`;
    const count = (asked.get(state) ?? 0) + 1;
    asked.set(state, count);
    if (count > MAX_SAME) break;
    if (hops.length > MAX_REDIRECTS) {
      if (findings.length === 0) findings.push(endless(hops));
      break;
    }
  }
  await diagnosis.idle();
  return { hops, findings };
}

function addressOf(text: string): URL {
  const url = normalUrl(text.includes("://") ? text : `https://${text}`);
  if (url === undefined || !/^https?:/.test(url)) {
    throw new DevtlsError("usage", `${ARGUMENTS}: '${text}' is no http or https address`, {
      hint: "For example: devtls trace https://localhost:8443/",
    });
  }
  return new URL(url);
}

function linesFor(url: URL, method: string, jar: CookieJar, own: readonly string[]): string[] {
  const names = own.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  const cookie = jar.cookieHeader({ ...originOf(url.href), method });
  const usual = [
    ...["Host", url.host],
    ...["User-Agent", "devtls-trace"],
    ...["Accept", "text/html,application/xhtml+xml,*/*;q=0.8"],
    ...(cookie === undefined ? [] : ["Cookie", cookie]),
  ];
  const lines: string[] = [];
  for (let index = 0; index < usual.length; index += 2) {
    const name = usual[index] as string;
    if (!names.includes(name.toLowerCase())) lines.push(name, usual[index + 1] as string);
  }
  return [...lines, ...own];
}

function observed(hop: Hop, told: readonly string[], reply: Reply, { origin }: URL): Observation {
  const { method, url, status } = hop;
  return { method, url, told, status, response: reply.response, target: origin };
}

/** A client comes from where it is, whatever a trial would like, and speaks HTTP only. */
function replay(url: URL, method: string, options: TraceOptions): Ask | undefined {
  if (options.probe === false) return undefined;
  return async ({ told, from, path, upgrade }) => {
    if (from === "loopback" || upgrade) return undefined;
    const page = path === undefined ? url : new URL(path, url);
    const as = path === undefined ? method : "GET";
    return ask(page, as, [...told, "X-Devtls-Probe", "1"], options).catch(() => undefined);
  };
}

function endless(hops: readonly Hop[]): Finding {
  const [start] = hops as readonly [Hop, ...Hop[]];
  return stated({
    ...{ code: "redirect-loop", cause: "unknown", url: start.url, framework: null },
    explanation: `There are more than ${MAX_REDIRECTS} redirects, where browsers give up, and no two of them are alike.`,
    chain: hops.slice(0, 4).map(({ method, url, status }) => `${method} ${url} -> ${status}`),
    fixes: [],
    proof: GIVING_UP,
  });
}
