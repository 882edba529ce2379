/** Edits of cookie lines that leave everything else in them as it was. */
import { prefixOf } from "./judge.js";
import { MAX_ATTRIBUTE_OCTETS, trim } from "./set-cookie.js";

/** The name in one pair of a Cookie line or at the start of a Set-Cookie line; "" without one. */
function nameIn(pair: string): string {
  const equals = pair.indexOf("=");
  return equals < 0 ? "" : trim(pair.slice(0, equals));
}

/** Adds Secure where it is missing. */
export function addSecure(line: string): string {
  const [, ...attributes] = line.split(";");
  const isSecure = isCalled("secure");
  // One with a value that is too long is none.
  const has = attributes.some(
    (attribute) => isSecure(attribute) && attribute.length <= MAX_ATTRIBUTE_OCTETS,
  );
  return has ? line : `${line}; Secure`;
}

/**
 * Removes Secure, and with it what browsers accept from Secure cookies only: SameSite=None, after
 * which the cookie is Lax as by default, and Partitioned. A name with a prefix (__Host-) promises
 * Secure; such a line is left as it is, because an app asks for the cookie by that name.
 */
export function removeSecure(line: string): string {
  const [pair = "", ...attributes] = line.split(";");
  if (prefixOf(nameIn(pair))) return line;
  const secure = isCalled("secure");
  if (!attributes.some(secure)) return line;
  const kept = attributes.filter(
    (attribute) =>
      !secure(attribute) && !isCalled("partitioned")(attribute) && !isSameSiteNone(attribute),
  );
  return [pair, ...kept].join(";");
}

/** A Cookie line without the pairs of these names; undefined when none is left. */
export function withoutCookies(
  line: string,
  isDropped: (name: string) => boolean,
): string | undefined {
  const pairs = line.split(";");
  const kept = pairs.filter((pair) => !isDropped(nameIn(pair)));
  if (kept.length === pairs.length) return line;
  return trim(kept.join(";")) || undefined;
}

function isCalled(name: string): (attribute: string) => boolean {
  return (attribute) => trim(attribute.split("=")[0] ?? "").toLowerCase() === name;
}

function isSameSiteNone(attribute: string): boolean {
  return isCalled("samesite")(attribute) && /=[\t ]*none[\t ]*$/i.test(attribute);
}
