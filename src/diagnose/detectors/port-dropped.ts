/**
 * Redirects to the same host over https without its port. Where the site is on 443 that is either
 * right, or the loop of an app that forces https and does not see it: asking as an edge on 443
 * would tells which.
 */
import { isLoopbackHost } from "../../cookies/hosts.js";
import { on443 } from "../../edge/stand-in.js";
import { first } from "../../lines.js";
import type { Detector, Scene } from "../detector.js";
import {
  type Finding,
  type Fix,
  HARMLESS,
  type Observation,
  type Proof,
  stated,
} from "../finding.js";
import { hostsTold } from "../own-addresses.js";
import { becomesGet, redirectOf } from "../redirects.js";
import { STAND_IN, titleOf } from "../remedies.js";
import { schemeDiagnosis } from "../scheme-cause.js";
import { shown, toldOf, withoutQuery } from "../shown.js";
import { isRefusal, portChange, schemeChanges } from "../trials.js";
import { GIVING_UP, isSelfRedirect } from "./redirect-loop.js";

/** Where a response leads, when that is the host that was asked for without its port. */
function droppedTo({ status, response, url, told }: Observation): URL | undefined {
  const location = redirectOf(status, response, url);
  if (location === undefined || !location.startsWith("https:")) return undefined;
  const here = new URL(url);
  const there = new URL(location);
  if (there.hostname !== here.hostname || there.port !== "" || here.port === "") return undefined;
  const isSame = pageOf(there) === pageOf(here);
  // On 443 of this machine another server may answer; the same page is the app's own.
  const isTold = hostsTold(told).includes(here.hostname);
  const isLoopback = isLoopbackHost(here.hostname.replace(/^\[|\]$/g, ""));
  return isSame || isTold || !isLoopback ? there : undefined;
}

function pageOf({ pathname, search }: URL): string {
  return pathname + search;
}

/** The same page: where the site is on 443, a redirect to itself. */
function isSamePage(observation: Observation): boolean {
  const there = droppedTo(observation);
  return there !== undefined && pageOf(there) === pageOf(new URL(observation.url));
}

export const portDropped: Detector<Observation> = {
  code: "port-dropped",
  wants: { unusual: true },

  look: (observation) => (droppedTo(observation) ? [{ seen: observation }] : []),

  changes({ url }, base, { edge }) {
    // Over plain http a redirect to https is what an app is to answer.
    if (!url.startsWith("https:")) return [];
    const port = portChange(base, url);
    const { told, url: site } = port;
    const on = { ...base, told };
    const remote = edge?.toApp.source === "remote";
    const scheme = schemeChanges(on, new URL(on443(url)).host, remote);
    return [
      port,
      ...scheme.map((change) => ({ ...change, ...(site !== undefined && { url: site }) })),
    ];
  },

  stillSo(_, again) {
    if (droppedTo(again) || isSelfRedirect(again, again.url)) return true;
    return isRefusal(again) ? undefined : false;
  },

  explain(seen, scene): Finding | undefined {
    const { verdict, app } = scene;
    if (verdict.kind === "gone") return undefined;
    const { method, url, status, told, response } = seen;
    const { cause, proof, reason, fixes, settle } = judged(seen, scene);
    const location = shown(withoutQuery(first(response, "location") ?? ""));
    const { port } = new URL(url);
    return stated({
      ...{ code: "port-dropped", cause, url, fixes },
      framework: app.known?.framework.id ?? null,
      explanation: `${method} ${url} was answered with a redirect to ${location}, without the port ${port}: there the browser finds another server, or none. ${reason}`,
      chain: [
        `browser  ${method} ${url}`,
        `app told ${toldOf(told)}`,
        `app      ${status}, Location: ${location}`,
        `browser  port 443, where devtls is not`,
      ],
      ...(proof ? { proof } : { settle }),
    });
  },
};

interface Judgement {
  readonly cause: string;
  readonly proof: Proof | undefined;
  readonly reason: string;
  readonly fixes: readonly Fix[];
  readonly settle: string;
}

function judged(seen: Observation, scene: Scene): Judgement {
  const { verdict } = scene;
  if (verdict.kind === "cured" && verdict.by === "port-443") {
    return harmless(seen, scene, verdict.proof);
  }
  const isPost = becomesGet(seen.method, seen.status);
  const mayLoop = seen.url.startsWith("https:") && isSamePage(seen) && !isPost;
  if (verdict.kind === "unasked" && !mayLoop) return harmless(seen, scene, undefined);
  const { cause, proof, reason, fixes } = schemeDiagnosis(seen, scene);
  const isSure = verdict.kind === "incurable" && !scene.context.fromClient;
  const known = proof ?? (isSure ? GIVING_UP : undefined);
  const asked =
    verdict.kind === "unasked"
      ? "On 443 that is the page it has just asked for: a redirect loop."
      : "Asked again as on 443, it redirects to the page that was asked for: in production that is a redirect loop.";
  const name = titleOf(scene, "the app");
  return {
    cause,
    proof: known,
    reason: `${asked} ${reason} ${name[0]?.toUpperCase()}${name.slice(1)} takes the request for plain http and forces https, where the browser already is.`,
    fixes,
    settle: "devtls serve --stand-in shows it as on 443.",
  };
}

function harmless(seen: Observation, scene: Scene, proof: Proof | undefined): Judgement {
  const { host } = new URL(seen.url);
  const isTold = hostsTold(seen.told).includes(host);
  const why = isTold
    ? `${titleOf(scene, "The app")} was told "${host}" and leaves the port out.`
    : "The edge does not tell the port, as the real one on another port would not.";
  // Once more on 443 the answer is what it should be.
  const asked = proof ? " Asked again as on 443, it leads where it should." : "";
  return {
    cause: HARMLESS,
    proof,
    reason: `${why}${asked} Where the site is on 443 nothing is missing: it is a matter of the development port only.`,
    fixes: [STAND_IN],
    settle: "devtls serve --stand-in shows it as on 443.",
  };
}
