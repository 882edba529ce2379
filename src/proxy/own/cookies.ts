/** Cookies of devtls's own, which are nobody's but the browser's and devtls's. */
import { editValues } from "../../lines.js";
import type { Exchange } from "../exchange.js";

/**
 * The exchange without those cookies; a line that held nothing else goes with them. The same one
 * where it has none.
 */
export function withoutCookies(exchange: Exchange, isOwn: (name: string) => boolean): Exchange {
  const { headers, hostAt } = exchange;
  const left = (line: string): string | undefined => {
    const pairs = line.split(";");
    const kept = pairs.filter((pair) => !sets(pair, isOwn));
    if (kept.length === pairs.length) return line;
    return kept.length > 0 ? kept.join(";").trimStart() : undefined;
  };
  const edited = editValues(headers, "cookie", left);
  if (edited === headers) return exchange;
  if (edited.length === headers.length || hostAt === undefined) {
    return { ...exchange, headers: edited };
  }
  const before = editValues(headers.slice(0, hostAt), "cookie", left);
  return { ...exchange, headers: edited, hostAt: before.length };
}

/**
 * Whether a Set-Cookie line, or a pair of a Cookie line, is of such a cookie. A nameless cookie is
 * sent as its value alone, so that it can pass for another one (RFC 6265bis 5.7 has browsers refuse
 * that).
 */
export function sets(line: string, isOwn: (name: string) => boolean): boolean {
  const [pair = ""] = line.split(";");
  const given = pair.trim().replace(/^=\s*/, "");
  return isOwn(given) || isOwn(given.slice(0, given.indexOf("=")).trim());
}
