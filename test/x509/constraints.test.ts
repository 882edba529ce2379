import { describe, expect, it } from "vitest";
import {
  decodeConstraints,
  defaultConstraints,
  describeConstraints,
  type NameConstraints,
  permits,
} from "../../src/x509/constraints.js";
import { encode } from "../../src/x509/der.js";
import { readDer } from "../../src/x509/der-reader.js";
import { encodeConstraints } from "../../src/x509/encode.js";
import { parseName } from "../../src/x509/names.js";
import { refusal } from "./fixtures.js";

const NONE: NameConstraints = { dns: [], ip: [], email: [], uri: [] };

describe("a new authority may sign", () => {
  it("exactly the local names and addresses", () => {
    expect(describeConstraints(defaultConstraints())).toEqual([
      "localhost",
      "test",
      "local",
      "internal",
      "home.arpa",
      "127.0.0.0/8",
      "10.0.0.0/8",
      "172.16.0.0/12",
      "192.168.0.0/16",
      "169.254.0.0/16",
      "::1/128",
      "fe80::/10",
      "fc00::/7",
    ]);
  });

  it.each([
    ["example.com", "example.com"],
    [".example.com", "example.com"],
    ["*.example.com", "example.com"],
    ["Example.COM", "example.com"],
    ["bücher.de", "xn--bcher-kva.de"],
    ["dev", "dev"],
    ["100.64.0.0/10", "100.64.0.0/10"],
    ["100.64.0.1/10", "100.64.0.0/10"],
    ["203.0.113.7", "203.0.113.7/32"],
    ["2001:db8::/32", "2001:db8::/32"],
  ])("also %s when it is permitted", (permit, added) => {
    const local = describeConstraints(defaultConstraints());
    const wider = describeConstraints(defaultConstraints([permit]));
    expect(wider.filter((entry) => !local.includes(entry))).toEqual([added]);
    expect(wider).toHaveLength(local.length + 1);
  });

  it("a domain that is permitted twice, or local anyway, only once", () => {
    const { dns } = defaultConstraints(["example.com", "EXAMPLE.com", "test"]);
    expect(dns.filter((base) => base === "example.com")).toHaveLength(1);
    expect(dns.filter((base) => base === "test")).toHaveLength(1);
  });

  it.each([
    "",
    "*",
    "10.0.0.0/33",
    "10.0/8",
    "ada@example.com",
    "https://example.com",
    "a..b",
    "example.com:443",
  ])("not %j, which is refused", (permit) => {
    refusal("bad-name", () => defaultConstraints([permit]));
  });

  it("not an e-mail address, and is told what can be permitted", () => {
    const { hint } = refusal("bad-name", () => defaultConstraints(["ada@example.com"]));
    expect(hint).toContain("devtls ca create --permit");
  });
});

describe("the default constraints", () => {
  it.each([
    "localhost",
    "app.localhost",
    "*.app.localhost",
    "a.b.c.test",
    "*.app.test",
    "printer.local",
    "db.internal",
    "nas.home.arpa",
    "127.0.0.1",
    "127.255.255.254",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.1.1",
    "::1",
    "fe80::1",
    "fd12::1",
    "ada@localhost",
    "Ada@mail.app.test",
    "https://localhost/",
    "https://APP.Test:8443/x?y#z",
    "spiffe://cluster.local/ns/a",
  ])("permit %s", (typed) => {
    expect(permits(defaultConstraints(), parseName(typed))).toBe(true);
  });

  it.each([
    "example.com",
    "localhost.example.com",
    "notlocalhost",
    "mytest",
    "app.mytest",
    "arpa",
    "in-addr.arpa",
    "*.home.example.com",
    "8.8.8.8",
    "126.255.255.255",
    "128.0.0.1",
    "172.32.0.1",
    "192.169.0.1",
    "::2",
    "::",
    "::ffff:8.8.8.8",
    "2001:db8::1",
    "fec0::1",
    "ceo@bank.com",
    "ceo@nottest",
    "ceo@app.test.bank.com",
    "https://bank.com/",
    "https://bank.com/.test",
    "https://bank.com:443/?a.test",
    "https://app.test.bank.com/",
    "https://8.8.8.8/",
    // A constraint can name no address (RFC 5280 4.2.1.10), so that verifiers refuse these, too.
    "https://127.0.0.1/",
    "https://[::1]/",
  ])("do not permit %s", (typed) => {
    expect(permits(defaultConstraints(), parseName(typed))).toBe(false);
  });

  it("do not permit a wildcard above what they permit", () => {
    const constraints = { ...NONE, dns: ["app.example.com"] };
    expect(permits(constraints, parseName("*.example.com"))).toBe(false);
    expect(permits(constraints, parseName("*.app.example.com"))).toBe(true);
  });
});

describe("a kind of name without an entry is unconstrained", () => {
  it("addresses, where only domains are listed", () => {
    const constraints = { ...NONE, dns: ["test"] };
    expect(permits(constraints, parseName("8.8.8.8"))).toBe(true);
    expect(permits(constraints, parseName("example.com"))).toBe(false);
  });

  it("domains, where only addresses are listed", () => {
    const constraints = { ...NONE, ip: defaultConstraints().ip };
    expect(permits(constraints, parseName("example.com"))).toBe(true);
    expect(permits(constraints, parseName("8.8.8.8"))).toBe(false);
  });
});

describe("in the certificate", () => {
  const decodeHex = (hex: string): NameConstraints =>
    decodeConstraints(readDer(Buffer.from(hex, "hex")));

  it("domains and blocks stand as RFC 5280 4.2.1.10 has them", () => {
    const { dns, ip } = defaultConstraints(["10.0.0.0/8"]);
    const constraints = { ...NONE, dns: dns.slice(0, 1), ip: ip.slice(-1) };
    expect(encode(encodeConstraints(constraints)).toString("hex")).toBe(
      `301ba019300b8209${Buffer.from("localhost").toString("hex")}300a87080a000000ff000000`,
    );
  });

  it("they are read back as they were", () => {
    const constraints = defaultConstraints(["example.com", "2001:db8::/32", "203.0.113.7"]);
    expect(decodeConstraints(readDer(encode(encodeConstraints(constraints))))).toEqual(constraints);
  });

  it("mailboxes and URIs stand twice: the host itself, and what is below it", () => {
    const { email, uri } = defaultConstraints(["Example.com"]);
    expect(email).toEqual(uri);
    expect(email.slice(0, 2)).toEqual(["localhost", ".localhost"]);
    expect(email.slice(-2)).toEqual(["example.com", ".example.com"]);
  });

  it("a mailbox of another tool's authority is compared with regard to case before the @", () => {
    const text = Buffer.from("Ada@LAN").toString("hex");
    const constraints = decodeHex(`300da00b30098107${text}`);
    expect(constraints).toEqual({ ...NONE, email: ["Ada@lan"] });
    expect(permits(constraints, parseName("Ada@lan"))).toBe(true);
    expect(permits(constraints, parseName("ada@lan"))).toBe(false);
    expect(describeConstraints(constraints)).toEqual(["email:Ada@lan"]);
  });

  it("an older authority, which limits hosts alone, signs no other mailboxes and URIs either", () => {
    const constraints = { ...NONE, dns: ["test"] };
    expect(permits(constraints, parseName("a@b.test"))).toBe(true);
    expect(permits(constraints, parseName("ceo@bank.com"))).toBe(false);
    expect(permits(constraints, parseName("https://b.test/"))).toBe(true);
    expect(permits(constraints, parseName("https://bank.com/"))).toBe(false);
  });

  it("a leading dot and capitals, which other tools write, are understood", () => {
    const text = Buffer.from(".Example.COM").toString("hex");
    const constraints = decodeHex(`3012a010300e820c${text}`);
    expect(permits(constraints, parseName("app.example.com"))).toBe(true);
    expect(permits(constraints, parseName("app.example.org"))).toBe(false);
  });

  // An authority that devtls half understands must not sign. Browsers refuse a mask with gaps too.
  it.each([
    ["excluded names", "3009a107300582036c616e"],
    ["excluded names", "3012a007300582036c616ea107300582036c616e"],
    ["subtree distances", "300ca00a300882036c616e800101"],
    ["a kind of name other than DNS, IP, e-mail and URI", "3008a0063004a4023000"],
    ["an address block", "300aa0083006870401020304"],
    ["an address block whose mask has gaps", "300ea00c300a87080a000000ff00ff00"],
  ])("%s are refused", (what, hex) => {
    const { message } = refusal("bad-certificate", () => decodeHex(hex));
    expect(message).toBe(
      `could not read the name constraints: ${what} in them, which devtls does not support`,
    );
  });
});
