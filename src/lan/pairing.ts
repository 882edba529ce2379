/**
 * Who is let in: a device that shows the token of the code it scanned. Tokens are good for one
 * device, once, for some minutes; what the device has from then on is a session, until devtls ends.
 * Secrets are kept as digests and compared in a time that says nothing of where they differ.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** 128 bits, 22 characters: who guesses a million a second needs longer than the sun shines. */
const TOKEN_OCTETS = 16;
const SESSION_OCTETS = 24;

/** Wrong tokens from one address until it has to wait, and for how long. */
const MAX_TRIES = 10;
const TRIES_MS = 60_000;

/** Addresses whose tries are remembered; the oldest is forgotten for a new one. */
const MAX_ADDRESSES = 1_000;

/** For a browser to follow a redirect from one name of this machine to another. */
const TICKET_MS = 30_000;

/** Devices that a developer has on the desk. */
const MAX_SESSIONS = 50;
const MAX_TICKETS = 100;

export type Refusal = "wrong" | "used" | "taken" | "closed" | "too-many";

export interface PairingEvents {
  /** A device paired. @param device its address */
  readonly onPaired: (device: string) => void;
  /** Another device than the one that opened a code wants to use it, too; said once a code. */
  readonly onOther: (device: string) => void;
}

interface Code {
  readonly digest: Buffer;
  readonly expires: number;
  /** The first device that opened it. */
  device?: string;
  used: boolean;
  told: boolean;
}

interface Session {
  readonly digest: Buffer;
  readonly device: string;
  readonly host: string;
}

interface Ticket {
  readonly digest: Buffer;
  readonly host: string;
  readonly path: string;
  readonly expires: number;
}

export class Pairing {
  readonly #events: PairingEvents;
  readonly #now: () => number;
  readonly #tries = new Map<string, { count: number; since: number }>();
  readonly #sessions: Session[] = [];
  #codes: Code[] = [];
  #tickets: Ticket[] = [];

  constructor(events: PairingEvents, now: () => number = Date.now) {
    this.#events = events;
    this.#now = now;
  }

  /** A token for the next device; those before it are good no more. @param expires milliseconds */
  issue(expires: number): string {
    const { token, digest } = secret(TOKEN_OCTETS);
    for (const code of this.#codes) code.used = true;
    // The used ones are known for what they are, for a while.
    this.#codes = [...this.#codes.slice(-9), { digest, expires, used: false, told: false }];
    return token;
  }

  /** No token is good from now on; sessions stay. */
  closeCodes(): void {
    this.#codes = [];
  }

  /** Opens a code for a device, which has it for itself from then on. */
  open(token: string, device: string): Refusal | undefined {
    const code = this.#codeOf(token, device);
    return typeof code === "string" ? code : undefined;
  }

  /** Uses a code up. @param host the name that the session begins on */
  pair(token: string, device: string, host: string): { session: string } | Refusal {
    const code = this.#codeOf(token, device);
    if (typeof code === "string") return code;
    code.used = true;
    const session = this.#begin(device, host);
    this.#events.onPaired(device);
    return { session };
  }

  #begin(device: string, host: string): string {
    const { token, digest } = secret(SESSION_OCTETS);
    this.#sessions.push({ digest, device, host });
    if (this.#sessions.length > MAX_SESSIONS) this.#sessions.shift();
    return token;
  }

  isPaired(session: string): boolean {
    return find(this.#sessions, session) !== undefined;
  }

  /** The other name of this machine under which a device at this address has paired, if it has. */
  pairedElsewhere(device: string, host: string): string | undefined {
    return this.#sessions.findLast((each) => each.device === device && each.host !== host)?.host;
  }

  /** What takes a paired browser to another name of this machine, once. */
  ticket(host: string, path: string): string {
    const { token, digest } = secret(TOKEN_OCTETS);
    const expires = this.#now() + TICKET_MS;
    this.#tickets = [...this.#tickets.slice(1 - MAX_TICKETS), { digest, host, path, expires }];
    return token;
  }

  /** Uses a ticket up. @returns undefined for what is none for this host */
  arrive(
    token: string,
    device: string,
    host: string,
  ): { session: string; path: string } | undefined {
    const ticket = find(this.#tickets, token);
    if (!ticket || ticket.host !== host) return undefined;
    this.#tickets = this.#tickets.filter((each) => each !== ticket);
    if (ticket.expires < this.#now()) return undefined;
    return { session: this.#begin(device, host), path: ticket.path };
  }

  #codeOf(token: string, device: string): Code | Refusal {
    if (this.#hasToWait(device)) return "too-many";
    const code = find(this.#codes, token);
    if (!code) {
      this.#count(device);
      return this.#codes.length === 0 ? "closed" : "wrong";
    }
    if (code.expires < this.#now()) return "closed";
    if (code.used) return "used";
    if (code.device !== undefined && code.device !== device) {
      if (!code.told) this.#events.onOther(device);
      code.told = true;
      return "taken";
    }
    code.device = device;
    return code;
  }

  #hasToWait(device: string): boolean {
    const tries = this.#tries.get(device);
    if (!tries) return false;
    if (this.#now() - tries.since < TRIES_MS) return tries.count >= MAX_TRIES;
    this.#tries.delete(device);
    return false;
  }

  #count(device: string): void {
    const tries = this.#tries.get(device) ?? { count: 0, since: this.#now() };
    tries.count++;
    this.#tries.set(device, tries);
    const [oldest] = this.#tries.keys();
    if (this.#tries.size > MAX_ADDRESSES && oldest !== undefined) this.#tries.delete(oldest);
  }
}

function secret(octets: number): { token: string; digest: Buffer } {
  const token = randomBytes(octets).toString("base64url");
  return { token, digest: digestOf(token) };
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** Looks at all of them, whether or not the first one fits. */
function find<T extends { readonly digest: Buffer }>(
  list: readonly T[],
  given: string,
): T | undefined {
  const digest = digestOf(given);
  return list.filter((each) => timingSafeEqual(each.digest, digest))[0];
}
