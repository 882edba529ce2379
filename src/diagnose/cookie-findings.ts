/** Cookies that a browser drops without a word, and by which rule. */
import { isLoopbackHost } from "../cookies/hosts.js";
import { type Cookie, type CookieOrigin, judge } from "../cookies/judge.js";
import { RULES, type RuleId } from "../cookies/rules.js";
import { parseSetCookie, trim } from "../cookies/set-cookie.js";
import { cookieFixes } from "./cookie-fixes.js";
import type { Finding } from "./finding.js";
import { type Framework, recognise } from "./frameworks.js";
import { valuesOf } from "./lines.js";

/** One exchange, as far as cookies and HSTS go by it. */
export interface AppResponse {
  readonly method: string;
  /** The public URL that the browser asked for. */
  readonly url: string;
  /** The header lines that the app sent, before any policy: `FinishedExchange.answered`. */
  readonly response: readonly string[];
}

export interface CookieContext {
  /** The app's framework where it is known; else the response is looked at. */
  readonly framework?: Framework | undefined;
  /** What browsers have from before, for `leave-secure-alone`. */
  readonly stored?: Iterable<Cookie>;
  /** Where the app can be reached over https: "https://localhost:8443". */
  readonly httpsUrl?: string;
  /** Milliseconds since 1970. */
  readonly now?: number;
}

/** The first of {@link cookieRejections}. */
export function cookieRejected(seen: AppResponse, context?: CookieContext): Finding | undefined {
  return cookieRejections(seen, context)[0];
}

/**
 * A finding `cookie-rejected` for each cookie of a response that a browser would drop; its cause is
 * the rule's id. Attempts to delete a cookie wherever it may be, and cookies that another line of
 * the response sets acceptably, are no findings. Cookie values do not appear in them.
 */
export function cookieRejections(seen: AppResponse, context: CookieContext = {}): Finding[] {
  const lines = valuesOf(seen.response, "set-cookie");
  if (lines.length === 0) return [];
  const origin = originOf(seen.url);
  const { now = Date.now(), stored = [] } = context;
  const held = [...stored];
  const judged = lines.map((line) => ({
    line,
    name: nameOf(line),
    verdict: judge(line, origin, { now, stored: held }),
  }));
  const kept = new Set(judged.flatMap((each) => (each.verdict.kind === "stored" ? each.name : [])));
  const findings: Finding[] = [];
  for (const { line, name, verdict } of judged) {
    if (verdict.kind === "stored" || isDeletion(line, now)) continue;
    if (name !== "" && kept.has(name)) continue;
    kept.add(name);
    // Two browsers of three make an exception for this machine.
    const options = { now, stored: held, trustLocalhost: true };
    const everywhere = judge(line, origin, options).kind === "rejected";
    findings.push(findingOf(seen, origin, { line, name, rule: verdict.rule, everywhere }, context));
  }
  return findings;
}

interface Rejection {
  readonly line: string;
  readonly name: string;
  readonly rule: RuleId;
  /** Also by browsers that trust plain http on localhost. */
  readonly everywhere: boolean;
}

function findingOf(
  { method, url, response }: AppResponse,
  origin: CookieOrigin,
  { line, name, rule, everywhere }: Rejection,
  context: CookieContext,
): Finding {
  const { sentence, section } = RULES[rule];
  const framework = context.framework ?? recognise(response);
  const subject = name === "" ? "A cookie without a name" : `The cookie ${name}`;
  const settingsFor = (): string[] => {
    const parsed = parseSetCookie(line);
    const cookie = typeof parsed === "string" ? undefined : parsed;
    return cookieFixes(rule, name, cookie, framework);
  };
  const who = everywhere
    ? "The browser drops it, and the next request comes without it."
    : "Safari drops it, and so does every browser on a production host; Chromium and Firefox make an exception for this machine.";
  return {
    code: "cookie-rejected",
    cause: rule,
    confidence: everywhere ? "proved" : "likely",
    url,
    framework: framework?.id ?? null,
    explanation: `${subject} ${sentence} (${section}). ${who}${advice(rule, origin)}`,
    chain: [
      `browser  ${method} ${url}`,
      `app      Set-Cookie: ${withoutValue(line)}`,
      `browser  ${rule}: not stored`,
    ],
    fix: rule === "secure-over-http" ? addressOf(url, context) : settingsFor(),
  };
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

/** Where cookies of a URL come from and go to. */
export function originOf(url: string): CookieOrigin {
  const { protocol, hostname, pathname } = new URL(url);
  return {
    scheme: protocol === "https:" ? "https" : "http",
    host: hostname.replace(/^\[|\]$/g, ""),
    path: pathname,
  };
}

/** The same page over https. */
function addressOf(url: string, { httpsUrl }: CookieContext): string[] {
  if (httpsUrl === undefined) return [];
  const { pathname, search } = new URL(url);
  return [new URL(pathname + search, httpsUrl).href];
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
