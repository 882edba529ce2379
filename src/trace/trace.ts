/**
 * The way of a URL as a browser goes it: redirect after redirect, with a cookie jar, and the
 * diagnosis of `devtls serve` seen from the client's side.
 */
import { GIVING_UP } from "../diagnose/detectors/redirect-loop.js";
import { Diagnosis } from "../diagnose/diagnosis.js";
import { type Ask, type Finding, type Observation, stated } from "../diagnose/finding.js";
import { normalUrl } from "../diagnose/redirects.js";
import { DevtlsError } from "../errors.js";
import { first, valuesOf } from "../lines.js";
import { Network, type NetworkOptions } from "../visit/network.js";
import { MAX_REDIRECTS, type Hop as VisitedHop, Visitor } from "../visit/visitor.js";
import { ARGUMENTS, asAddress } from "../words.js";

export interface TraceOptions extends NetworkOptions {
  /** GET unless told otherwise. */
  readonly method?: string;
  /**
   * Header lines to send: name, value, name, value. Those that may be a secret go to the origin of
   * the URL only.
   */
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
  /** Names of header lines that were given for another origin, and were not sent. */
  readonly withheld: readonly string[];
  readonly milliseconds: number;
}

export interface Trace {
  readonly hops: readonly Hop[];
  readonly findings: readonly Finding[];
}

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
  const network = new Network(options);
  const visitor = new Visitor({ carrier: network, userAgent: "devtls-trace" });
  const { end } = await visitor.navigate({
    url: addressOf(address),
    method: options.method ?? "GET",
    headers: options.headers ?? [],
    ...{ refresh: false, rounds: MAX_SAME },
    onHop: (visited) => {
      const hop = hopOf(visited);
      hops.push(hop);
      onHop(hop);
      const ask = options.probe === false ? undefined : replay(visited, network);
      diagnosis.observe(observed(visited), ask);
      return true;
    },
  });
  await diagnosis.idle();
  const isEndless = end === "too-many-redirects" && hops.length > MAX_REDIRECTS;
  if (isEndless && findings.length === 0) findings.push(endless(hops));
  return { hops, findings };
}

function hopOf({ request, response, withheld, milliseconds }: VisitedHop): Hop {
  const { status, headers } = response;
  const lines = valuesOf(headers, "set-cookie");
  return {
    ...{ method: request.method, url: request.url.href, status },
    location: first(headers, "location") ?? null,
    cookies: lines.map((line) => (line.split(/[=;]/)[0] ?? "").trim()),
    ...{ withheld, milliseconds },
  };
}

function addressOf(text: string): URL {
  const url = normalUrl(asAddress(text));
  if (url === undefined || !/^https?:/.test(url)) {
    throw new DevtlsError("usage", `${ARGUMENTS}: '${text}' is no http or https address`, {
      hint: "For example: devtls trace https://localhost:8443/",
    });
  }
  return new URL(url);
}

function observed({ request, response }: VisitedHop): Observation {
  const { method, url, headers } = request;
  const { status } = response;
  return {
    ...{ method, url: url.href, told: headers, status },
    ...{ response: response.headers, target: url.origin },
  };
}

/** A client comes from where it is, whatever a trial would like, and speaks HTTP only. */
function replay({ request }: VisitedHop, network: Network): Ask {
  return async ({ told, from, path, upgrade }) => {
    if (from === "loopback" || upgrade) return undefined;
    const url = path === undefined ? request.url : new URL(path, request.url);
    // What was told belongs to this origin.
    if (url.origin !== request.url.origin) return undefined;
    const method = path === undefined ? request.method : "GET";
    const headers = [...told, "X-Devtls-Probe", "1"];
    const answer = await network.send({ method, url, headers }).catch(() => undefined);
    return answer && { status: answer.status, response: answer.headers };
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
