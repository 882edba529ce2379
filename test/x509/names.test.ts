import { describe, expect, it } from "vitest";
import { encode } from "../../src/x509/der.js";
import { readDer } from "../../src/x509/der-reader.js";
import { encodeGeneralNames } from "../../src/x509/encode.js";
import { decodeGeneralNames, parseName, uniqueNames } from "../../src/x509/names.js";
import { refusal } from "./fixtures.js";

const LABEL_63 = "a".repeat(63);
const NAME_253 = `${LABEL_63}.${LABEL_63}.${LABEL_63}.${"a".repeat(61)}`;

describe("a name is read and normalised", () => {
  it.each([
    ["localhost", "dns", "localhost"],
    ["LocalHost", "dns", "localhost"],
    ["app.localhost", "dns", "app.localhost"],
    ["a_b.test", "dns", "a_b.test"],
    ["1and1.test", "dns", "1and1.test"],
    ["1.2.3.four", "dns", "1.2.3.four"],
    ["r2--d2.test", "dns", "r2--d2.test"],
    ["*.App.test", "dns", "*.app.test"],
    ["*.app.localhost", "dns", "*.app.localhost"],
    [LABEL_63, "dns", LABEL_63],
    [NAME_253, "dns", NAME_253],
    ["bücher.test", "dns", "xn--bcher-kva.test"],
    ["BÜCHER.test", "dns", "xn--bcher-kva.test"],
    ["*.bücher.test", "dns", "*.xn--bcher-kva.test"],
    ["XN--BCHER-KVA.test", "dns", "xn--bcher-kva.test"],
    ["faß.test", "dns", "xn--fa-hia.test"],
    ["例え。テスト", "dns", "xn--r8jz45g.xn--zckzah"],
    ["ｌｏｃａｌｈｏｓｔ", "dns", "localhost"],
    ["127.0.0.1", "ip", "127.0.0.1"],
    ["0:0:0:0:0:0:0:1", "ip", "::1"],
    ["[::1]", "ip", "::1"],
    ["::ffff:127.0.0.1", "ip", "127.0.0.1"],
    ["[::FFFF:7f00:1]", "ip", "127.0.0.1"],
    ["FE80::A", "ip", "fe80::a"],
    ["ada@example.test", "email", "ada@example.test"],
    ["Ada.L+x@EXAMPLE.test", "email", "Ada.L+x@example.test"],
    ["ada@bücher.test", "email", "ada@xn--bcher-kva.test"],
    ["https://app.test", "uri", "https://app.test"],
    ["HTTPS://App.test/A?b#c", "uri", "HTTPS://App.test/A?b#c"],
    ["spiffe://trust.test/workload", "uri", "spiffe://trust.test/workload"],
    ["https://ada@app.test:8443/", "uri", "https://ada@app.test:8443/"],
    ["https://bücher.test/ü", "uri", "https://xn--bcher-kva.test/%C3%BC"],
    ['https://app.test/"<>', "uri", "https://app.test/%22%3C%3E"],
  ])("%s", (typed, kind, value) => {
    expect(parseName(typed)).toMatchObject({ kind, value });
  });

  // Lower-casing the whole word first would make the last letter a final sigma, another domain.
  it("converts a capital sigma at the end of a word as browsers do", () => {
    expect(parseName("ΒΌΛΟΣ").value).toBe(new URL("http://ΒΌΛΟΣ").hostname);
    expect(parseName("app.ΒΌΛΟΣ").value).toBe("app.xn--nxasmq6b");
  });
});

describe("a name is refused, with the reason", () => {
  it.each([
    ["", "it is empty"],
    [" ", "a space"],
    ["my app.test", "a space"],
    ["app.test\n", "a space or a control character"],
    ["a\u0000b", "a space or a control character"],
    ["a\u00a0b", "a space"],
    ["a\u0085b", "a control character"],
    ["-x", 'the label "-x" begins or ends with a hyphen'],
    ["x-", 'the label "x-" begins or ends with a hyphen'],
    ["app.-x.test", 'the label "-x" begins or ends with a hyphen'],
    ["a..b", "an empty label"],
    [".a", "an empty label"],
    ["*.", "an empty label"],
    ["*..test", "an empty label"],
    ["*", "an asterisk may only stand alone as the first label"],
    ["a.*.b", "an asterisk may only stand alone as the first label"],
    ["x*", "an asterisk may only stand alone as the first label"],
    ["x*.test", "an asterisk may only stand alone as the first label"],
    ["*.*.test", "an asterisk may only stand alone as the first label"],
    ["**.test", "an asterisk may only stand alone as the first label"],
    ["＊.test", 'the character "*"'],
    ["*.localhost", "directly below a top-level name"],
    ["*.test", "directly below a top-level name"],
    ["*.xn--p1ai", "directly below a top-level name"],
    ["a".repeat(64), "has 64 octets; 63 are allowed"],
    [`${"ü".repeat(60)}.test`, "63 are allowed"],
    [`${NAME_253}a`, "254 octets; 253 are allowed"],
    [`*.${NAME_253.slice(0, -1)}`, "254 octets; 253 are allowed"],
    ["a!b.test", 'the character "!"'],
    ["a,b.test", 'the character ","'],
    ['a"b.test', "the character"],
    ["http:foo", "not a host name"],
    ["urn:uuid:1", "not a host name"],
    ["localhost:8443", "not a host name"],
    ["//localhost", "not a host name"],
    ["localhost/path", "not a host name"],
    ["a%20b", "not a host name"],
    ["a\\b", "not a host name"],
    ["[::1]:8443", "not a host name"],
    ["[127.0.0.1]", 'the character "["'],
    ["fe80::1%eth0", "not a host name"],
    ["1:2:3", "not a host name"],
    ["1.2.3", "it ends in a number"],
    ["256.1.1.1", "it ends in a number"],
    ["01.2.3.4", "it ends in a number"],
    ["127.1", "it ends in a number"],
    ["8443", "it ends in a number"],
    ["0x7f000001", "it ends in a number"],
    ["0x7f.0x1", "it ends in a number"],
    ["a.0x", "it ends in a number"],
    ["*.1.2.3.4", "it ends in a number"],
    ["localhost.", "it ends in a dot"],
    ["*.app.test.", "it ends in a dot"],
    ["app。", "it ends in a dot"],
    [".", "it ends in a dot"],
    ["xn--a", "not a valid internationalised domain name"],
    ["xn--BCHER-ü.test", "not a valid internationalised domain name"],
    ["\u202eapp.test", "not a valid internationalised domain name"],
    ["\u200b", "not a valid internationalised domain name"],
    ["a／b.test", "not a valid internationalised domain name"],
    ["localhost：8443", "not a valid internationalised domain name"],
    ["１２７.０.０.１", "it reads as an IP address"],
    ["１２７.1", "it reads as an IP address"],
    ["０x7f000001", "it reads as an IP address"],
    ["ädä@example.test", "not plain ASCII mailbox text"],
    ["@example.test", "not plain ASCII mailbox text"],
    ["a@b@example.test", "not plain ASCII mailbox text"],
    ['"a b"@example.test', "a space"],
    [".ada@example.test", "not plain ASCII mailbox text"],
    ["mailto:ada@example.test", "not plain ASCII mailbox text"],
    ["ada@", "no domain after the @"],
    ["ada@*.example.test", "cannot hold an asterisk"],
    ["ada@127.0.0.1", "it ends in a number"],
    ["ada@[::1]", "not a host name"],
    ["://app.test", "not a URI scheme"],
    ["1http://app.test", "not a URI scheme"],
    ["https://", "not a valid URI"],
    ["https://a b/", "a space"],
    ["https://app.test:99999/", "not a valid URI"],
    ["file:///etc/hosts", "a URI in a certificate needs a host"],
    ["https:///path", "a URI in a certificate needs a host"],
    ["spiffe:///path", "a URI in a certificate needs a host"],
  ])("%j: %s", (typed, reason) => {
    const error = refusal("bad-name", () => parseName(typed));
    expect(error.message).toMatch(/^could not use the name ".*": /s);
    expect(error.message).toContain(reason);
  });

  it.each([
    ["", "Name a host, for example: localhost"],
    ["localhost:8443", "Give the host alone: localhost"],
    ["//localhost/x", "Give the host alone: localhost"],
    ["localhost/x", "Give the host alone: localhost"],
    ["example.test?x", "Give the host alone: example.test"],
    ["localhost.", "Leave the dot out: localhost"],
    ["*.app.test..", "Leave the dot out: *.app.test"],
    ["app。", "Leave the dot out: app"],
    ["１２７.０.０.１", "Give the address: 127.0.0.1"],
  ])("%j: the way out is %j", (typed, hint) => {
    expect(refusal("bad-name", () => parseName(typed)).hint).toBe(hint);
  });

  it.each([
    ["*.localhost", "app.localhost"],
    ["*.test", "app.test"],
  ])("%s: the way out names hosts below it", (typed, host) => {
    const { hint } = refusal("bad-name", () => parseName(typed));
    expect(hint).toContain(`Name each host instead: ${host}`);
    expect(hint).toContain(`*.${host}`);
  });

  it.each(["http:foo", "urn:uuid:1", "fe80::1%eth0", "a%20b", ".", ".."])(
    "%s: no host is guessed where there is none",
    (typed) => {
      expect(refusal("bad-name", () => parseName(typed)).hint).toBeUndefined();
    },
  );
});

describe("general names", () => {
  it("stand in the certificate with the tags and octets of RFC 5280", () => {
    const names = ["ada@a.test", "a.test", "https://a.test", "10.0.0.1", "::1"].map(parseName);
    const text = (value: string): string => Buffer.from(value).toString("hex");
    expect(encode(encodeGeneralNames(names)).toString("hex")).toBe(
      [
        "303c",
        `810a${text("ada@a.test")}`,
        `8206${text("a.test")}`,
        `860e${text("https://a.test")}`,
        "87040a000001",
        "871000000000000000000000000000000001",
      ].join(""),
    );
  });

  it("are read back as they were", () => {
    const names = ["ada@a.test", "*.a.test", "https://a.test", "10.0.0.1", "fe80::1"].map(
      parseName,
    );
    expect(decodeGeneralNames(readDer(encode(encodeGeneralNames(names))))).toEqual(names);
  });

  it("of kinds that devtls does not issue are passed over", () => {
    const directoryAndOid = "a4023000" + "88022a03";
    const value = readDer(Buffer.from(`300f${directoryAndOid}8203612e62${"8700"}`, "hex"));
    expect(decodeGeneralNames(value)).toEqual([{ kind: "dns", value: "a.b" }]);
  });

  it("that are the same in another spelling count once, at their first place", () => {
    const names = ["b.test", "::1", "B.TEST", "a.test", "0:0::1", "[::1]"].map(parseName);
    expect(uniqueNames(names).map(({ value }) => value)).toEqual(["b.test", "::1", "a.test"]);
  });

  it("of the same text and another kind stay apart", () => {
    const names = uniqueNames([
      { kind: "dns", value: "a.test" },
      { kind: "uri", value: "a.test" },
    ]);
    expect(names).toHaveLength(2);
  });
});
