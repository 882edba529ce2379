/** What a TLS server can do, asked hello by hello: each offers what has not been chosen yet. */
import { type Answer, type Hello, VERSIONS, type Version } from "./codec.js";
import { ALL_GROUPS, CURVES } from "./groups.js";
import { type Outcome, probe, type Server } from "./probe.js";
import { OLDER_SUITES, type Suite, suiteById, TLS13_SUITES } from "./suites.js";

export interface VersionScan {
  readonly version: Version;
  readonly state: "offered" | "not-offered" | "not-asked";
  /** Why it could not be asked. */
  readonly why?: string;
  /** In the order in which the server chose them. */
  readonly suites: readonly Suite[];
}

export interface TlsScan {
  readonly versions: readonly VersionScan[];
  /** Groups of TLS 1.3 and curves of ECDHE, in the order of the server's choice. */
  readonly groups: readonly number[];
  /** Bits of the primes of DHE, the smallest; undefined where there is no DHE. */
  readonly primeBits: number | undefined;
  /** The certificates up to TLS 1.2, by how the suite signs. */
  readonly chains: ReadonlyMap<Suite["signs"], readonly Buffer[]>;
  /** Renegotiation is bound to its connection (RFC 5746); undefined where TLS 1.3 alone is spoken. */
  readonly isRenegotiationSecure: boolean | undefined;
  readonly compresses: boolean;
  /** The server has an order of its own; undefined where there is nothing to choose. */
  readonly hasOrder: boolean | undefined;
}

const ORDER: readonly Version[] = ["TLSv1.3", "TLSv1.2", "TLSv1.1", "TLSv1.0", "SSLv3"];

/** Asks one server. What it does not answer is `not-asked`, never passed. */
export async function scan(server: Server): Promise<TlsScan> {
  const versions: VersionScan[] = [];
  for (const version of ORDER) versions.push(await scanVersion(server, version));
  const older = versions.filter(({ version }) => version !== "TLSv1.3");
  const best = older.find(({ state }) => state === "offered");
  const groups = await scanGroups(server, versions);
  const found = best ? await lookAt(server, best) : NOTHING;
  return { versions, groups, ...found };
}

const NOTHING: Omit<TlsScan, "versions" | "groups"> = {
  ...{ primeBits: undefined, chains: new Map(), isRenegotiationSecure: undefined },
  ...{ compresses: false, hasOrder: undefined },
};

const hello = (
  { name }: Server,
  version: Version,
  suites: readonly number[],
  groups: readonly number[] = version === "TLSv1.3" ? ALL_GROUPS : CURVES,
): Hello => ({ version, suites, groups, name });

async function scanVersion(server: Server, version: Version): Promise<VersionScan> {
  const known = version === "TLSv1.3" ? TLS13_SUITES : OLDER_SUITES;
  let left = known.map(({ id }) => id).filter((id) => fits(id, version));
  const suites: Suite[] = [];
  while (left.length > 0) {
    const outcome = await probe(server, hello(server, version, left));
    if (outcome.kind === "unknown") {
      return suites.length > 0
        ? { version, state: "offered", suites }
        : { version, state: "not-asked", why: outcome.why, suites };
    }
    const chosen = chosenBy(outcome, version, left);
    if (chosen === undefined) break;
    left = left.filter((id) => id !== chosen.id);
    suites.push(chosen);
  }
  return { version, state: suites.length > 0 ? "offered" : "not-offered", suites };
}

/** Suites with a hash of their own, and AEAD, need TLS 1.2. */
function fits(id: number, version: Version): boolean {
  if (version === "TLSv1.3" || version === "TLSv1.2") return true;
  const { isAead = false, name = "" } = suiteById(id) ?? {};
  return !isAead && !/SHA(?:256|384)$/.test(name);
}

/** undefined for a refusal, another version, and a suite that nobody offered. */
function chosenBy(
  outcome: Outcome,
  version: Version,
  offered: readonly number[],
): Suite | undefined {
  if (outcome.kind !== "answered" || outcome.answer.version !== version) return undefined;
  const { suite } = outcome.answer;
  return offered.includes(suite) ? suiteById(suite) : undefined;
}

async function scanGroups(server: Server, versions: readonly VersionScan[]): Promise<number[]> {
  const found: number[] = [];
  const [newest, ...older] = versions;
  const asked = [newest, older.find(({ state }) => state === "offered")];
  for (const { version, suites } of asked.filter((each) => each !== undefined)) {
    const isTls13 = version === "TLSv1.3";
    const offered = suites
      .filter(({ exchange }) => exchange === "tls13" || exchange === "ecdhe")
      .map(({ id }) => id);
    let left = isTls13 ? ALL_GROUPS : CURVES;
    while (offered.length > 0 && left.length > 0) {
      const outcome = await probe(server, hello(server, version, offered, left), !isTls13);
      const group = outcome.kind === "answered" ? outcome.answer.group : undefined;
      if (group === undefined || !left.includes(group)) break;
      left = left.filter((id) => id !== group);
      if (!found.includes(group)) found.push(group);
    }
  }
  return found;
}

/** The whole flight of the best older version, once for each kind of certificate and exchange. */
async function lookAt(
  server: Server,
  { version, suites }: VersionScan,
): Promise<Omit<TlsScan, "versions" | "groups">> {
  const chains = new Map<Suite["signs"], readonly Buffer[]>();
  const answers: Answer[] = [];
  const ask = async (
    offered: readonly Suite[],
    how: Partial<Hello> = {},
  ): Promise<Answer | undefined> => {
    if (offered.length === 0) return undefined;
    const ids = offered.map(({ id }) => id);
    const outcome = await probe(server, { ...hello(server, version, ids), ...how }, true);
    if (outcome.kind !== "answered") return undefined;
    answers.push(outcome.answer);
    return outcome.answer;
  };
  for (const signs of new Set(suites.map((suite) => suite.signs))) {
    if (signs === "none") continue;
    const answer = await ask(suites.filter((suite) => suite.signs === signs));
    if (answer) chains.set(signs, answer.certificates);
  }
  await ask(suites.filter(({ exchange }) => exchange === "dhe"));
  const compressed = await ask(suites, { compression: true });
  const [first, last] = [suites[0], suites.at(-1)];
  const turned = first === last ? undefined : await ask([...suites].reverse());
  const primes = answers.flatMap(({ primeBits }) => (primeBits === undefined ? [] : [primeBits]));
  return {
    primeBits: primes.length > 0 ? Math.min(...primes) : undefined,
    chains,
    isRenegotiationSecure:
      VERSIONS[version] === VERSIONS.SSLv3
        ? undefined
        : answers.some((each) => each.isRenegotiationSecure),
    compresses: compressed?.compression === 1,
    hasOrder: turned && turned.suite === first?.id,
  };
}
