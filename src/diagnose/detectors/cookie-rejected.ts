/** Cookies that a browser drops without a word, and by which rule. */
import { isLoopbackHost } from "../../cookies/hosts.js";
import { type CookieOrigin, judge } from "../../cookies/judge.js";
import { RULES, type RuleId } from "../../cookies/rules.js";
import { parseSetCookie, trim } from "../../cookies/set-cookie.js";
import { valuesOf } from "../../lines.js";
import { cookieFixes } from "../cookie-fixes.js";
import type { Detector, Scene } from "../detector.js";
import { type Finding, type Fix, type Observation, stated } from "../finding.js";
import type { Memory } from "../memory.js";
import { originOf } from "../redirects.js";

interface Rejection {
  readonly line: string;
  readonly name: string;
  readonly rule: RuleId;
  /** Also by browsers that trust plain http on localhost. */
  readonly everywhere: boolean;
}

interface Seen extends Rejection {
  readonly observation: Observation;
}

/**
 * Each cookie of a response that a browser would drop; the cause is the rule's id. Attempts to
 * delete a cookie wherever it may be, and cookies that another line of the response sets acceptably,
 * are none. Cookie values do not appear in findings.
 */
export const cookieRejected: Detector<Seen> = {
  code: "cookie-rejected",
  wants: { headers: ["set-cookie"] },

  look(observation, memory) {
    const rejections = rejectionsIn(observation, memory);
    const origin = originOf(observation.url);
    for (const line of valuesOf(observation.response, "set-cookie")) {
      memory.jar.store(line, origin);
    }
    return rejections.map((each, index) => ({
      seen: { ...each, observation },
      // Cookies without a name are told apart by their place.
      once: `${each.rule} ${each.name || index} ${origin.host}`,
    }));
  },

  stillSo({ name, rule }, again) {
    const { response, url } = again;
    const lines = valuesOf(response, "set-cookie").filter((line) => nameOf(line) === name);
    if (lines.length === 0) return undefined;
    const origin = originOf(url);
    return lines.every((line) => {
      const verdict = judge(line, origin, { now: Date.now(), stored: [] });
      return verdict.kind === "rejected" && verdict.rule === rule;
    });
  },

  explain({ observation, line, name, rule, everywhere }, scene): Finding {
    const { method, url } = observation;
    const { sentence, section } = RULES[rule];
    const subject = name === "" ? "A cookie without a name" : `The cookie ${name}`;
    const parsed = parseSetCookie(line);
    const cookie = typeof parsed === "string" ? undefined : parsed;
    const who = everywhere
      ? "The browser drops it, and the next request comes without it."
      : "Safari drops it, and so does every browser on a production host; Chromium and Firefox make an exception for this machine.";
    return stated({
      ...{ code: "cookie-rejected", cause: rule, url },
      framework: scene.app.known?.framework.id ?? null,
      explanation: `${subject} ${sentence} (${section}). ${who}${advice(rule, originOf(url))}`,
      chain: [
        `browser  ${method} ${url}`,
        `app      Set-Cookie: ${withoutValue(line)}`,
        `browser  ${rule}: not stored`,
      ],
      fixes:
        rule === "secure-over-http"
          ? addressOf(url, scene)
          : cookieFixes(rule, name, cookie, scene, url),
      ...(everywhere
        ? { proof: { kind: "rule", rule: section } }
        : { settle: "A host that is not this machine would settle it." }),
    });
  },
};

function rejectionsIn({ url, response }: Observation, { jar, now }: Memory): Rejection[] {
  const lines = valuesOf(response, "set-cookie");
  const origin = originOf(url);
  const held = [...jar.cookies];
  const judged = lines.map((line) => ({
    line,
    name: nameOf(line),
    verdict: judge(line, origin, { now, stored: held }),
  }));
  const kept = new Set(judged.flatMap((each) => (each.verdict.kind === "stored" ? each.name : [])));
  const rejections: Rejection[] = [];
  for (const { line, name, verdict } of judged) {
    if (verdict.kind === "stored" || isDeletion(line, now)) continue;
    if (name !== "" && kept.has(name)) continue;
    kept.add(name);
    // Two browsers of three make an exception for this machine.
    const options = { now, stored: held, trustLocalhost: true };
    const everywhere = judge(line, origin, options).kind === "rejected";
    rejections.push({ line, name, rule: verdict.rule, everywhere });
  }
  return rejections;
}

/** What no setting changes. */
function advice(rule: RuleId, { host }: CookieOrigin): string {
  switch (rule) {
    case "secure-over-http":
      return " Use the https address.";
    case "leave-secure-alone":
      return " Use one scheme for all of the app, or another name for one of the two.";
    case "control-character":
      return " Encode the value.";
    case "public-suffix":
      return isLoopbackHost(host)
        ? " Hosts below localhost cannot share cookies; hosts below a name like app.test can."
        : "";
    default:
      return "";
  }
}

/** The same page over https. */
function addressOf(url: string, { context }: Scene): Fix[] {
  const httpsUrl = context.httpsUrl?.();
  if (httpsUrl === undefined) return [];
  const { pathname, search } = new URL(url);
  return [{ where: "the browser", lines: [new URL(pathname + search, httpsUrl).href] }];
}

function nameOf(line: string): string {
  const [pair = ""] = line.split(";", 1);
  const equals = pair.indexOf("=");
  return equals < 0 ? "" : printable(trim(pair.slice(0, equals)));
}

function isDeletion(line: string, now: number): boolean {
  const parsed = parseSetCookie(line);
  if (typeof parsed === "string") return false;
  const { maxAge, expires } = parsed;
  return maxAge === undefined ? expires !== undefined && expires <= now : maxAge <= 0;
}

/** Session ids are secrets, and findings are pasted into chats. */
function withoutValue(line: string): string {
  const [pair = "", ...attributes] = line.split(";");
  const name = pair.includes("=") ? `${nameOf(line)}=` : "";
  return printable([`${name}…`, ...attributes].join(";")).slice(0, 200);
}

function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminals act on them
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, "?").slice(0, 200);
}
