/**
 * Lines that mend what a check finds: of the framework that was recognised, else of nginx, which can
 * add any header in front of any app. Pure.
 */

import type { Purpose } from "../diagnose/frameworks/record.js";
import type { Known } from "../diagnose/frameworks/settings.js";
import { settingsFor } from "../diagnose/frameworks/settings.js";
import type { Remedy } from "./checks.js";

/** A header that a check wants, and the framework's own setting for it, where it has one. */
interface Wanted {
  readonly name: string;
  readonly value: string;
  readonly purpose?: Purpose;
}

const HEADERS: Readonly<Record<string, Wanted>> = {
  "content-security-policy": {
    name: "Content-Security-Policy",
    // What a page of one's own needs; foreign hosts and inline code have to be added knowingly.
    value: "default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
    purpose: "csp",
  },
  "strict-transport-security": {
    name: "Strict-Transport-Security",
    value: "max-age=31536000; includeSubDomains",
    purpose: "hsts",
  },
  "x-content-type-options": {
    name: "X-Content-Type-Options",
    value: "nosniff",
    purpose: "nosniff",
  },
  "x-frame-options": { name: "X-Frame-Options", value: "DENY", purpose: "frames" },
  "referrer-policy": { name: "Referrer-Policy", value: "same-origin", purpose: "referrer" },
  "cross-origin-resource-policy": { name: "Cross-Origin-Resource-Policy", value: "same-origin" },
  "cross-origin-opener-policy": { name: "Cross-Origin-Opener-Policy", value: "same-origin" },
  "cross-origin-embedder-policy": {
    name: "Cross-Origin-Embedder-Policy",
    value: "require-corp",
  },
};

/** What other checks are mended by. */
const PURPOSES: Readonly<Record<string, readonly Purpose[]>> = {
  redirection: ["trustProto", "httpsRedirect"],
  "cookies-without-secure": ["secure"],
  "cookies-without-httponly": ["http-only"],
  "cookies-without-samesite": ["same-site"],
  "debug-page": ["noDebug"],
  "host-header": ["hosts"],
};

const NGINX = "nginx, in the server block in front of the app";

const REDIRECT: Remedy = {
  where: "nginx, in the server block of port 80",
  lines: ["return 308 https://$host$request_uri;"],
};

/**
 * The lines for a check, by its id; none where nothing is known.
 * @param known the framework, as far as it showed itself
 * @param place the public URL, and whether an edge is in front: only then may it be believed
 */
export function remediesFor(
  id: string,
  known: Known | undefined,
  { url, hasEdge }: { readonly url: string; readonly hasEdge: boolean },
): Remedy[] {
  const wanted = Object.hasOwn(HEADERS, id) ? HEADERS[id] : undefined;
  if (wanted) return headerRemedies(wanted, known, url);
  const purposes = Object.hasOwn(PURPOSES, id) ? PURPOSES[id] : undefined;
  const wantedOnes = (purposes ?? []).filter((purpose) => hasEdge || purpose !== "trustProto");
  const own = known ? wantedOnes.flatMap((purpose) => settingsFor(purpose, known, { url })) : [];
  // Believing the edge redirects nobody.
  const isWhole = id !== "redirection" || known?.framework.settings.httpsRedirect !== undefined;
  return isWhole ? own : [REDIRECT];
}

function headerRemedies(
  { name, value, purpose }: Wanted,
  known: Known | undefined,
  url: string,
): Remedy[] {
  const own = known && purpose ? settingsFor(purpose, known, { url }) : [];
  if (own.length > 0) return own;
  const any = known ? settingsFor("header", known, { url }) : [];
  if (any.length > 0) {
    return any.map(({ where, lines }) => ({
      where,
      lines: lines.map((line) => line.replace("{name}", name).replace("{value}", value)),
    }));
  }
  return [{ where: NGINX, lines: [`add_header ${name} "${value}" always;`] }];
}
