/** The records of a name, and who of two that want it has it (RFC 6762). */
import { type Answer, decode, encode, type Packet } from "dns-packet";
import { describe, expect, it } from "vitest";
import {
  answersTo,
  contradicts,
  type HostRecords,
  isKnown,
  losesTo,
  recordsOf,
} from "../../src/lan/mdns/records.js";

const HOST: HostRecords = { name: "shop.local", addresses: ["192.168.1.5"], run: "aa" };

/** As it comes from the network. */
function received(answers: readonly Answer[]): Answer[] {
  const packet = encode({ type: "response", answers: [...answers] } as Packet);
  return decode(packet).answers as Answer[];
}

const other = (change: Partial<HostRecords>): Answer[] =>
  received(recordsOf({ ...HOST, ...change }));

describe("A question", () => {
  const types = (name: string, type: string, qclass = "IN") => {
    const question = { name, type, class: qclass } as Parameters<typeof answersTo>[0];
    const found = answersTo(question, HOST);
    return found && [found.answers, found.additionals].map((list) => list.map((each) => each.type));
  };

  it.each([
    ["for the address", "shop.local", "A", [["A"], ["NSEC"]]],
    ["in capitals", "SHOP.Local", "A", [["A"], ["NSEC"]]],
    ["for what it has not, which it says", "shop.local", "AAAA", [["NSEC"], []]],
    ["for all", "shop.local", "ANY", [["A", "TXT"], []]],
    ["for another name", "shop-2.local", "A", undefined],
    ["for a name below", "a.shop.local", "A", undefined],
  ])("%s", (_, name, type, expected) => {
    expect(types(name, type)).toEqual(expected);
  });

  it("of another class is none, with the wish for a single answer it is", () => {
    expect(types("shop.local", "A", "CH")).toBeUndefined();
    expect(types("shop.local", "A", "UNKNOWN_32769")).toEqual([["A"], ["NSEC"]]);
  });

  it("that knows the answer gets none (7.1)", () => {
    const [address] = recordsOf(HOST);
    const known = received([address as Answer]);
    expect(isKnown([address as Answer], { answers: known })).toBe(true);
    expect(isKnown([address as Answer], { answers: [] })).toBe(false);
    const old = known.map((record) => ({ ...record, ttl: 59 }) as Answer);
    expect(isKnown([address as Answer], { answers: old })).toBe(false);
  });
});

describe("A record of somebody else", () => {
  const own = HOST.addresses;

  it("contradicts with another address, or as another devtls", () => {
    expect(contradicts(other({ addresses: ["192.168.1.6"] }), HOST, own)).toBe(true);
    expect(contradicts(other({ run: "bb" }), HOST, own)).toBe(true);
  });

  it("does not with the same, for another name, or when it says goodbye", () => {
    expect(contradicts(other({}), HOST, own)).toBe(false);
    expect(contradicts(other({ name: "shop-2.local", run: "bb" }), HOST, own)).toBe(false);
    const gone = other({ addresses: ["192.168.1.6"] }).map((each) => ({ ...each, ttl: 0 }));
    expect(contradicts(gone as Answer[], HOST, own)).toBe(false);
  });
});

describe("Two that ask at the same time", () => {
  it.each([
    ["the later address", { addresses: ["192.168.1.6"] }, true],
    ["the earlier address", { addresses: ["192.168.1.4"] }, false],
    ["octets, not digits", { addresses: ["192.168.1.40"] }, true],
    ["one address more", { addresses: ["192.168.1.5", "192.168.1.9"] }, false],
    ["of one machine the later run", { run: "ab" }, true],
    ["the same records, which are its own", {}, false],
  ])("are told apart by %s (8.2)", (_, change, expected) => {
    expect(losesTo(HOST, other(change))).toBe(expected);
  });

  it("never both give up, nor both keep it", () => {
    for (const change of [{ addresses: ["10.0.0.1"] }, { run: "zz" }, { addresses: [] }]) {
      const theirs = { ...HOST, ...change };
      const both = [losesTo(HOST, received(recordsOf(theirs))), losesTo(theirs, other({}))];
      expect(both.sort()).toEqual([false, true]);
    }
  });
});
