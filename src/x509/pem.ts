/** PEM (RFC 7468): reading is strict about the armour, writing wraps at 64 columns. */
import { DevtlsError } from "../errors.js";

export interface PemBlock {
  /** "CERTIFICATE", "PRIVATE KEY", "CERTIFICATE REQUEST", … */
  readonly label: string;
  readonly der: Buffer;
}

export function encodePem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

const ARMOUR = /-----(BEGIN|END) ([A-Z0-9 ]+)-----/g;
const BODY = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * Every block of a PEM text, in order; text around blocks is ignored, as RFC 7468 section 2
 * allows. The time it takes grows with the length of the text only.
 * @throws DevtlsError "bad-certificate" when a block is cut off or is not base64.
 */
export function decodePem(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  let open: { label: string; from: number } | undefined;
  for (const { 0: line, 1: edge, 2: label = "", index } of text.matchAll(ARMOUR)) {
    if (edge === "BEGIN") {
      if (open) throw bad("a block is cut off");
      open = { label, from: index + line.length };
    } else if (open) {
      if (open.label !== label) throw bad(`${open.label} ends as ${label}`);
      blocks.push({ label, der: decodeBody(text.slice(open.from, index), label) });
      open = undefined;
    }
  }
  const begun = text.match(/-----BEGIN /g)?.length ?? 0;
  if (open || begun > blocks.length) throw bad("a block is cut off");
  return blocks;
}

function decodeBody(body: string, label: string): Buffer {
  const base64 = body.replace(/\s+/g, "");
  if (!/^\r?\n/.test(body) || base64.length % 4 !== 0 || !BODY.test(base64)) {
    throw bad(`the ${label} is not base64`);
  }
  return Buffer.from(base64, "base64");
}

function bad(reason: string): DevtlsError {
  return new DevtlsError("bad-certificate", `could not read PEM: ${reason}`);
}

/**
 * The blocks with this label. @throws DevtlsError "bad-certificate" when there is none, naming
 * what was there instead.
 */
export function pemBlocks(text: string, label: string): Buffer[] {
  const blocks = decodePem(text);
  const found = blocks.filter((block) => block.label === label).map((block) => block.der);
  if (found.length > 0) return found;
  const others = [...new Set(blocks.map((block) => block.label))].join(", ");
  throw bad(`no ${label} in it${others ? `, only ${others}` : ""}`);
}
