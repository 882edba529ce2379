/** Paths without what is another's for every visitor. */

const ID = /^(?:\d+|[0-9a-f]{16,}|[0-9a-f-]{36})$/i;

/** "/posts/*": ids of things and of visits are no part of a route. */
export function routeOf(pathname: string): string {
  return pathname
    .split("/")
    .map((segment) => (ID.test(segment) || isRandom(segment) ? "*" : segment))
    .join("/");
}

/** As nanoid, ULID, CUID and base64url write them; words in a title have no capitals, or no digits. */
function isRandom(segment: string): boolean {
  if (!/^[\w-]{16,}$/.test(segment) || !/\d/.test(segment)) return false;
  if (/[a-z]/.test(segment) && /[A-Z]/.test(segment)) return true;
  return segment.length >= 20 && !/[-_]/.test(segment) && segment.replace(/\D/g, "").length >= 4;
}
