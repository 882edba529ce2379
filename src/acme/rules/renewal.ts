/** Renewal information (RFC 9773). */
import { type Answer, type Context, isoTime } from "./context.js";
import { keyOf } from "./identifiers.js";
import type { Account, Identifier, IssuedCertificate } from "./model.js";
import { malformed, Problem } from "./problem.js";
import type { Weather } from "./weather.js";

const HOUR_MS = 3_600_000;

/** Of a window, at most: with long lives there is no need to spread renewals further. */
const MAX_WINDOW_MS = 48 * HOUR_MS;

/** How often clients should ask, in seconds; in weather they are to see it soon. */
const ASK_AGAIN_S = 6 * 3600;
const ASK_AGAIN_SOON_S = 60;

export function renewalInfo({ records, settings, now }: Context, id: string): Answer {
  if (!/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/.test(id)) {
    throw malformed("this does not name a certificate as RFC 9773 4.1 does");
  }
  const certificate = records.certificate(id);
  if (!certificate) throw malformed("there is no such certificate", 404);
  const window = suggestedWindow(certificate, settings.weather, now);
  const soon = settings.weather.is("renew-now");
  return {
    status: 200,
    headers: { "Retry-After": String(soon ? ASK_AGAIN_SOON_S : ASK_AGAIN_S) },
    body: { suggestedWindow: { start: isoTime(window.start), end: isoTime(window.end) } },
  };
}

/**
 * Around two thirds of the lifetime, as public authorities suggest; in the past when the
 * certificate is revoked, or the weather says so.
 */
function suggestedWindow(
  { notBefore, notAfter, revoked }: IssuedCertificate,
  weather: Weather,
  now: number,
): { start: number; end: number } {
  if (revoked || weather.is("renew-now")) return { start: now - 2 * HOUR_MS, end: now - HOUR_MS };
  const life = notAfter - notBefore;
  const middle = notAfter - life / 3;
  const half = Math.min(MAX_WINDOW_MS, life / 12) / 2;
  return { start: middle - half, end: middle + half };
}

/**
 * Whether a new order may name this certificate as the one that it replaces (RFC 9773 5).
 * @throws Problem "malformed", "unauthorized", "alreadyReplaced"
 */
export function requireReplaceable(
  { records }: Context,
  account: Account,
  id: string,
  identifiers: readonly Identifier[],
): void {
  const certificate = records.certificate(id);
  if (!certificate) throw malformed("replaces does not name a certificate of this server");
  if (certificate.account !== account.id) {
    throw new Problem("unauthorized", "replaces names another account's certificate");
  }
  const before = new Set(certificate.identifiers.map(keyOf));
  if (!identifiers.some((identifier) => before.has(keyOf(identifier)))) {
    throw malformed("replaces names a certificate for none of these names");
  }
  if (certificate.replacedBy !== undefined) {
    throw new Problem("alreadyReplaced", "the certificate has been replaced by another order");
  }
}
