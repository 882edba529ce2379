/**
 * Generated names, each with what a certificate must hold for it. What is expected is never
 * computed by the code under test: addresses start as octets and are spelled afterwards, and
 * internationalised labels come from a table of pairs.
 */
import type { Random } from "./random.js";

export interface Asked {
  /** As a person types it. */
  readonly typed: string;
  readonly kind: "dns" | "ip" | "email" | "uri";
  /** The text that must stand in the certificate; for addresses the octets, hexadecimal. */
  readonly expected: string;
}

const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const INNER = `${LETTERS}0123456789-_`;
const ENDS = `${LETTERS}0123456789`;
const TOP = ["localhost", "test", "local", "internal", "home.arpa", "example.com", "co.uk", "a"];

/**
 * U-labels and their A-labels: the ones that ICANN delegated for tests, and those that RFC 5891,
 * UTS #46 and registries give as examples. Each U-label also in spellings that map to it.
 */
const IDN: readonly (readonly [string, ...string[]])[] = [
  ["xn--bcher-kva", "bücher", "BÜCHER", "bu\u0308cher", "Bücher"],
  ["xn--mnchen-3ya", "münchen", "MÜNCHEN"],
  ["xn--fa-hia", "faß", "FAß"],
  ["xn--nxasmm1c", "βόλος"],
  ["xn--nxasmq6b", "βόλοσ", "ΒΌΛΟΣ"],
  ["xn--r8jz45g", "例え"],
  ["xn--zckzah", "テスト", "ﾃｽﾄ"],
  ["xn--0zwm56d", "测试"],
  ["xn--g6w251d", "測試"],
  ["xn--9t4b11yi5a", "테스트"],
  ["xn--11b5bs3a9aj6g", "परीक्षा"],
  ["xn--80akhbyknj4f", "испытание", "ИСПЫТАНИЕ"],
  ["xn--jxalpdlp", "δοκιμή"],
  ["xn--hlcj6aya9esc7a", "பரிட்சை"],
  ["xn--p1ai", "рф", "РФ"],
  ["xn--kgbechtv", "إختبار"],
  ["xn--deba0ad", "טעסט"],
  ["test", "ｔｅｓｔ", "ＴＥＳＴ"],
];

export function generateSet(random: Random): Asked[] {
  const size = random.chance(0.02) ? random.between(50, 100) : random.between(1, 12);
  return Array.from({ length: size }, () => generateName(random));
}

export function generateName(random: Random): Asked {
  const kind = random.below(10);
  if (kind < 3) return dns(random);
  if (kind < 5) return internationalised(random);
  if (kind < 6) return ipv4(random);
  if (kind < 8) return ipv6(random);
  return kind < 9 ? email(random) : uri(random);
}

function label(random: Random, length: number): string {
  if (length === 1) return random.pick([...ENDS]);
  const text = random.pick([...ENDS]) + random.text(length - 2, INNER) + random.pick([...ENDS]);
  return text.replace(/^xn--/, "xm--"); // would have to be a valid A-label
}

/** A host name of at most 253 octets whose last label cannot be read as a number. */
function asciiHost(random: Random): string {
  const shape = random.below(20);
  if (shape === 0) return `${label(random, 63)}.${random.pick(TOP)}`;
  if (shape === 1) {
    // 63 + 63 + 63 + 61 octets and three dots: the longest name there is.
    const [a, b, c] = [label(random, 63), label(random, 63), label(random, 63)];
    return `${a}.${b}.${c}.z${label(random, 60)}`;
  }
  const labels = Array.from({ length: random.between(1, 5) }, () =>
    label(random, random.chance(0.2) ? random.between(1, 2) : random.between(1, 20)),
  );
  return [...labels, random.pick(TOP)].join(".");
}

function randomCase(random: Random, text: string): string {
  if (!random.chance(0.3)) return text;
  return [...text].map((char) => (random.chance(0.5) ? char.toUpperCase() : char)).join("");
}

function dns(random: Random): Asked {
  const host = random.chance(0.1) ? random.pick(TOP) : asciiHost(random);
  // A wildcard needs two labels below it, and the whole of it at most 253 octets.
  const wildcard = host.includes(".") && host.length <= 251 && random.chance(0.25) ? "*." : "";
  return { typed: wildcard + randomCase(random, host), kind: "dns", expected: wildcard + host };
}

function idnHost(random: Random): { typed: string; ascii: string } {
  // Neighbours of right-to-left labels may not begin with a digit (RFC 5893), so none does.
  const typed: string[] = [];
  const ascii: string[] = [];
  for (let count = random.between(1, 3); count > 0; count--) {
    const [aLabel, ...spellings] = random.pick(IDN);
    typed.push(random.chance(0.2) ? aLabel : random.pick(spellings));
    ascii.push(aLabel);
  }
  if (random.chance(0.5)) {
    const plain = `w${label(random, random.between(1, 62))}`;
    typed.unshift(plain);
    ascii.unshift(plain);
  }
  const dot = random.chance(0.1) ? "。" : "."; // what a Japanese keyboard types
  return { typed: typed.join(dot), ascii: ascii.join(".") };
}

function internationalised(random: Random): Asked {
  const { typed, ascii } = idnHost(random);
  const wildcard = ascii.includes(".") && random.chance(0.2) ? "*." : "";
  return { typed: wildcard + typed, kind: "dns", expected: wildcard + ascii };
}

function ipv4(random: Random): Asked {
  const octets = Buffer.from(Array.from({ length: 4 }, () => octet(random)));
  return { typed: octets.join("."), kind: "ip", expected: octets.toString("hex") };
}

function octet(random: Random): number {
  return random.chance(0.3) ? random.pick([0, 1, 10, 127, 192, 255]) : random.below(256);
}

function ipv6(random: Random): Asked {
  const groups = Array.from({ length: 8 }, () =>
    random.chance(0.5) ? 0 : random.pick([1, 0xff, 0xfe80, 0xffff, random.below(65_536)]),
  );
  const bytes = Buffer.alloc(16);
  groups.forEach((group, index) => {
    bytes.writeUInt16BE(group, index * 2);
  });
  // An IPv4 address in IPv6's clothes is that address (RFC 4291 2.5.5.2).
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  const expected = (mapped ? bytes.subarray(12) : bytes).toString("hex");
  return { typed: spellIpv6(random, groups), kind: "ip", expected };
}

/** One of the many texts of RFC 4291 2.2 for these groups. */
export function spellIpv6(random: Random, groups: readonly number[]): string {
  const dotted = random.chance(0.25);
  const parts = groups.slice(0, dotted ? 6 : 8).map((group) => {
    const hex = group.toString(16).padStart(random.pick([1, 1, 2, 3, 4]), "0");
    return random.chance(0.3) ? hex.toUpperCase() : hex;
  });
  if (dotted) {
    const tail = [6, 7].flatMap((index) => [groups[index] ?? 0]);
    parts.push(tail.flatMap((group) => [group >> 8, group & 0xff]).join("."));
  }
  const zeros = parts.map((part) => /^0+$/.test(part));
  const starts = zeros.flatMap((zero, index) => (zero ? [index] : []));
  let text = parts.join(":");
  if (starts.length > 0 && random.chance(0.7)) {
    const start = random.pick(starts);
    let end = start + 1;
    while (zeros[end] && random.chance(0.9)) end++;
    text = `${parts.slice(0, start).join(":")}::${parts.slice(end).join(":")}`;
  }
  return random.chance(0.15) ? `[${text}]` : text;
}

function email(random: Random): Asked {
  const atext = `${LETTERS}ABCXYZ0123456789!#$%&'*+/=?^_\`{|}~-`;
  const local = Array.from({ length: random.between(1, 3) }, () =>
    random.text(random.between(1, 12), atext),
  ).join(".");
  const { typed, ascii } = random.chance(0.3)
    ? idnHost(random)
    : ((host) => ({ typed: randomCase(random, host), ascii: host }))(asciiHost(random));
  return { typed: `${local}@${typed}`, kind: "email", expected: `${local}@${ascii}` };
}

/** Texts that a reader who splits at commas, or believes prefixes, takes for further names. */
const HOSTILE = [
  "a,DNS:evil.test",
  "a,b;c='d'",
  "DNS:evil.test,IP:1.2.3.4",
  "x,URI:https://evil.test/",
  "a%00b",
  "a%2C%20DNS:evil.test",
  "IP Address:127.0.0.1".replace(" ", "%20"),
];

function uri(random: Random): Asked {
  const scheme = random.pick(["https", "http", "spiffe", "ldap", "wss", "x-app+v1.0"]);
  const path = random.pick(["", "/", `/${random.text(20, INNER)}`, `/${random.pick(HOSTILE)}`]);
  const query = random.chance(0.3) ? `?q=${random.pick(HOSTILE)}` : "";
  const special = ["https", "http", "wss"].includes(scheme);
  if (special && random.chance(0.3)) {
    const { typed, ascii } = idnHost(random);
    return {
      typed: `${scheme}://${typed}/é${query}`,
      kind: "uri",
      expected: `${scheme}://${ascii}/%C3%A9${query.replaceAll("'", "%27")}`,
    };
  }
  const text = `${scheme}://${asciiHost(random)}${path}${query}`;
  return { typed: text, kind: "uri", expected: text };
}
