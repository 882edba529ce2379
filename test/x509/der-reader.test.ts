import { describe, expect, it } from "vitest";
import {
  childrenOf,
  type DerValue,
  expectTag,
  readBitString,
  readBoolean,
  readDer,
  readIntegerHex,
  readOid,
  readTime,
  TAG,
} from "../../src/x509/der-reader.js";
import { refusal } from "./fixtures.js";

const read = (hex: string): DerValue => readDer(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const zeros = (octets: number): string => "00".repeat(octets);
const timeOf = (text: string): DerValue => {
  const tag = text.length === 13 ? TAG.utcTime : TAG.generalizedTime;
  return readDer(Buffer.concat([Buffer.from([tag, text.length]), Buffer.from(text, "latin1")]));
};

describe("a value is read", () => {
  it.each([
    ["an empty one", "0500", 0x05, ""],
    ["a short one", "04020102", 0x04, "0102"],
    ["one of 127 octets", `047f${zeros(127)}`, 0x04, zeros(127)],
    ["one of 128 octets", `048180${zeros(128)}`, 0x04, zeros(128)],
    ["one of 256 octets", `04820100${zeros(256)}`, 0x04, zeros(256)],
    ["one of 65536 octets", `0483010000${zeros(65_536)}`, 0x04, zeros(65_536)],
    ["a context one", "8201aa", 0x82, "aa"],
  ])("%s", (_, hex, tag, content) => {
    const value = read(hex);
    expect(value.tag).toBe(tag);
    expect(value.content.toString("hex")).toBe(content);
    expect(value.raw.toString("hex")).toBe(hex);
  });

  it("from the middle of a larger buffer, without its neighbours", () => {
    const large = Uint8Array.from([0xff, 0xff, 0x04, 0x01, 0x07, 0xff]);
    expect(readDer(large.subarray(2, 5)).content.toString("hex")).toBe("07");
  });

  it("with its children, each with its exact octets", () => {
    const children = childrenOf(read("3009 020101 0500 0402abcd"), TAG.sequence);
    expect(children.map(({ raw }) => raw.toString("hex"))).toEqual(["020101", "0500", "0402abcd"]);
  });
});

describe("what DER forbids or what is damaged is refused", () => {
  it.each([
    ["nothing", "", "it ends too early"],
    ["a tag alone", "30", "it ends too early"],
    ["an indefinite length", "3080 020101 0000", "an indefinite length"],
    ["a long length where a short one does", "048101aa", "a length that is too long"],
    ["a long length of 127", `04817f${zeros(127)}`, "a length that is too long"],
    ["a length with a leading zero", `04820080${zeros(128)}`, "a length that is too long"],
    [
      "a length of three octets with a zero",
      `0483000100${zeros(256)}`,
      "a length that is too long",
    ],
    ["a length of zero in long form", "048100", "a length that is too long"],
    ["a length without its octets", "0482", "it ends too early"],
    ["a length with half of its octets", "048201", "it ends too early"],
    ["content cut off", "040301", "it ends too early"],
    ["content that is not there", "0403", "it ends too early"],
    ["a length of 4 GiB", "0484ffffffff", "a length over 16 MiB"],
    ["a length of 127 octets", `04ff${"ff".repeat(127)}`, "a length over 16 MiB"],
    ["16 MiB that are not there", "0483ffffff", "it ends too early"],
    ["bytes after the value", "05000500", "2 bytes follow the value"],
    ["one byte after the value", "020101ff", "1 bytes follow the value"],
    ["a tag of several octets", "1f8101 00", "a multi-byte tag"],
    ["a context tag of several octets", "bf2a00", "a multi-byte tag"],
  ])("%s", (_, hex, reason) => {
    expect(refusal("bad-certificate", () => read(hex)).message).toBe(
      `could not read DER: ${reason}`,
    );
  });

  it.each([
    ["a child cut off by its parent", "3003 0402ab", "it ends too early"],
    ["a child with an indefinite length", "3004 3080 0000", "an indefinite length"],
    ["half a child", "3004 020101 02", "it ends too early"],
    ["a primitive value for a constructed one", "1000", "tag 0x10 where 0x30 was expected"],
    ["a set for a sequence", "3100", "tag 0x31 where 0x30 was expected"],
  ])("%s", (_, hex, reason) => {
    const { message } = refusal("bad-certificate", () => childrenOf(read(hex), TAG.sequence));
    expect(message).toBe(`could not read DER: ${reason}`);
  });

  it("children of a primitive value", () => {
    refusal("bad-certificate", () => childrenOf(read("8002 0500")));
  });

  it("a value that is missing, naming the tag that was expected", () => {
    const { message } = refusal("bad-certificate", () => expectTag(undefined, TAG.oid));
    expect(message).toContain("tag 0x6 is missing");
  });
});

describe("object identifiers", () => {
  it.each([
    ["0603550403", "2.5.4.3"],
    ["06092a864886f70d01010b", "1.2.840.113549.1.1.11"],
    ["06032b6570", "1.3.101.112"],
    ["060100", "0.0"],
    ["060127", "0.39"],
    ["06014f", "1.39"],
    ["060150", "2.0"],
    ["06028837", "2.999"],
    ["0606538faeb7ee00", "2.3.4123916032"],
    [`061469${"83ffffffffffffffffffffffffffffffffff7f"}`, `2.25.${2n ** 128n - 1n}`],
  ])("%s is %s", (hex, dotted) => {
    expect(readOid(read(hex))).toBe(dotted);
  });

  it.each([
    ["empty", "0600"],
    ["cut off", "06022a86"],
    ["padded at its first arc", "0603802a03"],
    ["padded at a later arc", "06042a800103"],
    ["another type", "020101"],
    ["longer than any that is in use", `0681ff${"2a".repeat(255)}`],
  ])("%s: refused", (_, hex) => {
    refusal("bad-certificate", () => readOid(read(hex)));
  });

  // Took ten seconds: arcs are numbers of any size, and each octet copied the number so far.
  it("with an arc of a megabyte are refused at once", () => {
    const content = Buffer.alloc(1_000_000, 0xff);
    const header = Buffer.from([0x06, 0x83, 0x0f, 0x42, 0x40]);
    const value = readDer(Buffer.concat([header, content]));
    refusal("bad-certificate", () => readOid(value));
  }, 2_000);
});

describe("booleans", () => {
  it.each([
    ["0101ff", true],
    ["010100", false],
  ])("%s is %s", (hex, value) => {
    expect(readBoolean(read(hex))).toBe(value);
  });

  it.each(["010101", "0101fe", "0100", "0102ffff", "0201ff"])("%s is refused", (hex) => {
    refusal("bad-certificate", () => readBoolean(read(hex)));
  });
});

describe("integers", () => {
  it.each([
    ["020100", "00"],
    ["02017f", "7F"],
    ["02020080", "80"],
    ["0210 7fffffffffffffffffffffffffffffff", "7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"],
  ])("%s is %s", (hex, digits) => {
    expect(readIntegerHex(read(hex))).toBe(digits);
  });

  it.each([
    ["empty", "0200"],
    ["padded", "0202007f"],
    ["padded below zero", "0202ff80"],
    ["another type", "0a0101"],
  ])("%s: refused", (_, hex) => {
    refusal("bad-certificate", () => readIntegerHex(read(hex)));
  });
});

describe("bit strings of whole octets", () => {
  it("are read without the count of unused bits", () => {
    expect(readBitString(read("030300abcd")).toString("hex")).toBe("abcd");
    expect(readBitString(read("030100")).toString("hex")).toBe("");
  });

  it.each(["0300", "030201ab", "030208ab", "0403 00abcd"])("%s is refused", (hex) => {
    refusal("bad-certificate", () => readBitString(read(hex)));
  });
});

describe("times", () => {
  it.each([
    ["500101000000Z", "1950-01-01T00:00:00.000Z"],
    ["491231235959Z", "2049-12-31T23:59:59.000Z"],
    ["991231235959Z", "1999-12-31T23:59:59.000Z"],
    ["240229120000Z", "2024-02-29T12:00:00.000Z"],
    ["20500101000000Z", "2050-01-01T00:00:00.000Z"],
    ["99991231235959Z", "9999-12-31T23:59:59.000Z"],
    ["19491231235959Z", "1949-12-31T23:59:59.000Z"],
  ])("%s is %s", (text, iso) => {
    expect(readTime(timeOf(text)).toISOString()).toBe(iso);
  });

  it.each([
    "991301000000Z",
    "990001000000Z",
    "990100000000Z",
    "990132000000Z",
    "990229000000Z",
    "990431000000Z",
    "990101240000Z",
    "990101006000Z",
    "990101000060Z",
    "9901010000Z",
    "990101000000",
    "990101000000z",
    "990101000000+0100",
    "99010100000 Z",
    "99-1-1000000Z",
    "20501301000000Z",
    "20500229000000Z",
    "20500101000000.5Z",
    "20500101000000",
    "00000101000000Z",
    "",
  ])("%j is refused", (text) => {
    refusal("bad-certificate", () => readTime(timeOf(text)));
  });

  it("that are missing, or another type, are refused", () => {
    refusal("bad-certificate", () => readTime(undefined));
    refusal("bad-certificate", () => readTime(read("0c0d3939303130313030303030305a")));
  });
});
