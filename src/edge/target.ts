/** What edges make of the request target that they pass on. */
import type { ToApp } from "./profile.js";

/** A request target: in origin form, and what of an absolute one stood before it. */
interface Asked {
  readonly target: string;
  /** "https://app.example:8443" */
  readonly origin?: string | undefined;
}

/** The whole request target that the app receives. */
export function appTarget(
  { target, origin = "" }: Asked,
  toApp: Pick<ToApp, "target" | "replacesPrefix" | "keepsAbsolute">,
): string {
  return (toApp.keepsAbsolute ? origin : "") + targetFor(toApp, target);
}

/** The request target as the app receives it. */
export function targetFor(
  { target: rule, replacesPrefix }: Pick<ToApp, "target" | "replacesPrefix">,
  target: string,
): string {
  const rewritten = rewrittenBy(rule, target);
  if (!replacesPrefix || !rewritten.startsWith(replacesPrefix[0])) return rewritten;
  return replacesPrefix[1] + rewritten.slice(replacesPrefix[0].length);
}

function rewrittenBy(rule: ToApp["target"], target: string): string {
  if (rule === "keep" || target === "*") return target;
  if (rule === "parse") return parse(target);
  const query = target.indexOf("?");
  const path = query < 0 ? target : target.slice(0, query);
  const rewritten = REWRITERS[rule](path);
  return query < 0 ? rewritten : rewritten + target.slice(query);
}

/**
 * Whether the edge answers 404 itself: Apache has no way to decode "%2F" into a file's name, and
 * AllowEncodedSlashes is off unless the configuration says otherwise.
 */
export function refusesTarget(rule: ToApp["target"], target: string): boolean {
  return rule === "normalize" && /^[^?]*%2f/i.test(target);
}

const REWRITERS = { reencode, normalize, decode };

/** What `url.parse` of Node encodes where a path has an "@" in it, and else leaves alone. */
const PARSED = /[\t\n\r "'<>\\^`{|}]/g;

/** `url.parse(target).path` of Node, then `urlJoin` of node-http-proxy. */
function parse(target: string): string {
  const [path = "", ...query] = target.split("?");
  const slashed = path.replaceAll("\\", "/");
  const whole = [slashed.replace(/\/+/g, "/"), ...query].join("?");
  if (!path.includes("@")) return whole;
  return whole.replace(PARSED, (character) => `%${hexOf(character)}`);
}

/** net/url's EscapedPath: what the client wrote where that is a valid encoding, else Go's own. */
function reencode(path: string): string {
  if (/^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/[\]]|%[0-9A-Fa-f]{2})*$/.test(path)) return path;
  return encode(path, /[A-Za-z0-9\-_.~$&+,/:;=@]/);
}

/** ngx_http_parse_complex_uri, then ngx_escape_uri with NGX_ESCAPE_URI. */
function decode(path: string): string {
  return encode(resolved(encode(path, /[\0-\xff]/, true)), /[^\0-\x20%?#\x7f-\xff]/);
}

/** ap_normalize_path with unreserved characters decoded and slashes merged, then ap_proxy_canonenc. */
function normalize(path: string): string {
  const whole = resolved(encode(path, /[A-Za-z0-9\-._~]/, true));
  return encode(whole, /[A-Za-z0-9~$\-_.+!*'(),;:@&=/]/);
}

/** Without double slashes and dot segments. */
function resolved(path: string): string {
  const parts: string[] = [];
  const segments = path
    .replace(/\/{2,}/g, "/")
    .split("/")
    .slice(1);
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1;
    if (segment === "..") parts.pop();
    if (segment !== "." && segment !== "..") parts.push(segment);
    else if (last) parts.push("");
  }
  return `/${parts.join("/")}`;
}

/**
 * Decodes a path and encodes what is not among these characters.
 * @param decodeOnly leaves what is encoded and not among them as it is, and encodes nothing
 */
function encode(path: string, plain: RegExp, decodeOnly = false): string {
  return path.replace(/%([0-9A-Fa-f]{2})|./g, (text, hex: string | undefined) => {
    const character = hex === undefined ? text : String.fromCharCode(Number.parseInt(hex, 16));
    if (plain.test(character)) return character;
    if (decodeOnly) return text;
    return `%${hexOf(character)}`;
  });
}

function hexOf(character: string): string {
  return character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0");
}
