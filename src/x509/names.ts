/**
 * Subject alternative names: what a person types, as the GeneralName that goes into a certificate
 * (RFC 5280 4.2.1.6) and back.
 */
import { domainToASCII } from "node:url";
import { DevtlsError } from "../errors.js";
import { childrenOf, type DerValue } from "./der-reader.js";
import { formatIp, parseIp } from "./ip.js";

export type Name =
  | { readonly kind: "dns"; readonly value: string }
  | { readonly kind: "ip"; readonly value: string; readonly bytes: Buffer }
  | { readonly kind: "email"; readonly value: string }
  | { readonly kind: "uri"; readonly value: string };

/** RFC 1035 2.3.4, counted without the final dot. */
const MAX_NAME_OCTETS = 253;
const MAX_LABEL_OCTETS = 63;

function refuse(text: string, reason: string, hint?: string): DevtlsError {
  return new DevtlsError(
    "bad-name",
    `could not use the name ${JSON.stringify(text)}: ${reason}`,
    hint === undefined ? {} : { hint },
  );
}

/**
 * Reads one name as a person typed it: a DNS name in any script (stored as A-label), `*.name`, an
 * IPv4 or IPv6 address, an e-mail address or a URI.
 * @throws DevtlsError "bad-name" with the reason, and where there is one the name to use instead.
 */
export function parseName(text: string): Name {
  if (text === "") throw refuse(text, "it is empty", "Name a host, for example: localhost");
  if (/\s/.test(text) || hasControlCharacter(text))
    throw refuse(text, "it holds a space or a control character");
  const address = parseIp(text.replace(/^\[(.*:.*)\]$/, "$1"));
  if (address) return ipName(address);
  if (text.includes("://")) return parseUri(text);
  if (text.includes("@")) return parseEmail(text);
  return { kind: "dns", value: parseDnsName(text) };
}

/** An IPv4 address written as an IPv6 one (RFC 4291 2.5.5.2) is that IPv4 address, as for mkcert. */
function ipName(address: Buffer): Name {
  const mapped = address.length === 16 && address.subarray(0, 12).equals(MAPPED);
  const bytes = mapped ? address.subarray(12) : address;
  return { kind: "ip", value: formatIp(bytes), bytes };
}

const MAPPED = Buffer.from("00000000000000000000ffff", "hex");

/** C0, DEL and C1. A regular expression with a Unicode property takes 2 ms to compile. */
function hasControlCharacter(text: string): boolean {
  return [...text].some((character) => {
    const code = character.charCodeAt(0);
    return code < 0x20 || (code >= 0x7f && code < 0xa0);
  });
}

function parseDnsName(text: string): string {
  const wildcard = text.startsWith("*.");
  const host = wildcard ? text.slice(2) : text;
  if (host.includes("*")) {
    throw refuse(text, "an asterisk may only stand alone as the first label, as in *.app.test");
  }
  if (/[/?#:\\%]/.test(host)) {
    const guess = /^(?:\/\/)?([^/?#:\\%]+)(?::\d+)?(?:[/?#\\].*)?$/.exec(host)?.[1];
    throw refuse(
      text,
      "it is not a host name, an IP address, an e-mail address or a URI",
      guess && isHostName(guess) ? `Give the host alone: ${guess}` : undefined,
    );
  }
  const name = toAscii(text, host);
  checkLabels(text, name);
  if (wildcard && name.length + "*.".length > MAX_NAME_OCTETS) {
    throw refuse(text, `it has ${name.length + 2} octets; ${MAX_NAME_OCTETS} are allowed`);
  }
  if (wildcard && !name.includes(".")) {
    throw refuse(
      text,
      "clients reject a wildcard directly below a top-level name (browsers, curl, Node and Python do)",
      `Name each host instead: app.${name} api.${name}; a wildcard works one level down: *.app.${name}`,
    );
  }
  return wildcard ? `*.${name}` : name;
}

function isHostName(text: string): boolean {
  try {
    checkLabels(text, text.toLowerCase());
    return true;
  } catch {
    return false;
  }
}

/**
 * The A-label form (UTS #46, as browsers convert). Only text beyond ASCII goes through the URL
 * parser: it would also decode percent signs and read "0x7f.1" as an address.
 */
function toAscii(text: string, host: string): string {
  const lower = host.toLowerCase();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the ASCII range is what is meant
  const ascii = /^[\x00-\x7f]*$/.test(host);
  if (ascii && !/(?:^|\.)xn--/.test(lower)) return lower;
  // Not the lower-cased text: that would end "ΒΌΛΟΣ" in a final sigma, which is another domain.
  const converted = domainToASCII(ascii ? lower : host);
  if (converted === "" || (ascii && converted !== lower)) {
    throw refuse(text, "it is not a valid internationalised domain name");
  }
  if (parseIp(converted)) {
    throw refuse(text, "it reads as an IP address", `Give the address: ${converted}`);
  }
  return converted;
}

function checkLabels(text: string, name: string): void {
  if (name.endsWith(".")) {
    const rest = text.replace(/[.\u3002\uff0e\uff61]+$/, ""); // the dots of UTS #46
    throw refuse(text, "it ends in a dot", rest ? `Leave the dot out: ${rest}` : undefined);
  }
  const labels = name.split(".");
  if (labels.includes("")) {
    const where = name.startsWith(".") ? "it begins with a dot" : "two dots in a row";
    throw refuse(text, `it has an empty label (${where})`);
  }
  for (const label of labels) {
    if (label.length > MAX_LABEL_OCTETS) {
      throw refuse(text, `the label "${label}" has ${label.length} octets; 63 are allowed`);
    }
    if (/^-|-$/.test(label))
      throw refuse(text, `the label "${label}" begins or ends with a hyphen`);
    const stray = /[^a-z0-9_-]/.exec(label)?.[0];
    if (stray)
      throw refuse(text, `the character ${JSON.stringify(stray)} cannot be in a host name`);
  }
  if (name.length > MAX_NAME_OCTETS) {
    throw refuse(text, `it has ${name.length} octets; 253 are allowed`);
  }
  // A name whose last label is a number is an IPv4 address to a browser (WHATWG URL 3.5).
  if (/^(?:\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? "")) {
    throw refuse(text, "it ends in a number, so it would be read as an IPv4 address");
  }
}

// The printable part of RFC 5322 atext, plus dots: what rfc822Name can hold without quoting.
const LOCAL_PART = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;

function parseEmail(text: string): Name {
  const at = text.lastIndexOf("@");
  const local = text.slice(0, at);
  const domain = text.slice(at + 1);
  if (!LOCAL_PART.test(local)) {
    throw refuse(text, "the part before the @ is not plain ASCII mailbox text");
  }
  if (domain === "") throw refuse(text, "it has no domain after the @");
  if (domain.includes("*")) throw refuse(text, "an e-mail address cannot hold an asterisk");
  return { kind: "email", value: `${local}@${parseDnsName(domain)}` };
}

function parseUri(text: string): Name {
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(text)) {
    throw refuse(text, "the part before :// is not a URI scheme");
  }
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw refuse(text, "it is not a valid URI");
  }
  // The parser of web addresses skips slashes to find a host; the readers of certificates do not.
  if (url.host === "" || /^[^:]*:\/\/[/\\]/.test(text))
    throw refuse(text, "a URI in a certificate needs a host");
  // Kept as typed where possible: a SPIFFE id must not gain a slash. RFC 3986 allows only ASCII.
  const plain = /^[\x21-\x7e]+$/.test(text) && !/["<>\\^`{|}]/.test(text);
  return { kind: "uri", value: plain ? text : url.href };
}

/** Names in order, each once. */
export function uniqueNames(names: readonly Name[]): Name[] {
  const seen = new Map<string, Name>();
  for (const name of names) {
    const key = `${name.kind}:${name.value}`;
    if (!seen.has(key)) seen.set(key, name);
  }
  return [...seen.values()];
}

/**
 * The names of a subjectAltName value. Kinds that devtls never issues (directory names, other
 * names) are left out.
 */
export function decodeGeneralNames(value: DerValue): Name[] {
  const names: Name[] = [];
  for (const entry of childrenOf(value, 0x30)) {
    const text = entry.content.toString("latin1");
    if (entry.tag === 0x81) names.push({ kind: "email", value: text });
    else if (entry.tag === 0x82) names.push({ kind: "dns", value: text });
    else if (entry.tag === 0x86) names.push({ kind: "uri", value: text });
    else if (entry.tag === 0x87 && [4, 16].includes(entry.content.length)) {
      names.push({ kind: "ip", value: formatIp(entry.content), bytes: entry.content });
    }
  }
  return names;
}
