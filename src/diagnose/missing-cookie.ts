/** Session cookies that the app withholds, because it takes the request for an insecure one. */
import type { Answer, Finding } from "./finding.js";
import { first } from "./lines.js";
import type { LostLogin } from "./login.js";
import { describeTold } from "./redirect-loop.js";
import { type SchemeCase, schemeDiagnosis } from "./scheme-cause.js";

export function setsCookie({ response }: Answer): boolean {
  return first(response, "set-cookie") !== undefined;
}

/**
 * The login was answered without a Set-Cookie, and the next page did not know who it was. That an
 * app sets a cookie once it knows of https is a proof; that it never does is none, because many
 * set one at the login only, and a login is not repeated.
 */
export function missingCookieFinding({ login, then }: LostLogin, scheme: SchemeCase): Finding {
  const known: SchemeCase =
    scheme.verdict.kind === "cured" ? scheme : { ...scheme, verdict: { kind: "unasked" } };
  const { cause, confidence, reason, fix } = schemeDiagnosis(known);
  const { framework } = scheme;
  const location = first(then.response, "location");
  return {
    code: "cookie-missing",
    cause,
    confidence,
    url: login.url,
    framework: framework?.id ?? null,
    explanation: `The login was answered ${login.status}, but no cookie was set, and the next request was not recognised. Session libraries that are to set Secure cookies only set none when they take a request for plain http. ${reason}`,
    chain: [
      `browser  ${login.method} ${login.url}`,
      `app told ${describeTold(login.told)}`,
      `app      ${login.status}, no Set-Cookie`,
      `browser  GET ${then.url}, without a cookie`,
      `app      ${then.status}${location === undefined ? "" : `, Location: ${location}`}`,
    ],
    fix,
  };
}
