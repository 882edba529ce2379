/**
 * Why an app takes a request for plain http although the browser came over https, and what ends
 * it: one question behind redirect loops, withheld cookies and cookies without Secure.
 */

import { on443, withoutPort } from "../edge/stand-in.js";
import { first } from "../lines.js";
import type { Scene } from "./detector.js";
import { type Fix, HARMLESS, type LoopCause, type Observation, type Proof } from "./finding.js";
import { forwardedFixes, ONLY_IF_SET } from "./forwarded.js";
import { appFixes, edgeFixes, knownFixes, NOT_NONE, STAND_IN, titleOf } from "./remedies.js";
import { protoOf, type TrialOutcome } from "./trials.js";

/** What of an exchange the cause is read from. */
export type SchemeCase = Pick<Observation, "told" | "url" | "target">;

export interface SchemeDiagnosis {
  readonly cause: LoopCause | typeof HARMLESS;
  /** Undefined where nothing was cured. */
  readonly proof: Proof | undefined;
  /** A sentence or two. */
  readonly reason: string;
  readonly fixes: readonly Fix[];
}

/** The cause of a failure that goes away, or may go away, when the app knows of https. */
export function schemeDiagnosis(seen: SchemeCase, scene: Scene): SchemeDiagnosis {
  const { verdict, context } = scene;
  if (context.fromClient && verdict.kind !== "cured") return unknownSide(seen, scene);
  const cause = causeOf(seen, verdict);
  const forwarded = forwardedFixes(seen, scene);
  const fixes = fixesOf(seen, scene, cause, forwarded);
  const isEdges = fixes.some(({ where }) => where === scene.edge?.fixes?.where);
  const isNone = isEdges && scene.edge?.name === "none";
  const isBelieved = fixes.some((fix) => forwarded.includes(fix));
  return {
    cause,
    proof: verdict.kind === "cured" ? verdict.proof : undefined,
    reason: `${reasonOf(seen, scene, cause)}${isNone ? NOT_NONE : ""}${isBelieved ? ` ${ONLY_IF_SET}` : ""}`,
    fixes,
  };
}

/** Where the edge's side is not seen, either it says nothing or the app does not listen. */
function unknownSide(seen: SchemeCase, scene: Scene): SchemeDiagnosis {
  return {
    cause: "app-ignores-forwarded-proto",
    proof: undefined,
    reason: `Either the edge in front of it does not say X-Forwarded-Proto: https, or ${titleOf(scene, "the app")} does not listen to it. devtls serve in front of the app tells which.`,
    fixes: [...appFixes("trustProto", seen, scene), ...edgeFixes("proto", seen, scene)],
  };
}

/** An edge that says http speaks of its own connection to the app: the browser's is not passed. */
function saysNothing(proto: string | undefined): boolean {
  return proto === undefined || proto === "http";
}

/** The edge leaves nothing out of the Host but the port. */
function lacksPort({ told, url }: SchemeCase): boolean {
  const { host, port } = new URL(url);
  return port !== "" && first(told, "host")?.toLowerCase() === withoutPort(host);
}

function causeOf(seen: SchemeCase, verdict: TrialOutcome): SchemeDiagnosis["cause"] {
  const { told } = seen;
  const proto = protoOf(told);
  const byValue = saysNothing(proto) ? "edge-sends-no-proto" : "proto-value-not-understood";
  if (verdict.kind === "incurable") return "app-ignores-forwarded-proto";
  if (verdict.kind !== "cured") return proto === "https" ? "app-ignores-forwarded-proto" : byValue;
  switch (verdict.by) {
    case "loopback":
      return "peer-not-trusted";
    case "host":
      return lacksPort(seen) ? HARMLESS : "host-ping-pong";
    case "ssl-on":
    case "other-names":
      return saysNothing(proto) ? "edge-sends-no-proto" : "app-ignores-forwarded-proto";
    case "proto-absent":
      return "proto-value-not-understood";
    default:
      return byValue;
  }
}

function reasonOf({ told }: SchemeCase, scene: Scene, cause: SchemeDiagnosis["cause"]): string {
  const { verdict } = scene;
  const proto = protoOf(told);
  const said = proto === undefined ? "no X-Forwarded-Proto" : `"X-Forwarded-Proto: ${proto}"`;
  if (verdict.kind === "incurable") {
    return `It was sent ${said}, and then, to find the cause, ${verdict.tried} variations of it, X-Forwarded-Proto: https among them: ${titleOf(scene, "the app")} acts on none.`;
  }
  if (cause === HARMLESS) {
    return "The edge leaves the port out of the Host. Asked again with it, the app answers as it should: where the site is on 443 there is none, so it is a matter of the development port.";
  }
  if (verdict.kind === "cured") return `It was sent ${said}. ${CURES[verdict.by] ?? ""}`;
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

const CURES: Readonly<Partial<Record<Extract<TrialOutcome, { kind: "cured" }>["by"], string>>> = {
  "proto-https": "Asked again with X-Forwarded-Proto: https, it answers as it should.",
  loopback:
    "Asked again with the same headers from 127.0.0.1, it answers as it should: it believes them from this machine only, and production's edge is another one.",
  "proto-https-loopback":
    "Asked again with X-Forwarded-Proto: https from 127.0.0.1, it answers as it should; either alone is not enough.",
  host: "Asked again with the Host that the browser asked for, it answers as it should: the edge replaced it.",
  "proto-https-host":
    "Asked again with X-Forwarded-Proto: https and the Host that the browser asked for, it answers as it should; either alone is not enough.",
  "ssl-on":
    "Asked again with X-Forwarded-Ssl: on, it answers as it should: that is the header it goes by.",
  "other-names":
    "Asked again with other headers that say https (X-Forwarded-Scheme, Front-End-Https, Forwarded and more), it answers as it should: it goes by one of them.",
  "proto-absent":
    "Asked again without X-Forwarded-Proto, it answers as it should: the value is what it stumbles over.",
};

/** Servers that believe only some addresses, by the beginning of their Server field. */
const PEER_FIXES: readonly (readonly [server: string, fix: Fix])[] = [
  ["gunicorn", { where: "gunicorn, environment", lines: ['FORWARDED_ALLOW_IPS="*"'] }],
  ["uvicorn", { where: "uvicorn, environment", lines: ['FORWARDED_ALLOW_IPS="*"'] }],
];

function fixesOf(
  seen: SchemeCase,
  scene: Scene,
  cause: SchemeDiagnosis["cause"],
  forwarded: readonly Fix[],
): readonly Fix[] {
  const { verdict, app } = scene;
  const proto = protoOf(seen.told);
  const ofApp = forwarded.length > 0 ? forwarded : appFixes("trustProto", seen, scene);
  const ofEdge = edgeFixes(proto === "http" ? "innerProto" : "proto", seen, scene);
  const ofPeer = PEER_FIXES.flatMap(([name, fix]) => (app.server?.startsWith(name) ? [fix] : []));
  const by = verdict.kind === "cured" ? verdict.by : undefined;
  switch (cause) {
    case HARMLESS:
      // Where its address is written down, as production has it: without a port.
      return [STAND_IN, ...knownFixes("baseUrl", { url: on443(seen.url) }, scene)];
    case "host-ping-pong":
      return hostFixes(seen, scene, forwarded);
    case "peer-not-trusted":
      return [...ofPeer, ...ofApp];
    case "proto-value-not-understood":
      return [...hops(proto, scene), ...ofEdge, ...(by ? [] : ofApp)];
    case "edge-sends-no-proto":
      if (by === "proto-https-host") {
        return [...(ofEdge.length > 0 ? ofEdge : forwarded), ...hostFixes(seen, scene, forwarded)];
      }
      if (by === "proto-https") return ofEdge.length > 0 ? ofEdge : ofApp;
      if (by === "ssl-on") {
        return [{ where: NGINX, lines: ["proxy_set_header X-Forwarded-Ssl on;"] }];
      }
      // No address is believed or not where there is no header of this kind.
      return [...ofEdge, ...(forwarded.length > 0 ? [] : ofPeer), ...ofApp];
    default:
      return [...(saysNothing(proto) ? ofEdge : []), ...ofApp];
  }
}

/** Who is given another Host than the browser asked for. */
function hostFixes(seen: SchemeCase, scene: Scene, forwarded: readonly Fix[]): readonly Fix[] {
  const ofEdge = edgeFixes("host", seen, scene);
  if (ofEdge.length > 0) return ofEdge;
  return forwarded.length > 0 ? forwarded : knownFixes("trustHost", seen, scene);
}

const NGINX = "nginx, at the edge";

/** ProxyFix counts proxies from the right. */
function hops(proto: string | undefined, { app }: Scene): Fix[] {
  const values = (proto ?? "").split(",").map((value) => value.trim());
  const place = values.length - values.lastIndexOf("https");
  const framework = app.known?.framework;
  if (framework?.id !== "flask" || place < 2 || place > values.length) return [];
  const line = `app.wsgi_app = ProxyFix(app.wsgi_app, x_for=${place}, x_proto=${place})`;
  return [{ where: framework.where, lines: [line] }];
}
