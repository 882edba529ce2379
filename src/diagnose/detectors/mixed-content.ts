/** Pages and data that came over https and name http or internal URLs of the app itself. */
import { isLoopbackHost } from "../../cookies/hosts.js";
import { first, without } from "../../lines.js";
import { remedyFor } from "../address-remedy.js";
import { scanAnswer } from "../body-reading.js";
import type { UrlFound } from "../body-scan.js";
import type { DiagnosisContext } from "../context.js";
import type { BodyObservation, Detector } from "../detector.js";
import { type Finding, HARMLESS, stated, type Trial } from "../finding.js";
import { shown, toldOf, withoutQuery } from "../shown.js";
import { repeatOf, schemeChanges } from "../trials.js";

/** Causes of `mixed-content`, the gravest first. */
const MIXED_CONTENT_CAUSES = [
  /** A script, style sheet, frame or request over http: browsers block it. */
  "blocked",
  /** A WebSocket without TLS: browsers refuse to open it. */
  "websocket",
  /** A form that is sent over http: browsers warn, or block it. */
  "form-action",
  /** An address that only the server knows, in a link or in data. */
  "internal-url",
  /** An http URL of the public host in a link or in data, or of something that is upgraded. */
  "leaked-url",
  /** The site without its port. */
  HARMLESS,
] as const;

export type MixedContentCause = (typeof MIXED_CONTENT_CAUSES)[number];

interface Seen {
  readonly observation: BodyObservation;
  readonly context: DiagnosisContext;
  readonly cause: MixedContentCause;
  readonly example: UrlFound;
  /** It and all others. */
  readonly found: readonly UrlFound[];
  /** URLs of the app as they should be. */
  readonly right: number;
}

export const mixedContent: Detector<Seen> = {
  code: "mixed-content",
  wants: { body: true },

  look(observation, { context }) {
    const seen = lookAt(observation, context);
    if (!seen) return [];
    return [{ seen, key: seen.cause, repeat: isAskable(seen) ? readable(observation) : null }];
  },

  changes: ({ observation }, base, { edge }) =>
    schemeChanges(base, new URL(observation.url).host, edge?.toApp.source === "remote"),

  stillSo({ context, cause, example }, again) {
    if (again.status !== 200) return undefined;
    const body = again.body ?? scanAnswer(again, context);
    if (!body) return undefined;
    const now = lookAt({ ...again, body }, context);
    if (now === undefined) return false;
    // The public host in it is a cure, whose scheme is another setting; https of that address is none.
    return example.leak === "internal"
      ? now.found.some(({ leak, use }) => leak === "internal" && use === example.use)
      : rank(now.cause) <= rank(cause);
  },

  explain(seen, scene): Finding | undefined {
    const { observation, cause, example, found } = seen;
    if (scene.verdict.kind === "gone") return undefined;
    const { method, url, told, status } = observation;
    const { reason, proof, fixes, settle } = remedyFor(
      { leak: example.leak, url: example.url, amongRight: isContent(seen) },
      observation,
      scene,
    );
    const snippet = shown(example.label + withoutQuery(example.url));
    const more = found.length - 1;
    const others = more > 0 ? ` ${more} more of its URLs are like that.` : "";
    return stated({
      ...{ code: "mixed-content", cause, url, fixes },
      framework: scene.app.known?.framework.id ?? null,
      explanation: `The answer to ${method} ${url} has in line ${example.line}: ${snippet}. ${harmOf(cause, example)}${others} ${reason}`,
      chain: [
        `browser  ${method} ${url}`,
        `app told ${toldOf(told)}`,
        `app      ${status}, line ${example.line}: ${snippet}`,
        `browser  ${OUTCOMES[cause]}`,
      ],
      ...(proof ? { proof } : { settle }),
    });
  },
};

function lookAt(observation: BodyObservation, context: DiagnosisContext): Seen | undefined {
  const { body, response } = observation;
  if (!body || body.found.length === 0) return undefined;
  const upgrades = body.upgrades || policyUpgrades(response);
  const found = body.found.filter(
    (each) => !(upgrades && each.leak === "http") && !isStored(each, body.right),
  );
  const causes = found.map(causeOf);
  const cause = MIXED_CONTENT_CAUSES.find((each) => causes.includes(each));
  if (cause === undefined) return undefined;
  const example = found[causes.indexOf(cause)] as UrlFound;
  return { observation, context, cause, example, found, right: body.right };
}

/** Neither a missing port nor what stands in a text depends on what the app is told. */
function isAskable(seen: Seen): boolean {
  return seen.example.leak !== "port" && !isContent(seen);
}

/** The request once more, for a body that can be read as it comes. */
function readable(observation: BodyObservation): Trial | null {
  const base = repeatOf(observation);
  return base ? { ...base, told: without(base.told, ["accept-encoding"]), body: true } : null;
}

/** A field of data among right ones: somebody entered it, and the app hands it back. */
function isStored({ use, label, leak }: UrlFound, right: number): boolean {
  return right > 0 && use === "passive" && leak !== "port" && label.startsWith('"');
}

/** A link in a text, on a page whose other URLs of the app are right. */
function isContent({ example, right }: Pick<Seen, "example" | "right">): boolean {
  return right > 0 && example.use === "passive" && example.label.startsWith("<a ");
}

function rank(cause: MixedContentCause): number {
  return MIXED_CONTENT_CAUSES.indexOf(cause);
}

/** Whether the browser upgrades the http URLs of a page because a header says so. */
function policyUpgrades(response: readonly string[]): boolean {
  return /\bupgrade-insecure-requests\b/i.test(first(response, "content-security-policy") ?? "");
}

function causeOf({ use, scheme, leak }: UrlFound): MixedContentCause {
  if (leak === "port") return HARMLESS;
  const isSecure = scheme === "https" || scheme === "wss";
  if (scheme === "ws") return "websocket";
  if (use === "active" && !isSecure) return "blocked";
  if (use === "form" && !isSecure) return "form-action";
  return leak === "internal" ? "internal-url" : "leaked-url";
}

const OUTCOMES: Readonly<Record<MixedContentCause, string>> = {
  blocked: "mixed content: not loaded",
  websocket: "mixed content: the WebSocket is not opened",
  "form-action": "the form is not sent over TLS: a warning, or nothing",
  "internal-url": "an address that it cannot reach past the edge",
  "leaked-url": "plain http, wherever the URL is followed",
  [HARMLESS]: "port 443, where devtls is not",
};

const HARM: Readonly<Record<MixedContentCause, string>> = {
  blocked: "On a page that came over https, browsers block it as mixed content.",
  websocket: "From a page that came over https, browsers open no WebSocket without TLS.",
  "form-action":
    "Browsers warn before they send a form from https to http, and Secure cookies stay behind.",
  "internal-url": "Past the edge nobody can reach that address.",
  "leaked-url": "Whoever follows it leaves https.",
  [HARMLESS]: "The browser finds another server there, or none.",
};

function harmOf(cause: MixedContentCause, { url }: UrlFound): string {
  const host = /:\/\/(\[[^\]]*\]|[^/:?#]*)/.exec(url)?.[1]?.replace(/^\[|\]$/g, "") ?? "";
  const isExempt = (cause === "blocked" || cause === "websocket") && isLoopbackHost(host);
  return isExempt
    ? `${HARM[cause]} Chromium and Firefox make an exception for addresses of this machine, so it may show in production only.`
    : HARM[cause];
}
