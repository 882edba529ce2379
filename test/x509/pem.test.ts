import { describe, expect, it } from "vitest";
import { decodePem, encodePem, pemBlocks } from "../../src/x509/pem.js";
import { refusal } from "./fixtures.js";
import { Random, SEED } from "./random.js";

const BYTES = Buffer.from("the content");
const BLOCK = encodePem("CERTIFICATE", BYTES);
const OLD_ENCRYPTED = `-----BEGIN RSA PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED
DEK-Info: AES-256-CBC,00FF

AAAA
-----END RSA PRIVATE KEY-----
`;

describe("PEM is written", () => {
  it("with lines of 64 columns and a final newline", () => {
    expect(encodePem("PRIVATE KEY", Buffer.alloc(49))).toBe(
      `-----BEGIN PRIVATE KEY-----\n${"A".repeat(64)}\nAA==\n-----END PRIVATE KEY-----\n`,
    );
  });

  it("so that every length is read back", () => {
    const random = new Random(SEED);
    for (let length = 1; length < 200; length++) {
      const der = random.bytes(length);
      expect(decodePem(encodePem("X", der))).toEqual([{ label: "X", der }]);
    }
  });
});

describe("PEM is read", () => {
  it("block after block, in order", () => {
    const labels = decodePem(BLOCK + encodePem("PRIVATE KEY", BYTES) + BLOCK).map((b) => b.label);
    expect(labels).toEqual(["CERTIFICATE", "PRIVATE KEY", "CERTIFICATE"]);
  });

  it.each([
    ["with text around it", `subject=CN = x\n${BLOCK}\nissuer=…\n`],
    ["with lines that end in CR LF", BLOCK.replaceAll("\n", "\r\n")],
    ["with a byte order mark", `\ufeff${BLOCK}`],
    ["without a final newline", BLOCK.trimEnd()],
    ["with blank lines in it", BLOCK.replaceAll("\n", "\n\n")],
    ["in lines of another length", BLOCK.replace("dGhl", "dG\nhl")],
  ])("%s", (_, text) => {
    expect(pemBlocks(text, "CERTIFICATE")).toEqual([BYTES]);
  });

  it("as nothing, where there is none", () => {
    expect(decodePem("")).toEqual([]);
    expect(decodePem("just text\n")).toEqual([]);
  });
});

describe("PEM is refused", () => {
  it.each([
    ["cut off before its end", BLOCK.slice(0, -10), "a block is cut off"],
    ["cut off in its first line", BLOCK.slice(0, 20), "a block is cut off"],
    ["cut off before another block", BLOCK.slice(0, 40) + BLOCK, "a block is cut off"],
    [
      "ending as something else",
      BLOCK.replace("END C", "END X C"),
      "CERTIFICATE ends as X CERTIFICATE",
    ],
    ["in a single line", BLOCK.replaceAll("\n", ""), "the CERTIFICATE is not base64"],
    ["without content", "-----BEGIN X-----\n-----END X-----\n", "the X is not base64"],
    ["with other characters", BLOCK.replace("dGhl", "dG*l"), "the CERTIFICATE is not base64"],
    ["in the URL alphabet", BLOCK.replace("dGhl", "dG_l"), "the CERTIFICATE is not base64"],
    ["with a character missing", BLOCK.replace("dGhl", "dGh"), "the CERTIFICATE is not base64"],
    ["padded in the middle", BLOCK.replace("dGhl", "dG=="), "the CERTIFICATE is not base64"],
    ["padded too much", "-----BEGIN X-----\nA===\n-----END X-----\n", "the X is not base64"],
    ["encrypted in the old way", OLD_ENCRYPTED, "the RSA PRIVATE KEY is not base64"],
  ])("%s", (_, text, reason) => {
    expect(refusal("bad-certificate", () => decodePem(text)).message).toBe(
      `could not read PEM: ${reason}`,
    );
  });

  it("without the block that is wanted, naming what is there", () => {
    const text = encodePem("PRIVATE KEY", BYTES) + encodePem("X", BYTES) + encodePem("X", BYTES);
    expect(refusal("bad-certificate", () => pemBlocks(text, "CERTIFICATE")).message).toBe(
      "could not read PEM: no CERTIFICATE in it, only PRIVATE KEY, X",
    );
    expect(refusal("bad-certificate", () => pemBlocks("", "CERTIFICATE")).message).toBe(
      "could not read PEM: no CERTIFICATE in it",
    );
  });
});

// Requests come from strangers. Each of these took from many seconds to hours, or overran the
// stack, when blocks were matched by a pattern that backtracks.
describe("a large PEM text is read in time that grows with its length only", () => {
  const TIMEOUT_MS = 5_000;

  it.each([
    ["of blocks that never end", "-----BEGIN A-----\n".repeat(200_000)],
    [
      "of ends, then beginnings",
      "-----END A-----\n".repeat(100_000) + "-----BEGIN A-----\n".repeat(100_000),
    ],
    ["of dashes", `-----BEGIN A-----\n${"-".repeat(4_000_000)}`],
    ["of half ends", `-----BEGIN A-----\n${"----END A----\n".repeat(200_000)}`],
    ["of one label", `-----BEGIN ${"A ".repeat(2_000_000)}`],
    ["that is almost base64", `-----BEGIN A-----\n${"AAAA".repeat(10_000_000)}*\n-----END A-----`],
  ])(
    "%s",
    (_, text) => {
      refusal("bad-certificate", () => decodePem(text));
    },
    TIMEOUT_MS,
  );

  it(
    "and of one large block",
    () => {
      const der = Buffer.alloc(10_000_000, 7);
      expect(decodePem(encodePem("A", der))[0]?.der.equals(der)).toBe(true);
    },
    TIMEOUT_MS,
  );
});
