/** What makes an app build its absolute URLs as the browser knows them. */

import { first, without } from "../lines.js";
import type { Scene } from "./detector.js";
import type { Fix, Observation, Proof } from "./finding.js";
import { forwardedFixes, ONLY_IF_SET } from "./forwarded.js";
import { hostsTold, type Leak } from "./own-addresses.js";
import { appFixes, edgeFixes, knownFixes, STAND_IN, titleOf } from "./remedies.js";
import { schemeDiagnosis } from "./scheme-cause.js";
import { protoOf } from "./trials.js";

export interface Remedy {
  /** A sentence or two. */
  readonly reason: string;
  readonly proof: Proof | undefined;
  readonly fixes: readonly Fix[];
  /** What would settle it, where there is no proof. */
  readonly settle: string;
}

type Seen = Pick<Observation, "url" | "told" | "target">;

/** A URL that gives something away. */
export interface Leaked {
  readonly leak: Leak;
  readonly url: string;
  /** The page has others of the app's own URLs as they should be. */
  readonly amongRight?: boolean;
  /** The page that was asked for, where the app would speak TLS itself. */
  readonly isOwnTls?: true;
}

/** Why the app built a URL that gives something away, and what ends it. */
export function remedyFor(leaked: Leaked, seen: Seen, scene: Scene): Remedy {
  if (leaked.leak === "port") return portRemedy(seen);
  if (leaked.amongRight && scene.verdict.kind !== "cured") return contentRemedy(leaked, seen);
  if (leaked.isOwnTls) return ownTlsRemedy(seen, scene);
  return leaked.leak === "http"
    ? schemeRemedy(leaked, seen, scene)
    : hostRemedy(leaked, seen, scene);
}

function portRemedy({ url }: Seen): Remedy {
  const { port } = new URL(url);
  return {
    reason: `Only the port${port === "" ? " of devtls" : ` ${port}`} is missing: where the site is on 443, the URL is right. It is a matter of the development port, not of the app.`,
    proof: undefined,
    fixes: [{ where: "devtls, beside its other options", lines: ["devtls serve --port 443"] }],
    settle: "devtls serve --port 443, or --stand-in for redirects, shows that it is gone there.",
  };
}

/** An address that stands in a text, a profile, a template: the configuration is right. */
function contentRemedy({ url }: Leaked, { url: page }: Seen): Remedy {
  const { origin } = new URL(page);
  const from = originIn(url);
  return {
    reason:
      "Other URLs of the site on this page are right, so the app's configuration is: this one stands in its content, or in a template.",
    proof: undefined,
    fixes: [{ where: "the app's content", lines: [`Replace ${from} with ${origin}`] }],
    settle: "The app's database, or its templates, searched for it would show where.",
  };
}

function schemeRemedy(leaked: Leaked, seen: Seen, scene: Scene): Remedy {
  const { reason, proof, fixes } = schemeDiagnosis(seen, scene);
  const { framework } = scene.app.known ?? {};
  const isWritten =
    scene.verdict.kind === "incurable" || !hostsTold(seen.told).includes(hostIn(leaked.url));
  const own = isWritten && framework?.settings.baseUrl ? knownFixes("baseUrl", seen, scene) : [];
  const edge =
    own.length > 0 && protoOf(seen.told) !== "https" ? edgeFixes("proto", seen, scene) : [];
  return {
    reason:
      own.length > 0 && !proof ? `${reason} Or its address is written down with http.` : reason,
    proof,
    fixes: proof ? fixes : [...edge, ...fixes, ...own],
    settle:
      scene.verdict.kind === "incurable"
        ? "No forwarded header changes it; the line for the app has to show it."
        : "The same request with X-Forwarded-Proto: https would settle it.",
  };
}

/** The app forces https, and does not know that it has it. */
function ownTlsRemedy(seen: Seen, scene: Scene): Remedy {
  const { reason, proof, fixes } = schemeDiagnosis(seen, scene);
  const settle = "The same request, with the line for the app in place, settles it.";
  return { reason, proof, fixes, settle };
}

/** The public host never reached the app, or the app has another one written down. */
function hostRemedy(leaked: Leaked, seen: Seen, scene: Scene): Remedy {
  const { url, told } = seen;
  const { verdict } = scene;
  const { host, port } = new URL(url);
  const sent = (first(told, "host") ?? "").toLowerCase();
  const byHost = verdict.kind === "cured" && verdict.by === "host";
  const isTold = hostsTold(told).includes(hostIn(leaked.url));
  const needsProto = protoOf(told) !== "https";
  if (sent !== host && (byHost || (isTold && verdict.kind !== "incurable"))) {
    const passed = hostsTold(without(told, ["forwarded"])).includes(host);
    const ofEdge = edgeFixes("host", seen, scene);
    const forwarded = ofEdge.length > 0 ? [] : forwardedFixes(seen, scene);
    const ofApp = passed ? knownFixes("trustHost", seen, scene) : forwarded;
    const unasked = { ...scene, verdict: UNASKED };
    const scheme = needsProto ? schemeDiagnosis(seen, byHost ? unasked : scene) : undefined;
    // $host of nginx has no port.
    const dropsPort =
      port !== "" && ofEdge.some(({ lines }) => lines.some((line) => line.includes("$host;")));
    const proof = verdict.kind === "cured" ? verdict.proof : undefined;
    return {
      reason: [
        `The edge replaced the Host: the app was told "Host: ${sent}" and builds its URLs from that.`,
        ...(passed ? ["X-Forwarded-Host has the public one; the app does not listen to it."] : []),
        ...(proof && !byHost && scheme
          ? [scheme.reason]
          : forwarded.length > 0
            ? [ONLY_IF_SET]
            : []),
      ].join(" "),
      proof,
      fixes: [...ofApp, ...ofEdge, ...(scheme?.fixes ?? []), ...(dropsPort ? [STAND_IN] : [])],
      settle: "The same request with the browser's own Host would settle it.",
    };
  }
  if (verdict.kind === "cured" && verdict.by === "host-port") {
    return {
      reason: `The Host has no port, as on 443, and ${titleOf(scene, "the app")} fills in the one that it listens on itself. Asked again with the port in the Host, it does not.`,
      proof: verdict.proof,
      fixes: appFixes("trustProto", seen, scene),
      settle: "",
    };
  }
  if (verdict.kind === "cured") {
    const { reason, proof, fixes } = schemeDiagnosis(seen, scene);
    return { reason, proof, fixes, settle: "" };
  }
  const own = knownFixes("baseUrl", seen, scene);
  // Asking would tell whether the port was filled in, and a form is not sent twice.
  const mayFillIn =
    verdict.kind === "unasked" && !/:\d+$/.test(sent) && hostIn(leaked.url).startsWith(`${sent}:`);
  const filledIn = mayFillIn ? knownFixes("trustProto", seen, scene) : [];
  const name = titleOf(scene, "the app");
  return {
    reason:
      verdict.kind === "incurable"
        ? `It stays the same whatever Host and scheme ${name} is told: the address is written down in its configuration, or taken from the socket that it listens on.`
        : `That is not the Host that it was told ("${sent}"): the address is written down in ${name}'s configuration, or taken from the socket that it listens on.`,
    proof: undefined,
    fixes: [
      ...(needsProto && own.length > 0 ? edgeFixes("proto", seen, scene) : []),
      ...(own.length > 0 ? own : filledIn.length > 0 ? filledIn : [replacement(leaked, url)]),
    ],
    settle: "Its configuration searched for that address would settle it.",
  };
}

const UNASKED = { kind: "unasked" } as const;

function replacement({ url: leaked }: Leaked, page: string): Fix {
  return {
    where: "the app's configuration",
    lines: [`Replace ${originIn(leaked)} with ${new URL(page).origin} in the app's configuration`],
  };
}

function originIn(url: string): string {
  return /^(?:(?:https?|wss?):)?\/\/[^/?#\s\\"'<>]+/i.exec(url)?.[0] ?? url;
}

/** The authority of a URL, as a Host would say it. */
function hostIn(url: string): string {
  const [, authority = ""] = /^\s*(?:\w+:)?\/\/(?:[^/?#@]*@)?([^/?#\s\\"'<>]+)/.exec(url) ?? [];
  return authority.toLowerCase().replace(/:80$/, "");
}
