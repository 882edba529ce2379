/** What a request meets: the records, the settings, and what acts on the world outside. */
import type { KeyObject } from "node:crypto";
import type { NameConstraints } from "../../x509/constraints.js";
import type { JsonObject } from "./json.js";
import type { AccountKey } from "./jwk.js";
import type { BindingKeys } from "./jws.js";
import type { RateLimit } from "./limits.js";
import type {
  Account,
  Challenge,
  ChallengeType,
  Identifier,
  IssuedCertificate,
  Order,
  Records,
} from "./model.js";
import { malformed } from "./problem.js";
import type { Weather } from "./weather.js";

export interface Settings {
  /** Validity of what is issued under the profile `classic`. */
  readonly days: number;
  /** The keys that new accounts have to be bound with; undefined where none is needed. */
  readonly binding?: BindingKeys;
  readonly weather: Weather;
  /** By the address of the client. */
  readonly newAccounts: RateLimit;
  /** By account. */
  readonly newOrders: RateLimit;
}

export interface Wanted {
  readonly publicKey: KeyObject;
  readonly identifiers: readonly Identifier[];
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** What the rules cannot do themselves. */
export interface World {
  /** What the authority may sign at the moment; null for any name. */
  constraints(): NameConstraints | null;
  issue(wanted: Wanted): Promise<Omit<IssuedCertificate, "account" | "order" | "identifiers">>;
  /** Starts validating a challenge whose status is "processing". */
  validate(order: Order, authorization: number, type: ChallengeType): void;
  report(event: AcmeEvent): void;
  /** Does something after so many milliseconds, unless the server is stopped before. */
  later(milliseconds: number, action: () => Promise<unknown>): void;
}

export type AcmeEvent =
  | { readonly event: "account"; readonly account: Account; readonly change: AccountChange }
  | { readonly event: "order"; readonly order: Order }
  | { readonly event: "certificate"; readonly certificate: IssuedCertificate }
  | { readonly event: "revoked"; readonly certificate: IssuedCertificate }
  | { readonly event: "challenge"; readonly order: Order; readonly outcome: ChallengeOutcome };

type AccountChange = "new" | "updated" | "new key" | "deactivated";

export interface ChallengeOutcome {
  readonly identifier: Identifier;
  readonly challenge: Challenge;
  /** What was asked and where, what came back, and what to change; for who runs the server. */
  readonly explanation?: Explanation;
}

export interface Explanation {
  readonly asked: string;
  readonly got: string;
  /** Each ready to paste, or a sentence. */
  readonly change: readonly string[];
}

export interface Context {
  readonly records: Records;
  readonly settings: Settings;
  readonly world: World;
  /** "https://localhost:14000", as the client asked for it. */
  readonly origin: string;
  /** The address that the request came from. */
  readonly asker: string;
  readonly now: number;
}

/** A request whose signature has been checked. */
export interface Call {
  /** The URL's path. */
  readonly path: string;
  /** Absent where the request was signed with a key of its own. */
  readonly account?: Account;
  readonly key: AccountKey;
  /** Undefined for POST-as-GET (RFC 8555 6.3). */
  readonly payload?: JsonObject;
}

export interface Answer {
  readonly status: number;
  /** A string goes out as it is, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

/** @throws Problem "malformed" for POST-as-GET where something has to be sent */
export function payloadOf({ payload }: Call): JsonObject {
  if (payload) return payload;
  throw malformed("the request needs a payload; it has none");
}

/** @throws Problem "malformed" for a payload where none belongs */
export function expectNoPayload({ payload }: Call): void {
  if (payload) throw malformed("this resource is read with an empty payload (POST-as-GET)");
}

export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");
}
