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

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----\r?\n([\s\S]*?)-----END ([A-Z0-9 ]+)-----/g;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Every block of a PEM text, in order; text around blocks is ignored, as RFC 7468 section 2
 * allows. @throws DevtlsError "bad-certificate" when a block is cut off or is not base64.
 */
export function decodePem(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  for (const [, begin, body, end] of text.matchAll(BLOCK)) {
    const base64 = (body as string).replace(/\s+/g, "");
    if (begin !== end) {
      throw new DevtlsError("bad-certificate", `could not read PEM: ${begin} ends as ${end}`);
    }
    if (base64 === "" || !BASE64.test(base64)) {
      throw new DevtlsError("bad-certificate", `could not read PEM: the ${begin} is not base64`);
    }
    blocks.push({ label: begin as string, der: Buffer.from(base64, "base64") });
  }
  const begins = text.match(/-----BEGIN /g)?.length ?? 0;
  if (begins > blocks.length) {
    throw new DevtlsError("bad-certificate", "could not read PEM: a block is cut off");
  }
  return blocks;
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
  throw new DevtlsError(
    "bad-certificate",
    `could not read PEM: no ${label} in it${others ? `, only ${others}` : ""}`,
  );
}
