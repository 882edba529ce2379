import { describe, expect, it } from "vitest";
import * as der from "../../src/x509/der.js";

const hex = (node: der.DerNode): string => der.encode(node).toString("hex");

describe("DER is written", () => {
  it.each([
    ["integer 0", der.integer(0), "020100"],
    ["integer 127", der.integer(127), "02017f"],
    ["integer 128, which needs a zero in front", der.integer(128), "02020080"],
    ["integer 2048", der.integer(2048), "02020800"],
    ["integer of octets", der.integer(Buffer.from("00007fff", "hex")), "02027fff"],
    [
      "integer of octets that would read negative",
      der.integer(Buffer.from("80", "hex")),
      "02020080",
    ],
    ["integer of zero octets", der.integer(Buffer.from("0000", "hex")), "020100"],
    ["boolean true", der.boolean(true), "0101ff"],
    ["boolean false", der.boolean(false), "010100"],
    ["null", der.nullValue(), "0500"],
    ["object identifier", der.oid("1.2.840.10045.4.3.2"), "06082a8648ce3d040302"],
    ["octets", der.octetString(Buffer.from([1, 0xff])), "040201ff"],
    ["octets that hold a value", der.octetString(der.nullValue()), "04020500"],
    ["bits", der.bitString(Buffer.from([0x80]), 7), "03020780"],
    ["UTF-8 text", der.utf8String("é"), "0c02c3a9"],
    ["IA5 text", der.ia5String("a"), "160161"],
    ["BMP text", der.bmpString("é€"), "1e0400e920ac"],
    ["an explicit context value", der.context(3, der.nullValue()), "a3020500"],
    ["an implicit context value", der.contextBytes(2, Buffer.from("a")), "820161"],
    ["a sequence", der.sequence(der.nullValue(), der.integer(1)), "30050500020101"],
    ["a set", der.set(der.nullValue()), "31020500"],
    ["a long value", der.octetString(Buffer.alloc(200)), `0481c8${"00".repeat(200)}`],
  ])("%s", (_, node, expected) => {
    expect(hex(node)).toBe(expected);
  });

  // X.690 11.2.2: no trailing zero bits in a set of named bits.
  it.each([
    [[0], "03020780"],
    [[0, 2], "030205a0"],
    [[5, 6], "03020106"],
    [[5], "03020204"],
    [[8], "0303070080"],
  ])("the named bits %j", (bits, expected) => {
    expect(hex(der.namedBits(...bits))).toBe(expected);
  });
});

describe("times are written", () => {
  it.each([
    ["1999-12-31T23:59:59Z", "170d3939313233313233353935395a"],
    ["2026-03-04T05:06:07Z", "170d3236303330343035303630375a"],
    ["2049-12-31T23:59:59Z", "170d3439313233313233353935395a"],
  ])("%s as a UTCTime", (iso, expected) => {
    expect(hex(der.time(new Date(iso)))).toBe(expected);
  });

  it.each([
    ["2050-01-01T00:00:00Z", "180f32303530303130313030303030305a"],
    ["2051-06-07T08:09:10Z", "180f32303531303630373038303931305a"],
  ])("%s, after 2049, as a GeneralizedTime", (iso, expected) => {
    expect(hex(der.time(new Date(iso)))).toBe(expected);
  });
});

describe("a value taken over", () => {
  // A parsed value that is encoded again could change: string types, padding, the order of a set.
  it.each([
    ["a name in PrintableString", "300d310b3009060355040613024445"],
    ["a name in T61String", "300f310d300b060355040a1404436166e9"],
    ["a set that is not sorted", "3106020102020101"],
    ["a primitive value", "0402ffff"],
    ["a context value", "a003020101"],
    ["an implicit context value", "8201ff"],
  ])("keeps every octet: %s", (_, bytes) => {
    expect(hex(der.verbatim(Buffer.from(bytes, "hex")))).toBe(bytes);
  });
});
