/** What most profiles have in common, so that each states only what is its own. */
import type {
  EdgeFixes,
  EdgeProfile,
  Evidence,
  HeaderRule,
  Limits,
  PlainRule,
  Proof,
  ResponseEdits,
  Section,
  ToApp,
} from "../profile.js";

const KIB = 1024;
export const MIB = 1024 * KIB;
export const SECOND = 1000;

/** An HTTP/1.1 proxy on another machine that changes nothing it need not change. */
const PLAIN_PROXY: ToApp = {
  host: "keep",
  version: "1.1",
  order: ["host", "client", "edge", "framing", "connection"],
  names: "keep",
  http2Names: "keep",
  movesLength: false,
  mergesLines: false,
  appendsInPlace: false,
  dropsOddNames: false,
  dropsTwins: false,
  buffersChunked: false,
  answersExpect: false,
  hopByHop: "drop",
  te: "named",
  http2Cookie: "keep",
  target: "keep",
  sendsEmptyLength: false,
  passesUpgrade: true,
  source: "remote",
};

/** Every nginx, whatever its configuration says of headers and versions. */
export const NGINX_PROXY = {
  order: ["host", "edge", "connection", "framing", "client"],
  movesLength: true,
  dropsOddNames: true,
  // proxy_request_buffering is on unless the configuration says otherwise.
  buffersChunked: true,
  answersExpect: true,
  hopByHop: "by-name",
  te: "drop",
  http2Cookie: "last",
} as const;

/** Go's reverse proxy and HTTP client, of which Caddy's and Traefik's are made. */
export const GO_PROXY = {
  names: "canonical",
  order: ["host", "user-agent", "framing", "sorted"],
  movesLength: true,
  te: "bare",
  target: "reencode",
  sendsEmptyLength: true,
} as const;

/** fixPragmaCacheControl of Go's net/http: what HTTP/1.0 had, in the words of HTTP/1.1. */
export const GO_CACHE_CONTROL: HeaderRule = {
  name: "Cache-Control",
  op: "set",
  value: "{sent}",
  from: "pragma",
  unless: ["cache-control"],
  // Its HTTP/2 has a reader of its own.
  when: "http/1",
};

/** As people write them into nginx's configuration. */
export const NGINX_FIXES: EdgeFixes = {
  where: "nginx, in the app's location",
  proto: ["proxy_set_header X-Forwarded-Proto $scheme;"],
  innerProto: ["proxy_set_header X-Forwarded-Proto $http_x_forwarded_proto;"],
  // Not $http_host, which is whatever the client sent: Debian's proxy_params says why.
  host: ["proxy_set_header Host $host;"],
  upgrade: [
    "proxy_http_version 1.1;",
    "proxy_set_header Upgrade $http_upgrade;",
    'proxy_set_header Connection "upgrade";',
  ],
  redirect: ["return 308 https://$host$request_uri;"],
};

/** Of edges that nobody runs in production, and of unknown ones. */
export const USUAL_FIXES: EdgeFixes = { ...NGINX_FIXES, where: "nginx, at the edge in production" };

interface Parts {
  readonly name: string;
  readonly title: string;
  readonly headers: readonly HeaderRule[];
  readonly toApp?: Partial<ToApp>;
  readonly plain: PlainRule;
  readonly limits?: Limits;
  readonly response?: ResponseEdits;
  readonly fixes?: EdgeFixes;
  /** For each part, or for all of them where one proof covers all. */
  readonly proof: Proof & { readonly [S in Section]?: Proof };
}

export function profile({ proof, ...parts }: Parts): EdgeProfile {
  const whole: Proof = { evidence: proof.evidence, source: proof.source };
  return {
    limits: {},
    response: {},
    ...parts,
    toApp: { ...PLAIN_PROXY, ...parts.toApp },
    proof: {
      headers: proof.headers ?? whole,
      toApp: proof.toApp ?? whole,
      plain: proof.plain ?? whole,
      limits: proof.limits ?? whole,
      response: proof.response ?? whole,
    },
  };
}

const proven =
  (evidence: Evidence) =>
  (source: string): Proof => ({ evidence, source });

export const captured = proven("captured");
export const documented = proven("documented");
/** General knowledge or other people's request dumps. */
export const unverified = proven("unverified");

export const set = (name: string, value: string): HeaderRule => ({ name, op: "set", value });
export const append = (name: string, value: string): HeaderRule => ({ name, op: "append", value });
const pass = (name: string): HeaderRule => ({ name, op: "pass" });
export const strip = (name: string): HeaderRule => ({ name, op: "strip" });

/** Marks a rule as less sure than its profile. */
export const doubtful = (rule: HeaderRule): HeaderRule => ({ ...rule, unverified: true });

export const redirect = (status: number, otherStatus?: number): PlainRule => ({
  mode: "redirect",
  status,
  ...(otherStatus !== undefined && { otherStatus }),
});
export const proxied: PlainRule = { mode: "proxy" };

export const passing = (...names: string[]): HeaderRule[] => names.map(pass);
