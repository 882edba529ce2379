/**
 * Headers that send a browser which came over https to plain http, or to an address that only the
 * server knows.
 */
import { type AddressContext, remedyFor } from "./address-fixes.js";
import type { Finding, Observation } from "./finding.js";
import { recognise } from "./frameworks.js";
import { first, valuesOf } from "./lines.js";
import { type Leak, OwnAddresses } from "./own-addresses.js";
import { isSelfRedirect } from "./redirect-loop.js";
import { shown, toldOf, withoutQuery } from "./shown.js";

/**
 * Causes of `insecure-location`: which URL it is, and where it stands. `location` is the target of a
 * redirect, `redirect-uri` the address for the answer of an identity provider, `header` any other.
 */
export const INSECURE_LOCATION_CAUSES = [
  "http-location",
  "internal-location",
  "http-redirect-uri",
  "internal-redirect-uri",
  "http-header",
  "internal-header",
] as const;

export type InsecureLocationCause = (typeof INSECURE_LOCATION_CAUSES)[number];

interface Place {
  readonly kind: "location" | "redirect-uri" | "header";
  /** As the header is spelled in RFCs. */
  readonly header: string;
  readonly url: string;
}

/** Where a login service sends the browser back to (RFC 6749 4.1.1, OpenID Connect RP logout 3). */
const RETURN_PARAMETERS = ["redirect_uri", "post_logout_redirect_uri"];

/**
 * A finding `insecure-location` for a response to a request over https, with one of
 * {@link INSECURE_LOCATION_CAUSES}; the redirect before the other headers. URLs of other servers,
 * in other query parameters, and a redirect to the very URL that was asked for are none.
 */
export function insecureLocation(
  observation: Observation,
  context: AddressContext = {},
): Finding | undefined {
  const { url, byEdge, told } = observation;
  if (byEdge || !url.startsWith("https:") || told.length === 0) return undefined;
  let own: OwnAddresses | undefined;
  for (const place of placesIn(observation, observation.response)) {
    own ??= new OwnAddresses(observation);
    const leak = own.classify(place.url);
    if (leak) return findingOf(observation, place, leak, context);
  }
  return undefined;
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
    // What the page asked for, and what is no URL: "*", "null".
    if (value !== origin) add("Access-Control-Allow-Origin", value);
  }
  return places;
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

const HARM: Readonly<Record<Place["kind"], Readonly<Record<Leak, string>>>> = {
  location: {
    http: "The browser is sent from https to plain http, where Secure cookies stay behind and anybody can listen.",
    internal: "Outside of this machine, or past the edge, the browser cannot reach that address.",
  },
  "redirect-uri": {
    http: "The login service refuses an address that is not registered, or sends the browser and its code back over plain http.",
    internal:
      "The login service refuses an address that is not registered, or sends the browser where nobody answers.",
  },
  header: {
    http: "It names plain http for what the browser reached over https.",
    internal: "It names an address that browsers cannot reach past the edge.",
  },
};

function findingOf(
  observation: Observation,
  { kind, header, url: there }: Place,
  leak: Leak,
  context: AddressContext,
): Finding {
  const { method, url, status, told } = observation;
  const framework = context.framework ?? recognise(observation.response);
  const { reason, confidence, fix } = remedyFor(leak, observation, { ...context, framework });
  const what = kind === "redirect-uri" ? `${header} with redirect_uri=` : `${header}: `;
  const cause: InsecureLocationCause = `${leak}-${kind}`;
  return {
    code: "insecure-location",
    cause,
    confidence,
    url,
    framework: framework?.id ?? null,
    explanation: `${method} ${url} was answered with ${what}${shown(withoutQuery(there))}. ${HARM[kind][leak]} ${reason}`,
    chain: [
      `browser  ${method} ${url}`,
      `app told ${toldOf(told)}`,
      `app      ${status}, ${what}${shown(withoutQuery(there))}`,
    ],
    fix,
  };
}
