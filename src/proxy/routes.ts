/** Which target a request goes to. */
import { DevtlsError } from "../errors.js";
import { hostnameOf } from "./front/request-check.js";
import { parseTarget, type Target } from "./upstream/target.js";

/** A path prefix ("/api") or a host name ("api.localhost"), and where it leads. */
export interface Route {
  readonly prefix?: string;
  readonly host?: string;
  readonly target: Target;
}

/** Reads `/api=3001` or `api.localhost=3001`. @throws DevtlsError "usage" */
export function parseRoute(text: string): Route {
  const equals = text.indexOf("=");
  const from = text.slice(0, Math.max(equals, 0));
  if (from === "" || equals === text.length - 1) {
    throw new DevtlsError(
      "usage",
      `could not use the route ${JSON.stringify(text)}: it has no "="`,
      {
        hint: "Write it as --route /api=3001 or --route api.localhost=3001",
      },
    );
  }
  const target = parseTarget(text.slice(equals + 1));
  if (!from.startsWith("/")) return { host: from.toLowerCase(), target };
  if (!/^[\x21-\x7e]+$/.test(from) || /[?#]/.test(from)) {
    throw new DevtlsError("usage", `could not use the route ${JSON.stringify(text)}: not a path`, {
      hint: "Write a path as it stands in URLs, without query: --route /api=3001",
    });
  }
  return { prefix: from.replace(/(?!^)\/+$/, ""), target };
}

/**
 * Chooses among routes: a host route before a path route (a whole name before a wildcard), the
 * longest path prefix first, else `fallback`. A prefix covers whole segments: /api takes /api and
 * /api/users, not /apiary.
 */
export function createRouter<T>(
  routes: readonly (readonly [Route, T])[],
  fallback: () => T,
): (host: string, target: string) => T {
  if (routes.length === 0) return fallback;
  const hosts = new Map<string, T>();
  const prefixes: [string, T][] = [];
  for (const [route, value] of routes) {
    if (route.host !== undefined) hosts.set(hostnameOf(route.host), value);
    else prefixes.push([route.prefix as string, value]);
  }
  prefixes.sort(([a], [b]) => b.length - a.length);
  return (host, target) => {
    const name = hostnameOf(host);
    // A wildcard stands for one label, as it does in the certificate (RFC 6125 6.4.3).
    const byHost = hosts.get(name) ?? hosts.get(`*${name.slice(Math.max(name.indexOf("."), 0))}`);
    if (byHost !== undefined) return byHost;
    const found = prefixes.find(([prefix]) => isBelow(target, prefix));
    return found ? found[1] : fallback();
  };
}

/** Whether a request target lies at or below a path, by whole segments. */
export function isBelow(target: string, prefix: string): boolean {
  if (prefix === "/") return true;
  if (!target.startsWith(prefix)) return false;
  const next = target[prefix.length];
  return next === undefined || next === "/" || next === "?";
}
