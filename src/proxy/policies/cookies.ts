/** `--cookies`: what a browser would refuse in production is refused here, or made acceptable. */

import { CookieJar } from "../../cookies/jar.js";
import { type CookieOrigin, prefixOf } from "../../cookies/judge.js";
import type { CookieMode } from "../../cookies/modes.js";
import { addSecure, removeSecure, withoutCookies } from "../../cookies/rewrite.js";
import { editValues } from "../../lines.js";
import type { Exchange } from "../exchange.js";
import type { RequestPolicy, ResponsePolicy } from "../forwarding.js";
import { hostnameOf } from "../front/request-check.js";

export interface CookiePolicies {
  readonly request: RequestPolicy | undefined;
  readonly response: ResponsePolicy;
}

/** The policies of every mode but `pass`, which has none. */
export function cookiePolicies(
  mode: Exclude<CookieMode, "pass">,
  now?: () => number,
): CookiePolicies {
  if (mode === "strict") return strictPolicies(now);
  const edit = mode === "secure" ? addSecure : removeSecure;
  return { request: undefined, response: (headers) => editValues(headers, "set-cookie", edit) };
}

/**
 * Plain http on localhost becomes a production origin: Chromium and Firefox take it for secure, so
 * they store and send what they would not elsewhere. The jar remembers what was set in this run,
 * for all clients together: the proxy cannot tell one browser from another.
 */
function strictPolicies(now?: () => number): CookiePolicies {
  const jar = new CookieJar(now ? { now } : {});
  return {
    request: (headers, exchange) => {
      if (exchange.connection.scheme === "https") return headers;
      let secret: Set<string> | undefined;
      return editValues(headers, "cookie", (line) => {
        secret ??= new Set(
          jar
            .matching({ ...originOf(exchange), scheme: "https" })
            .filter((cookie) => cookie.secure)
            .map((cookie) => cookie.name),
        );
        // Names with a prefix are Secure, whether or not this run has seen them set.
        return withoutCookies(
          line,
          (name) => prefixOf(name) !== undefined || secret?.has(name) === true,
        );
      });
    },
    response: (headers, exchange) =>
      editValues(headers, "set-cookie", (line) =>
        jar.store(line, originOf(exchange)).kind === "stored" ? line : undefined,
      ),
  };
}

function originOf({ connection, host, target }: Exchange): CookieOrigin {
  const path = target.split("?", 1)[0] ?? "/";
  return { scheme: connection.scheme, host: hostnameOf(host), path };
}
