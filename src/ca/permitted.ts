/** What `--permit` may widen an authority by, and what would take its limits away. */
import { parse } from "tldts";
import { DevtlsError } from "../errors.js";
import { defaultConstraints } from "../x509/constraints.js";
import { blockContains, type IpBlock, parseCidr, prefixLength } from "../x509/ip.js";
import { parseName } from "../x509/names.js";

/** The largest blocks that one organisation holds: 16 million IPv4 addresses, an IPv6 /16. */
const SHORTEST_PREFIX = { 4: 8, 16: 16 } as const;

/**
 * Refuses domains below which anybody can register a name (publicsuffix.org's list, hosters' domains
 * among them) and address blocks that are a part of the internet: an authority with such a limit has none.
 * @param permit as `defaultConstraints` takes them, which has checked that they can be read
 * @throws DevtlsError "usage"
 */
export function requireNarrow(permit: readonly string[]): void {
  for (const text of permit) {
    const block = parseCidr(text);
    const reason = block ? whyTooWide(block) : whyPublic(text);
    if (reason === undefined) continue;
    throw new DevtlsError("usage", `could not permit ${JSON.stringify(text)}: ${reason}`, {
      hint: "Permit what is yours: --permit example.com. Or say that there is no limit: devtls ca create --unconstrained",
    });
  }
}

function whyTooWide(block: IpBlock): string | undefined {
  const octets = block.mask.length as keyof typeof SHORTEST_PREFIX;
  const prefix = prefixLength(block);
  const local = defaultConstraints().ip.some(
    (known) => blockContains(known, block.network) && prefixLength(known) <= prefix,
  );
  if (local || prefix >= SHORTEST_PREFIX[octets]) return undefined;
  return `a block as wide as /${prefix} is a part of the internet, not of a network`;
}

function whyPublic(text: string): string | undefined {
  const { value } = parseName(text.replace(/^\*?\./, ""));
  const suffixOf = (host: string): string => {
    const found = parse(host, { extractHostname: false, allowPrivateDomains: true });
    return found.isIcann || found.isPrivate ? (found.publicSuffix ?? "") : "";
  };
  // Of a suffix alone the list does not say whose it is; some are one label below (*.kawasaki.jp).
  const isSuffix = suffixOf(`below.${value}`) === value;
  const holdsSuffixes = suffixOf(`any.below.${value}`) === `below.${value}`;
  if (!isSuffix && !holdsSuffixes) return undefined;
  return `anybody can register a name below .${value}`;
}
