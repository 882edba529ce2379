/** What a request over plain HTTP gets: the edge's redirect, the app, or nothing. */
import type { PlainRule } from "../../edge/profile.js";
import { valuesOf } from "../../lines.js";
import type { Exchange } from "../exchange.js";
import { isBelow } from "../routes.js";
import type { Page } from "./pages.js";

export interface PlainSettings {
  readonly port: number;
  readonly rule: PlainRule;
  /** Only below these paths is there a redirect; elsewhere the request is proxied. */
  readonly forcePaths: readonly string[];
}

/** The answer that devtls gives itself, or undefined when the app is to be asked. */
export function plainAnswer(
  exchange: Exchange,
  settings: PlainSettings | undefined,
  tlsPort: number,
): Page | undefined {
  // On the TLS port: 307 keeps method and body, and no browser remembers it.
  if (!settings || exchange.connection.port === tlsPort) {
    return redirectTo(httpsUrl(exchange, tlsPort), 307);
  }
  const { rule, forcePaths } = settings;
  if (forcePaths.length > 0 && !forcePaths.some((path) => isBelow(exchange.target, path))) {
    return undefined;
  }
  if (rule.mode === "proxy") return undefined;
  if (rule.exceptPaths?.some((path) => isBelow(exchange.target, path))) return undefined;
  const { unless } = rule;
  if (unless?.is.includes(valuesOf(exchange.headers, unless.from).join(", "))) return undefined;
  if (rule.http10Status !== undefined && exchange.protocol === "HTTP/1.0") {
    return {
      status: rule.http10Status,
      title: "This address redirects clients of HTTP/1.1 only.",
      advice: [`Use ${httpsUrl(exchange, tlsPort)}`],
    };
  }
  if (rule.mode === "deny") {
    return {
      status: 403,
      title: "This address answers over https only.",
      advice: [`Use ${httpsUrl(exchange, tlsPort)}`],
    };
  }
  const { method } = exchange;
  if (rule.methods && !rule.methods.includes(method)) return undefined;
  const status = rule.status ?? DEFAULT_REDIRECT_STATUS;
  const isOther = method !== "GET" && (method !== "HEAD" || rule.otherForHead === true);
  return redirectTo(httpsUrl(exchange, tlsPort), isOther ? (rule.otherStatus ?? status) : status);
}

/** Keeps method and body (RFC 9110 15.4.9). */
export const DEFAULT_REDIRECT_STATUS = 308;

function httpsUrl(exchange: Exchange, port: number): string {
  const host = exchange.host.replace(/:\d*$/, "");
  const target = exchange.target === "*" ? "/" : exchange.target;
  return `https://${host}${port === 443 ? "" : `:${port}`}${target}`;
}

function redirectTo(location: string, status: number): Page {
  return {
    status,
    title: `This page has moved to ${location}`,
    advice: [],
    headers: ["Location", location],
  };
}
