/**
 * The proof that trust works: every client that is here makes a TLS handshake with a listener
 * that shows a leaf of the authority, in the user's own environment.
 */
import { causeOf } from "../../errors.js";
import type { Machine, RunResult } from "../machine.js";
import type { StoreResult } from "../store.js";
import type { Client } from "./clients.js";
import { type Probe, type ProbeIdentity, startProbe } from "./probe.js";

export type ClientState = "trusts" | "refuses" | "absent" | "failed";

export interface ClientResult {
  readonly id: string;
  readonly name: string;
  /**
   * `trusts`: its request came through; `refuses`: it ended the handshake; `absent`: it is not
   * installed; `failed`: it could not be run, did not connect, or took too long.
   */
  readonly state: ClientState;
  readonly detail: string;
  readonly hint: string | null;
}

/** A client that hangs must not hold up the others; a slow machine must not be taken for one. */
const TIMEOUT_MS = 10_000;

/**
 * Asks the clients, all at the same time.
 * @param stores what was found out of the stores before: a client whose store does not trust
 * the authority is told to begin there
 */
export function verifyClients(
  clients: readonly Client[],
  machine: Machine,
  credentials: ProbeIdentity,
  stores: readonly StoreResult[],
  { timeoutMs = TIMEOUT_MS } = {},
): Promise<ClientResult[]> {
  return Promise.all(
    clients.map((client) => verifyClient(client, machine, credentials, stores, timeoutMs)),
  );
}

async function verifyClient(
  client: Client,
  machine: Machine,
  credentials: ProbeIdentity,
  stores: readonly StoreResult[],
  timeoutMs: number,
): Promise<ClientResult> {
  const { id, name } = client;
  const program = client.find(machine);
  if (program === undefined) return { id, name, state: "absent", detail: "", hint: null };
  const probe = await startProbe(credentials);
  try {
    const env = { ...withoutProxy(machine), ...client.env };
    const argv = [program, ...client.args(probe)];
    const answer = await ask(probe, machine, argv, env, { timeoutMs });
    if (answer === "accepted") return { id, name, state: "trusts", detail: "", hint: null };
    if (client.absentStatus !== undefined && answer.status === client.absentStatus) {
      return { id, name, state: "absent", detail: "", hint: null };
    }
    const detail = reasonOf(answer);
    return probe.connected()
      ? { id, name, state: "refuses", detail, hint: hintFor(client, machine, stores) }
      : { id, name, state: "failed", detail: detail || "it did not connect", hint: null };
  } catch (error) {
    return { id, name, state: "failed", detail: causeOf(error), hint: null };
  } finally {
    probe.close();
  }
}

/** A request that arrives, or the end of the program without one. */
export async function ask(
  probe: Probe,
  machine: Machine,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  { timeoutMs = TIMEOUT_MS, endOnRefusal = false } = {},
): Promise<"accepted" | RunResult> {
  const end = new AbortController();
  const ended = machine.run(argv, {
    env,
    timeoutMs,
    signal: end.signal,
    // For s_client, which sends what it is given once it has verified.
    stdin: "GET / HTTP/1.0\r\n\r\n",
  });
  const accepted = probe.accepted.then(() => "accepted" as const);
  const refusal = probe.refused.then((): RunResult => ({ status: 1, stdout: "", stderr: "" }));
  try {
    return await Promise.race([accepted, ended, ...(endOnRefusal ? [refusal] : [])]);
  } finally {
    end.abort();
    await ended;
  }
}

/** A proxy would be asked for localhost instead of the listener. */
export function withoutProxy({ env }: Machine): Record<string, string> {
  const none = ["localhost", "127.0.0.1", "::1"];
  const before = env.NO_PROXY ?? env.no_proxy;
  const list = [...(before ? [before] : []), ...none].join(",");
  return { NO_PROXY: list, no_proxy: list };
}

/** The line of a client's output that speaks of the certificate, else the last one. */
function reasonOf({ status, stdout, stderr }: RunResult): string {
  const lines = `${stdout}\n${stderr}`.split("\n").map((line) => line.trim());
  const said = lines.filter(Boolean);
  const telling = said.filter((line) => /certificate|PKIX|not trusted/i.test(line));
  const line = telling.at(-1) ?? said.at(-1);
  if (line !== undefined) return line.length > MAX_REASON ? `${line.slice(0, MAX_REASON)}…` : line;
  return status === null ? "it took too long" : `it ended with status ${status}`;
}

const MAX_REASON = 160;

function hintFor(client: Client, machine: Machine, stores: readonly StoreResult[]): string {
  const store = storeOf(client, stores);
  if (store && !isTrusted(store)) return `devtls trust --store ${store.id}`;
  const variable = client.variables.find((name) => machine.env[name]);
  return variable === undefined
    ? client.hint
    : `${variable} is set: add the authority to ${machine.env[variable]}, or unset it`;
}

function storeOf(client: Client, stores: readonly StoreResult[]): StoreResult | undefined {
  // Of several, as keystores of Java, the first is the one that a shell's program uses.
  return stores.find(({ id }) => id === client.store);
}

/** Whether a store was said to trust the authority. */
export function isTrusted({ state }: StoreResult): boolean {
  return state === "trusted" || state === "already";
}

/** The clients that refuse what their own store was said to trust. */
export function contradictions(
  clients: readonly Client[],
  results: readonly ClientResult[],
  stores: readonly StoreResult[],
): ClientResult[] {
  return results.filter(({ id, state }) => {
    const client = clients.find((candidate) => candidate.id === id);
    const store = client && storeOf(client, stores);
    return state === "refuses" && store !== undefined && isTrusted(store);
  });
}
