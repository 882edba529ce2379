/**
 * The edge's side of a run: how requests for each target are treated, and who looks on. A listener
 * hands exchanges to it, or a rehearsal does.
 */

import type { CookieMode } from "../cookies/modes.js";
import type { AppMemory } from "../diagnose/app-memory.js";
import type { Finding } from "../diagnose/finding.js";
import { compileHead, type HeadOverrides } from "../edge/head.js";
import type { EdgeProfile } from "../edge/profile.js";
import { compileResponse } from "../edge/response.js";
import type { Site } from "../edge/stand-in.js";
import type { Forwarding, RequestPolicy, ResponsePolicy } from "../proxy/forwarding.js";
import { asPublicAddress } from "../proxy/policies/address-space.js";
import { type HstsMode, hstsPolicy } from "../proxy/policies/hsts.js";
import { createRouter, type Route } from "../proxy/routes.js";
import { Pool } from "../proxy/upstream/pool.js";
import type { Target } from "../proxy/upstream/target.js";
import type { Watcher } from "../proxy/watch.js";
import { Diagnosing, type Served } from "./diagnosing.js";

/**
 * Servers that trust forwarded headers from 127.0.0.1 only must not take a remote edge for a local
 * proxy. Linux has all of 127.0.0.0/8; elsewhere the connection falls back to 127.0.0.1.
 */
const REMOTE_SOURCE = "127.0.0.2";

export interface EdgeSideSettings {
  /** Where requests go that no route takes. */
  readonly target: Target;
  readonly routes?: readonly Route[];
  /** What is being started and is going to be the target; requests wait for `setTarget`. */
  readonly starting?: string;
  readonly edge: EdgeProfile;
  readonly overrides: HeadOverrides;
  /** Apply the edge's bounds on sizes and times. */
  readonly limits?: boolean;
  /** What becomes of cookies; `pass` unless told otherwise. */
  readonly cookies?: CookieMode;
  /** What becomes of Strict-Transport-Security; `strip` unless told otherwise. */
  readonly hsts?: HstsMode;
  readonly insecureTarget?: boolean;
  /** Tell the app the site as on port 443, whatever the port is. */
  readonly standIn?: boolean;
  /** Pages count as those of a public address (Local Network Access). */
  readonly publicAddress?: boolean;
  /** Replay failing GET requests to find the cause; so unless told otherwise. */
  readonly probe?: boolean;
  /** What the apps have shown before. */
  readonly learnt?: AppMemory;
  /** Look on at every exchange, before the diagnosis does. */
  readonly watchers: readonly Watcher[];
  /** Roots to trust besides, PEM, where the target has a certificate. */
  readonly roots: readonly string[];
  /** Whether devtls answers for a host name. */
  readonly covers: (hostname: string) => boolean;
  /** Where the app is served, once that is known. */
  readonly served: () => Served | undefined;
  readonly onTarget?: (state: "up" | "down", url: string) => void;
  readonly onFinding: (finding: Finding) => void;
  readonly onDefect: (error: unknown) => void;
}

export interface EdgeSide {
  /** Every target by its URL. */
  readonly forwardings: ReadonlyMap<string, Forwarding>;
  readonly route: (host: string, target: string) => Forwarding;
  readonly diagnosing: Diagnosing;
  /** Sends what no route takes to another target from now on. */
  setTarget(target: Target): void;
  /** Who still waits for the target is told that it is not coming. */
  giveUp(): void;
}

export async function openEdgeSide(settings: EdgeSideSettings): Promise<EdgeSide> {
  const { edge, onDefect, onFinding, onTarget = () => undefined } = settings;
  const diagnosing = new Diagnosing(settings, settings.served, { onFinding, onDefect });
  const common = {
    edge,
    rewrite: compileHead(edge, settings.overrides),
    editResponse: compileResponse(edge),
    limits: settings.limits ? edge.limits : {},
    ...(await policiesOf(settings)),
    ...(settings.standIn && { standIn: standingIn(settings) }),
    watchers: [...settings.watchers, diagnosing.watch],
    onDefect,
  };
  const connecting = {
    insecure: settings.insecureTarget ?? false,
    roots: settings.roots,
    ...(edge.toApp.source === "remote" && { source: REMOTE_SOURCE }),
  };
  const forwardings = new Map<string, Forwarding>();
  const forwardingTo = (target: Target): Forwarding => {
    const known = forwardings.get(target.url);
    if (known) return known;
    const forwarding = { ...common, pool: new Pool(target, connecting, onTarget) };
    forwardings.set(target.url, forwarding);
    diagnosing.addTarget(target, connecting);
    return forwarding;
  };
  let fallback = forwardingTo(settings.target);
  let opened: (ready: Forwarding | undefined) => void = () => undefined;
  if (settings.starting !== undefined) {
    const ready = new Promise<Forwarding | undefined>((resolve) => {
      opened = resolve;
    });
    fallback = { ...fallback, starting: { name: settings.starting, ready } };
  }
  const routes = (settings.routes ?? []).map((route): [Route, Forwarding] => [
    route,
    forwardingTo(route.target),
  ]);
  return {
    ...{ forwardings, diagnosing },
    route: createRouter(routes, () => fallback),
    setTarget: (target) => {
      fallback = forwardingTo(target);
      opened(fallback);
    },
    giveUp: () => opened(undefined),
  };
}

/** Where devtls listens is known when the first request comes. */
function standingIn({ covers, served }: Pick<EdgeSideSettings, "covers" | "served">): Site {
  return {
    isServed: covers,
    get port() {
      return served()?.port ?? 443;
    },
    get plainPort() {
      return served()?.plainPort;
    },
  };
}

interface Policies {
  readonly requestPolicy: RequestPolicy | undefined;
  readonly policies: readonly ResponsePolicy[];
}

/** In this order: cookies, HSTS, address space; the edge's own edits come before both. */
async function policiesOf(
  settings: Pick<EdgeSideSettings, "cookies" | "hsts" | "publicAddress">,
): Promise<Policies> {
  const { cookies = "pass", hsts = "strip", publicAddress = false } = settings;
  const ofHsts = hstsPolicy(hsts);
  const rest = [...(ofHsts ? [ofHsts] : []), ...(publicAddress ? [asPublicAddress] : [])];
  if (cookies === "pass") return { requestPolicy: undefined, policies: rest };
  const { cookiePolicies } = await import("../proxy/policies/cookies.js");
  const { request, response } = cookiePolicies(cookies);
  return { requestPolicy: request, policies: [response, ...rest] };
}
