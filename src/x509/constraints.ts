/**
 * Name constraints (RFC 5280 4.2.1.10): the names an authority may sign. They stand in the root
 * certificate, where verifiers enforce them, and devtls checks them again before it signs,
 * because some verifiers do not (Java's default trust manager).
 */
import { DevtlsError } from "../errors.js";
import { childrenOf, type DerValue, expectTag } from "./der-reader.js";
import { blockContains, formatCidr, type IpBlock, parseCidr } from "./ip.js";
import { type Name, parseName } from "./names.js";

/** A list without an entry leaves its kind of name unconstrained, as RFC 5280 has it. */
export interface NameConstraints {
  /** Domains, without a leading dot; each covers itself and everything below it. */
  readonly dns: readonly string[];
  readonly ip: readonly IpBlock[];
}

const DEFAULT_DOMAINS = ["localhost", "test", "local", "internal", "home.arpa"];

/** Loopback, private (RFC 1918), link-local and unique-local addresses. */
const DEFAULT_BLOCKS = [
  "127.0.0.0/8",
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "169.254.0.0/16",
  "::1/128",
  "fe80::/10",
  "fc00::/7",
];

/**
 * The constraints of a new authority: the names that can only mean this machine or its local
 * network, and what the user permits on top.
 * @param permit domains, IP addresses or address blocks in CIDR form
 * @throws DevtlsError "bad-name"
 */
export function defaultConstraints(permit: readonly string[] = []): NameConstraints {
  const dns = [...DEFAULT_DOMAINS];
  const ip = DEFAULT_BLOCKS.map((text) => parseCidr(text) as IpBlock);
  for (const text of permit) {
    const block = parseCidr(text);
    if (block) ip.push(block);
    else dns.push(permittedDomain(text));
  }
  return { dns: [...new Set(dns)], ip };
}

function permittedDomain(text: string): string {
  const name = parseName(text.replace(/^\*?\./, ""));
  if (name.kind === "dns") return name.value;
  throw new DevtlsError(
    "bad-name",
    `could not permit ${JSON.stringify(text)}: it is not a domain`,
    {
      hint: "Permit a domain or an address block: devtls ca create --permit example.test --permit 100.64.0.0/10",
    },
  );
}

/** Whether an authority with these constraints may sign this name (RFC 5280 4.2.1.10). */
export function permits(constraints: NameConstraints, name: Name): boolean {
  switch (name.kind) {
    case "dns": {
      const host = name.value.replace(/^\*\./, "");
      return isWithin(constraints.dns, (base) => host === base || host.endsWith(`.${base}`));
    }
    case "ip":
      return isWithin(constraints.ip, (block) => blockContains(block, name.bytes));
    case "email":
    case "uri":
      return true;
  }
}

function isWithin<T>(list: readonly T[], covers: (entry: T) => boolean): boolean {
  return list.length === 0 || list.some(covers);
}

/** The constraints as a person reads them: domains first, then address blocks. */
export function describeConstraints(constraints: NameConstraints): string[] {
  return [...constraints.dns, ...constraints.ip.map(formatCidr)];
}

/**
 * Reads the permitted DNS and IP subtrees of a nameConstraints value.
 * @throws DevtlsError "bad-certificate" for what devtls does not enforce itself, such as excluded
 * subtrees: an authority that devtls half understands must not sign.
 */
export function decodeConstraints(value: DerValue): NameConstraints {
  const dns: string[] = [];
  const ip: IpBlock[] = [];
  for (const part of childrenOf(value, 0x30)) {
    if (part.tag !== 0xa0) throw unsupported("excluded names");
    for (const subtree of childrenOf(part)) {
      const [base, ...distances] = childrenOf(expectTag(subtree, 0x30));
      if (!base || distances.length > 0) throw unsupported("subtree distances");
      if (base.tag === 0x82) dns.push(decodeDomain(base.content));
      else if (base.tag === 0x87) ip.push(decodeBlock(base.content));
      else throw unsupported("a kind of name other than DNS and IP");
    }
  }
  return { dns, ip };
}

/** Some tools write a leading dot; domains are compared without regard to case. */
function decodeDomain(octets: Buffer): string {
  return octets.toString("latin1").replace(/^\./, "").toLowerCase();
}

function decodeBlock(octets: Buffer): IpBlock {
  if (octets.length !== 8 && octets.length !== 32) throw unsupported("an address block");
  const half = octets.length / 2;
  const mask = octets.subarray(half);
  const bits = [...mask].map((octet) => octet.toString(2).padStart(8, "0")).join("");
  if (bits.includes("01")) throw unsupported("an address block whose mask has gaps");
  return { network: octets.subarray(0, half), mask };
}

function unsupported(what: string): DevtlsError {
  return new DevtlsError(
    "bad-certificate",
    `could not read the name constraints: ${what} in them, which devtls does not support`,
  );
}
