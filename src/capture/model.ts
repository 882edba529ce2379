/** What `serve` would pass on of a question, without a connection: its own functions, in its order. */
import { compileHead } from "../edge/head.js";
import type { EdgeProfile } from "../edge/profile.js";
import { appTarget, refusesTarget } from "../edge/target.js";
import { first, valuesOf, without } from "../lines.js";
import type { Exchange } from "../proxy/exchange.js";
import { checkHttp1Head, protocolsOf } from "../proxy/front/request-check.js";
import { appMethod, requestHeaders } from "../proxy/heads.js";
import { endToEndTrailers } from "../proxy/hop-by-hop.js";
import type { Arrived, Observation } from "./question.js";

/** What the app sees of a question through an edge. */
export type Passing = (observation: Observation) => Arrived;

/** @param target the app's own address, as the edge names it */
export type Model = (profile: EdgeProfile, target: string) => Passing;

/** The simulation's part of an edge that writes request heads. */
export const model: Model = (profile, target) => {
  const { toApp } = profile;
  const rewrite = compileHead(profile);
  const pool = { dialer: { target: { authority: target } } };
  const forwarding = { edge: profile, rewrite, requestPolicy: undefined, pool };
  return (observation) => {
    // What is asked is short enough to come along with its head.
    const arrives = toApp.buffersChunked === "arrived" && observation.question.way !== "http2";
    const exchange = exchangeOf(observation, toApp.buffersChunked === true || arrives);
    const upgrade = toApp.passesUpgrade ? upgradeOf(exchange) : undefined;
    const lines = requestHeaders(
      exchange,
      forwarding as unknown as Parameters<typeof requestHeaders>[1],
      upgrade,
    );
    const { method, target: path, protocol } = exchange;
    const asClient = protocol === "HTTP/1.0" ? "1.0" : "1.1";
    return {
      method: appMethod(method, toApp),
      target: refusesTarget(toApp.target, path) ? "" : appTarget(exchange, toApp),
      version: toApp.version === "client" ? asClient : toApp.version,
      lines,
      octets: octetsOf(observation),
      // What is collected has none.
      ...(exchange.body?.chunked && {
        trailers: endToEndTrailers(observation.question.trailers ?? []),
      }),
    };
  };
};

function octetsOf({ question: { body = "" } }: Observation): number {
  return typeof body === "string" ? body.length : body.join("").length;
}

/** The upgrade that a request of HTTP/1.1 asks for (RFC 9110 7.8); one with a body is refused. */
function upgradeOf({ headers, protocol, body }: Exchange): string | undefined {
  if (protocol !== "HTTP/1.1" || body) return undefined;
  const options = valuesOf(headers, "connection")
    .join()
    .toLowerCase()
    .split(/[\s,]+/);
  const offered = options.includes("upgrade") ? first(headers, "upgrade") : undefined;
  return (offered !== undefined && protocolsOf(offered)) || undefined;
}

/** A question as the simulation's front would hand it on. */
function exchangeOf(observation: Observation, collects: boolean): Exchange {
  const { question, clientAddress, clientPort, port } = observation;
  const { way, version, method, hostAt = 0, chunked } = question;
  const http2 = way === "http2";
  const asked = without(question.lines, ["http2-settings"]);
  const lines = http2 ? joinedCookies(asked) : asked;
  const sent = [...lines];
  if (!http2 && question.host !== undefined) sent.splice(hostAt, 0, "Host", question.host);
  // Of HTTP/2, the check is wanted for what it reads, not for the pseudo-header fields.
  const whole = http2 ? ["Host", "localhost", ...sent] : sent;
  const head = checkHttp1Head(method, question.target, whole, http2 ? "1.1" : version);
  const checked = "refusal" in head ? undefined : head;
  const octets = octetsOf(observation);
  const length = lines.some((name, i) => i % 2 === 0 && name.toLowerCase() === "content-length");
  const unknown = chunked === true || (http2 && question.body !== undefined && !length);
  const hasBody = unknown || octets > 0;
  return {
    connection: {
      scheme: way === "plain" ? "http" : "https",
      address: clientAddress,
      clientPort,
      port,
    },
    protocol: http2 ? "HTTP/2" : version === "1.0" ? "HTTP/1.0" : "HTTP/1.1",
    method,
    target: checked?.target ?? question.target,
    host: question.host ?? checked?.host ?? "localhost",
    headers: lines,
    ...(checked?.origin !== undefined && { origin: checked.origin }),
    ...(!http2 && question.host !== undefined && { hostAt }),
    trailersWelcome: checked?.trailersWelcome ?? false,
    body: hasBody ? { chunked: unknown && !collects, length: octets } : undefined,
  } as unknown as Exchange;
}

/** As the front does with the crumbs of an HTTP/2 request (RFC 9113 8.2.3). */
function joinedCookies(lines: readonly string[]): string[] {
  const joined: string[] = [];
  let cookie = -1;
  for (let index = 0; index < lines.length; index += 2) {
    const name = lines[index] as string;
    if (name === "cookie" && cookie >= 0) joined[cookie] += `; ${lines[index + 1]}`;
    else joined.push(name, lines[index + 1] as string);
    if (name === "cookie" && cookie < 0) cookie = joined.length - 1;
  }
  return joined;
}
