/** A TLS server examined and rated. */
import { causeOf } from "../../errors.js";
import {
  certificateOf,
  type SeenCertificate,
  type SeenChain,
  SIGALGS,
  type VerifyOptions,
  verifyChain,
} from "./certificate.js";
import { curveBits, groupName } from "./groups.js";
import type { Server } from "./probe.js";
import { type ChainVerdict, chainVerdict, rate, type TlsFacts, type TlsRating } from "./rating.js";
import { scan, type TlsScan, type VersionScan } from "./scan.js";

export interface TlsExamination {
  readonly rating: TlsRating | undefined;
  readonly versions: readonly VersionScan[];
  /** By the names of OpenSSL. */
  readonly groups: readonly string[];
  readonly chains: readonly JudgedChain[];
  readonly primeBits: number | undefined;
  readonly hasOrder: boolean | undefined;
  readonly compresses: boolean;
  readonly isRenegotiationSecure: boolean | undefined;
  readonly alpn: string | undefined;
  /** It takes nobody who speaks HTTP/1.1. */
  readonly isHttp2Only: boolean;
  readonly hasStaple: boolean;
  readonly isLocal: boolean;
}

export interface JudgedChain {
  readonly verdict: ChainVerdict;
  readonly leaf: SeenCertificate;
  /** OpenSSL's word for what is wrong. */
  readonly problem: string | undefined;
  readonly nameProblem: string | undefined;
}

/** @param hsts what the site says over https: seconds, "invalid", undefined for nothing */
export async function examine(
  server: Server,
  options: VerifyOptions,
  hsts: TlsFacts["hsts"],
): Promise<TlsExamination> {
  const found = await scan(server);
  const seen = await chainsOf(server, options, found);
  const chains = seen.map((one): JudgedChain => {
    const { leaf, problem, nameProblem } = one;
    return {
      verdict: "protocol" in one ? chainVerdict(problem) : "not-asked",
      leaf,
      problem,
      nameProblem,
    };
  });
  const [main] = seen.filter((one): one is SeenChain => "protocol" in one);
  return {
    rating: rate(factsOf(found, chains, hsts)),
    versions: found.versions,
    groups: found.groups.map(groupName),
    chains,
    primeBits: found.primeBits,
    hasOrder: found.hasOrder,
    compresses: found.compresses,
    isRenegotiationSecure: found.isRenegotiationSecure,
    alpn: main?.alpn,
    isHttp2Only: main?.alpn === "h2" && !(await speaksHttp1(server, options)),
    hasStaple: main?.hasStaple ?? false,
    isLocal: main?.isLocal ?? false,
  };
}

async function speaksHttp1(server: Server, options: VerifyOptions): Promise<boolean> {
  try {
    const { alpn } = await verifyChain(server, { ...options, protocols: ["http/1.1"] });
    return alpn === "http/1.1";
  } catch {
    return false;
  }
}

/** Verified, or where Node speaks nothing that the server does, as it was sent. */
type Seen = SeenChain | Pick<SeenChain, "leaf" | "problem" | "nameProblem">;

async function chainsOf(
  server: Server,
  options: VerifyOptions,
  { chains }: TlsScan,
): Promise<Seen[]> {
  const kinds = [...chains.keys()].filter((kind) => kind in SIGALGS);
  // With one kind of key there is nothing to choose, and TLS 1.3 shows none before the handshake.
  const wanted = kinds.length > 1 ? kinds.map((kind) => SIGALGS[kind]) : [undefined];
  const seen: Seen[] = [];
  for (const sigalgs of wanted) {
    try {
      seen.push(
        await verifyChain(server, { ...options, ...(sigalgs !== undefined && { sigalgs }) }),
      );
    } catch (error) {
      const [der] = [...chains.values()].flat();
      const leaf = der && seen.length === 0 ? readable(der) : undefined;
      if (leaf) seen.push({ leaf, problem: causeOf(error), nameProblem: undefined });
    }
  }
  return seen;
}

/** A server can send anything as its certificate. */
function readable(der: Buffer): SeenCertificate | undefined {
  try {
    return certificateOf(der);
  } catch {
    return undefined;
  }
}

/** From the best to the worst. */
const VERDICTS: readonly ChainVerdict[] = [
  ...(["trusted", "not-asked", "incomplete", "not-yet-valid"] as const),
  ...(["expired", "untrusted", "self-signed"] as const),
];

function factsOf(found: TlsScan, chains: readonly JudgedChain[], hsts: TlsFacts["hsts"]): TlsFacts {
  const offered = found.versions.filter(({ state }) => state === "offered");
  const newer = offered.filter(({ version }) => version !== "TLSv1.0" && version !== "SSLv3");
  const verdicts = chains.map(({ verdict }) => verdict);
  const leaves = chains.map(({ leaf }) => leaf);
  const curves = found.groups.map(curveBits).filter((bits) => bits !== undefined);
  return {
    versions: offered.map(({ version }) => version),
    suites: offered.flatMap(({ suites }) => suites),
    newerSuites: newer.flatMap(({ suites }) => suites),
    keys: [
      ...leaves.map(({ key }) => ({ kind: kindOf(key.type), bits: key.bits })),
      ...curves.map((bits) => ({ kind: "ec" as const, bits })),
      ...(found.primeBits === undefined ? [] : [{ kind: "dh" as const, bits: found.primeBits }]),
    ],
    exponents: leaves.flatMap(({ key }) => (key.exponent === undefined ? [] : [key.exponent])),
    signatures: leaves.map(({ signature }) => signature),
    chain: VERDICTS.findLast((verdict) => verdicts.includes(verdict)) ?? "not-asked",
    coversName: chains.every(({ nameProblem }) => nameProblem === undefined),
    ...{ compresses: found.compresses, hsts },
    isRenegotiationSecure: found.isRenegotiationSecure,
  };
}

function kindOf(type: string): "rsa" | "dsa" | "ec" {
  return type.startsWith("rsa") ? "rsa" : type === "dsa" ? "dsa" : "ec";
}
