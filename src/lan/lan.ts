/**
 * `serve` for the local network: the door, the onboarding pages and the name, put together and moved
 * when this machine's addresses change. Nothing in it prints.
 */
import { randomBytes } from "node:crypto";
import { EventEmitter } from "node:events";
import { causeOf } from "../errors.js";
import type { Doorkeeper } from "../proxy/doorkeeper.js";
import { type Certificate, fingerprint } from "../x509/certificate.js";
import { byRoute, type LanAddress, lanAddresses, requireLanAddresses } from "./addresses.js";
import { CHECK_PATH, createDoor, PAIR_PATH } from "./door.js";
import { Responder } from "./mdns/responder.js";
import { Onboarding } from "./onboarding/server.js";
import { Pairing } from "./pairing.js";

/** How often this machine's addresses are looked at: a laptop wakes up in another network. */
const LOOK_EVERY_MS = 2_000;

/** Time as the minutes for pairing see it; a test brings its own. */
export interface LanClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back once. @returns what keeps it from that */
  after(milliseconds: number, callback: () => void): () => void;
}

const SYSTEM_CLOCK: LanClock = {
  now: Date.now,
  after: (milliseconds, callback) => {
    const timer = setTimeout(callback, milliseconds).unref();
    return () => clearTimeout(timer);
  },
};

export interface LanOptions {
  /** The one address to use; all private ones of this machine unless told otherwise. */
  readonly address: string | undefined;
  /** The name on the network that is wanted, without ".local". */
  readonly name: string;
  readonly onboardingPort: number;
  readonly orNextPort: boolean;
  /** How long devices may pair, milliseconds. */
  readonly openMs: number;
  /** Where the app is served. */
  readonly port: number;
  readonly root: Certificate;
  /** How the owner recognises the authority. */
  readonly authority: string;
  /** Serves these addresses under these names, and no others from before. */
  readonly openTo: (
    addresses: readonly string[],
    names: readonly string[],
    door: Doorkeeper,
  ) => Promise<void>;
  readonly clock?: LanClock;
  /** This machine's addresses on local networks, as they are at the moment. */
  readonly found?: () => readonly LanAddress[];
}

/** A code that a device can scan. */
export interface Invitation {
  /** The app, by address. */
  readonly url: string;
  /** "app.local"; null where nothing answers for a name here. */
  readonly name: string | null;
  readonly addresses: readonly string[];
  /** What the code says. */
  readonly onboarding: string;
  readonly expires: Date;
  /** SHA-256 of the root. */
  readonly fingerprint: string;
}

/** Why there is a new code. */
export type Reason = "start" | "paired" | "moved" | "renamed";

interface LanEvents {
  invitation: [invitation: Invitation, reason: Reason];
  paired: [device: string];
  /** Another device wants to use a code that one has opened. */
  other: [device: string];
  /** This machine has no private address any more. */
  alone: [];
  /** Nobody can pair any more; who has paired stays so. */
  closed: [];
  defect: [error: unknown];
}

export class Lan extends EventEmitter<LanEvents> {
  readonly #options: LanOptions;
  readonly #clock: LanClock;
  readonly #pairing: Pairing;
  readonly #door: Doorkeeper;
  readonly #responder: Responder;
  /** Undefined when the time for pairing is over. */
  #onboarding: Onboarding | undefined;
  #expires = new Date(0);
  #port: number;
  #addresses: readonly LanAddress[] = [];
  #name: string | null = null;
  #isOver = false;
  #moving = false;
  #failure = "";
  #looking: NodeJS.Timeout | undefined;
  #stayOpen: () => void = () => undefined;

  constructor(options: LanOptions) {
    super();
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#port = options.onboardingPort;
    this.#pairing = new Pairing(
      {
        onPaired: (device) => {
          this.emit("paired", device);
          this.#invite("paired");
        },
        onOther: (device) => void this.emit("other", device),
      },
      this.#clock.now,
    );
    this.#door = createDoor({
      pairing: this.#pairing,
      port: options.port,
      names: () => [
        ...this.#addresses.map((each) => hostOf([each])),
        ...(this.#name === null ? [] : [this.#name]),
      ],
    });
    this.#responder = new Responder({
      name: options.name,
      run: randomBytes(6).toString("hex"),
      onName: (name) => void this.#rename(name),
    });
  }

  #newOnboarding(): Onboarding {
    const { root, authority } = this.#options;
    return new Onboarding({
      pairing: this.#pairing,
      root,
      guide: () => ({
        title: this.#name ?? hostOf(this.#addresses),
        check: `${this.#url}${CHECK_PATH}`,
        pair: `${this.#url}${PAIR_PATH}`,
        authority,
        fingerprint: fingerprint(root),
        expires: this.#expires,
      }),
      isOwnHost: (hostname) =>
        hostname === this.#name || this.#addresses.some(({ address }) => address === hostname),
      onDefect: (error) => void this.emit("defect", error),
    });
  }

  /** @throws DevtlsError "address-unavailable", "outside-constraints" */
  async start(): Promise<void> {
    const { address, found } = this.#options;
    await this.#moveTo(await byRoute(requireLanAddresses(address, found?.())));
    this.#invite("start");
    this.#looking = setInterval(() => void this.#look(), LOOK_EVERY_MS).unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#looking);
    this.#stayOpen();
    this.#isOver = true;
    this.#onboarding?.close();
    this.#responder.close();
  }

  get #url(): string {
    const { port } = this.#options;
    return `https://${hostOf(this.#addresses)}${port === 443 ? "" : `:${port}`}`;
  }

  #candidates(): LanAddress[] {
    const { address, found = lanAddresses } = this.#options;
    return found().filter((each) => address === undefined || each.address === address);
  }

  async #moveTo(addresses: readonly LanAddress[]): Promise<void> {
    const { orNextPort, openTo, openMs } = this.#options;
    const texts = addresses.map(({ address }) => address);
    this.#name = addresses.length === 0 ? null : await this.#responder.move(addresses);
    this.#addresses = addresses;
    await openTo(texts, this.#name ? [...texts, this.#name] : texts, this.#door);
    if (this.#isOver) return;
    // In another network, that is under another address, nobody has paired yet.
    this.#onboarding ??= this.#newOnboarding();
    this.#port = await this.#onboarding.listenOn(texts, this.#port, orNextPort);
    this.#expires = new Date(this.#clock.now() + openMs);
    this.#stayOpen();
    this.#stayOpen = this.#clock.after(openMs, () => this.#endPairing());
  }

  /** Another network, sleep, a cable: what was said before is good no more. */
  async #look(): Promise<void> {
    if (this.#moving) return;
    const now = this.#candidates();
    const key = (list: readonly LanAddress[]): string =>
      JSON.stringify(list.map(({ address, netmask }) => [address, netmask]).sort());
    if (key(now) === key(this.#addresses)) return;
    this.#moving = true;
    try {
      await this.#moveTo(await byRoute(now));
      if (now.length === 0) this.emit("alone");
      else this.#invite("moved");
      this.#failure = "";
    } catch (error) {
      // The next look tries again; what stays so is said once.
      this.#addresses = [];
      if (causeOf(error) !== this.#failure) this.emit("defect", error);
      this.#failure = causeOf(error);
    } finally {
      this.#moving = false;
    }
  }

  /** Another machine has the name. */
  async #rename(name: string | null): Promise<void> {
    if (name === this.#name) return;
    this.#name = name;
    const texts = this.#addresses.map(({ address }) => address);
    try {
      await this.#options.openTo(texts, name ? [...texts, name] : texts, this.#door);
      this.#invite("renamed");
    } catch (error) {
      this.emit("defect", error);
    }
  }

  #invite(reason: Reason): void {
    if (!this.#onboarding || this.#isOver || this.#addresses.length === 0) return;
    const token = this.#pairing.issue(this.#expires.getTime());
    this.emit(
      "invitation",
      {
        url: this.#url,
        name: this.#name,
        addresses: this.#addresses.map(({ address }) => address),
        onboarding: `http://${hostOf(this.#addresses)}:${this.#port}/${token}`,
        expires: this.#expires,
        fingerprint: fingerprint(this.#options.root),
      },
      reason,
    );
  }

  #endPairing(): void {
    this.#pairing.closeCodes();
    this.#onboarding?.close();
    this.#onboarding = undefined;
    this.emit("closed");
  }
}

/** The first address as URLs have it. */
function hostOf([first]: readonly LanAddress[]): string {
  if (!first) return "localhost";
  return first.family === "IPv6" ? `[${first.address}]` : first.address;
}
