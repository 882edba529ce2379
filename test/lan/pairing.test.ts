/** Tokens: one device, once, for a time, and not by trying. */
import { describe, expect, it } from "vitest";
import { Pairing } from "../../src/lan/pairing.js";

const PHONE = "192.168.77.2";
const OTHER = "192.168.77.3";
const HOST = "192.168.77.1";
const MINUTE = 60_000;

function newPairing() {
  const told: string[] = [];
  const clock = { now: 0 };
  const pairing = new Pairing(
    {
      onPaired: (device) => told.push(`paired ${device}`),
      onOther: (device) => told.push(`other ${device}`),
    },
    () => clock.now,
  );
  return { pairing, told, clock };
}

function sessionOf(result: ReturnType<Pairing["pair"]>): string {
  if (typeof result === "string") throw new Error(result);
  return result.session;
}

describe("A token", () => {
  it("lets one device in, once", () => {
    const { pairing, told } = newPairing();
    const token = pairing.issue(MINUTE);
    expect(pairing.open(token, PHONE)).toBeUndefined();
    expect(pairing.open(token, PHONE)).toBeUndefined();
    const session = sessionOf(pairing.pair(token, PHONE, HOST));
    expect(pairing.isPaired(session)).toBe(true);
    expect(pairing.pair(token, PHONE, HOST)).toBe("used");
    expect(pairing.open(token, PHONE)).toBe("used");
    expect(pairing.pair(token, OTHER, HOST)).toBe("used");
    expect(told).toEqual([`paired ${PHONE}`]);
  });

  it("belongs to the device that opened it first, and another's wish is said once", () => {
    const { pairing, told } = newPairing();
    const token = pairing.issue(MINUTE);
    pairing.open(token, PHONE);
    expect(pairing.pair(token, OTHER, HOST)).toBe("taken");
    expect(pairing.open(token, OTHER)).toBe("taken");
    expect(told).toEqual([`other ${OTHER}`]);
    expect(pairing.pair(token, PHONE, HOST)).toHaveProperty("session");
  });

  it("is good until its time, and then no more", () => {
    const { pairing, clock } = newPairing();
    const token = pairing.issue(10 * MINUTE);
    clock.now = 10 * MINUTE;
    expect(pairing.open(token, PHONE)).toBeUndefined();
    clock.now++;
    expect(pairing.pair(token, PHONE, HOST)).toBe("closed");
  });

  it("takes the place of the one before it", () => {
    const { pairing } = newPairing();
    const first = pairing.issue(MINUTE);
    const second = pairing.issue(MINUTE);
    expect(first).not.toBe(second);
    expect(pairing.pair(first, PHONE, HOST)).toBe("used");
    expect(pairing.pair(second, PHONE, HOST)).toHaveProperty("session");
  });

  it("is good no more when pairing is over; sessions are", () => {
    const { pairing } = newPairing();
    const session = sessionOf(pairing.pair(pairing.issue(MINUTE), PHONE, HOST));
    const next = pairing.issue(MINUTE);
    pairing.closeCodes();
    expect(pairing.pair(next, PHONE, HOST)).toBe("closed");
    expect(pairing.isPaired(session)).toBe(true);
  });

  it("is not a session, nor is a session a token", () => {
    const { pairing } = newPairing();
    const token = pairing.issue(MINUTE);
    expect(pairing.isPaired(token)).toBe(false);
    expect(pairing.isPaired("")).toBe(false);
    const session = sessionOf(pairing.pair(token, PHONE, HOST));
    expect(pairing.open(session, PHONE)).toBe("wrong");
  });
});

describe("Who guesses", () => {
  it("has to wait after ten wrong ones, with the right one, too; others do not", () => {
    const { pairing, clock } = newPairing();
    const token = pairing.issue(10 * MINUTE);
    for (let tries = 0; tries < 10; tries++) {
      expect(pairing.open(`guess${tries}`, OTHER)).toBe("wrong");
    }
    expect(pairing.open("guess", OTHER)).toBe("too-many");
    expect(pairing.pair(token, OTHER, HOST)).toBe("too-many");
    expect(pairing.open(token, PHONE)).toBeUndefined();
    clock.now = MINUTE;
    expect(pairing.open("guess", OTHER)).toBe("wrong");
  });

  it("from any number of addresses takes no more memory than a thousand do", () => {
    const { pairing } = newPairing();
    pairing.issue(MINUTE);
    const guess = (address: number) => pairing.open("guess", `fd00::${address.toString(16)}`);
    for (let address = 0; address < 5_000; address++) guess(address);
    for (let tries = 0; tries < 9; tries++) guess(4_999);
    expect(guess(4_999)).toBe("too-many");
    // Forgotten long ago.
    expect(guess(0)).toBe("wrong");
  });
});

describe("A ticket to another name", () => {
  it("begins a session there, once, within half a minute", () => {
    const { pairing, clock } = newPairing();
    const ticket = pairing.ticket("shop.local", "/cart");
    expect(pairing.arrive(ticket, PHONE, "other.local")).toBeUndefined();
    const arrived = pairing.arrive(ticket, PHONE, "shop.local");
    expect(arrived?.path).toBe("/cart");
    expect(pairing.isPaired(arrived?.session ?? "")).toBe(true);
    expect(pairing.arrive(ticket, PHONE, "shop.local")).toBeUndefined();
    const late = pairing.ticket("shop.local", "/");
    clock.now = 30_001;
    expect(pairing.arrive(late, PHONE, "shop.local")).toBeUndefined();
  });

  it("is offered to the address that has paired under another name only", () => {
    const { pairing } = newPairing();
    pairing.pair(pairing.issue(MINUTE), PHONE, HOST);
    expect(pairing.pairedElsewhere(PHONE, "shop.local")).toBe(HOST);
    expect(pairing.pairedElsewhere(PHONE, HOST)).toBeUndefined();
    expect(pairing.pairedElsewhere(OTHER, "shop.local")).toBeUndefined();
  });
});
