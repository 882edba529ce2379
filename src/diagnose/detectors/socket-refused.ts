/** WebSockets that are not opened: the edge drops the upgrade, or the app refuses Origin or Host. */

import { withoutPort } from "../../edge/stand-in.js";
import { first, without } from "../../lines.js";
import { capital } from "../../words.js";
import type { Detector, Scene } from "../detector.js";
import {
  type Finding,
  type Fix,
  HARMLESS,
  type Observation,
  stated,
  type Trial,
} from "../finding.js";
import { type Said, saysIn } from "../refusals.js";
import { edgeFixes, knownFixes, STAND_IN, titleOf } from "../remedies.js";
import { schemeDiagnosis } from "../scheme-cause.js";
import { toldOf } from "../shown.js";
import { type Change, type ChangeId, portChange, schemeChanges } from "../trials.js";
import { localName } from "./host-refused.js";

interface Seen {
  readonly observation: Observation;
  /** The app got an ordinary request. */
  readonly isDropped: boolean;
  readonly said: Said | undefined;
}

export const socketRefused: Detector<Seen> = {
  code: "websocket-refused",
  wants: { unusual: true, byEdge: true },

  look(observation, memory) {
    const { status, byEdge = false, target, page } = observation;
    // Of redirects others say what is wrong.
    if (!isHandshake(observation) || (status >= 200 && status < 400) || status < 200) return [];
    // A handshake that the app got and answered with no HTTP is its refusal.
    const isAsked = isUpgrade(observation.told);
    const isDropped = byEdge ? status === 501 : !isAsked;
    if (byEdge && !isDropped && !isAsked) return [];
    const said = saysIn(page, memory.apps.of(target).known?.framework);
    const repeat = observation.told.length === 0 ? null : handshake(observation.told);
    return [{ seen: { observation, isDropped, said }, repeat, method: observation.method }];
  },

  changes: ({ observation, isDropped }, base, scene) =>
    changesOf(observation, isDropped, base, scene),

  stillSo(_, again) {
    if (!isHandshake(again)) return undefined;
    return again.status === 101 || again.status < 400 ? false : again.status >= 400;
  },

  explain(seen, scene): Finding | undefined {
    const { observation, isDropped, said } = seen;
    const { verdict } = scene;
    const { method, url, told, status, byEdge = false } = observation;
    const isSaid = said?.refusal.says === "origin" || said?.refusal.says === "host";
    const isAsked = verdict.kind === "incurable" || verdict.kind === "gone";
    // There may be no WebSocket at that path, or none for this visitor.
    if (verdict.kind !== "cured" && !isSaid && (isAsked || !isDropped)) return undefined;
    const { cause, reason, fixes } = judged(seen, scene);
    return stated({
      ...{ code: "websocket-refused", cause, url, fixes },
      framework: scene.app.known?.framework.id ?? null,
      explanation: `The WebSocket ${url.replace(/^http/, "ws")} was not opened: ${status} instead of 101. ${reason}`,
      chain: [
        `browser  ${method} ${url}, Upgrade: websocket`,
        byEdge && isDropped
          ? "edge     no WebSocket"
          : `app told ${toldOf(told)}${isDropped ? ", no Upgrade" : ""}`,
        byEdge && !isDropped
          ? "app      no HTTP, and the end of the connection"
          : `${byEdge ? "edge" : "app "}     ${status}`,
      ],
      ...(verdict.kind === "cured"
        ? { proof: verdict.proof }
        : { settle: "The same handshake once more, with the lines below in place, settles it." }),
    });
  },
};

/** Whether a browser asked for a WebSocket; over HTTP/2 there is no Upgrade (RFC 8441). */
function isHandshake({ asked, told }: Observation): boolean {
  return [...[asked ?? []], told].some(
    (lines) => isUpgrade(lines) || first(lines, "sec-websocket-version") !== undefined,
  );
}

function isUpgrade(lines: readonly string[]): boolean {
  return /\bwebsocket\b/i.test(first(lines, "upgrade") ?? "");
}

/** A handshake with the app's head as it was, to be repeated as it was: with Upgrade or without. */
function handshake(told: readonly string[]): Trial {
  return isUpgrade(told) ? { told, from: "edge", upgrade: true } : { told, from: "edge" };
}

/** RFC 6455 4.1; the key of the sample there: nobody will talk over this connection. */
function withUpgrade(told: readonly string[]): string[] {
  const rest = without(told, ["connection", "upgrade"]);
  const key = first(told, "sec-websocket-key") === undefined ? KEY : [];
  return [...rest, "Connection", "Upgrade", "Upgrade", "websocket", ...key];
}

const KEY = ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="];

function changesOf(
  { url, target }: Observation,
  isDropped: boolean,
  { told: sent }: Trial,
  { edge }: Scene,
): Change[] {
  const { host, port } = new URL(url);
  const told = isDropped ? withUpgrade(sent) : sent;
  const base: Trial = { told, from: "edge", upgrade: true };
  const changes: Change[] = [];
  const add = (id: ChangeId, says: string, lines: readonly string[] = told): void => {
    changes.push({ ...base, told: lines, id, says });
  };
  const withHost = (name: string) => ["Host", name, ...without(told, ["host"])];
  if (isDropped) add("upgrade", "Upgrade: websocket");
  // Where only the port is missing, asking as on 443 says more.
  const named = first(told, "host")?.toLowerCase();
  if (named !== host && named !== withoutPort(host)) add("host", `Host: ${host}`, withHost(host));
  if (port !== "") changes.push({ ...portChange(base, url), upgrade: true });
  const scheme = schemeChanges(base, host, edge?.toApp.source === "remote");
  const wanted: readonly ChangeId[] = ["proto-https", "loopback", "proto-https-loopback"];
  changes.push(...scheme.filter(({ id }) => wanted.includes(id)));
  const local = localName(target);
  add("local-host", `Host: ${local}`, withHost(local));
  const withOrigin = (origin: string) => [...without(told, ["origin"]), "Origin", origin];
  const own = `http://${first(told, "host") ?? host}`;
  add("origin", `Origin: ${own}`, withOrigin(own));
  // Who has a list of Origins mostly lets in what sends none.
  if (first(told, "origin") !== undefined) add("no-origin", "no Origin", without(told, ["origin"]));
  add("local-origin", `Origin: http://${local}`, withOrigin(`http://${local}`));
  return changes;
}

interface Judgement {
  readonly cause: string;
  readonly reason: string;
  readonly fixes: readonly Fix[];
}

const DROPPED = "The edge drops the upgrade, so the app got an ordinary request.";

function judged({ observation, isDropped, said }: Seen, scene: Scene): Judgement {
  const { verdict } = scene;
  const by = verdict.kind === "cured" ? verdict.by : undefined;
  const name = titleOf(scene, "the app");
  const Name = capital(name);
  const upgrade = isDropped ? edgeFixes("upgrade", observation, scene) : [];
  const prefix = isDropped ? `${DROPPED} ` : "";
  const cause = (own: string): string => (isDropped ? "edge-drops-upgrade" : own);
  const origins = knownFixes("socketOrigins", observation, scene);
  switch (by) {
    case "upgrade":
      return {
        cause: "edge-drops-upgrade",
        reason: `${DROPPED} Asked again with it, ${name} opens the WebSocket.`,
        fixes: upgrade,
      };
    case "port-443":
      return {
        cause: cause(HARMLESS),
        reason: `${prefix}${Name} compares Origin with Host, of which the edge leaves out the port. Asked again as on 443 it opens the WebSocket: that part is a matter of the development port.`,
        fixes: [...upgrade, STAND_IN],
      };
    case "host":
      return {
        cause: cause("origin-refused"),
        reason: `${prefix}${Name} compares Origin with Host, and the edge replaced the Host. Asked again with the browser's own, it opens the WebSocket.`,
        fixes: [...upgrade, ...edgeFixes("host", observation, scene), ...origins],
      };
    case "proto-https":
    case "loopback":
    case "proto-https-loopback":
      return {
        cause: cause("origin-refused"),
        reason: `${prefix}${Name} compares the scheme of Origin with what it takes for its own. ${schemeDiagnosis(observation, scene).reason}`,
        fixes: [...upgrade, ...schemeDiagnosis(observation, scene).fixes],
      };
    case "local-host":
      return {
        cause: cause("host-refused"),
        reason: `${prefix}${Name} answers to the names on its list only. Asked again with the name that it has on this machine, it opens the WebSocket.`,
        fixes: [...upgrade, ...knownFixes("hosts", observation, scene)],
      };
    case "origin":
    case "local-origin":
    case "no-origin":
      return {
        cause: cause("origin-refused"),
        reason: `${prefix}${Name} refuses the Origin of the page. Asked again with ${by === "no-origin" ? "none" : "one that is its own"}, it opens the WebSocket.`,
        fixes: [...upgrade, ...origins],
      };
    default:
      return bySaid(observation, said, scene, upgrade);
  }
}

function bySaid(
  observation: Observation,
  said: Said | undefined,
  scene: Scene,
  upgrade: readonly Fix[],
): Judgement {
  const says = said?.refusal.says;
  if (says !== "origin" && says !== "host") {
    return { cause: "edge-drops-upgrade", reason: DROPPED, fixes: upgrade };
  }
  const known = scene.app.known ?? said;
  const whole = { ...scene, app: { ...scene.app, known } };
  const isHost = says === "host";
  return {
    cause: isHost ? "host-refused" : "origin-refused",
    reason: `Its page says "${said?.refusal.text}".`,
    fixes: knownFixes(isHost ? "hosts" : "socketOrigins", observation, whole),
  };
}
