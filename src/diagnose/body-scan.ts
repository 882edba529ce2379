/**
 * Looks through a body as it passes for http and internal URLs of the app. Nothing of the body is
 * kept but the last few hundred octets; every way of cutting it into chunks gives the same result.
 */
import { Markup } from "./markup.js";
import { hostLines, type Leak, OwnAddresses, type Seen } from "./own-addresses.js";
import { AFTER, BEFORE, type Found, type Syntax, useOf } from "./url-uses.js";

export interface UrlFound extends Found {
  readonly leak: Leak;
  /** http, https, ws or wss. */
  readonly scheme: string;
  /** As it stands there, without escapes. */
  readonly url: string;
  /** From 1 on. */
  readonly line: number;
}

/** What is looked at of a body, in octets: pages and API responses are shorter. */
const MAX_SCANNED = 4 * 1024 * 1024;

/** URLs that are looked at; the first ones say what is wrong. */
const MAX_URLS = 200;

/** Where tags begin to be read, in octets before the first URL; at least {@link BEFORE}. */
const SYNC = 512;

/** Makes browsers upgrade what a page loads (Upgrade Insecure Requests 3.3). */
const UPGRADES = "upgrade-insecure-requests";

/** The addresses of an app, and the pattern of their URLs. */
interface Pattern {
  readonly own: OwnAddresses;
  readonly url: RegExp;
}

export class BodyScan {
  readonly found: UrlFound[] = [];
  /** The page asks for its http URLs to be upgraded. */
  upgrades = false;
  readonly #syntax: Syntax;
  readonly #pattern: Pattern;
  readonly #markup: Markup | undefined;
  #kept = "";
  /** How much of the kept text was looked at. */
  #seen = 0;
  /** How far the markup is read, from the beginning of the kept text. */
  #read = 0;
  #isExact = false;
  #scanned = 0;
  #urls = 0;
  #line = 1;
  /** How far lines were counted, from the beginning of the kept text. */
  #counted = 0;

  constructor(syntax: Syntax, seen: Seen) {
    this.#syntax = syntax;
    this.#pattern = patternFor(seen);
    this.#markup = syntax === "html" || syntax === "xml" ? new Markup(syntax === "xml") : undefined;
  }

  /** Whether more of the body makes no difference. */
  get isDone(): boolean {
    return this.#scanned >= MAX_SCANNED || this.#urls >= MAX_URLS;
  }

  push(chunk: Buffer): void {
    if (this.isDone) return;
    const rest = MAX_SCANNED - this.#scanned;
    const piece = chunk.length > rest ? chunk.subarray(0, rest) : chunk;
    this.#scanned += piece.length;
    // One character an octet: whatever the charset is, what is looked for is ASCII.
    const text = this.#kept + piece.toString("latin1");
    this.#look(text, Math.max(text.length - AFTER, 0));
    this.#keep(text);
  }

  /** Looks at what was kept. */
  finish(): void {
    if (this.#urls < MAX_URLS) this.#look(this.#kept, this.#kept.length);
    this.#kept = "";
    this.#urls = MAX_URLS;
  }

  /** @param to where the text has {@link AFTER} characters more, or ends with the body */
  #look(text: string, to: number): void {
    const { url } = this.#pattern;
    url.lastIndex = this.#seen;
    for (let match = url.exec(text); match && match.index < to; match = url.exec(text)) {
      this.#seen = match.index + match[0].length;
      if (match[1] === undefined) this.#upgrade(text, match.index);
      else this.#examine(text, match);
      if (this.#urls >= MAX_URLS) return;
    }
    this.#seen = Math.max(this.#seen, to);
    if (this.#isExact) this.#readTo(text, to);
    else this.#skimTo(text, to - SYNC);
  }

  #upgrade(text: string, index: number): void {
    if (this.#syntax !== "html") return;
    this.#readTo(text, index);
    this.upgrades ||= this.#markup?.tag === "meta" && this.#markup.attribute === "content";
  }

  #skimTo(text: string, to: number): void {
    if (this.#markup) this.#read = this.#markup.skim(text, this.#read, to);
  }

  /** From shortly before the first URL on, every tag is read. */
  #readTo(text: string, to: number): void {
    if (!this.#markup) return;
    if (!this.#isExact) this.#skimTo(text, to - SYNC);
    this.#isExact = true;
    this.#read = this.#markup.advance(text, this.#read, to);
  }

  /** @param match from the colon on */
  #examine(text: string, { 0: rest, 1: authority = "", index }: RegExpExecArray): void {
    // Correct links of a page to itself are many.
    if (text[index - 1] === "s" && text[index - 2] !== "w" && this.#isPublic(authority)) return;
    const [start, returned, scheme = ""] =
      SCHEME.exec(text.slice(Math.max(0, index - 20), index)) ?? [];
    const isReturn = returned !== undefined;
    if (start === undefined || (rest.startsWith("%") && !isReturn)) return;
    const leak = this.#pattern.own.classify(`${scheme}://${decode(authority)}`);
    if (!leak) return;
    this.#urls++;
    const from = index - start.length;
    this.#readTo(text, from);
    const markup = this.#markup;
    const before = text.slice(Math.max(0, from - BEFORE), from);
    const around = { before, after: text.slice(from, from + AFTER), markup };
    const found = isReturn ? returnOf(markup, this.#syntax) : useOf(this.#syntax, around);
    if (!found) return;
    this.#count(text, from);
    const url = urlIn(scheme + rest, text.slice(index + rest.length, from + AFTER), isReturn);
    this.found.push({ ...found, leak, scheme, url, line: this.#line });
  }

  #isPublic(authority: string): boolean {
    return this.#pattern.own.authorities.get(authority) === "http";
  }

  #count(text: string, to: number): void {
    for (let at = this.#counted; at < to; at++) {
      at = text.indexOf("\n", at);
      if (at < 0 || at >= to) break;
      this.#line++;
    }
    this.#counted = Math.max(this.#counted, to);
  }

  #keep(text: string): void {
    const from = Math.max(0, text.length - SYNC - AFTER);
    this.#count(text, from);
    this.#kept = text.slice(from);
    this.#counted -= from;
    this.#seen -= from;
    this.#read -= from;
  }
}

/** An address for the answer of a login service, in a link or in data. */
function returnOf(markup: Markup | undefined, syntax: Syntax): Found | undefined {
  if (syntax !== "html" && syntax !== "json") return undefined;
  const { place, attribute = "", tag } = markup ?? {};
  if (place === "comment" || place === "text" || place === "plain") return undefined;
  if (place === "value" && !/^(?:href|action|src|data-.*)$/.test(attribute)) return undefined;
  return {
    use: "passive",
    label: place === "value" ? `<${tag} ${attribute}="...redirect_uri=` : "redirect_uri=",
  };
}

function urlIn(start: string, after: string, isReturn: boolean): string {
  const [path = ""] = /^(?:\\[/u]|&(?!quot;|#)|[^\s"'`<>\\),&\]])*/.exec(after) ?? [];
  return decode(start + (isReturn ? path.replace(/&.*$/s, "") : path));
}

function decode(text: string): string {
  return text
    .replace(/\\u002f|\\\/|&#x2f;|&#47;|%2f/gi, "/")
    .replace(/%3a/gi, ":")
    .replaceAll("&amp;", "&");
}

/** Patterns are the same for all requests that one app gets under one name. */
const PATTERNS = new Map<string, Pattern>();
const MAX_PATTERNS = 50;

function patternFor(seen: Seen): Pattern {
  const origin = seen.url.slice(0, seen.url.indexOf("/", "https://".length));
  const key = `${origin} ${seen.target} ${hostLines(seen.told)}`;
  const known = PATTERNS.get(key);
  if (known) return known;
  const own = new OwnAddresses(seen);
  const pattern = { own, url: urlPattern(own) };
  if (PATTERNS.size >= MAX_PATTERNS) PATTERNS.clear();
  PATTERNS.set(key, pattern);
  return pattern;
}

/** What follows the scheme; to begin with the colon, which is rare, makes the search fast. */
function urlPattern({ authorities }: OwnAddresses): RegExp {
  const colon = "(?::|%3[Aa])";
  const names = [...authorities.keys()]
    .sort((a, b) => b.length - a.length)
    .map((name) => name.replace(/[.[\]]/g, "\\$&").replace(/:(?=\d+$)/, colon));
  const slash = String.raw`(?:\/|\\\/|\\u002[Ff]|&#x2[Ff];|&#47;|%2[Ff])`;
  const end = String.raw`(?::(?:80|443))?(?![\w@:-]|\.\w|%3[Aa])`;
  return new RegExp(`${colon}${slash}{2}(${names.join("|")})${end}|${UPGRADES}`, "g");
}

/** What precedes it; in a query it may stand encoded. */
const SCHEME = /(?:(redirect_uri=)|\b)(https?|wss?)$/;
