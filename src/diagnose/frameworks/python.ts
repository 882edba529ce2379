/** What frameworks on WSGI have in common. */

/**
 * An expression for what Forwarded (RFC 7239) says, under the names that the frameworks go by: from
 * the last element, which is the edge's own, and nothing where the edge says X-Forwarded-Proto.
 * @param environ the expression for the WSGI environment
 */
export function fromForwarded(environ: string): string {
  const pairs = `re.findall(r'\\b(proto|host)="?([^\\s;"]+)', ${environ}.get("HTTP_FORWARDED", "").split(",")[-1], re.I)`;
  return `{"HTTP_X_FORWARDED_" + name.upper(): value for name, value in ${pairs} if "HTTP_X_FORWARDED_PROTO" not in ${environ}}`;
}
