/** From a name to the addresses where its challenges are looked for. */

import type { Resolver } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { causeOf, systemCode } from "../../errors.js";
import { isLoopbackAddress } from "../../x509/ip.js";
import { type AddressPolicy, canonicalAddress, mayAsk } from "./addresses.js";
import { ChallengeFailure, type Task } from "./failure.js";

export interface Candidate {
  readonly address: string;
  /** How devtls came by it, for people. */
  readonly source: string;
}

export interface ResolveOptions {
  readonly policy: AddressPolicy;
  readonly dns: Resolver;
  /** The hosts file. */
  readonly hosts: string;
}

const MAX_CANDIDATES = 4;

/**
 * The addresses to ask, in order: `--resolve`, the hosts file, the address that the order came
 * from, DNS. The first two that know the name have the last word; DNS is asked only by who was not
 * content with what came before.
 * @throws ChallengeFailure "dns", "connection" when there is none, or none that may be asked
 */
export async function* addressesOf(task: Task, options: ResolveOptions): AsyncGenerator<Candidate> {
  const { identifier, asker } = task;
  const name = identifier.value;
  const refused: Candidate[] = [];
  let asked = 0;
  for await (const candidate of lookUp(task, options)) {
    if (!mayAsk(options.policy, { name, address: candidate.address, asker })) {
      refused.push(candidate);
    } else if (asked++ < MAX_CANDIDATES) yield candidate;
  }
  if (asked === 0) throw refusal(name, refused);
}

async function* lookUp(
  { identifier: { type, value: name }, asker }: Task,
  { policy, dns, hosts }: ResolveOptions,
): AsyncGenerator<Candidate> {
  if (type === "ip") {
    yield { address: name, source: "the identifier" };
    return;
  }
  const given = policy.resolve.get(name);
  const known = given
    ? given.map((address) => ({ address, source: "--resolve" }))
    : (await readHosts(name, hosts)).map((address) => ({ address, source: hosts }));
  if (known.length > 0) {
    yield* known;
    return;
  }
  const own = ownAddresses(asker, policy);
  yield* own;
  // These names are loopback's everywhere (RFC 6761 6.3): nobody else needs to be asked.
  if (name === "localhost" || name.endsWith(".localhost")) {
    if (own.length === 0) yield* LOOPBACK.map((address) => ({ address, source: "RFC 6761" }));
    return;
  }
  const found = await askDns(name, dns);
  if (typeof found !== "string") yield* found;
  else if (own.length === 0) throw unknownName(name, found);
}

const LOOPBACK = ["127.0.0.1", "::1"];

/** A client on this machine may listen on another loopback address than it asks from. */
function ownAddresses(asker: string, { askers }: AddressPolicy): Candidate[] {
  const local = isLoopbackAddress(asker);
  const addresses = local ? [...new Set([asker, ...LOOPBACK])] : askers ? [asker] : [];
  return addresses.map((address) => ({ address, source: OWN }));
}

const OWN = "the address that the order came from";

async function readHosts(name: string, path: string): Promise<string[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  const found: string[] = [];
  for (const line of text.split("\n")) {
    const [first = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    const address = canonicalAddress(first);
    if (address && names.some((entry) => entry.toLowerCase() === name)) found.push(address);
  }
  return found;
}

/** @returns the addresses, or why there are none */
async function askDns(name: string, dns: Resolver): Promise<Candidate[] | string> {
  const answers = await Promise.allSettled([dns.resolve4(name), dns.resolve6(name)]);
  const addresses = answers.flatMap((answer) =>
    answer.status === "fulfilled" ? answer.value : [],
  );
  const found = addresses.map(canonicalAddress).filter((address) => address !== undefined);
  if (found.length > 0) return found.map((address) => ({ address, source: "DNS" }));
  const failed = answers.find((answer) => answer.status === "rejected");
  return failed ? dnsReason(failed.reason) : "the answer is empty";
}

/** What the DNS said, in words. */
export function dnsReason(error: unknown): string {
  const known: Readonly<Record<string, string>> = {
    ENOTFOUND: "there is no such name (NXDOMAIN)",
    ENODATA: "there is no such record",
    ESERVFAIL: "the DNS server could not answer (SERVFAIL)",
    EREFUSED: "the DNS server refused to answer",
    ECONNREFUSED: "no DNS server answers",
    ETIMEOUT: "no DNS server answered in time",
  };
  return known[systemCode(error) ?? ""] ?? causeOf(error);
}

function unknownName(name: string, reason: string): ChallengeFailure {
  return new ChallengeFailure("dns", `${name} has no address: ${reason}`, {
    asked: `the addresses of ${name}`,
    got: reason,
    change: [
      `Say where it is: devtls acme --resolve ${name}=127.0.0.1`,
      `Or put it into the hosts file: 127.0.0.1 ${name}`,
    ],
  });
}

function refusal(name: string, found: readonly Candidate[]): ChallengeFailure {
  const addresses = [...new Set(found.map(({ address }) => address))].join(", ");
  const [first] = found;
  const range = `${first?.address}/${first?.address.includes(":") ? 128 : 32}`;
  return new ChallengeFailure(
    "connection",
    `${name} is at an address that this server does not ask`,
    {
      asked: `the addresses of ${name}`,
      got: `${addresses} (${first?.source}), which devtls does not connect to: only loopback is asked`,
      change: [
        `If the client is on this machine: devtls acme --resolve ${name}=127.0.0.1`,
        `If this address is yours: devtls acme --reach ${range}`,
      ],
    },
  );
}
