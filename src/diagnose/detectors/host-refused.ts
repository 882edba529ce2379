/** Requests that are refused because of the Host: it is none that the app, or the dev server, knows. */

import { withoutPort } from "../../edge/stand-in.js";
import { first, without } from "../../lines.js";
import type { Detector, Scene } from "../detector.js";
import { type Finding, type Fix, type Observation, stated } from "../finding.js";
import { type Said, saysIn } from "../refusals.js";
import { appFixes, edgeFixes, knownFixes } from "../remedies.js";
import { shown } from "../shown.js";
import type { Change } from "../trials.js";

interface Seen {
  readonly observation: Observation;
  /** What the page says of it; undefined where only asking can tell. */
  readonly said: Said | undefined;
}

export const hostRefused: Detector<Seen> = {
  code: "host-refused",
  wants: { unusual: true },

  look(observation, memory) {
    const { status, page, target, told } = observation;
    if (status < 400 || status > 500 || told.length === 0) return [];
    const said = saysIn(page, memory.apps.of(target).known?.framework);
    const host = first(told, "host") ?? "";
    // Refused on every page alike.
    if (said?.refusal.says === "host") return [{ seen: { observation, said }, once: host }];
    if (said || !mayBeForHost(observation)) return [];
    return [{ seen: { observation, said: undefined }, once: `${host} ${status}` }];
  },

  changes({ observation: { url, target } }, base): Change[] {
    const { host } = new URL(url);
    const changes: Change[] = [];
    const add = (id: "host" | "local-host", name: string): void => {
      const told = ["Host", name, ...without(base.told, ["host", "x-forwarded-host"])];
      changes.push({ ...base, told, id, says: `Host: ${name}` });
    };
    if (first(base.told, "host") !== host) add("host", host);
    add("local-host", localName(target));
    return changes;
  },

  stillSo({ observation, said: before }, again) {
    if (again.status < 400) return false;
    if (!before) return again.status === observation.status || undefined;
    const said = saysIn(again.page, undefined);
    if (said?.refusal.says === "host") return true;
    // What was refused, and now is merely not there, is past the check.
    return again.status === 404 || again.status === 405 ? false : again.status < 500 || undefined;
  },

  explain({ observation, said }, scene): Finding | undefined {
    const { method, url, status, told } = observation;
    const { verdict } = scene;
    const isCured = verdict.kind === "cured";
    if ((!said || said.refusal.vague) && !isCured) return undefined;
    const name = first(told, "host") ?? "";
    // Without its port it is the same name.
    const byEdge = withoutPort(name.toLowerCase()) !== withoutPort(new URL(url).host);
    const isItsOwn = scene.app.known?.framework === said?.framework;
    const known = isItsOwn ? scene.app.known : (said ?? scene.app.known);
    const whole = { ...scene, app: { ...scene.app, known } };
    const framework = known?.framework;
    return stated({
      ...{ code: "host-refused", url },
      cause: byEdge ? "edge-replaces-host" : "host-not-listed",
      framework: framework?.id ?? null,
      explanation: `${method} ${url} was refused with ${status}: ${framework?.title ?? "the app"} answers to the names on its list only, and "${name}" is none of them.${!said || said.refusal.vague ? "" : ` Its page says "${said.refusal.text}".`}${byEdge ? " The edge replaced the Host that the browser asked for." : ""}${isCured ? ` Asked again with ${verdict.proof.kind === "asked" ? verdict.proof.changed : ""}, it answers.` : ""}`,
      chain: [
        `browser  ${method} ${url}`,
        `app told Host: ${shown(name)}`,
        `app      ${status}, refused for its Host`,
      ],
      fixes: fixesOf(observation, whole, byEdge),
      ...(isCured
        ? { proof: verdict.proof }
        : { settle: "The same request with a Host that is on the list settles it." }),
    });
  },
};

function fixesOf(observation: Observation, scene: Scene, byEdge: boolean): Fix[] {
  const own = knownFixes("hosts", observation, scene);
  if (!byEdge) return own;
  const ofEdge = edgeFixes("host", observation, scene);
  return ofEdge.length > 0 ? [...ofEdge, ...own] : appFixes("hosts", observation, scene);
}

/** A GET that may have been refused for its Host alone: of a missing page only the first one. */
function mayBeForHost({ method, status, url, target, told }: Observation): boolean {
  if (method !== "GET" || first(told, "host") === localName(target)) return false;
  if (status === 404) return new URL(url).pathname === "/";
  return status === 400 || status === 403 || status === 421;
}

/** What the app is called on this machine. */
export function localName(target: string): string {
  if (!/^https?:/.test(target)) return "localhost";
  const { port } = new URL(target);
  return port === "" ? "localhost" : `localhost:${port}`;
}
