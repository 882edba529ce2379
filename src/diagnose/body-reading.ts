/** Which bodies are read, and what for: pages, scripts and data that came over https. */

import { first } from "../lines.js";
import { BodyScan, type ScannedBody } from "./body-scan.js";
import type { DiagnosisContext } from "./context.js";
import type { Observation } from "./finding.js";
import type { Syntax } from "./url-uses.js";

/** What is known when the body begins. */
export type BodyHead = Omit<Observation, "page" | "byEdge">;

export interface Scan {
  /** Looks at the next octets of the body, of which it keeps a few hundred. */
  push(chunk: Buffer): void;
  /** What the whole body showed. */
  finish(): ScannedBody;
  /** More of the body would make no difference. */
  readonly isDone: boolean;
}

/**
 * Begins to look through a body; undefined where nothing is to be found: requests over plain http,
 * redirects and errors, parts of bodies, and other types than HTML, XML, JSON, scripts, style
 * sheets, CSV and robots.txt.
 * @param body not encoded: see {@link contentCodingOf}
 */
export function startBodyScan(head: BodyHead, context: DiagnosisContext = {}): Scan | undefined {
  const { url, status, response, told } = head;
  if (status < 200 || status > 299 || status === 206) return undefined;
  if (!url.startsWith("https:") || told.length === 0) return undefined;
  const syntax = syntaxOf(first(response, "content-type") ?? "");
  if (!syntax || (syntax === "robots" && new URL(url).pathname !== ROBOTS)) return undefined;
  const { standIn } = context;
  const scan = new BodyScan(syntax, { ...head, plainPort: context.plainPort?.(), standIn });
  return {
    push: (chunk) => scan.push(chunk),
    finish: () => {
      scan.finish();
      return scan;
    },
    get isDone() {
      return scan.isDone;
    },
  };
}

/** What the body of an answer shows, where it was asked for with its body. */
export function scanAnswer(
  head: BodyHead & { readonly page?: string | undefined },
  context: DiagnosisContext,
): ScannedBody | undefined {
  if (head.page === undefined || contentCodingOf(head.response) !== "") return undefined;
  const scan = startBodyScan(head, context);
  scan?.push(Buffer.from(head.page, "latin1"));
  return scan?.finish();
}

/** The content coding of a response, "" for none; several are given as they stand. */
export function contentCodingOf(response: readonly string[]): string {
  const coding = (first(response, "content-encoding") ?? "").trim().toLowerCase();
  return coding === "identity" ? "" : coding;
}

/** Refusals and errors, whose text may give the reason. */
export function isRefusalPage({ status }: Pick<Observation, "status">): boolean {
  return status === 400 || (status >= 403 && status <= 500);
}

/** What is kept of such a page, in octets; those of debuggers are long, and begin with the error. */
export const MAX_PAGE = 128 * 1024;

const SYNTAXES: readonly (readonly [RegExp, Syntax])[] = [
  [/^(?:text\/html|application\/xhtml\+xml)$/, "html"],
  [/^(?:text|application)\/(?:.+\+)?json$|^application\/x-ndjson$/, "json"],
  [/^(?:text|application)\/xml$|^application\/.+\+xml$/, "xml"],
  [/^(?:text|application)\/(?:x-)?(?:java|ecma)script$/, "script"],
  [/^text\/css$/, "style"],
  [/^text\/csv$/, "csv"],
  [/^text\/plain$/, "robots"],
];

/** Whether bodies of a Content-Type are looked through; asked for every response. */
export function isScanned(contentType: string, path: string): boolean {
  if (path === ROBOTS) return true;
  const syntax = syntaxOf(contentType);
  return syntax !== undefined && syntax !== "robots";
}

const ROBOTS = "/robots.txt";

/** By what stands in Content-Type, as apps have few and send them with every response. */
const KNOWN = new Map<string, Syntax | undefined>();
const MAX_TYPES = 100;

function syntaxOf(contentType: string): Syntax | undefined {
  return KNOWN.has(contentType) ? KNOWN.get(contentType) : syntaxOfType(contentType);
}

function syntaxOfType(contentType: string): Syntax | undefined {
  const type = (contentType.split(";", 1)[0] as string).trim().toLowerCase();
  const syntax = SYNTAXES.find(([pattern]) => pattern.test(type))?.[1];
  if (KNOWN.size < MAX_TYPES) KNOWN.set(contentType, syntax);
  return syntax;
}
