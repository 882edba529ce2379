/** A request as something to paste: a command, a line of JavaScript, steps of a flow. Pure. */
import { DevtlsError } from "../errors.js";
import { first, isNamed, pairsOf, valuesOf, without } from "../lines.js";
import { type Recorded, withOneCookieLine } from "./record.js";
import { REDACTED } from "./secrets.js";

/** What each client writes itself. */
const OWN = [
  "connection",
  "content-length",
  "transfer-encoding",
  "accept-encoding",
  "te",
  "upgrade",
];

/** For sh: single quotes hold whatever is in them. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * A command for sh that sends the same.
 * @throws DevtlsError "request-failed" where the body was not kept
 */
export function asCurl(record: Recorded): string {
  const { url, asked } = record;
  const body = bodyOf(record);
  const text = body && textOf(body);
  const parts = ["curl", quoted(url)];
  // Brackets and braces stand for many URLs otherwise, and dots for others.
  if (/[[\]{}]/.test(url.replace(/^\w+:\/\/\[[^\]]*\]/, ""))) parts.push("--globoff");
  if (/\/\.{1,2}(?:[/?]|$)/.test(asked.target)) parts.push("--path-as-is");
  if (asked.method === "HEAD") parts.push("--head");
  else if (asked.method !== (body ? "POST" : "GET")) parts.push("-X", quoted(asked.method));
  for (const [name, value] of pairsOf(without(withOneCookieLine(asked.headers), OWN))) {
    // An empty value would take the header out; a semicolon sends it empty.
    parts.push("-H", quoted(value === "" ? `${name};` : `${name}: ${value}`));
  }
  if (!body) return parts.join(" ");
  if (first(asked.headers, "content-type") === undefined) parts.push("-H", "Content-Type:");
  // --data would read a file for a body that begins with an @.
  if (text !== undefined && !text.includes("\0")) {
    return [...parts, "--data-raw", quoted(text)].join(" ");
  }
  return [`printf ${quoted(inOctal(body))} |`, ...parts, "--data-binary", "@-"].join(" ");
}

/** Octets for printf: an argument of a command holds neither NUL nor, for sure, what is no text. */
function inOctal(octets: Buffer): string {
  const codes = [...octets].map((octet) => `\\${octet.toString(8).padStart(3, "0")}`);
  return codes.join("");
}

/** What a page may not set itself (https://fetch.spec.whatwg.org/#forbidden-request-header). */
const FORBIDDEN =
  /^(?:accept-charset|accept-encoding|access-control-request-.*|connection|content-length|cookie|date|dnt|expect|host|keep-alive|origin|referer|te|trailer|transfer-encoding|upgrade|user-agent|via|proxy-.*|sec-.*)$/i;

/**
 * A line of JavaScript for a page of the same origin.
 * @throws DevtlsError "request-failed" where the body was not kept
 */
export function asFetch(record: Recorded): string {
  const { url, asked } = record;
  const body = bodyOf(record);
  const headers: Record<string, string> = {};
  for (const [name, value] of pairsOf(asked.headers)) {
    if (FORBIDDEN.test(name)) continue;
    const key = Object.keys(headers).find((other) => isNamed(other, name.toLowerCase())) ?? name;
    headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`;
  }
  const options = {
    method: asked.method,
    headers,
    ...(first(asked.headers, "cookie") !== undefined && { credentials: "include" }),
  };
  const lines = JSON.stringify(options, null, 2);
  const whole = body ? `${lines.slice(0, -2)},\n  "body": ${inJavaScript(body)}\n}` : lines;
  return `await fetch(${JSON.stringify(url)}, ${whole});`;
}

function inJavaScript(body: Buffer): string {
  const text = textOf(body);
  if (text !== undefined) return JSON.stringify(text);
  const base64 = JSON.stringify(body.toString("base64"));
  return `Uint8Array.from(atob(${base64}), (c) => c.charCodeAt(0))`;
}

/** The body as it was sent; undefined where there was none. */
function bodyOf({ asked, requestBody }: Recorded): Buffer | undefined {
  if (requestBody?.octets.length === requestBody?.total && requestBody) return requestBody.octets;
  if (!asked.body || asked.body.length === 0) return undefined;
  const [why, hint] = requestBody
    ? ["its body is longer than what is kept", "Leave it out: filter the list"]
    : ["its body was not kept", "Switch bodies on, and do it again in the browser"];
  throw new DevtlsError(
    "request-failed",
    `could not copy ${asked.method} ${asked.target}: ${why}`,
    { hint },
  );
}

/** undefined for what is not UTF-8. */
function textOf(octets: Buffer): string | undefined {
  const text = octets.toString("utf8");
  return Buffer.from(text).equals(octets) ? text : undefined;
}

/** As `rehearse --flow` reads them. */
export type Step =
  | { readonly get: string }
  | { readonly websocket: string }
  | {
      readonly submit: { readonly form: string; readonly fields: Readonly<Record<string, string>> };
    }
  | {
      readonly request: {
        readonly method: string;
        readonly path: string;
        readonly json?: unknown;
        readonly body?: string;
        readonly headers?: Readonly<Record<string, string>>;
      };
    };

/** Values that must not be written into a file come from the environment instead. */
const SECRET_FIELD = /passw|secret|token|otp|pin$|code$/i;
/** What the form brings along by itself, a new one each time. */
const FROM_FORM = /csrf|xsrf|authenticity_token|^_token$|__RequestVerificationToken/i;

/**
 * A step of a rehearsal's flow: a page, a form, or what a script asked for.
 * @throws DevtlsError "request-failed" where the body was not kept
 */
export function asStep(record: Recorded): Step {
  const { method, target, headers } = record.asked;
  if (record.upgrade === "websocket") return { websocket: target };
  if (method === "GET") return { get: target };
  const body = bodyOf(record)?.toString("utf8") ?? "";
  const type = first(headers, "content-type") ?? "";
  if (method === "POST" && /^application\/x-www-form-urlencoded/i.test(type)) {
    return { submit: { form: "form", fields: fieldsOf(body) } };
  }
  if (body === "") return { request: { method, path: target } };
  const json = /^application\/(?:[\w.+-]*\+)?json\b/i.test(type) ? jsonIn(body) : undefined;
  if (json !== undefined) return { request: { method, path: target, json } };
  return { request: { method, path: target, body, headers: { "Content-Type": type } } };
}

function fieldsOf(body: string): Record<string, string> {
  const fields = [...new URLSearchParams(body)].filter(([name]) => !FROM_FORM.test(name));
  return Object.fromEntries(fields.map(([name, value]) => [name, open(name, value)]));
}

/** The value, or the variable that stands for a secret. */
function open(name: string, value: string): string {
  return SECRET_FIELD.test(name) || value === REDACTED
    ? `\${${name
        .toUpperCase()
        .replace(/[^A-Z0-9]+/g, "_")
        .replace(/^(?=\d)/, "_")}}`
    : value;
}

/** Without its secrets; undefined for what is none, or is nested deeper than calls can be. */
function jsonIn(text: string): unknown {
  try {
    return withoutSecrets(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function withoutSecrets(value: unknown, name = ""): unknown {
  if (typeof value === "string") return open(name, value);
  if (Array.isArray(value)) return value.map((each) => withoutSecrets(each, name));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, withoutSecrets(each, key)]),
  );
}

/**
 * Records as a flow for `devtls rehearse --flow`: what a person did. What browsers do by
 * themselves, following redirects and loading what a page names, is left out.
 */
export function asFlow(records: readonly Recorded[]): { readonly steps: readonly unknown[] } {
  const chosen = records.filter(
    (record) => record.chain === record.id && record.source !== "replay" && isVisit(record),
  );
  const steps: unknown[] = chosen.map(asStep);
  // Where the last one led to; what a browser had in its cache a visitor is sent.
  const end = chosen.at(-1)?.chain;
  const status = records.findLast(({ chain }) => chain === end)?.status ?? 0;
  if (status >= 200 && status < 400)
    steps.push({ expect: { status: status === 304 ? 200 : status } });
  return { steps };
}

/** A browser says what a request is for; of others the answer tells. */
function isVisit({ asked, sent }: Recorded): boolean {
  const mode = valuesOf(asked.headers, "sec-fetch-dest")[0];
  if (mode !== undefined) return mode === "document";
  const type = first(sent, "content-type");
  return asked.method === "POST" || type === undefined || type.startsWith("text/html");
}
