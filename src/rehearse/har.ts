/**
 * Recordings of browsers (HAR 1.2) as flows: what a person did, without what the page loads by
 * itself. Pure.
 */
import { DevtlsError } from "../errors.js";
import {
  type Flow,
  type FlowStep,
  isPath,
  MAX_STEPS,
  type RequestStep,
  type SubmitStep,
  type Variable,
  withVariables,
} from "./flow.js";

interface Entry {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body:
    | { readonly type: string; readonly text: string; readonly params: readonly Param[] }
    | undefined;
  readonly status: number;
  readonly redirect: string;
  readonly mimeType: string;
  /** What Chromium says of it: "document", "xhr", "script"; "" elsewhere. */
  readonly kind: string;
}

interface Param {
  readonly name: string;
  readonly value: string;
  readonly isFile: boolean;
}

/** Whether a JSON file is a recording. */
export function isHar(value: object): boolean {
  return "log" in value;
}

/**
 * @param serves whether a host name is the app's
 * @throws DevtlsError "usage" for what is no recording, or one of another site
 */
export function flowOfHar(
  value: object,
  file: string,
  {
    serves,
    variable,
  }: { readonly serves: (hostname: string) => boolean; readonly variable: Variable },
): Flow {
  const entries = entriesIn(value, file);
  const pages = entries.filter(({ url }) => /^(?:https?|wss?):$/.test(url.protocol));
  const own = pages.filter(({ url }) => serves(url.hostname.replace(/^\[|\]$/g, "")));
  const [start] = own;
  if (!start) throw foreign(file, pages[0]?.url);
  const steps = stepsOf(own, (text) => withVariables(text, variable, file));
  if (steps.length === 0) throw unreadable(file, "nobody opens a page in it");
  if (steps.length > MAX_STEPS) {
    throw unreadable(
      file,
      `it has ${steps.length} requests besides what pages load, and ${MAX_STEPS} are the limit`,
    );
  }
  return { name: file, steps, depth: 0 };
}

function unreadable(file: string, why: string): DevtlsError {
  return new DevtlsError("usage", `could not read the recording ${file}: ${why}`, {
    hint: "In the browser's developer tools: Network, then “Save all as HAR”, with the log preserved",
  });
}

function foreign(file: string, url: URL | undefined): DevtlsError {
  if (!url) return unreadable(file, "it has no requests");
  return new DevtlsError(
    "usage",
    `could not read the recording ${file}: it is one of ${url.origin}, and this app is not`,
    {
      hint: `If the app is to be ${url.hostname}: devtls rehearse --host ${url.hostname} --flow ${file}`,
    },
  );
}

/** Steps for what somebody did, and what scripts asked for. */
function stepsOf(entries: readonly Entry[], filled: (text: string) => string): FlowStep[] {
  const steps: FlowStep[] = [];
  /** Where redirects lead that browsers follow by themselves. */
  const led = new Set<string>();
  for (const entry of entries) {
    const { method, url, redirect, status } = entry;
    if (redirect !== "" && URL.canParse(redirect, url.href)) led.add(new URL(redirect, url).href);
    if (method === "GET" && led.delete(url.href)) continue;
    const step = stepOf(entry, filled);
    if (!step) continue;
    steps.push(step);
    if (status >= 400 && step.kind !== "websocket") steps.push({ kind: "expect", status });
  }
  return steps;
}

function stepOf(entry: Entry, filled: (text: string) => string): FlowStep | undefined {
  const { method, url, kind, body } = entry;
  const path = `${url.pathname}${url.search}`;
  if (!isPath(path) || method === "OPTIONS") return undefined;
  if (kind === "websocket" || /^wss?:$/.test(url.protocol)) return { kind: "websocket", path };
  const isScript = kind === "xhr" || kind === "fetch" || (kind === "" && isAskedByScript(entry));
  if (isScript) return requestOf(entry, path, filled);
  if (method === "GET") return isDocument(entry) ? { kind: "get", path } : undefined;
  if (method !== "POST") return requestOf(entry, path, filled);
  if (!body || /^(?:application\/x-www-form-urlencoded|multipart\/form-data)/i.test(body.type)) {
    return submitOf(entry, url.pathname, filled);
  }
  return requestOf(entry, path, filled);
}

function isDocument({ kind, mimeType, headers }: Entry): boolean {
  if (kind !== "") return kind === "document";
  const destination = headers["sec-fetch-dest"];
  if (destination !== undefined) return destination === "document";
  return /^(?:text\/html|application\/xhtml\+xml)/i.test(mimeType);
}

function isAskedByScript({ headers }: Entry): boolean {
  return headers["sec-fetch-dest"] === "empty" || headers["x-requested-with"] !== undefined;
}

function submitOf({ body }: Entry, path: string, filled: (text: string) => string): SubmitStep {
  const params = body?.params ?? [];
  const fields = params
    .filter(({ isFile }) => !isFile)
    .map(({ name, value }) => [name, filled(value)]);
  const form = `form[action=${JSON.stringify(path)}]`;
  return { kind: "submit", form, fields: Object.fromEntries(fields), recorded: true };
}

/** What a script says besides what the browser says; cookies and credentials are the visitor's own. */
const OF_SCRIPTS = /^(?:x-(?!forwarded)[\w-]+|accept|content-type)$/;

function requestOf(
  { method, headers, body }: Entry,
  path: string,
  filled: (text: string) => string,
): RequestStep {
  const own = Object.entries(headers).filter(
    ([name]) => OF_SCRIPTS.test(name) && name !== "content-type",
  );
  return {
    ...{ kind: "request", method, path },
    ...(body && { body: filled(body.text), contentType: body.type }),
    headers: Object.fromEntries(own.map(([name, value]) => [name, filled(value)])),
  };
}

type Json = Readonly<Record<string, unknown>>;

function entriesIn(value: object, file: string): Entry[] {
  const log = (value as { log?: unknown }).log as Json | undefined;
  const entries = typeof log === "object" && log !== null ? log.entries : undefined;
  if (!Array.isArray(entries)) throw unreadable(file, "it has no log.entries");
  return entries.map((entry, at) => {
    try {
      return entryOf(entry as Json);
    } catch {
      throw unreadable(file, `log.entries[${at}] is no request with its response`);
    }
  });
}

function entryOf(entry: Json): Entry {
  const request = entry.request as Json;
  const response = entry.response as Json;
  const content = (response.content ?? {}) as Json;
  const headers = (request.headers as Json[]).map(({ name, value }): [string, string] => [
    text(name).toLowerCase(),
    text(value),
  ]);
  const post = request.postData as Json | undefined;
  return {
    method: text(request.method).toUpperCase(),
    url: new URL(text(request.url)),
    headers: Object.fromEntries(headers.filter(([name]) => !name.startsWith(":"))),
    body: post && bodyOf(post),
    status: typeof response.status === "number" ? response.status : 0,
    redirect: typeof response.redirectURL === "string" ? response.redirectURL : "",
    mimeType: typeof content.mimeType === "string" ? content.mimeType : "",
    kind: typeof entry._resourceType === "string" ? entry._resourceType : "",
  };
}

function bodyOf(post: Json): Entry["body"] {
  const type = text(post.mimeType);
  const body = typeof post.text === "string" ? post.text : "";
  // Chromium writes the fields twice, as text and, still encoded, as params.
  const isForm = /^application\/x-www-form-urlencoded/i.test(type);
  const params =
    isForm && body !== ""
      ? [...new URLSearchParams(body)].map(([name, value]) => ({ name, value, isFile: false }))
      : /^multipart\/form-data/i.test(type) && body !== ""
        ? partsOf(body, type)
        : ((post.params ?? []) as Json[]).map(({ name, value, fileName }) => ({
            name: text(name),
            value: typeof value === "string" ? value : "",
            isFile: fileName !== undefined,
          }));
  return { type, text: body, params };
}

/** RFC 7578, as browsers write it. */
function partsOf(body: string, type: string): Param[] {
  const [, quoted, bare] = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(type) ?? [];
  const boundary = quoted ?? bare;
  if (boundary === undefined) return [];
  return body.split(`--${boundary}`).flatMap((part) => {
    const [, head = "", value = ""] =
      /^\r?\n([\s\S]*?)\r?\n\r?\n([\s\S]*?)\r?\n?$/.exec(part) ?? [];
    const [, name] = /\bname="([^"]*)"/i.exec(head) ?? [];
    if (name === undefined) return [];
    return [{ name, value, isFile: /\bfilename="/i.test(head) }];
  });
}

function text(value: unknown): string {
  if (typeof value === "string") return value;
  throw new TypeError("no text");
}
