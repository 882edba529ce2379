/** Asking the clients of this machine whether they trust the authority, and showing what they say. */
import { loadAuthority } from "../ca/authority.js";
import { issueLeaf } from "../ca/issue.js";
import { causeOf } from "../errors.js";
import type { StoreResult } from "../trust/store.js";
import { type Client, commandLineClients } from "../trust/verify/clients.js";
import {
  type ClientResult,
  type ClientState,
  contradictions,
  verifyClients,
} from "../trust/verify/verify.js";
import { parseName } from "../x509/names.js";
import { type Colour, note, paint, print, progress, table, warn } from "./output.js";
import type { Session, TrustOptions } from "./trust-actions.js";

/** `--verify`: how much is proved by handshakes. */
export const VERIFY = ["clients", "browsers", "none"] as const;

export interface Verification {
  readonly results: readonly ClientResult[];
  /** Clients that refuse what their store was said to trust. */
  readonly contradicting: readonly ClientResult[];
}

const NOTHING: Verification = { results: [], contradicting: [] };

/**
 * Handshakes with the clients that go by the stores that were asked for; with no `--store`, with
 * those, too, that go by none. The leaf for it is issued now and kept nowhere.
 */
export async function verify(
  session: Session,
  options: TrustOptions,
  stores: readonly StoreResult[],
): Promise<Verification> {
  const { machine, root } = session;
  const how = options.verify ?? "clients";
  if (how === "none") return NOTHING;
  const clients = commandLineClients(machine, root.path).filter((client) =>
    isWanted(client, options),
  );
  const browsers = how === "browsers" && (!options.store || options.store.includes("nss"));
  if (clients.length === 0 && !browsers) return NOTHING;
  let credentials: { cert: string; key: string };
  try {
    credentials = await issueCredentials();
  } catch (error) {
    warn(`the clients were not asked, for which a leaf is needed: ${causeOf(error)}`);
    return NOTHING;
  }
  if (clients.length > 0) progress("Asking the clients …");
  const results = await verifyClients(clients, machine, credentials, stores);
  const contradicting = contradictions(clients, results, stores);
  if (browsers) {
    const { verifyBrowsers } = await import("../trust/verify/browsers.js");
    const start = (name: string): void => progress(`Asking ${name} …`);
    for (const browser of await verifyBrowsers(machine, credentials, stores, start)) {
      const { contradicts, ...result } = browser;
      results.push(result);
      if (contradicts) contradicting.push(result);
    }
  }
  return { results, contradicting };
}

function isWanted({ store }: Client, options: TrustOptions): boolean {
  if (!options.store) return true;
  return store !== null && options.store.includes(store);
}

async function issueCredentials(): Promise<{ cert: string; key: string }> {
  const authority = loadAuthority();
  if (!authority) throw new Error("there is no authority");
  const names = ["localhost", "127.0.0.1", "::1"].map(parseName);
  const leaf = await issueLeaf(authority, names, { days: 1 });
  return { cert: leaf.certificatePem + leaf.rootPem, key: leaf.keyPem as string };
}

const WORDS: Readonly<Record<ClientState, readonly [string, Colour]>> = {
  trusts: ["trusts", "green"],
  refuses: ["does not", "yellow"],
  failed: ["failed", "red"],
  absent: ["not installed", "dim"],
};

/** One line a client; what to do about those that do not trust goes to stderr. */
export function showClients({ results, contradicting }: Verification): void {
  if (results.length === 0) return;
  const width = Math.max(...results.map(({ state }) => WORDS[state][0].length));
  print("");
  print(
    table(
      results.map(({ name, state, detail }) => {
        const [word, colour] = WORDS[state];
        return [paint(colour, word.padEnd(width)), `${name}${detail ? `: ${detail}` : ""}`];
      }),
    ),
  );
  const hints = new Map<string, string[]>();
  for (const { name, hint } of results) {
    if (hint !== null) hints.set(hint, [...(hints.get(hint) ?? []), name]);
  }
  for (const [hint, names] of hints) note(`  ${names.join(", ")}: ${hint}`);
  for (const { name } of contradicting) {
    warn(`${name} refuses the authority although its store trusts it.`);
  }
}
