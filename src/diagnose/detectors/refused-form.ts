/**
 * Forms that are refused because the browser's Origin is not the origin that the app thinks it
 * has. Only the refusal's own text tells it from other refusals.
 */
import { withoutPort } from "../../edge/stand-in.js";
import { first, without } from "../../lines.js";
import type { Detector, Scene } from "../detector.js";
import {
  type Finding,
  type Fix,
  HARMLESS,
  type Observation,
  stated,
  type Trial,
} from "../finding.js";
import type { Framework, Reason } from "../frameworks/record.js";
import { sinatra } from "../frameworks/sinatra.js";
import { saysIn } from "../refusals.js";
import { appFixes, edgeFixes, NOT_NONE, STAND_IN } from "../remedies.js";
import { pageBefore, portChange, protoOf } from "../trials.js";

type Cause = "scheme" | "host" | typeof HARMLESS | "origin-not-listed" | "referer-missing";

interface Seen {
  readonly observation: Observation;
  readonly framework: Framework;
  readonly says: Reason;
  readonly vague: boolean;
  readonly text: string;
  readonly origin: string;
  readonly cause: Cause;
}

export const refusedForm: Detector<Seen> = {
  code: "csrf-origin-mismatch",
  wants: { unusual: true },

  look(observation, memory) {
    const { status, method, url } = observation;
    if (status < 400 || status > 500 || ["GET", "HEAD", "OPTIONS"].includes(method)) return [];
    if (!url.startsWith("https:")) return [];
    const known = memory.apps.of(observation.target).known?.framework;
    const seen = look(observation, known);
    if (!seen) return [];
    // What refuses a GET with this Origin, too, can be asked again.
    const repeat = seen.says === "origin" && status === 404 ? asGet(observation) : null;
    return [{ seen, key: seen.cause, repeat }];
  },

  changes({ observation: { url } }, base) {
    const { host } = new URL(url);
    const told = ["Host", host, ...without(base.told, ["host"])];
    return [{ ...base, told, id: "host", says: `Host: ${host}` }, portChange(base, url)];
  },

  stillSo({ says }, again) {
    if (again.status < 400) return false;
    const now = saysIn(again.page, undefined);
    // What is refused for its Origin says so whatever is there; what is not there, says that.
    if (again.method === "GET") {
      if (again.status === 404) return now?.refusal.says === says;
      // A login is asked for behind that check: Jupyter's cookie has a name that the Host is part of.
      return again.status === 401 || again.status === 403 ? false : undefined;
    }
    // Refused for another reason it is past this one.
    return now === undefined ? undefined : now.refusal.says === says;
  },

  explain(seen, scene): Finding | undefined {
    const { observation, framework, vague, text, origin } = seen;
    const { verdict } = scene;
    const isPort = verdict.kind === "cured" && verdict.by === "port-443";
    const cause = isPort ? HARMLESS : seen.cause;
    // A 404 may be one.
    if (observation.status === 404 && verdict.kind !== "cured") return undefined;
    const { method, url, status, told } = observation;
    const version = scene.app.known?.framework === framework ? scene.app.known.version : undefined;
    const app = { ...scene.app, known: { framework, version } };
    const whole = { ...scene, app };
    const fixes = fixesOf({ ...seen, cause }, whole);
    const isEdges = fixes.some(({ where }) => where === scene.edge?.fixes?.where);
    const says = vague ? "" : ` Its page says "${text}".`;
    const what =
      cause === "referer-missing"
        ? `the app wants a Referer over https, and there was none.${says} ${REASONS[cause]}`
        : `the browser says "Origin: ${origin}", and the app, which was told ${describe(told)}, takes itself for another origin.${says} ${REASONS[cause]}`;
    return stated({
      ...{ code: "csrf-origin-mismatch", cause, url, fixes },
      framework: framework.id,
      explanation: `${method} ${url} was refused with ${status}: ${what}${isEdges && scene.edge?.name === "none" ? NOT_NONE : ""}`,
      chain: [
        `browser  ${method} ${url}, Origin: ${origin}`,
        `app told ${describe(told)}`,
        `app      ${status}, refused as forged`,
      ],
      ...(verdict.kind === "cured"
        ? { proof: verdict.proof }
        : {
            settle:
              cause === HARMLESS
                ? "devtls serve --stand-in settles it: there the app is told the site as on 443."
                : "A form is not sent twice: once more, with the lines below in place, settles it.",
          }),
    });
  },
};

function look(observation: Observation, known: Framework | undefined): Seen | undefined {
  const { url, told, asked = told } = observation;
  const { origin } = new URL(url);
  // What the browser said, before the edge rewrote or dropped it.
  const claimed = first(asked, "origin") ?? originOf(first(asked, "referer"));
  const said = saysIn(observation.page, known);
  const says = said?.refusal.says ?? (isBareRefusal(observation, known) ? "origin" : undefined);
  const framework = said?.framework ?? known ?? sinatra;
  const base = { observation, framework, text: said?.refusal.text ?? "Forbidden" };
  if (says === "no-referer") {
    // A client that is no browser sends none; a browser has been told not to.
    const isBrowser = first(asked, "sec-fetch-site") === "same-origin";
    const isDropped = first(asked, "referer") !== undefined && first(told, "referer") === undefined;
    if (!isBrowser && !isDropped) return undefined;
    return { ...base, says, vague: false, origin, cause: "referer-missing" };
  }
  // A form of another site is refused with reason.
  if (says !== "origin" || claimed !== origin) return undefined;
  const vague = said === undefined || (said.refusal.vague ?? false);
  const cause = causeOf(observation, framework);
  // A word that stands for many reasons is not taken for this one where the app was told all.
  if (said === undefined && cause === "origin-not-listed") return undefined;
  return { ...base, says, vague, origin, cause };
}

/** The same path as a page that can be read: with the Origin, without what belongs to a body. */
function asGet(observation: Observation): Trial {
  const { pathname, search } = new URL(observation.url);
  const { told, ...base } = pageBefore(observation, pathname + search);
  const origin = first(observation.told, "origin");
  const readable = without(told, ["accept-encoding"]);
  return { ...base, told: [...readable, ...(origin ? ["Origin", origin] : [])], body: true };
}

/** Rack::Protection answers "Forbidden" to an Origin that is not what it takes for its own. */
function isBareRefusal({ status, page, told, response }: Observation, known?: Framework): boolean {
  return (
    status === 403 &&
    page?.trim() === "Forbidden" &&
    /^text\/plain/i.test(first(response, "content-type") ?? "") &&
    first(told, "origin") !== undefined &&
    (known === undefined || known.name === sinatra.name)
  );
}

function causeOf({ url, told }: Observation, { id }: Framework): Cause {
  const { host, port, protocol } = new URL(url);
  // Next.js goes by the forwarded one; others are told to, or do not.
  const forwarded = id === "next" ? first(told, "x-forwarded-host") : undefined;
  const sentHost = (forwarded ?? first(told, "host") ?? "").toLowerCase();
  const ownHost = (first(told, "host") ?? "").toLowerCase();
  const isHttps = protoOf(told) === "https";
  if (sentHost === host) return isHttps ? "origin-not-listed" : "scheme";
  const onlyPort = port !== "" && withoutPort(host) === sentHost && ownHost === sentHost;
  if (onlyPort && protocol === "https:") return isHttps ? HARMLESS : "scheme";
  return "host";
}

const REASONS: Readonly<Record<Cause, string>> = {
  host: "The edge replaced the Host, and the app compares with that.",
  scheme: "Nothing told the app that the scheme is https.",
  [HARMLESS]:
    "The edge leaves the port out of the Host, and the Origin has it: where the site is on 443 both are without one, so it is a matter of the development port.",
  "origin-not-listed":
    "It was told scheme and host and does not act on them, or wants the origin on a list.",
  "referer-missing":
    "Either a Referrer-Policy keeps the browser from sending it, or the edge drops it.",
};

function originOf(url: string | undefined): string | undefined {
  return url !== undefined && URL.canParse(url) ? new URL(url).origin : undefined;
}

function describe(told: readonly string[]): string {
  const host = first(told, "host") ?? "";
  const proto = protoOf(told);
  return `Host: ${host}${proto === undefined ? " and no X-Forwarded-Proto" : `, X-Forwarded-Proto: ${proto}`}`;
}

function fixesOf({ observation, framework, cause }: Seen, scene: Scene): Fix[] {
  const { url, told } = observation;
  const { port } = new URL(url);
  const origins = appFixes("origins", observation, scene);
  const trustProto = appFixes("trustProto", observation, scene);
  const host = edgeFixes("host", observation, scene);
  const proto = protoOf(told) === "https" ? [] : edgeFixes("proto", observation, scene);
  switch (cause) {
    case HARMLESS:
      return [STAND_IN];
    case "referer-missing":
      return framework.name === "django"
        ? [
            { where: framework.where, lines: ['SECURE_REFERRER_POLICY = "same-origin"'] },
            ...edgeFixes("cookies", observation, scene),
          ]
        : edgeFixes("cookies", observation, scene);
    case "host": {
      const dropsPort = port !== "" && host.some(({ lines }) => lines.join().includes("$host;"));
      const trustHost = appFixes("trustHost", observation, scene);
      const passed = first(told, "x-forwarded-host") !== undefined;
      // Where the Host alone was enough, the scheme is none of it.
      const isScheme = scene.verdict.kind !== "cured";
      return [
        ...origins,
        ...(passed ? trustHost : []),
        ...(isScheme ? trustProto : []),
        ...host,
        ...(isScheme ? proto : []),
        ...(dropsPort ? [STAND_IN] : []),
      ];
    }
    default:
      return [...origins, ...trustProto, ...proto];
  }
}
