/** The responses that devtls makes itself: HTML for browsers, JSON or text for everything else. */

import { createHash } from "node:crypto";
import { first, type HeaderLines } from "../../lines.js";
import type { Exchange } from "../exchange.js";
import { endToEnd } from "../hop-by-hop.js";

export interface Page {
  readonly status: number;
  /** What happened, one sentence. */
  readonly title: string;
  /** What to do about it; lines of plain text. */
  readonly advice: readonly string[];
  /** Load the page again as soon as the target answers. */
  readonly reload?: boolean;
  readonly headers?: readonly string[];
  /** Sent as it is in place of a page: an image. */
  readonly content?: { readonly type: string; readonly text: string };
}

/** Sent by the error page itself: answered by devtls, never by the app. */
export const READY_HEADER = "devtls-ready";

/** In the answer to that: where the app itself is, for a rehearsal of what is served. */
export const TARGET_HEADER = "devtls-target";

const SCRIPT = `
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
(async () => {
  for (;;) {
    await wait(500);
    try {
      const answer = await fetch(location.href, { headers: { "${READY_HEADER}": "?" }, cache: "no-store" });
      if (answer.status === 204) return location.reload();
    } catch {}
  }
})();`;

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 12vh auto; padding: 0 1rem; color: #222; background: #fff }
h1 { font-size: 1.3rem } p { overflow-wrap: anywhere } footer { color: #777; margin-top: 3rem; font-size: .85rem }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #181818 } }
`;

let policy: string | undefined;

/** Nothing but the page's own style and script; it asks its own address whether the app is back. */
function contentPolicy(): string {
  const hash = (text: string): string =>
    `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  policy ??= [
    "default-src 'none'",
    `style-src ${hash(STYLE)}`,
    `script-src ${hash(SCRIPT)}`,
    ...["connect-src 'self'", "base-uri 'none'", "form-action 'none'"],
  ].join("; ");
  return policy;
}

/** A page as it is sent. */
export interface RenderedPage {
  readonly headers: HeaderLines;
  readonly body: Buffer;
}

/** The page in the form that the client asked for. */
export function renderPage(exchange: Exchange, page: Page): RenderedPage {
  const accept = first(exchange.headers, "accept") ?? "";
  const isHtml = accept.includes("text/html") && !page.content;
  const [type, text] = page.content
    ? [page.content.type, page.content.text]
    : isHtml
      ? ["text/html; charset=utf-8", htmlOf(page, exchange.method === "GET")]
      : /\bjson\b/.test(accept)
        ? ["application/json", jsonOf(page)]
        : ["text/plain; charset=utf-8", textOf(page)];
  const body = Buffer.from(text);
  const headers = [
    ...["Content-Type", type, "Content-Length", String(body.length)],
    ...["Cache-Control", "no-store", "X-Content-Type-Options", "nosniff"],
    ...(isHtml ? ["Content-Security-Policy", contentPolicy()] : []),
    ...(page.headers ?? []),
  ];
  // HTTP/2 has no header fields that speak of the connection (RFC 9113 8.2.2).
  return { headers: exchange.protocol === "HTTP/2" ? endToEnd(headers) : headers, body };
}

/** A request that devtls refuses to pass on, with what is wrong with it. */
export function badRequest(refusal: string): Page {
  return {
    status: 400,
    title: `The request has ${refusal}, so it was not passed on.`,
    advice: [],
    headers: ["Connection", "close"],
  };
}

function textOf({ title, advice }: Page): string {
  return `devtls: ${title}\n${advice.map((line) => `  ${line}\n`).join("")}`;
}

function jsonOf({ status, title, advice }: Page): string {
  return `${JSON.stringify({ status, error: title, advice })}\n`;
}

function htmlOf({ status, title, advice, reload }: Page, isGet: boolean): string {
  const paragraphs = advice.map((line) => `<p>${escapeHtml(line)}</p>`).join("\n");
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${status} ${escapeHtml(title)}</title>
<style>${STYLE}</style>
<h1>${escapeHtml(title)}</h1>
${paragraphs}
<footer>devtls, ${status}${reload && isGet ? ". This page loads again by itself when the app answers." : ""}</footer>
${reload && isGet ? `<script>${SCRIPT}</script>` : ""}
</html>
`;
}

export function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
  };
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
}
