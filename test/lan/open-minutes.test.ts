/** Devices can pair for the minutes of --lan-open and not a moment longer; who has paired stays so. */
import { networkInterfaces } from "node:os";
import { afterEach, describe, expect, it } from "vitest";
import { openAuthority } from "../../src/ca/authority.js";
import { type Invitation, Lan, type LanClock } from "../../src/lan/lan.js";
import type { Doorkeeper } from "../../src/proxy/doorkeeper.js";
import type { Exchange } from "../../src/proxy/exchange.js";
import { freePort, temporaryFolder } from "../support/cli.js";

const MINUTES = 60_000;
const START = Date.UTC(2026, 10, 21);

/** Time that stands still until it is told otherwise. */
class Hand implements LanClock {
  #now = START;
  #due: { at: number; callback: () => void } | undefined;

  readonly now = (): number => this.#now;

  after(milliseconds: number, callback: () => void): () => void {
    const due = { at: this.#now + milliseconds, callback };
    this.#due = due;
    return () => {
      if (this.#due === due) this.#due = undefined;
    };
  }

  move(milliseconds: number): void {
    this.#now += milliseconds;
    const due = this.#due;
    if (!due || due.at > this.#now) return;
    this.#due = undefined;
    due.callback();
  }
}

// Names are answered for over IPv4 alone, and are no matter here.
const HERE = { address: "::1", family: "IPv6", netmask: "ffff::", interface: "lo" } as const;
const isHere = Object.values(networkInterfaces())
  .flat()
  .some((info) => info?.address === HERE.address);

describe.skipIf(!isHere)("With --lan-open 10", () => {
  const ended: (() => void)[] = [];
  afterEach(() => {
    for (const end of ended.splice(0)) end();
  });

  async function opened() {
    const clock = new Hand();
    let door: Doorkeeper | undefined;
    const { authority } = await openAuthority(temporaryFolder());
    const lan = new Lan({
      ...{ clock, found: () => [HERE], address: undefined, name: "shop", port: 8443 },
      ...{ onboardingPort: await freePort(), orNextPort: true, openMs: 10 * MINUTES },
      ...{ root: authority.certificate, authority: "devtls" },
      openTo: async (_addresses, _names, given) => {
        door = given;
      },
    });
    ended.push(() => void lan.close());
    const invitations: Invitation[] = [];
    let closed = 0;
    lan.on("invitation", (invitation) => invitations.push(invitation));
    lan.on("closed", () => closed++);
    await lan.start();
    const pair = (invitation: Invitation | undefined) => {
      const token = new URL(invitation?.onboarding ?? "").pathname.slice(1);
      const page = door?.answer({
        ...{ method: "GET", target: `/.devtls/pair/${token}`, host: "[::1]:8443", headers: [] },
        connection: { scheme: "https", address: "::1", clientPort: 1, port: 8443, fromLan: true },
      } as unknown as Exchange);
      return page;
    };
    return { clock, invitations, pair, closed: () => closed };
  }

  const statusOf = (invitation: Invitation | undefined): Promise<number> =>
    fetch(invitation?.onboarding ?? "").then(({ status }) => status);

  it("the page and the code are good until then", async () => {
    const { clock, invitations, pair, closed } = await opened();
    const [first] = invitations;
    expect(first?.expires).toEqual(new Date(START + 10 * MINUTES));
    clock.move(10 * MINUTES - 1);
    expect(await statusOf(first)).toBe(200);
    expect(pair(first)?.status).toBe(303);
    // Another device has what is left, and no ten minutes of its own.
    expect(invitations[1]?.expires).toEqual(first?.expires);
    expect(closed()).toBe(0);
  });

  it("afterwards nothing answers, no code is good, and nobody is invited", async () => {
    const { clock, invitations, pair, closed } = await opened();
    const [first] = invitations;
    clock.move(10 * MINUTES);
    expect(closed()).toBe(1);
    await expect(statusOf(first)).rejects.toThrow();
    expect(pair(first)).toMatchObject({ status: 403, title: "The time for pairing is over." });
    expect(invitations).toHaveLength(1);
  });
});
