/**
 * Looks through a body as it passes for http and internal URLs of the app, for hosts of the local
 * network, and for what a dev server's client connects to. Nothing of the body is kept but the last
 * few hundred octets; every way of cutting it into chunks gives the same result.
 */
import { isLoopbackHost } from "../cookies/hosts.js";
import { Markup } from "./markup.js";
import { hostLines, type Leak, OwnAddresses, type Seen } from "./own-addresses.js";
import {
  AFTER,
  BEFORE,
  type Found,
  isLoaded,
  namedIn,
  type Surroundings,
  type Syntax,
  useOf,
} from "./url-uses.js";

export interface UrlFound extends Found {
  readonly leak: Leak;
  /** http, https, ws or wss. */
  readonly scheme: string;
  /** As it stands there, without escapes. */
  readonly url: string;
  /** From 1 on. */
  readonly line: number;
}

/** A URL of a host on this machine or in its network, of another origin than the page. */
export interface LocalFound extends Found {
  readonly url: string;
  /** From 1 on. */
  readonly line: number;
  readonly isLoopback: boolean;
}

/** What a dev server's client in the page connects to, whatever the page came from. */
export interface DevSocket {
  readonly by: "webpack" | "vite" | "parcel";
  /** 0 is the page's own. */
  readonly port: number;
}

/** What a whole body showed. */
export interface ScannedBody {
  readonly found: readonly UrlFound[];
  readonly local: readonly LocalFound[];
  readonly sockets: readonly DevSocket[];
  /** The page asks for its http URLs to be upgraded. */
  readonly upgrades: boolean;
  /** URLs of the app as browsers should get them. */
  readonly right: number;
  /** Whether there is anything in it but those. */
  readonly isTelling: boolean;
}

/** What is looked at of a body, in octets: pages and API responses are shorter. */
const MAX_SCANNED = 4 * 1024 * 1024;

/** URLs that are looked at; the first ones say what is wrong. */
const MAX_URLS = 200;

/** Of hosts in the local network: the first ones say it. */
const MAX_LOCAL = 20;

/**
 * Clients of dev servers, by what stands in their code. webpack-dev-server writes its address into
 * the URL of its client, whose port 0 stands for the page's own; Vite into a variable of its client.
 * Parcel's has none unless it is told one.
 */
const DEV_CLIENTS = [
  {
    by: "webpack",
    mark: "dev-server/client/index.js?",
    port: /^[^"'`\s\\]*?[?&]port=(\d{1,5})/,
  },
  { by: "vite", mark: "hmrPort = ", port: /^hmrPort = (\d{1,5})\b/ },
  {
    by: "parcel",
    mark: "var HMR_HOST = null;",
    port: /^var HMR_HOST = null;\s*var HMR_PORT = (null);[\s\S]{0,60}?HMR_SECURE = false;/,
  },
] as const;

/** Where tags begin to be read, in octets before the first URL; at least {@link BEFORE}. */
const SYNC = 512;

/** Makes browsers upgrade what a page loads (Upgrade Insecure Requests 3.3). */
const UPGRADES = "upgrade-insecure-requests";

/** The addresses of an app, and the pattern of their URLs. */
interface Pattern {
  readonly own: OwnAddresses;
  readonly url: RegExp;
}

export class BodyScan implements ScannedBody {
  readonly found: UrlFound[] = [];
  readonly local: LocalFound[] = [];
  readonly sockets: DevSocket[] = [];
  upgrades = false;
  right = 0;
  readonly #syntax: Syntax;
  readonly #pattern: Pattern;
  readonly #markup: Markup | undefined;
  readonly #fromLan: boolean;
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
    this.#fromLan = seen.fromLan ?? false;
    this.#markup = syntax === "html" || syntax === "xml" ? new Markup(syntax === "xml") : undefined;
  }

  get isTelling(): boolean {
    return this.found.length + this.local.length + this.sockets.length > 0;
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
    if (this.#syntax === "script" || this.#syntax === "html") this.#findSockets(text);
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
      if (match[1] !== undefined) this.#examine(text, match);
      else if (match[2] !== undefined) this.#examineLocal(text, match, match[2]);
      else this.#upgrade(text, match.index);
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
  #examine(text: string, match: RegExpExecArray): void {
    const { 0: rest, 1: authority = "", index } = match;
    // On another device that is neither the app nor anything else.
    if (this.#fromLan && isLoopback(authority) && this.#examineLocal(text, match, authority))
      return;
    // Correct links of a page to itself are many.
    if (text[index - 1] === "s" && text[index - 2] !== "w" && this.#isPublic(authority)) {
      this.right++;
      return;
    }
    const [start, returned, scheme = ""] =
      SCHEME.exec(text.slice(Math.max(0, index - 20), index)) ?? [];
    const isReturn = returned !== undefined;
    if (start === undefined || (rest.startsWith("%") && !isReturn)) return;
    const leak = this.#pattern.own.classify(`${scheme}://${decode(authority)}`);
    if (!leak) return;
    this.#urls++;
    const from = index - start.length;
    const around = this.#around(text, from);
    const found = isReturn ? returnOf(this.#markup, this.#syntax) : useOf(this.#syntax, around);
    if (!found) return;
    const url = urlIn(scheme + rest, text.slice(index + rest.length, from + AFTER), isReturn);
    this.found.push({ ...found, leak, scheme, url, line: this.#line });
  }

  /** What stands around a URL; up to there the document is read and its lines are counted. */
  #around(text: string, from: number): Surroundings {
    this.#readTo(text, from);
    this.#count(text, from);
    const before = text.slice(Math.max(0, from - BEFORE), from);
    return { before, after: text.slice(from, from + AFTER), markup: this.#markup };
  }

  /**
   * @param match from the colon on
   * @returns whether the page asks for it by itself
   */
  #examineLocal(text: string, { 0: rest, index }: RegExpExecArray, authority: string): boolean {
    const [start, , scheme = ""] = SCHEME.exec(text.slice(Math.max(0, index - 20), index)) ?? [];
    if (start === undefined || rest.startsWith("%") || this.local.length >= MAX_LOCAL) return false;
    const from = index - start.length;
    const around = this.#around(text, from);
    const isHere = isLoopback(authority);
    // As a base of relative URLs scripts name localhost without a port.
    const isNamed = !isHere || (this.#fromLan && /:\d+$/.test(authority));
    const found =
      useOf(this.#syntax, around) ?? (isNamed ? namedIn(this.#syntax, around) : undefined);
    if (!found || !isLoaded(found)) return false;
    const url = urlIn(scheme + rest, text.slice(index + rest.length, from + AFTER), false);
    this.local.push({ ...found, url, line: this.#line, isLoopback: isHere });
    return true;
  }

  #findSockets(text: string): void {
    for (const { by, mark, port } of DEV_CLIENTS) {
      const at = text.indexOf(mark);
      if (at < 0 || this.sockets.some((each) => each.by === by)) continue;
      const [, digits] = port.exec(text.slice(at, at + AFTER)) ?? [];
      if (digits !== undefined) this.sockets.push({ by, port: Number(digits) || 0 });
    }
  }

  /** As an app writes its own address, on its own port; without one it is another matter. */
  #isPublic(authority: string): boolean {
    return this.#pattern.own.isPublic(authority);
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

function isLoopback(authority: string): boolean {
  return isLoopbackHost(authority.replace(/:\d+$/, "").replace(/^\[|\]$/g, ""));
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
  const key = `${origin} ${seen.target} ${hostLines(seen.told)} ${seen.plainPort ?? ""} ${seen.standIn ?? ""}`;
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
  const own = `(${names.join("|")})${end}`;
  return new RegExp(`${colon}${slash}{2}(?:${own}|${LOCAL})|${UPGRADES}`, "g");
}

/** Hosts that only this machine, or its network, can reach (Local Network Access 2.1). */
const LOCAL = String.raw`((?:(?:[\w-]+\.){0,3}(?:localhost|local)|(?:127|10)(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2}|169\.254(?:\.\d{1,3}){2}|\[::1\])(?::\d{1,5})?)(?![\w@:-]|\.\w|%3[Aa])`;

/** What precedes it; in a query it may stand encoded. */
const SCHEME = /(?:(redirect_uri=)|\b)(https?|wss?)$/;
