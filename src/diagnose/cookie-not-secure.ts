/** Session cookies that were set without Secure although the browser came over https. */
import { parseSetCookie } from "../cookies/set-cookie.js";
import { settingFor } from "./cookie-fixes.js";
import type { Finding, Observation } from "./finding.js";
import type { Framework } from "./frameworks.js";
import { valuesOf } from "./lines.js";
import type { SchemeDiagnosis } from "./scheme-cause.js";

/** The names that frameworks give the cookies of their sessions. */
const SESSION_NAMES =
  /^(?:sessionid|connect\.sid|sessionId|PHPSESSID|JSESSIONID|ASP\.NET_SessionId|\.AspNetCore\..+|laravel[_-]session|_\w+_session|_\w+_key|(?:next-auth|authjs)\.session-token|wordpress_logged_in_\w+|remember_\w+)$/;

/** Names that only one framework gives them, and others give other things. */
const OWN_NAMES: Readonly<Record<string, string>> = { flask: "session", starlette: "session" };

/** The names of the session cookies in a response that lack Secure. */
export function insecureSessions(
  { url, response, status }: Pick<Observation, "url" | "response" | "status">,
  framework: Framework | undefined,
): string[] {
  if (!url.startsWith("https:") || status === 0) return [];
  return valuesOf(response, "set-cookie").flatMap((line) => {
    const cookie = parseSetCookie(line);
    if (typeof cookie === "string" || cookie.secure) return [];
    if (cookie.maxAge !== undefined && cookie.maxAge <= 0) return [];
    if (cookie.expires !== undefined && cookie.expires <= Date.now()) return [];
    const { name } = cookie;
    return SESSION_NAMES.test(name) || (framework && OWN_NAMES[framework.id] === name) ? name : [];
  });
}

/** Where Secure may follow the request: `secure: "auto"`, `is_ssl()`. */
const FOLLOWS_REQUEST = ["express", "fastify", "nest", "php", "wordpress"];

/** @param scheme what became of asking the app again; undefined when it was not asked */
export function notSecureFinding(
  { method, url }: Observation,
  name: string,
  framework: Framework | undefined,
  scheme: SchemeDiagnosis | undefined,
): Finding {
  const proved = scheme?.confidence === "proved" ? scheme : undefined;
  const setting = settingFor("secure", name, framework);
  const follows = framework !== undefined && FOLLOWS_REQUEST.includes(framework.id);
  return {
    code: "cookie-not-secure",
    cause: proved?.cause ?? "no-secure-attribute",
    confidence: "proved",
    url,
    framework: framework?.id ?? null,
    explanation: `The session cookie ${name} is set without Secure although the browser came over https, so it also travels over plain http, where others can read it. ${
      proved
        ? `${proved.reason} The app adds Secure when it knows that the request is secure.`
        : follows
          ? "Either the app does not know that the request is secure, or it is a setting of the app."
          : "Nothing in the forwarded headers changes that: it is a setting of the app."
    }`,
    chain: [`browser  ${method} ${url}`, `app      Set-Cookie: ${name}=…, without Secure`],
    fix: [...(proved || follows ? (scheme?.fix ?? []) : []), ...(proved ? [] : setting)],
  };
}
