/**
 * Why an app takes a request for plain http although the browser came over https, and what ends
 * it: one question behind redirect loops, withheld cookies and cookies without Secure.
 */
import type { LoopCause } from "./finding.js";
import { type Framework, type FrameworkId, frameworkOf, MOST_COMMON } from "./frameworks.js";
import { protoOf, type Verdict } from "./trials.js";

export interface SchemeCase {
  /** What the app was told. */
  readonly told: readonly string[];
  readonly verdict: Verdict;
  /** The name of the edge, as `--simulate` takes it. */
  readonly edge: string;
  readonly framework: Framework | undefined;
  /** Only the client's side was seen: an edge may have replaced what was sent. */
  readonly fromClient?: boolean;
  /** The Server field of the app's responses, where it says one. */
  readonly server: string | undefined;
}

export interface SchemeDiagnosis {
  readonly cause: LoopCause;
  readonly confidence: "proved" | "likely";
  /** A sentence or two. */
  readonly reason: string;
  readonly fix: readonly string[];
}

/** The cause of a failure that goes away, or may go away, when the app knows of https. */
export function schemeDiagnosis(scheme: SchemeCase): SchemeDiagnosis {
  if (scheme.fromClient && scheme.verdict.kind !== "cured") return unknownSide(scheme);
  const cause = causeOf(scheme);
  return {
    cause,
    confidence: isProof(scheme.verdict) ? "proved" : "likely",
    reason: reasonOf(scheme, cause),
    fix: [...new Set(fixOf(scheme, cause))],
  };
}

/** Where the edge's side is not seen, either it says nothing or the app does not listen. */
function unknownSide({ framework }: SchemeCase): SchemeDiagnosis {
  const apps = framework ? [framework] : MOST_COMMON.map(frameworkOf);
  return {
    cause: "app-ignores-forwarded-proto",
    confidence: "likely",
    reason: `Either the edge in front of it does not say X-Forwarded-Proto: https, or ${framework?.title ?? "the app"} does not listen to it. devtls serve in front of the app tells which.`,
    fix: [...apps.flatMap(({ trustProto }) => trustProto), NGINX_PROTO],
  };
}

function isProof({ kind }: Verdict): boolean {
  return kind === "cured" || kind === "incurable";
}

/** An edge that says http speaks of its own connection to the app: the browser's is not passed. */
function saysNothing(proto: string | undefined): boolean {
  return proto === undefined || proto === "http";
}

function causeOf({ told, verdict }: SchemeCase): LoopCause {
  const proto = protoOf(told);
  const byValue = saysNothing(proto) ? "edge-sends-no-proto" : "proto-value-not-understood";
  if (verdict.kind === "incurable") return "app-ignores-forwarded-proto";
  if (verdict.kind !== "cured") return proto === "https" ? "app-ignores-forwarded-proto" : byValue;
  switch (verdict.by) {
    case "proto-https":
    case "proto-https-loopback":
      return byValue;
    case "loopback":
      return "peer-not-trusted";
    case "host":
      return "host-ping-pong";
    case "ssl-on":
    case "other-names":
      return saysNothing(proto) ? "edge-sends-no-proto" : "app-ignores-forwarded-proto";
    case "proto-absent":
      return "proto-value-not-understood";
  }
}

function reasonOf({ told, verdict, framework }: SchemeCase, cause: LoopCause): string {
  const name = framework?.title ?? "The app";
  const proto = protoOf(told);
  const said = proto === undefined ? "no X-Forwarded-Proto" : `"X-Forwarded-Proto: ${proto}"`;
  if (verdict.kind === "incurable") {
    return `It was sent ${said}, and then, to find the cause, ${verdict.tried} variations of it, X-Forwarded-Proto: https among them: ${name} acts on none.`;
  }
  if (verdict.kind === "cured") return `It was sent ${said}. ${CURES[verdict.by]}`;
  switch (cause) {
    case "edge-sends-no-proto":
      return proto === undefined
        ? "Nothing told it that the browser came over https: the edge sends no X-Forwarded-Proto."
        : `It was told "X-Forwarded-Proto: http", which is how the edge reaches it, not how the browser reached the edge.`;
    case "proto-value-not-understood":
      return `It was told ${said}, which many frameworks do not take for https.`;
    default:
      return `It was told ${said} and did not act on it.`;
  }
}

const CURES: Readonly<Record<Extract<Verdict, { kind: "cured" }>["by"], string>> = {
  "proto-https": "Asked again with X-Forwarded-Proto: https, it answers as it should.",
  loopback:
    "Asked again with the same headers from 127.0.0.1, it answers as it should: it believes them from this machine only, and production's edge is another one.",
  "proto-https-loopback":
    "Asked again with X-Forwarded-Proto: https from 127.0.0.1, it answers as it should; either alone is not enough.",
  host: "Asked again with the Host that the browser asked for, it answers as it should: the edge replaced it.",
  "ssl-on":
    "Asked again with X-Forwarded-Ssl: on, it answers as it should: that is the header it goes by.",
  "other-names":
    "Asked again with other headers that say https (X-Forwarded-Scheme, Front-End-Https, Forwarded and more), it answers as it should: it goes by one of them.",
  "proto-absent":
    "Asked again without X-Forwarded-Proto, it answers as it should: the value is what it stumbles over.",
};

/** How each edge, or the server that people build it with, is told to send the scheme. */
const EDGE_LINES: Readonly<Record<string, readonly string[]>> = {
  apache: ["RequestHeader set X-Forwarded-Proto expr=%{REQUEST_SCHEME}"],
  haproxy: ["http-request set-header X-Forwarded-Proto https if { ssl_fc }"],
  "iis-arr": ['<set name="HTTP_X_FORWARDED_PROTO" value="https" />'],
  traefik: ["traefik.http.middlewares.https.headers.customrequestheaders.X-Forwarded-Proto=https"],
};

const NGINX_PROTO = "proxy_set_header X-Forwarded-Proto $scheme;";
const NGINX_PASS_PROTO = "proxy_set_header X-Forwarded-Proto $http_x_forwarded_proto;";

const HOST_LINES: readonly string[] = ["proxy_set_header Host $http_host;", "ProxyPreserveHost On"];

/** Servers that believe only some addresses, by the beginning of their Server field. */
const PEER_LINES: readonly (readonly [server: string, line: string])[] = [
  ["gunicorn", 'FORWARDED_ALLOW_IPS="*"'],
  ["uvicorn", 'FORWARDED_ALLOW_IPS="*"'],
];

function fixOf({ told, verdict, edge, framework, server }: SchemeCase, cause: LoopCause): string[] {
  const proto = protoOf(told);
  const app = (framework ? [framework] : MOST_COMMON.map(frameworkOf)).flatMap(
    ({ trustProto }) => trustProto,
  );
  const ofEdge = EDGE_LINES[edge] ?? [proto === "http" ? NGINX_PASS_PROTO : NGINX_PROTO];
  const ofPeer = PEER_LINES.flatMap(([name, line]) => (server?.startsWith(name) ? [line] : []));
  const by = verdict.kind === "cured" ? verdict.by : undefined;
  switch (cause) {
    case "host-ping-pong":
      return [...HOST_LINES];
    case "peer-not-trusted":
      return [...ofPeer, ...app];
    case "proto-value-not-understood":
      return [...hops(proto, framework?.id), ...ofEdge, ...(by ? [] : app)];
    case "edge-sends-no-proto":
      if (by === "proto-https") return [...ofEdge];
      if (by === "ssl-on") return ["proxy_set_header X-Forwarded-Ssl on;"];
      return [...ofEdge, ...ofPeer, ...app];
    default:
      return [...(saysNothing(proto) ? ofEdge : []), ...app];
  }
}

/** ProxyFix counts proxies from the right. */
function hops(proto: string | undefined, framework: FrameworkId | undefined): string[] {
  const values = (proto ?? "").split(",").map((value) => value.trim());
  const place = values.length - values.lastIndexOf("https");
  if (framework !== "flask" || place < 2 || place > values.length) return [];
  return [`app.wsgi_app = ProxyFix(app.wsgi_app, x_for=${place}, x_proto=${place})`];
}
