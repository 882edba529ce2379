/** From a name to the addresses where its challenges are looked for. */

import type { Resolver } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { causeOf, systemCode } from "../../errors.js";
import { type AddressPolicy, canonicalAddress, isLoopback, mayAsk } from "./addresses.js";
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
 * from, DNS. The first two that know the name have the last word.
 * @throws ChallengeFailure "dns", "connection" when there is none, or none that may be asked
 */
export async function addressesOf(
  { identifier: { type, value: name }, asker }: Task,
  options: ResolveOptions,
): Promise<readonly Candidate[]> {
  const found =
    type === "ip"
      ? [{ address: name, source: "the identifier" }]
      : await lookUp(name, asker, options);
  const allowed = found.filter(({ address }) => mayAsk(options.policy, { name, address, asker }));
  if (allowed.length > 0) return allowed.slice(0, MAX_CANDIDATES);
  throw refusal(name, found);
}

async function lookUp(
  name: string,
  asker: string,
  { policy, dns, hosts }: ResolveOptions,
): Promise<Candidate[]> {
  const given = policy.resolve.get(name);
  if (given) return given.map((address) => ({ address, source: "--resolve" }));
  const inHosts = await readHosts(name, hosts);
  if (inHosts.length > 0) return inHosts.map((address) => ({ address, source: hosts }));
  const own = isLoopback(asker)
    ? [...new Set([asker, "127.0.0.1", "::1"])].map((address) => ({ address, source: OWN }))
    : policy.askers
      ? [{ address: asker, source: OWN }]
      : [];
  // These names are loopback's everywhere (RFC 6761 6.3): nobody else needs to be asked.
  if (name === "localhost" || name.endsWith(".localhost")) {
    const loopback = ["127.0.0.1", "::1"].map((address) => ({ address, source: "RFC 6761" }));
    return own.length > 0 ? own : loopback;
  }
  const asked = await askDns(name, dns);
  if (own.length === 0 && typeof asked === "string") throw unknownName(name, asked);
  return [...own, ...(typeof asked === "string" ? [] : asked)];
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
