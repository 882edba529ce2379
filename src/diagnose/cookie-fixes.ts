/** What makes a cookie acceptable: the setting of its framework, or the line as it should be. */
import type { RuleId } from "../cookies/rules.js";
import type { SetCookie } from "../cookies/set-cookie.js";
import type { Scene } from "./detector.js";
import type { Fix } from "./finding.js";
import type { CookieChange } from "./frameworks/record.js";
import { knownFixes } from "./remedies.js";
import { sessionEvidence } from "./session-cookie.js";
import { shown } from "./shown.js";

const CHANGES: Readonly<Partial<Record<RuleId, readonly CookieChange[]>>> = {
  "too-large": ["smaller"],
  "domain-not-ascii": ["no-domain"],
  "public-suffix": ["no-domain"],
  "domain-ip": ["no-domain"],
  "domain-mismatch": ["no-domain"],
  "same-site-none-insecure": ["secure"],
  "partitioned-insecure": ["secure"],
  "secure-prefix": ["secure"],
  "host-prefix": ["secure", "root-path", "no-domain"],
  "http-prefix": ["secure", "http-only"],
  "host-http-prefix": ["secure", "http-only", "root-path", "no-domain"],
};

/** Whether the cookie lacks what a change would bring. */
function isMissing(change: CookieChange, cookie: SetCookie | undefined): boolean {
  if (!cookie) return true;
  switch (change) {
    case "secure":
      return !cookie.secure;
    case "http-only":
      return !cookie.httpOnly;
    case "no-domain":
      return cookie.domain !== "";
    case "root-path":
      return cookie.path !== "/";
    default:
      return true;
  }
}

/**
 * What makes a cookie acceptable, ready to paste. Empty for what is no matter of settings.
 * @param cookie undefined where it could not be read
 */
export function cookieFixes(
  rule: RuleId,
  name: string,
  cookie: SetCookie | undefined,
  scene: Scene,
  url: string,
): Fix[] {
  const changes = (CHANGES[rule] ?? []).filter((change) => isMissing(change, cookie));
  return changed(changes, name, cookie, scene, url);
}

/** The same for one change. */
export function missingChange(
  change: CookieChange,
  name: string,
  cookie: SetCookie | undefined,
  scene: Scene,
  url: string,
): Fix[] {
  return changed([change], name, cookie, scene, url);
}

function changed(
  changes: readonly CookieChange[],
  name: string,
  cookie: SetCookie | undefined,
  scene: Scene,
  url: string,
): Fix[] {
  const framework = scene.app.known?.framework;
  const isSession =
    name === "csrftoken" ||
    cookie === undefined ||
    sessionEvidence(cookie, { framework, atLogin: false }) !== undefined;
  const settings = isSession
    ? changes.flatMap((change) => forCookie(knownFixes(change, { url }, scene), name))
    : [];
  if (settings.length > 0) return settings;
  const line = cookie && asItShouldBe(cookie, changes);
  return line === undefined
    ? []
    : [{ where: `where the app sets the cookie ${shown(name)}`, lines: [line] }];
}

/** Django has a group of settings for each of its cookies. */
function forCookie(fixes: readonly Fix[], cookie: string): Fix[] {
  if (cookie !== "csrftoken") return [...fixes];
  return fixes.map(({ where, lines }) => ({
    where,
    lines: lines.map((line) => line.replace(/^SESSION_COOKIE/, "CSRF_COOKIE")),
  }));
}

/** The Set-Cookie line with the changes, and without its value, which may be a secret. */
function asItShouldBe(cookie: SetCookie, changes: readonly CookieChange[]): string | undefined {
  const has = (change: CookieChange): boolean => changes.includes(change);
  if (has("smaller")) return undefined;
  const { name, domain, sameSite } = cookie;
  const path = has("root-path") ? "/" : cookie.path;
  const attributes = [
    ...(path ? [`Path=${path}`] : []),
    ...(domain && !has("no-domain") ? [`Domain=${domain}`] : []),
    ...(cookie.secure || has("secure") ? ["Secure"] : []),
    ...(cookie.httpOnly || has("http-only") ? ["HttpOnly"] : []),
    ...(sameSite && sameSite !== "default" ? [`SameSite=${CAPITALS[sameSite]}`] : []),
  ];
  return shown([`Set-Cookie: ${name}=...`, ...attributes].join("; "));
}

const CAPITALS = { strict: "Strict", lax: "Lax", none: "None" } as const;
