/** Logins whose cookie the browser does not send back: the next page asks for the login again. */
import { RULES, type RuleId } from "../../cookies/rules.js";
import { parseSetCookie } from "../../cookies/set-cookie.js";
import { first } from "../../lines.js";
import { cookieFixes, missingChange } from "../cookie-fixes.js";
import type { Detector, Scene } from "../detector.js";
import { type Finding, type Fix, stated } from "../finding.js";
import { LoginWatch, type LostLogin } from "../login-watch.js";
import { schemeDiagnosis } from "../scheme-cause.js";

export const loginCookieLost: Detector<LostLogin> = {
  code: "redirect-loop",
  wants: { unusual: true, next: (memory) => memory.of(LoginWatch).isWaiting },

  look(observation, memory) {
    const lost = memory.of(LoginWatch).observe(observation, memory.now);
    if (!lost?.wasSet) return [];
    return [{ seen: lost, key: "login", url: lost.login.url, method: "POST" }];
  },

  // That it comes back shows only later, at another page.
  stillSo: ({ login }, { response }) => {
    const line = first(response, "set-cookie");
    if (line === undefined) return undefined;
    return attributesOf(line) === attributesOf(first(login.response, "set-cookie") ?? "");
  },

  explain({ login, then, rule, leftHttps }, scene): Finding {
    const known = rule === undefined ? undefined : RULES[rule];
    const scheme = leftHttps && schemeDiagnosis(login, { ...scene, verdict: { kind: "unasked" } });
    const why = scheme
      ? `The cookie is Secure, so it stays behind when the app sends the browser to plain http. ${scheme.reason}`
      : known
        ? `The cookie ${known.sentence} (${known.section}).`
        : "Its Path or Domain keeps it from the page that follows.";
    const line = first(login.response, "set-cookie") ?? "";
    return stated({
      ...{ code: "redirect-loop", cause: "login-cookie-lost", url: login.url },
      framework: scene.app.known?.framework.id ?? null,
      explanation: `The login set a cookie, and the next request comes without it, so the app asks for the login again. ${why}`,
      chain: [
        `browser  ${login.method} ${login.url}`,
        `app      ${login.status}, Set-Cookie: ${line.replace(/=[^;]*/, "=…").slice(0, 200)}`,
        `browser  GET ${then.url}, without the cookie`,
        `app      ${then.status} ${first(then.response, "location") ?? ""}`.trim(),
      ],
      fixes: scheme ? scheme.fixes : fixesOf(line, rule, login.url, scene),
      proof: {
        kind: "rule",
        rule:
          known?.section ??
          (scheme
            ? "RFC 6265bis 5.8.3: only Secure keeps it off http"
            : "RFC 6265bis 5.8.3: Domain and Path have to match"),
      },
    });
  },
};

function attributesOf(line: string): string {
  return line.replace(/=[^;]*/, "=").toLowerCase();
}

function fixesOf(line: string, rule: RuleId | undefined, url: string, scene: Scene): Fix[] {
  const parsed = parseSetCookie(line);
  const cookie = typeof parsed === "string" ? undefined : parsed;
  const name = cookie?.name ?? "";
  return rule === undefined
    ? missingChange("root-path", name, cookie, scene, url)
    : cookieFixes(rule, name, cookie, scene, url);
}
