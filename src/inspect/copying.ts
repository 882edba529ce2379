/** A request as something to paste: a command, a line of JavaScript, steps of a flow. Pure. */
import { first, pairsOf, valuesOf, without } from "../lines.js";
import type { KeptBody, Recorded } from "./record.js";
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

export function asCurl({ url, asked, requestBody }: Recorded): string {
  const parts = ["curl", quoted(url)];
  if (asked.method === "HEAD") parts.push("--head");
  else if (asked.method !== "GET") parts.push("-X", quoted(asked.method));
  for (const [name, value] of pairsOf(without(asked.headers, OWN))) {
    // An empty value would take the header out; a semicolon sends it empty.
    parts.push("-H", quoted(value === "" ? `${name};` : `${name}: ${value}`));
  }
  if (requestBody) parts.push("--data-binary", quoted(textOf(requestBody)));
  return parts.join(" ");
}

/** What a page may not set itself (https://fetch.spec.whatwg.org/#forbidden-request-header). */
const FORBIDDEN =
  /^(?:accept-charset|accept-encoding|access-control-request-.*|connection|content-length|cookie|date|dnt|expect|host|keep-alive|origin|referer|te|trailer|transfer-encoding|upgrade|user-agent|via|proxy-.*|sec-.*)$/i;

export function asFetch({ url, asked, requestBody }: Recorded): string {
  const headers = pairsOf(asked.headers).filter(([name]) => !FORBIDDEN.test(name));
  const options = {
    method: asked.method,
    headers: Object.fromEntries(headers),
    ...(first(asked.headers, "cookie") !== undefined && { credentials: "include" }),
    ...(requestBody && { body: textOf(requestBody) }),
  };
  return `await fetch(${JSON.stringify(url)}, ${JSON.stringify(options, null, 2)});`;
}

function textOf({ octets }: KeptBody): string {
  return octets.toString("utf8");
}

export type Step =
  | { readonly get: string }
  | {
      readonly submit: { readonly form: string; readonly fields: Readonly<Record<string, string>> };
    };

/** Values that must not be written into a file come from the environment instead. */
const SECRET_FIELD = /passw|secret|token|otp|pin$|code$/i;
/** What the form brings along by itself, a new one each time. */
const FROM_FORM = /csrf|xsrf|authenticity_token|^_token$|__RequestVerificationToken/i;

/** A step of a rehearsal's flow; undefined for what a visitor does not do by himself. */
export function asStep(record: Recorded): Step | undefined {
  const { asked, requestBody } = record;
  if (asked.method === "GET") return { get: asked.target };
  const type = first(asked.headers, "content-type") ?? "";
  if (asked.method !== "POST" || !/^application\/x-www-form-urlencoded/i.test(type))
    return undefined;
  const fields = Object.fromEntries(
    [...new URLSearchParams(requestBody ? textOf(requestBody) : "")]
      .filter(([name]) => !FROM_FORM.test(name))
      .map(([name, value]) => [
        name,
        SECRET_FIELD.test(name) || value === REDACTED
          ? `\${${name.toUpperCase().replace(/[^A-Z0-9]+/g, "_")}}`
          : value,
      ]),
  );
  return { submit: { form: "form", fields } };
}

/**
 * Records as a flow for `devtls rehearse --flow`: what a person did. What browsers do by
 * themselves, following redirects and loading what a page names, is left out.
 */
export function asFlow(records: readonly Recorded[]): { readonly steps: readonly unknown[] } {
  const chosen = records.filter(
    (record) => record.chain === record.id && record.source !== "replay" && isVisit(record),
  );
  const steps: unknown[] = chosen.flatMap((record) => asStep(record) ?? []);
  const last = records.at(-1);
  if (last && last.status >= 200 && last.status < 400) {
    steps.push({ expect: { status: last.status } });
  }
  return { steps };
}

/** A browser says what a request is for; of others the answer tells. */
function isVisit({ asked, sent }: Recorded): boolean {
  const mode = valuesOf(asked.headers, "sec-fetch-dest")[0];
  if (mode !== undefined) return mode === "document";
  const type = first(sent, "content-type");
  return asked.method === "POST" || type === undefined || type.startsWith("text/html");
}
