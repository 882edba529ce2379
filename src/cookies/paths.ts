/** Paths of cookies (RFC 6265bis 5.1.4). */

/** The path of a cookie that names none: the request's, up to its last slash. */
export function defaultPath(requestPath: string): string {
  const end = requestPath.lastIndexOf("/");
  return requestPath.startsWith("/") && end > 0 ? requestPath.slice(0, end) : "/";
}

/** Whether a cookie with this path goes along with a request for that path. */
export function pathMatches(requestPath: string, cookiePath: string): boolean {
  if (!requestPath.startsWith(cookiePath)) return false;
  return cookiePath.endsWith("/") || ["", "/"].includes(requestPath.charAt(cookiePath.length));
}
