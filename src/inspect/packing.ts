/**
 * Records as the store keeps them. The header lines of an exchange are dozens of small strings, and
 * what lives long costs the collector most: each list is kept as one text.
 */
import type { Asked } from "../proxy/heads.js";
import type { Draft, Recorded } from "./record.js";

type ListName = "told" | "answered" | "sent";

export interface Packed extends Omit<Recorded, "asked" | ListName> {
  readonly asked: Omit<Asked, "headers"> & { readonly headers: string };
  readonly told: string;
  readonly answered: string;
  readonly sent: string;
  /** About how many octets of memory it takes. */
  readonly octets: number;
}

type Loose<T> = { -readonly [Key in keyof T]: T[Key] };

/** No header line can hold it (RFC 9110 5.5). */
const END = "\n";

/** Per record, besides strings and bodies: its objects and its places in the store. */
const RECORD_OCTETS = 900;

/** Takes the draft over: whoever made it does not use it any more. */
export function pack(
  draft: Draft,
  { id, chain, version }: Pick<Recorded, "id" | "chain" | "version">,
): Packed {
  const { asked, told, answered, sent } = draft;
  const packed = draft as unknown as Loose<Packed>;
  (packed.asked as Loose<Packed["asked"]>).headers = asked.headers.join(END);
  packed.told = told.join(END);
  packed.answered = answered.join(END);
  packed.sent = sent === answered ? packed.answered : sent.join(END);
  packed.id = id;
  packed.chain = chain;
  packed.version = version;
  packed.octets = octetsOf(packed);
  return packed;
}

export function unpack({ octets: _, ...packed }: Packed): Recorded {
  const { asked, told, answered, sent } = packed;
  return {
    ...packed,
    asked: { ...asked, headers: linesOf(asked.headers) },
    ...{ told: linesOf(told), answered: linesOf(answered), sent: linesOf(sent) },
  };
}

function linesOf(text: string): string[] {
  return text === "" ? [] : text.split(END);
}

function octetsOf(packed: Packed): number {
  const { asked, told, answered, sent, trailers, requestBody, responseBody, frames } = packed;
  const { informations, url, source } = packed;
  let length = url.length + asked.target.length + asked.headers.length;
  length += told.length + answered.length + sent.length;
  for (const text of trailers) length += 16 + text.length;
  for (const { headers } of informations) for (const text of headers) length += 16 + text.length;
  // What came over a wire has an octet a character; a file may hold any.
  let octets = RECORD_OCTETS + (source === "har" ? 2 * length : length);
  for (const { text } of frames) octets += 100 + 2 * (text?.length ?? 0);
  return octets + (requestBody?.octets.length ?? 0) + (responseBody?.octets.length ?? 0);
}
