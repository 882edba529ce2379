/** Pages and data that came over https and name http or internal URLs of the app itself. */

import { isLoopbackHost } from "../cookies/hosts.js";
import { type AddressContext, remedyFor } from "./address-fixes.js";
import { BodyScan, type UrlFound } from "./body-scan.js";
import type { Finding, Observation } from "./finding.js";
import { recognise } from "./frameworks.js";
import { first } from "./lines.js";
import { shown, toldOf, withoutQuery } from "./shown.js";
import type { Syntax } from "./url-uses.js";

/** Causes of `mixed-content`, the gravest first. */
export const MIXED_CONTENT_CAUSES = [
  /** A script, style sheet, frame or request over http: browsers block it. */
  "blocked",
  /** A WebSocket without TLS: browsers refuse to open it. */
  "websocket",
  /** A form that is sent over http: browsers warn, or block it. */
  "form-action",
  /** An address that only the server knows, in a link or in data. */
  "internal-url",
  /** An http URL of the public host in a link or in data, or of something that is upgraded. */
  "leaked-url",
] as const;

export type MixedContentCause = (typeof MIXED_CONTENT_CAUSES)[number];

/** What is known when the body begins. */
export type BodyHead = Omit<Observation, "refusal" | "byEdge">;

export interface Scan {
  /** Looks at the next octets of the body, of which it keeps a few hundred. */
  push(chunk: Buffer): void;
  /** The gravest finding, when the body has ended. */
  finish(): Finding | undefined;
  /** More of the body would make no difference. */
  readonly isDone: boolean;
}

/**
 * Begins to look through a body for {@link MIXED_CONTENT_CAUSES}; undefined where nothing is to be
 * found: requests over plain http, redirects and errors, parts of bodies, and other types than
 * HTML, XML, JSON, scripts, style sheets, CSV and robots.txt.
 * @param body not encoded: see {@link contentCodingOf}
 */
export function startBodyScan(head: BodyHead, context: AddressContext = {}): Scan | undefined {
  const { url, status, response, told } = head;
  if (status < 200 || status > 299 || status === 206) return undefined;
  if (!url.startsWith("https:") || told.length === 0) return undefined;
  const syntax = syntaxOf(first(response, "content-type") ?? "", url);
  if (!syntax) return undefined;
  const scan = new BodyScan(syntax, head);
  return {
    push: (chunk) => scan.push(chunk),
    finish: () => {
      scan.finish();
      return findingOf(head, scan, context);
    },
    get isDone() {
      return scan.isDone;
    },
  };
}

/** The content coding of a response, "" for none; several are given as they stand. */
export function contentCodingOf(response: readonly string[]): string {
  const coding = (first(response, "content-encoding") ?? "").trim().toLowerCase();
  return coding === "identity" ? "" : coding;
}

const SYNTAXES: readonly (readonly [RegExp, Syntax])[] = [
  [/^(?:text\/html|application\/xhtml\+xml)$/, "html"],
  [/^(?:text|application)\/(?:.+\+)?json$|^application\/x-ndjson$/, "json"],
  [/^(?:text|application)\/xml$|^application\/.+\+xml$/, "xml"],
  [/^(?:text|application)\/(?:x-)?(?:java|ecma)script$/, "script"],
  [/^text\/css$/, "style"],
  [/^text\/csv$/, "csv"],
];

/** Whether bodies of a Content-Type are looked through; asked for every response. */
export function isScanned(contentType: string, path: string): boolean {
  if (path === ROBOTS) return true;
  let scanned = SCANNED.get(contentType);
  if (scanned === undefined) {
    scanned = syntaxOf(contentType, "https://localhost/") !== undefined;
    if (SCANNED.size < MAX_TYPES) SCANNED.set(contentType, scanned);
  }
  return scanned;
}

const ROBOTS = "/robots.txt";

const SCANNED = new Map<string, boolean>();
const MAX_TYPES = 100;

function syntaxOf(contentType: string, url: string): Syntax | undefined {
  const type = (contentType.split(";", 1)[0] as string).trim().toLowerCase();
  if (type === "text/plain") {
    return new URL(url).pathname === ROBOTS ? "robots" : undefined;
  }
  return SYNTAXES.find(([pattern]) => pattern.test(type))?.[1];
}

function findingOf(head: BodyHead, scan: BodyScan, context: AddressContext): Finding | undefined {
  if (scan.found.length === 0) return undefined;
  const upgrades = scan.upgrades || policyUpgrades(head.response);
  const found = scan.found.filter(({ leak }) => !(upgrades && leak === "http"));
  const causes = found.map(causeOf);
  const cause = MIXED_CONTENT_CAUSES.find((each) => causes.includes(each));
  if (cause === undefined) return undefined;
  const example = found[causes.indexOf(cause)] as UrlFound;
  const { method, url, told, status } = head;
  const framework = context.framework ?? recognise(head.response);
  const known = { ...context, framework };
  const { reason, confidence, fix } = remedyFor(example.leak, head, known);
  const snippet = shown(example.label + withoutQuery(example.url));
  const more = found.length > 1 ? ` ${found.length - 1} more of its URLs are like that.` : "";
  return {
    code: "mixed-content",
    cause,
    confidence,
    url,
    framework: framework?.id ?? null,
    explanation: `The answer to ${method} ${url} has in line ${example.line}: ${snippet}. ${harmOf(cause, example)}${more} ${reason}`,
    chain: [
      `browser  ${method} ${url}`,
      `app told ${toldOf(told)}`,
      `app      ${status}, line ${example.line}: ${snippet}`,
      `browser  ${OUTCOMES[cause]}`,
    ],
    fix,
  };
}

/** Whether the browser upgrades the http URLs of a page because a header says so. */
function policyUpgrades(response: readonly string[]): boolean {
  return /\bupgrade-insecure-requests\b/i.test(first(response, "content-security-policy") ?? "");
}

function causeOf({ use, scheme, leak }: UrlFound): MixedContentCause {
  const isSecure = scheme === "https" || scheme === "wss";
  if (scheme === "ws") return "websocket";
  if (use === "active" && !isSecure) return "blocked";
  if (use === "form" && !isSecure) return "form-action";
  return leak === "internal" ? "internal-url" : "leaked-url";
}

const OUTCOMES: Readonly<Record<MixedContentCause, string>> = {
  blocked: "mixed content: not loaded",
  websocket: "mixed content: the WebSocket is not opened",
  "form-action": "the form is not sent over TLS: a warning, or nothing",
  "internal-url": "an address that it cannot reach past the edge",
  "leaked-url": "plain http, wherever the URL is followed",
};

const HARM: Readonly<Record<MixedContentCause, string>> = {
  blocked: "On a page that came over https, browsers block it as mixed content.",
  websocket: "From a page that came over https, browsers open no WebSocket without TLS.",
  "form-action":
    "Browsers warn before they send a form from https to http, and Secure cookies stay behind.",
  "internal-url": "Past the edge nobody can reach that address.",
  "leaked-url": "Whoever follows it leaves https.",
};

function harmOf(cause: MixedContentCause, { url }: UrlFound): string {
  const host = /:\/\/(\[[^\]]*\]|[^/:?#]*)/.exec(url)?.[1]?.replace(/^\[|\]$/g, "") ?? "";
  const isExempt = (cause === "blocked" || cause === "websocket") && isLoopbackHost(host);
  return isExempt
    ? `${HARM[cause]} Chromium and Firefox make an exception for addresses of this machine, so it may show in production only.`
    : HARM[cause];
}
