import { describe, expect, it } from "vitest";
import {
  blockContains,
  formatCidr,
  formatIp,
  type IpBlock,
  parseCidr,
  parseIp,
} from "../../src/x509/ip.js";
import { spellIpv6 } from "./generate-names.js";
import { FACTOR, Random, SEED } from "./random.js";

describe("an address is read as octets", () => {
  it.each([
    ["0.0.0.0", "00000000"],
    ["127.0.0.1", "7f000001"],
    ["255.255.255.255", "ffffffff"],
    ["::", "00000000000000000000000000000000"],
    ["::1", "00000000000000000000000000000001"],
    ["1::", "00010000000000000000000000000000"],
    ["1::8", "00010000000000000000000000000008"],
    ["0:0:0:0:0:0:0:1", "00000000000000000000000000000001"],
    ["0000:0000:0000:0000:0000:0000:0000:0001", "00000000000000000000000000000001"],
    ["2001:DB8::00ff", "20010db80000000000000000000000ff"],
    ["1:2:3:4:5:6:7::", "00010002000300040005000600070000"],
    ["::2:3:4:5:6:7:8", "00000002000300040005000600070008"],
    ["::ffff:192.0.2.128", "00000000000000000000ffffc0000280"],
    ["64:ff9b::192.0.2.33", "0064ff9b0000000000000000c0000221"],
    ["1:2:3:4:5:6:1.2.3.4", "00010002000300040005000601020304"],
    ["::1.2.3.4", "00000000000000000000000001020304"],
  ])("%s", (text, octets) => {
    expect(parseIp(text)?.toString("hex")).toBe(octets);
  });
});

describe("a text that is no address is told apart", () => {
  it.each([
    "",
    "localhost",
    "1.2.3",
    "1.2.3.4.5",
    "256.1.1.1",
    "1.2.3.",
    ".1.2.3.4",
    "01.2.3.4", // octal to some resolvers
    "0x7f.0.0.1",
    "1.2.3.4 ",
    "+1.2.3.4",
    ":",
    ":::",
    "1:::2",
    "1::2::3",
    ":1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4::5:6:7:8",
    "12345::",
    "g::",
    "::1.2.3",
    "::1.2.3.256",
    "1.2.3.4::",
    "1:2:3:4:5:6:7:1.2.3.4",
    "::1.2.3.4:5",
    "fe80::1%eth0",
    "[::1]",
    "::1/128",
  ])("%j", (text) => {
    expect(parseIp(text)).toBeUndefined();
  });
});

describe("octets are written as text", () => {
  // The rules of RFC 5952 4 in the order they have there.
  it.each([
    ["20010db8000000000000000000000001", "2001:db8::1"],
    ["20010db8000000010001000100010001", "2001:db8:0:1:1:1:1:1"],
    ["20010000000000010000000000000001", "2001:0:0:1::1"],
    ["20010db8000000000001000000000001", "2001:db8::1:0:0:1"],
    ["20010db80000000000000000abcdef00", "2001:db8::abcd:ef00"],
    ["00000000000000000000000000000000", "::"],
    ["00000000000000000000000000000001", "::1"],
    ["fe800000000000000000000000000000", "fe80::"],
    ["00010002000300040005000600070008", "1:2:3:4:5:6:7:8"],
    ["00010002000300040005000600000008", "1:2:3:4:5:6:0:8"],
    ["0a000001", "10.0.0.1"],
  ])("%s is %s", (octets, text) => {
    expect(formatIp(Buffer.from(octets, "hex"))).toBe(text);
  });

  it("as the URL parser of the platform writes them, in whatever spelling they came", () => {
    const random = new Random(SEED);
    for (let count = 0; count < 3000 * FACTOR; count++) {
      const groups = Array.from({ length: 8 }, () =>
        random.chance(0.5) ? 0 : random.below(random.pick([2, 16, 256, 65_536])),
      );
      const typed = spellIpv6(random, groups).replace(/^\[|\]$/g, "");
      const written = formatIp(parseIp(typed) ?? Buffer.alloc(0));
      expect(`[${written}]`, `${typed}, seed ${SEED}`).toBe(new URL(`http://[${typed}]`).hostname);
    }
  });
});

describe("an address block", () => {
  it.each([
    ["10.0.0.0/8", "10.0.0.0/8"],
    ["10.1.2.3/8", "10.0.0.0/8"], // RFC 5280 wants the host bits zero
    ["10.1.2.3/31", "10.1.2.2/31"],
    ["10.1.2.3", "10.1.2.3/32"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["FE80::1/10", "fe80::/10"],
    ["::1", "::1/128"],
    ["::/0", "::/0"],
    ["2001:db8::ff/121", "2001:db8::80/121"],
  ])("%s is %s", (text, canonical) => {
    expect(formatCidr(parseCidr(text) as IpBlock)).toBe(canonical);
  });

  it.each(["10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/8/8", "10.0.0.0/-1", "10.0.0.0/8x"])(
    "%s is none",
    (text) => {
      expect(parseCidr(text)).toBeUndefined();
    },
  );

  it.each(["/8", "10.0/8", "localhost", "10.0.0.0/0x8", "10.0.0.0/ 8", "10.0.0.0/1e1"])(
    "%s is none",
    (text) => {
      expect(parseCidr(text)).toBeUndefined();
    },
  );

  it.each([
    ["172.16.0.0/12", "172.16.0.0", true],
    ["172.16.0.0/12", "172.31.255.255", true],
    ["172.16.0.0/12", "172.15.255.255", false],
    ["172.16.0.0/12", "172.32.0.0", false],
    ["10.0.0.0/8", "::ffff:10.0.0.1", false], // other octets, another family
    ["fe80::/10", "febf:ffff::1", true],
    ["fe80::/10", "fec0::", false],
    ["::1/128", "::1", true],
    ["::1/128", "::2", false],
    ["::/0", "1::", true],
    ["::/0", "1.2.3.4", false],
    ["0.0.0.0/0", "1.2.3.4", true],
  ])("%s and %s: %s", (block, address, inside) => {
    expect(blockContains(parseCidr(block) as IpBlock, parseIp(address) ?? Buffer.alloc(0))).toBe(
      inside,
    );
  });
});
