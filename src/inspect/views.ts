/** One request as it was sent, as the app was told, as any edge would tell it. Pure. */
import { type Cookie, type CookieOrigin, judge } from "../cookies/judge.js";
import { RULES } from "../cookies/rules.js";
import { compileHead, type HeadRewriter } from "../edge/head.js";
import type { EdgeProfile } from "../edge/profile.js";
import { valuesOf } from "../lines.js";
import { requestLine, toldHeaders } from "../proxy/heads.js";
import { browserLines, type Recorded } from "./record.js";

/** A header line of one view, and how it differs from the view it is compared with. */
export interface ComparedLine {
  readonly name: string;
  readonly value: string;
  readonly mark: "same" | "added" | "changed" | "removed";
  /** Of what changed: the value before. */
  readonly before?: string;
}

export interface View {
  readonly line: string;
  readonly lines: readonly ComparedLine[];
}

/** The lines of `after`, in their order, then those of `before` that are gone. */
export function compare(before: readonly string[], after: readonly string[]): ComparedLine[] {
  const left = new Map<string, string[]>();
  const put = (name: string, value: string): void => {
    const key = name.toLowerCase();
    left.set(key, [...(left.get(key) ?? []), value]);
  };
  for (let at = 0; at < before.length; at += 2) put(keyOf(before, at), before[at + 1] as string);
  const same = new Set<number>();
  for (let at = 0; at < after.length; at += 2) {
    const values = left.get(keyOf(after, at));
    const found = values?.indexOf(after[at + 1] as string) ?? -1;
    if (!values || found < 0) continue;
    values.splice(found, 1);
    same.add(at);
  }
  const lines: ComparedLine[] = [];
  for (let at = 0; at < after.length; at += 2) {
    const [name, value] = [after[at] as string, after[at + 1] as string];
    const old = same.has(at) ? undefined : left.get(keyOf(after, at))?.shift();
    if (same.has(at)) lines.push({ name, value, mark: "same" });
    else if (old === undefined) lines.push({ name, value, mark: "added" });
    else lines.push({ name, value, mark: "changed", before: old });
  }
  for (let at = 0; at < before.length; at += 2) {
    const values = left.get(keyOf(before, at));
    const index = values?.indexOf(before[at + 1] as string) ?? -1;
    if (!values || index < 0) continue;
    values.splice(index, 1);
    lines.push({ name: before[at] as string, value: before[at + 1] as string, mark: "removed" });
  }
  return lines;
}

/** `:authority` says in HTTP/2 what Host says in HTTP/1.1 (RFC 9113 8.3.1). */
function keyOf(lines: readonly string[], at: number): string {
  const name = (lines[at] as string).toLowerCase();
  return name === ":authority" ? "host" : name;
}

const rewriters = new WeakMap<EdgeProfile, HeadRewriter>();

/** The header lines and the request line that an edge would send for this request. */
export function asEdge(
  { asked, upgrade, standIn }: Recorded,
  edge: EdgeProfile,
  authority: string,
): { readonly line: string; readonly told: string[] } {
  let rewrite = rewriters.get(edge);
  if (!rewrite) {
    rewrite = compileHead(edge);
    rewriters.set(edge, rewrite);
  }
  const pool = { dialer: { target: { authority } } };
  const told = toldHeaders(asked, { edge, rewrite, pool, standIn }, upgrade);
  return { line: requestLine(asked, edge.toApp), told };
}

/** The host and port of a target's URL, as a Host header names it. */
export function authorityOf(target: string): string {
  return target.startsWith("unix:") ? "localhost" : (/^https?:\/\/([^/]+)/.exec(target)?.[1] ?? "");
}

/** The view of the browser, that of the app with its differences from it, and of another edge. */
export function browserView(record: Recorded): View {
  const { asked } = record;
  const lines = browserLines(asked);
  const line = `${asked.method} ${asked.target} ${asked.protocol}`;
  return { line, lines: compare(lines, lines) };
}

export function appView(record: Recorded, edge: EdgeProfile | undefined): View | undefined {
  if (record.told.length === 0) return undefined;
  const line = edge
    ? requestLine(record.asked, edge.toApp)
    : `${record.asked.method} ${record.asked.target}`;
  return { line, lines: compare(browserLines(record.asked), record.told) };
}

/** As another edge, with its differences from what the app was told. */
export function edgeView(record: Recorded, edge: EdgeProfile): View {
  const { line, told } = asEdge(record, edge, authorityOf(record.target));
  return { line, lines: compare(record.told, told) };
}

/** Where the time of an exchange went, in milliseconds; all of it together is the whole. */
export interface Phases {
  /** Of the target; undefined where a connection was there already, or needed no such step. */
  readonly dns?: number;
  readonly tcp?: number;
  readonly tls?: number;
  /** Until the head of the answer. */
  readonly wait: number;
  readonly receive: number;
}

export function phasesOf({ milliseconds, millisecondsToHead, opening = {} }: Recorded): Phases {
  const { dns, tcp, tls } = opening;
  const toHead = Math.min(millisecondsToHead ?? milliseconds, milliseconds);
  const opened = Math.min((dns ?? 0) + (tcp ?? 0) + (tls ?? 0), toHead);
  return {
    ...(dns !== undefined && { dns }),
    ...(tcp !== undefined && { tcp }),
    ...(tls !== undefined && { tls }),
    ...{ wait: toHead - opened, receive: milliseconds - toHead },
  };
}

export interface JudgedCookie {
  readonly name: string;
  readonly line: string;
  /** "stored", or "dropped by rule …". */
  readonly verdict: string;
  /** Why, in a sentence, where it was dropped. */
  readonly reason?: string;
  /** What the next request carries of it: "id=1, to localhost under /app". */
  readonly next: string;
}

/** What a browser makes of each Set-Cookie that it was sent. */
export function cookiesOf({ asked, sent, url, at }: Recorded): JudgedCookie[] {
  const origin = cookieOrigin(url);
  if (!origin) return [];
  return valuesOf(sent, "set-cookie").map((line) => {
    const name = line.split("=", 1)[0]?.trim() ?? "";
    const verdict = judge(line, origin, { trustLocalhost: true, now: at });
    if (verdict.kind === "stored") {
      return { name, line, verdict: "stored", next: nextOf(verdict.cookie, at) };
    }
    const kept = valuesOf(asked.headers, "cookie")
      .flatMap((pairs) => pairs.split(/;\s*/))
      .find((pair) => pair.startsWith(`${name}=`));
    const next = kept === undefined ? "nothing" : `${kept}, as this one did`;
    const { sentence, section } = RULES[verdict.rule];
    const reason = `${name} ${sentence} (${section})`;
    return { name, line, verdict: `dropped by rule ${verdict.rule}`, reason, next };
  });
}

function nextOf(cookie: Cookie, at: number): string {
  const { name, value, domain, hostOnly, path, expires, secure } = cookie;
  if (expires !== undefined && expires <= at) return "nothing: it is deleted";
  const host = hostOnly ? domain : `${domain} and hosts below it`;
  const where = path === "/" ? host : `${host} under ${path}`;
  return `${name === "" ? "" : `${name}=`}${value}, to ${where}${secure ? " over https" : ""}`;
}

export function cookieOrigin(url: string): CookieOrigin | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, hostname, pathname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "").toLowerCase();
  return { scheme: protocol === "https:" ? "https" : "http", host, path: pathname };
}
