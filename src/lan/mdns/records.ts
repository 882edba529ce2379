/** The records of one host name (RFC 6762 6.1, 8.2, 10.2), and how they compare with another's. */
import type { Answer, Packet, Question } from "dns-packet";
import { parseIp } from "../../x509/ip.js";

/** Of records that hang on the host (RFC 6762 10). */
const HOST_TTL_SECONDS = 120;

/** RFC 6762 6.7: an ordinary resolver does not hear that they have changed. */
const LEGACY_TTL_SECONDS = 10;

export interface HostRecords {
  /** "shop.local" */
  readonly name: string;
  /** IPv4, of the link they are sent on. */
  readonly addresses: readonly string[];
  /**
   * Which devtls it is: two of one machine have the same address, and still must not share a name,
   * as cookies know no ports.
   */
  readonly run: string;
}

/** What the host has: addresses, and the mark of its devtls. */
export function recordsOf(host: HostRecords): Answer[] {
  const { name, addresses } = host;
  return [
    ...addresses.map((data): Answer => ({ ...common(name), type: "A", data })),
    { ...common(name), type: "TXT", data: [markOf(host)] },
  ];
}

/** Says that it has nothing else, so that nobody waits for an IPv6 address (RFC 6762 6.1). */
function denialOf({ name }: HostRecords): Answer {
  return {
    ...common(name),
    type: "NSEC",
    data: { nextDomain: name, rrtypes: ["A", "TXT"] },
  };
}

function common(name: string) {
  return { name, class: "IN", ttl: HOST_TTL_SECONDS, flush: true } as const;
}

/** RFC 6762 10.1: nobody is to keep them. */
export function goodbyeOf(host: HostRecords): Answer[] {
  return recordsOf(host).map((record) => ({ ...record, ttl: 0 }));
}

/** The same for who asks as of an ordinary server (RFC 6762 6.7). */
export function forLegacy(records: readonly Answer[]): Answer[] {
  return records.map((record) => ({ ...record, ttl: LEGACY_TTL_SECONDS, flush: false }) as Answer);
}

export function isAbout(name: string, record: { readonly name: string }): boolean {
  return record.name.toLowerCase() === name;
}

/** Classes of questions: IN and ANY, with and without the wish for an answer to the asker alone. */
const CLASSES: readonly string[] = ["IN", "ANY", "UNKNOWN_32769", "UNKNOWN_33023"];

/** What a question is answered with; undefined for one that is not about this host. */
export function answersTo(
  question: Question,
  host: HostRecords,
): { readonly answers: Answer[]; readonly additionals: Answer[] } | undefined {
  if (!isAbout(host.name, question)) return undefined;
  if (!CLASSES.includes(String(question.class ?? "IN"))) return undefined;
  const records = recordsOf(host);
  if (String(question.type) === "ANY") return { answers: records, additionals: [] };
  const answers = records.filter(({ type }) => type === question.type);
  return answers.length > 0
    ? { answers, additionals: [denialOf(host)] }
    : { answers: [denialOf(host)], additionals: [] };
}

/** Whether the asker has all of this already, for a while (RFC 6762 7.1). */
export function isKnown(answers: readonly Answer[], { answers: known = [] }: Packet): boolean {
  return answers.every((record) =>
    known.some(
      (other) =>
        other.type === record.type &&
        isAbout(record.name, other) &&
        "ttl" in other &&
        (other.ttl ?? 0) >= HOST_TTL_SECONDS / 2 &&
        wireOf(other)?.equals(wireOf(record) as Buffer),
    ),
  );
}

/** Whether records of a packet give the name to somebody else (RFC 6762 9). */
export function contradicts(
  given: readonly Answer[],
  host: HostRecords,
  own: readonly string[],
): boolean {
  return given.some((record) => {
    if (!isAbout(host.name, record) || !("class" in record) || record.class !== "IN") return false;
    // A goodbye claims nothing.
    if ((record.ttl ?? 0) === 0) return false;
    if (record.type === "A") return !own.includes(String(record.data));
    if (record.type === "AAAA") return true;
    return record.type === "TXT" && wireOf(record)?.equals(markOf(host)) === false;
  });
}

function markOf({ run }: HostRecords): Buffer {
  return Buffer.from(`devtls=${run}`);
}

/**
 * Who of two that probe for one name at the same time gets it: the one whose records come later,
 * compared by type and octets (RFC 6762 8.2).
 * @returns whether the other one does
 */
export function losesTo(host: HostRecords, theirs: readonly Answer[]): boolean {
  const keys = (records: readonly Answer[]): string[] =>
    records
      .filter((record) => isAbout(host.name, record))
      .flatMap((record) => keyOf(record) ?? [])
      .sort();
  const [own, other] = [keys(recordsOf(host)), keys(theirs)];
  for (let at = 0; at < Math.max(own.length, other.length); at++) {
    const [a = "", b = ""] = [own[at], other[at]];
    if (a !== b) return a < b;
  }
  return false;
}

const TYPES: Readonly<Record<string, number>> = { A: 1, TXT: 16, AAAA: 28 };

/** Type and octets as a text that sorts as they do. */
function keyOf(record: Answer): string | undefined {
  const type = TYPES[record.type];
  const wire = wireOf(record);
  if (type === undefined || !wire) return undefined;
  return type.toString(16).padStart(4, "0") + wire.toString("hex");
}

/** The data of a record of the kinds that hosts have here. */
function wireOf(record: Answer): Buffer | undefined {
  if (record.type === "A" || record.type === "AAAA") return parseIp(String(record.data));
  if (record.type !== "TXT") return undefined;
  const parts = [record.data].flat() as (string | Buffer)[];
  return Buffer.concat(parts.map((part) => Buffer.from(part)));
}
