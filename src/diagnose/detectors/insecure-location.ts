/**
 * Headers that send a browser which came over https to plain http, or to an address that only the
 * server knows.
 */

import { first, valuesOf, without } from "../../lines.js";
import { remedyFor } from "../address-remedy.js";
import type { Detector } from "../detector.js";
import { type Finding, HARMLESS, type Observation, stated } from "../finding.js";
import { type Leak, OwnAddresses } from "../own-addresses.js";
import { shown, toldOf, withoutQuery } from "../shown.js";
import { isRefusal, schemeChanges } from "../trials.js";
import { isSelfRedirect } from "./redirect-loop.js";

/**
 * Causes of `insecure-location`: which URL it is, and where it stands. `location` is the target of a
 * redirect, `redirect-uri` the address for the answer of an identity provider, `header` any other.
 * Where only the port is missing it is `harmless-on-443`.
 */
const INSECURE_LOCATION_CAUSES = [
  "http-location",
  "internal-location",
  "http-redirect-uri",
  "internal-redirect-uri",
  "http-header",
  "internal-header",
  HARMLESS,
] as const;

export type InsecureLocationCause = (typeof INSECURE_LOCATION_CAUSES)[number];

interface Place {
  readonly kind: "location" | "redirect-uri" | "header";
  /** As the header is spelled in RFCs. */
  readonly header: string;
  readonly url: string;
}

interface Seen {
  readonly observation: Observation;
  readonly plainPort: number | undefined;
  readonly place: Place;
  readonly leak: Leak;
  readonly cause: InsecureLocationCause;
  /** The page that was asked for, where the app would speak TLS itself. */
  readonly isOwnTls?: true;
}

/** Where a login service sends the browser back to (RFC 6749 4.1.1, OpenID Connect RP logout 3). */
const RETURN_PARAMETERS = ["redirect_uri", "post_logout_redirect_uri"];

const HEADERS = ["content-location", "link", "refresh", "access-control-allow-origin"];

export const insecureLocation: Detector<Seen> = {
  code: "insecure-location",
  wants: { unusual: true, headers: HEADERS },

  /**
   * The redirect before the other headers. URLs of other servers, in other query parameters, and a
   * redirect to the very URL that was asked for are none.
   */
  look(observation, memory) {
    const plainPort = memory.context.plainPort?.();
    const seen = lookAt(observation, plainPort);
    if (!seen) return [];
    // Edges repair what they know to be wrong: proxy_redirect of nginx, ProxyPassReverse of Apache.
    const { sent } = observation;
    if (sent && !lookAt({ ...observation, response: sent }, plainPort)) return [];
    return [{ seen, key: seen.cause }];
  },

  changes({ observation, leak, place }, base, { edge }) {
    if (leak === "port") return [];
    const { host } = new URL(observation.url);
    const changes = schemeChanges(base, host, edge?.toApp.source === "remote");
    // An app that wants http is not cured by being told nothing.
    const useful = changes.filter(({ id }) => id !== "proto-absent");
    const named = first(base.told, "host") ?? "";
    // Who is told no port may take that of its own socket.
    const mayFillIn =
      leak === "internal" && !/:\d+$/.test(named) && nameIn(place.url) === named.toLowerCase();
    if (!mayFillIn) return useful;
    // Any but 80 and 443, which some take off again.
    const told = ["Host", `${named}:8443`, ...without(base.told, ["host"])];
    return [...useful, { ...base, told, id: "host-port", says: `Host: ${named}:8443` }];
  },

  stillSo(seen, again) {
    if (isRefusal(again)) return undefined;
    const now = lookAt(again, seen.plainPort);
    // A redirect to such an address hides the page that has it in a header.
    const leadsThere = now?.place.kind === "location" && now.leak === seen.leak;
    if (now) return now.cause === seen.cause || leadsThere;
    // A page in place of a redirect may be for somebody who has logged in meanwhile.
    const isSame = first(again.told, "cookie") === first(seen.observation.told, "cookie");
    const isRedirect = seen.place.kind === "location" && again.status < 300;
    return isRedirect && !isSame ? undefined : false;
  },

  explain({ observation, place, leak, cause, isOwnTls }, scene): Finding | undefined {
    const { method, url, status, told } = observation;
    const { kind, header, url: there } = place;
    const { reason, proof, fixes, settle } = remedyFor(
      { leak, url: there, ...(isOwnTls && { isOwnTls }) },
      observation,
      scene,
    );
    const what = kind === "redirect-uri" ? `${header} with redirect_uri=` : `${header}: `;
    return stated({
      ...{ code: "insecure-location", cause, url, fixes },
      framework: scene.app.known?.framework.id ?? null,
      explanation: `${method} ${url} was answered with ${what}${shown(withoutQuery(there))}. ${isOwnTls ? OWN_TLS : HARM[kind][leak]} ${reason}`,
      chain: [
        `browser  ${method} ${url}`,
        `app told ${toldOf(told)}`,
        `app      ${status}, ${what}${shown(withoutQuery(there))}`,
      ],
      ...(proof ? { proof } : { settle }),
    });
  },
};

function lookAt(observation: Observation, plainPort: number | undefined): Seen | undefined {
  const { url, told } = observation;
  if (told.length === 0) return undefined;
  if (!url.startsWith("https:")) return onPlainHttp(observation, plainPort);
  let own: OwnAddresses | undefined;
  for (const place of placesIn(observation, observation.response)) {
    own ??= new OwnAddresses({ ...observation, plainPort });
    const leak = own.classify(place.url);
    if (!leak && place.kind === "location" && isOwnTls(place.url, url)) {
      return {
        ...{ observation, plainPort, place, leak: "internal", cause: "internal-location" },
        isOwnTls: true,
      };
    }
    // Of redirects port-dropped says what the missing port means.
    if (!leak || (leak === "port" && place.kind === "location")) continue;
    const cause = leak === "port" ? HARMLESS : (`${leak}-${place.kind}` as const);
    return { observation, plainPort, place, leak, cause };
  }
  return undefined;
}

/**
 * The very page over https on another port of the same host: where the server would speak TLS
 * itself, as Tomcat's redirectPort says.
 */
function isOwnTls(location: string, url: string): boolean {
  if (!URL.canParse(location)) return false;
  const [there, here] = [new URL(location), new URL(url)];
  const isSamePage = there.pathname === here.pathname && there.search === here.search;
  const isElsewhere = there.port !== "" && there.port !== here.port;
  return (
    there.protocol === "https:" && there.hostname === here.hostname && isElsewhere && isSamePage
  );
}

function nameIn(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : "";
}

/** A redirect to https that keeps the port of plain http, where nobody speaks TLS. */
function onPlainHttp(observation: Observation, plainPort: number | undefined): Seen | undefined {
  const { url, status, response } = observation;
  const location = first(response, "location") ?? "";
  if (plainPort === undefined || status < 300 || status > 399) return undefined;
  const { hostname } = new URL(url);
  const there = URL.canParse(location) ? new URL(location) : undefined;
  if (there?.protocol !== "https:" || there.hostname !== hostname) return undefined;
  if (Number(there.port) !== plainPort) return undefined;
  const place = { kind: "location", header: "Location", url: location } as const;
  return { observation, plainPort, place, leak: "port", cause: HARMLESS };
}

function placesIn(observation: Observation, lines: readonly string[]): Place[] {
  const places: Place[] = [];
  const { status } = observation;
  const location = first(lines, "location");
  const leads = (status >= 300 && status < 400) || status === 201;
  if (
    location !== undefined &&
    leads &&
    !isSelfRedirect({ status, response: lines }, observation.url)
  ) {
    places.push({ kind: "location", header: "Location", url: location });
    for (const url of returnAddresses(location, observation.url)) {
      places.push({ kind: "redirect-uri", header: "Location", url });
    }
  }
  const add = (header: string, url: string | undefined): void => {
    if (url !== undefined) places.push({ kind: "header", header, url });
  };
  for (const value of valuesOf(lines, "content-location")) add("Content-Location", value);
  for (const value of valuesOf(lines, "link")) {
    for (const [, url] of value.matchAll(/<([^<>]*)>/g)) add("Link", url);
  }
  for (const value of valuesOf(lines, "refresh")) {
    add("Refresh", /^\s*[\d.]+\s*[;,]\s*(?:url\s*=\s*)?["']?([^"']*)/i.exec(value)?.[1]);
  }
  const origin = first(observation.told, "origin");
  for (const value of valuesOf(lines, "access-control-allow-origin")) {
    if (refuses(value, origin, observation.url)) add("Access-Control-Allow-Origin", value);
  }
  return places;
}

/**
 * Whether a browser keeps the response from a page of the origin that is allowed by its name only.
 * Of its own pages it asks nothing (Fetch, CORS check).
 */
function refuses(allowed: string, origin: string | undefined, url: string): boolean {
  if (origin === undefined || !URL.canParse(origin) || !URL.canParse(allowed)) return false;
  if (allowed === origin || origin === new URL(url).origin) return false;
  return new URL(allowed).hostname === new URL(origin).hostname;
}

/** Those of a Location, but for what the browser itself brought along. */
function returnAddresses(location: string, url: string): string[] {
  if (!location.includes("redirect_uri=")) return [];
  try {
    const { searchParams } = new URL(location, url);
    const asked = new URL(url).searchParams;
    return RETURN_PARAMETERS.flatMap((name) =>
      searchParams.getAll(name).filter((value) => !asked.getAll(name).includes(value)),
    );
  } catch {
    return [];
  }
}

const OWN_TLS =
  "That is the same page on the port where the app would speak TLS itself; past the edge nobody listens there.";

const MISSING = "The browser finds another server there, or none.";

const HARM: Readonly<Record<Place["kind"], Readonly<Record<Leak, string>>>> = {
  location: {
    http: "The browser is sent from https to plain http, where Secure cookies stay behind and anybody can listen.",
    internal: "Outside of this machine, or past the edge, the browser cannot reach that address.",
    port: "On that port nobody speaks TLS.",
  },
  "redirect-uri": {
    http: "The login service refuses an address that is not registered, or sends the browser and its code back over plain http.",
    internal:
      "The login service refuses an address that is not registered, or sends the browser where nobody answers.",
    port: MISSING,
  },
  header: {
    http: "It names plain http for what the browser reached over https.",
    internal: "It names an address that browsers cannot reach past the edge.",
    port: MISSING,
  },
};
