/** What an absolute URL in a body is there for, by what stands around it. */
import { type Markup, wordsOf } from "./markup.js";

export type Syntax = "html" | "xml" | "json" | "script" | "style" | "csv" | "robots";

type Use =
  /** Loaded or asked by the page: browsers block it over http (Mixed Content 4.1). */
  | "active"
  | "form"
  /** Loaded with an upgrade to https, followed, or read by programs. */
  | "passive";

/** How far around a URL one looks, in characters. */
export const BEFORE = 256;
export const AFTER = 512;

export interface Surroundings {
  /** Up to {@link BEFORE} characters. */
  readonly before: string;
  /** From the URL's first character on, up to {@link AFTER}. */
  readonly after: string;
  /** Where it stands in a document of HTML or XML. */
  readonly markup: Markup | undefined;
}

export interface Found {
  readonly use: Use;
  /** What stands before the URL, short: `<script src="`, `"next": "`, `fetch("`. */
  readonly label: string;
}

/** What a URL is there for; undefined for prose, comments, samples of code and mere identifiers. */
export function useOf(syntax: Syntax, around: Surroundings): Found | undefined {
  switch (syntax) {
    case "html":
      return inHtml(around);
    case "xml":
      return inXml(around);
    case "json":
      return inJson(around);
    case "script":
      return inCall(around);
    case "style":
      return inStyle(around);
    case "csv":
      return /(?:^|[\n,;\t])"?$/.test(around.before) ? passive("") : undefined;
    case "robots":
      return /(?:^|\n)sitemap:[\t ]*$/i.test(around.before) ? passive("Sitemap: ") : undefined;
  }
}

/** Whether a page asks for the URL by itself: links that are followed are navigations. */
export function isLoaded({ use, label }: Found): boolean {
  if (use === "active") return true;
  return use === "passive" && /^(?:<(?:img|audio|video|source|input) src="|url\(|")/.test(label);
}

/** A text of a script that is nothing but the URL, wherever the script uses it. */
export function namedIn(syntax: Syntax, { before }: Surroundings): Found | undefined {
  if (syntax !== "script" || !/[=:(,[]\s*["'`]$/.test(before) || LINE_COMMENT.test(before)) {
    return undefined;
  }
  return passive('"');
}

function passive(label: string): Found {
  return { use: "passive", label };
}

function inHtml(around: Surroundings): Found | undefined {
  switch (around.markup?.place) {
    case "value":
      return inAttribute(around, around.markup);
    case "script":
      return inCall(around) ?? inState(around);
    case "style":
      return inStyle(around);
    default:
      return undefined;
  }
}

const ACTIVE: Readonly<Record<string, string>> = {
  script: "src",
  iframe: "src",
  frame: "src",
  embed: "src",
  object: "data",
  track: "src",
  base: "href",
};

/** What `<link>` loads for the page; icons are upgraded, the others only name something. */
const LOADING = /\b(?:stylesheet|modulepreload|preload|manifest)\b/;

/** Attributes that take a URL and load nothing that is blocked, besides `data-…`. */
const PASSIVE = new Set([
  "href",
  "src",
  "poster",
  "content",
  "action",
  "formaction",
  "data",
  "background",
  "xlink:href",
  "ping",
]);

/** htmx asks for these by script. */
const ASKING = /^(?:data-)?hx-(?:get|post|put|patch|delete)$/;

/** After the quotation mark, be it of JSON in a value, and in `content="0; url=…"`. */
const VALUE_START = /(?:["']|&(?:quot|#34|#39|#x27);|;\s*url=["']?)\s*$/i;

function beginsValue(before: string, attribute: string): boolean {
  if (VALUE_START.test(before)) return true;
  // Without quotation marks a value cannot be told from the end of a query but by its name.
  return before.slice(-attribute.length - 1).toLowerCase() === `${attribute}=`;
}

function inAttribute({ before, after }: Surroundings, markup: Markup): Found | undefined {
  const { tag, attribute } = markup;
  const isData = attribute.startsWith("data-");
  const label = `<${tag} ${attribute}="`;
  if (attribute === "style") return inStyle({ before, after, markup });
  const isSet = attribute.endsWith("srcset");
  const listed = isSet && /,\s*$/.test(before);
  if (!beginsValue(before, attribute) && !listed) return undefined;
  if (ASKING.test(attribute)) return { use: "active", label };
  if ((tag === "form" && attribute === "action") || attribute === "formaction") {
    return { use: "form", label };
  }
  // Of images browsers upgrade those in src, not those in sets (Mixed Content 3.1).
  if (ACTIVE[tag] === attribute || isSet) return { use: "active", label };
  if (tag === "link" && attribute === "href") {
    const rel = markup.rel || later("rel", after);
    const isImage = /\bpreload\b/.test(rel) && (markup.as || later("as", after)) === "image";
    const use = LOADING.test(rel) && !isImage ? "active" : "passive";
    return { use, label: `<link rel="${rel}" href="` };
  }
  return isData || PASSIVE.has(attribute) ? passive(label) : undefined;
}

/** An attribute that comes later in the tag than the URL. */
function later(name: "rel" | "as", after: string): string {
  const [, value = ""] = LATER[name].exec(after) ?? [];
  return wordsOf(value);
}

const LATER = {
  rel: /^[^<>]*?\srel\s*=\s*(["']?[\w -]+)/i,
  as: /^[^<>]*?\sas\s*=\s*(["']?[\w -]+)/i,
};

/** Functions that ask for the URL they get, and statements that load it. */
const CALL =
  /(?:\b(fetch|import|importScripts|Worker|EventSource|WebSocket|sendBeacon|axios(?:\.\w+)?|\$\.(?:get|post|ajax|getJSON))\s*\(\s*(?:new URL\(\s*)?|\.(open)\(\s*["'`]\w+["'`]\s*,\s*|\b(from|import)\s*)["'`]$/;

const LINE_COMMENT = /(?:^|[\s;{}()])\/\/[^\n]*$|(?:^|\n)\s*\*[^\n]*$/;

function inCall({ before }: Surroundings): Found | undefined {
  const [, called, opened, loaded] = CALL.exec(before) ?? [];
  const name = called ?? opened ?? loaded;
  if (name === undefined || LINE_COMMENT.test(before)) return undefined;
  return { use: "active", label: loaded === undefined ? `${name}("` : `${name} "` };
}

/** Data that a server writes into a page's script, whatever its format. */
function inState(around: Surroundings): Found | undefined {
  const { before } = around;
  if (!/["'`]$/.test(before) || LINE_COMMENT.test(before)) return undefined;
  return isProse(around) || isIdentifier(before) ? undefined : passive(keyOf(before));
}

function inJson(around: Surroundings): Found | undefined {
  const { before } = around;
  // A quotation mark that is escaped begins a string in a text: a sample, a source file.
  if (!/(?:^|[^\\])"$/.test(before) || isProse(around) || isIdentifier(before)) return undefined;
  return passive(keyOf(before));
}

/** Whether more than the URL stands between the quotation marks. */
function isProse({ after }: Surroundings): boolean {
  return /^[^"'`\\\s]*\s/.test(after.replace(/\\[/u]/g, ""));
}

/** Names that only have the form of a URL (JSON Schema, JSON-LD, RFC 9457). */
function isIdentifier(before: string): boolean {
  return /"(?:\$schema|\$id|\$ref|@context|@id|@vocab|@type|type|namespace|xmlns)\\?"\s*:\s*(?:\[\s*)?\\?"$/.test(
    before,
  );
}

function keyOf(before: string): string {
  const key = /["']([\w@$. -]{1,40})\\?["']\s*:\s*\\?["'`]$/.exec(before)?.[1];
  return key === undefined ? '"' : `"${key}": "`;
}

/** Fonts are blocked, backgrounds are upgraded (Mixed Content 3.1). */
const LOADED_BY_STYLE = /@import\s+(?:url\(\s*)?["']?$|@font-face\s*\{[^{}]*\burl\(\s*["']?$/i;

function inStyle({ before }: Surroundings): Found | undefined {
  if (LOADED_BY_STYLE.test(before)) {
    return { use: "active", label: /@import[^;]*$/i.test(before) ? "@import " : "url(" };
  }
  return /\burl\(\s*(?:["']|&quot;|&#39;)?$/i.test(before) ? passive("url(") : undefined;
}

function inXml({ before, markup }: Surroundings): Found | undefined {
  if (markup?.place === "value") {
    const { attribute, tag } = markup;
    if (/^xmlns|schemalocation$/.test(attribute) || !/["']\s*$/.test(before)) return undefined;
    return passive(`<${tag} ${attribute}="`);
  }
  if (markup?.place !== "text") return undefined;
  const [, name] = /<([\w:.-]+)[^<>]*>\s*(?:<!\[CDATA\[\s*)?$/.exec(before) ?? [];
  // Atom and RSS name entries by URLs that nobody has to ask for.
  return name === undefined || /^(?:\w+:)?(?:id|guid)$/i.test(name)
    ? undefined
    : passive(`<${name}>`);
}
