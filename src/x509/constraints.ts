/**
 * Name constraints (RFC 5280 4.2.1.10): the names an authority may sign. They stand in the root
 * certificate, where verifiers enforce them, and devtls checks them again before it signs,
 * because some verifiers do not (Java's default trust manager).
 */
import { DevtlsError } from "../errors.js";
import { childrenOf, type DerValue, expectTag } from "./der-reader.js";
import { blockContains, formatCidr, type IpBlock, parseCidr, parseIp } from "./ip.js";
import { type Name, parseName } from "./names.js";

/** A list without an entry leaves its kind of name unconstrained, as RFC 5280 has it. */
export interface NameConstraints {
  /** Domains, without a leading dot; each covers itself and everything below it. */
  readonly dns: readonly string[];
  readonly ip: readonly IpBlock[];
  /** As the certificate has them: "host" for that host's mailboxes, ".host" for those below it. */
  readonly email: readonly string[];
  /** As the certificate has them: "host" for that host alone, ".host" for those below it. */
  readonly uri: readonly string[];
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
  return limitEveryKind({ dns: [...new Set(dns)], ip, email: [], uri: [] });
}

/**
 * The same limits for mailboxes and URIs as for hosts, where nothing is said of them: a kind that
 * is left out is one that the key can sign without end.
 */
export function limitEveryKind(constraints: NameConstraints): NameConstraints {
  const hosts = constraints.dns.flatMap((base) => [base, `.${base}`]);
  const { email, uri } = constraints;
  return {
    ...constraints,
    email: email.length > 0 ? email : hosts,
    uri: uri.length > 0 ? uri : hosts,
  };
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

/**
 * Whether an authority with these constraints may sign this name (RFC 5280 4.2.1.10). Mailboxes and
 * URIs are held to the domains also where the certificate, an older one, does not say so.
 */
export function permits(given: NameConstraints, name: Name): boolean {
  const constraints = limitEveryKind(given);
  switch (name.kind) {
    case "dns": {
      const host = name.value.replace(/^\*\./, "");
      return isWithin(constraints.dns, (base) => host === base || host.endsWith(`.${base}`));
    }
    case "ip":
      return isWithin(constraints.ip, (block) => blockContains(block, name.bytes));
    case "email":
      return isWithin(constraints.email, (base) => coversMailbox(base, name.value));
    case "uri": {
      const host = uriHost(name.value);
      return isWithin(constraints.uri, (base) => host !== undefined && coversHost(base, host));
    }
  }
}

/** A mailbox, all of a host's, or those of the hosts below one (RFC 5280 4.2.1.10). */
function coversMailbox(base: string, mailbox: string): boolean {
  if (base.includes("@")) return mailbox === base;
  return coversHost(base, mailbox.slice(mailbox.lastIndexOf("@") + 1).toLowerCase());
}

/** Of mailboxes and URIs; a domain of DNS names covers those below it without a dot. */
function coversHost(base: string, host: string): boolean {
  return base.startsWith(".") ? host.endsWith(base) : host === base;
}

/**
 * The host of a URI, lower case; undefined where it is an address, which a constraint cannot name
 * (RFC 5280 4.2.1.10), or where two readers could find two hosts.
 */
export function uriHost(uri: string): string | undefined {
  const host = /^[a-z][a-z0-9+.-]*:\/\/([a-z0-9_.-]+)(?::\d*)?(?:[/?#]|$)/i.exec(uri)?.[1];
  if (host === undefined || parseIp(host)) return undefined;
  return host.toLowerCase();
}

function isWithin<T>(list: readonly T[], covers: (entry: T) => boolean): boolean {
  return list.length === 0 || list.some(covers);
}

/**
 * The constraints as a person reads them: domains first, then address blocks. Mailboxes and URIs
 * are told apart only where they are not those of the domains.
 */
export function describeConstraints(constraints: NameConstraints): string[] {
  const { dns, ip, email, uri } = constraints;
  const usual = limitEveryKind({ ...constraints, email: [], uri: [] });
  const others = (kind: string, list: readonly string[], hosts: readonly string[]): string[] =>
    list.filter((base) => !hosts.includes(base)).map((base) => `${kind}:${base}`);
  return [
    ...[...dns, ...ip.map(formatCidr)],
    ...[...others("email", email, usual.email), ...others("uri", uri, usual.uri)],
  ];
}

/**
 * Reads the permitted DNS, IP, e-mail and URI subtrees of a nameConstraints value.
 * @throws DevtlsError "bad-certificate" for what devtls does not enforce itself, such as excluded
 * subtrees: an authority that devtls half understands must not sign.
 */
export function decodeConstraints(value: DerValue): NameConstraints {
  const dns: string[] = [];
  const ip: IpBlock[] = [];
  const email: string[] = [];
  const uri: string[] = [];
  for (const part of childrenOf(value, 0x30)) {
    if (part.tag !== 0xa0) throw unsupported("excluded names");
    for (const subtree of childrenOf(part)) {
      const [base, ...distances] = childrenOf(expectTag(subtree, 0x30));
      if (!base || distances.length > 0) throw unsupported("subtree distances");
      const text = base.content.toString("latin1");
      // Some tools write a leading dot; domains are compared without regard to case.
      if (base.tag === 0x82) dns.push(text.replace(/^\./, "").toLowerCase());
      else if (base.tag === 0x87) ip.push(decodeBlock(base.content));
      else if (base.tag === 0x81) email.push(decodeMailbox(text));
      else if (base.tag === 0x86) uri.push(text.toLowerCase());
      else throw unsupported("a kind of name other than DNS, IP, e-mail and URI");
    }
  }
  return { dns, ip, email, uri };
}

/** The part before the @ is compared with regard to case, the host without (RFC 5280 7.5). */
function decodeMailbox(text: string): string {
  const at = text.lastIndexOf("@");
  return text.slice(0, at + 1) + text.slice(at + 1).toLowerCase();
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
