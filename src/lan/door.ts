/**
 * The door between the local network and the app: what a visitor may see before it is paired, how it
 * pairs, and what nobody behind the door sees of that. The proxy asks it first for every exchange.
 */
import { filterLines, first, type HeaderLines, isNamed, valuesOf } from "../lines.js";
import type { Doorkeeper } from "../proxy/doorkeeper.js";
import type { Exchange } from "../proxy/exchange.js";
import { sets, withoutCookies } from "../proxy/own/cookies.js";
import type { Page } from "../proxy/own/pages.js";
import { VisitorListeners } from "./listeners.js";
import type { Pairing, Refusal } from "./pairing.js";

/** devtls's own corner of the origin, for visitors from the local network only. */
const OWN = "/.devtls/";
export const PAIR_PATH = `${OWN}pair/`;
export const CHECK_PATH = `${OWN}check.svg`;
/** Takes a paired browser to another name: `to/HOST/PATH`. */
const TO_PATH = `${OWN}to/`;

export interface DoorOptions {
  readonly pairing: Pairing;
  /** Where the app is served. */
  readonly port: number;
  /** The names that this machine has there, as URLs have them. */
  readonly names: () => readonly string[];
}

export function createDoor(options: DoorOptions): Doorkeeper {
  const cookie = cookieName(options.port);
  const isOwn = (name: string): boolean => name === cookie;
  const keepsPairing = (lines: HeaderLines): HeaderLines =>
    filterLines(lines, (name, value) => !(isNamed(name, "set-cookie") && sets(value, isOwn)));
  const listeners = new VisitorListeners("--port");
  return {
    listenOn: (addresses, port, onConnection) => listeners.listenOn(addresses, port, onConnection),
    close: () => listeners.close(),
    answer: (exchange) => answer(exchange, options),
    behind: (exchange) => ({ ...withoutCookies(exchange, isOwn), lastWord: keepsPairing }),
  };
}

/** Cookies know no ports, and two runs must not take each other's place. */
function cookieName(port: number): string {
  return `__Host-devtls-lan-${port}`;
}

function answer(exchange: Exchange, { pairing, port, names }: DoorOptions): Page | undefined {
  const { target, method, connection } = exchange;
  const isReading = method === "GET" || method === "HEAD";
  const isPlain = !exchange.upgrade && isReading;
  // With a query, by which the page asks anew.
  if (target.split("?")[0] === CHECK_PATH && isPlain) return CHECK;
  const host = nameOf(exchange.host);
  const isPaired = cookiesOf(exchange, cookieName(port)).some((value) => pairing.isPaired(value));
  const origin = (name: string): string => `https://${name}${port === 443 ? "" : `:${port}`}`;
  if (target.startsWith(PAIR_PATH) && method === "GET" && isPlain) {
    // A browser that only looks ahead must not use the token up.
    if (isLookingAhead(exchange)) return refusal(503, "Open this link to pair.");
    if (isPaired) return moved(`${origin(host)}/`);
    const token = target.slice(PAIR_PATH.length);
    const arrived = pairing.arrive(token, connection.address, host);
    if (arrived) return letIn(`${origin(host)}${arrived.path}`, arrived.session, port);
    const paired = pairing.pair(token, connection.address, host);
    return typeof paired === "string"
      ? REFUSALS[paired]
      : letIn(`${origin(host)}/`, paired.session, port);
  }
  const to = isPlain && /^\/\.devtls\/to\/([^/]+)(\/.*)$/.exec(target);
  if (to && isPaired) {
    const [, name = "", path = "/"] = to;
    if (!names().includes(name)) return refusal(404, "This is no name of this machine.");
    return moved(`${origin(name)}${PAIR_PATH}${pairing.ticket(name, path)}`);
  }
  if (isPaired) return undefined;
  const elsewhere = isNavigation(exchange) && pairing.pairedElsewhere(connection.address, host);
  // Whether it is that browser its cookie says, which it sends to the other name only.
  if (elsewhere && !to) return moved(`${origin(elsewhere)}${TO_PATH}${host}${target}`);
  return STRANGER;
}

/** The host of an authority as URLs have it: lower case, without port, IPv6 in brackets. */
function nameOf(authority: string): string {
  return authority.replace(/:\d*$/, "").toLowerCase();
}

function isNavigation({ method, upgrade, headers }: Exchange): boolean {
  return method === "GET" && !upgrade && first(headers, "sec-fetch-mode") === "navigate";
}

function isLookingAhead({ headers }: Exchange): boolean {
  return /prefetch|prerender|preview/i.test(
    `${first(headers, "sec-purpose")} ${first(headers, "purpose")} ${first(headers, "x-moz")}`,
  );
}

function cookiesOf({ headers }: Exchange, name: string): string[] {
  return valuesOf(headers, "cookie")
    .flatMap((line) => line.split(";"))
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
}

/** Only this browser, only over TLS, only this host, and no script (RFC 6265bis 4.1.3.2). */
function letIn(location: string, session: string, port: number): Page {
  const line = `${cookieName(port)}=${session}; Path=/; Secure; HttpOnly; SameSite=Lax`;
  return moved(location, ["Set-Cookie", line]);
}

function moved(location: string, headers: readonly string[] = []): Page {
  return {
    status: 303,
    title: "You are being taken to the app.",
    advice: [],
    headers: ["Location", location, "Referrer-Policy", "no-referrer", ...headers],
  };
}

function refusal(status: number, title: string, advice: readonly string[] = []): Page {
  // What else a stranger has sent on the connection is nobody's concern.
  return { status, title, advice, headers: ["Connection", "close"] };
}

const SCAN = "Scan the QR code in the terminal of devtls with the camera of this device.";

const STRANGER = refusal(403, "This app is open to paired devices only.", [SCAN]);

const REFUSALS: Readonly<Record<Refusal, Page>> = {
  wrong: refusal(403, "This code is not one of this devtls.", [SCAN]),
  used: refusal(403, "This code has been used. Each code pairs one browser, once.", [
    "devtls has printed a new one in its terminal.",
  ]),
  taken: refusal(403, "This code belongs to another device, which opened it first.", [
    "If nobody else has scanned it, somebody listens on this network: start devtls again.",
  ]),
  closed: refusal(403, "The time for pairing is over.", [
    "Start devtls serve --lan again for a new code; --lan-open 30 gives it 30 minutes.",
  ]),
  "too-many": refusal(429, "Too many wrong codes came from this address.", ["Wait a minute."]),
};

/** The page of another origin asks for it to see whether this device trusts the certificate. */
const CHECK: Page = {
  status: 200,
  title: "",
  advice: [],
  headers: ["Cross-Origin-Resource-Policy", "cross-origin"],
  content: {
    type: "image/svg+xml",
    text: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="24" height="24"><circle cx="12" cy="12" r="12" fill="#1a7f37"/><path d="M6 12.5l4 4 8-9" fill="none" stroke="#fff" stroke-width="2.5"/></svg>\n',
  },
};
