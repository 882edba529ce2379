/**
 * Fronting a dev server: the authority's certificate, the proxy and the diagnosis put together.
 * The command line and the library both start here; nothing in it prints or exits.
 */
import { EventEmitter } from "node:events";
import type { Fault } from "../ca/fault-kinds.js";
import {
  coversHost,
  openServeIdentity,
  type ServeIdentity,
  type ServeLeaf,
  serveNames,
} from "../ca/leaves.js";
import { type Clock, keepFresh } from "../ca/refresh.js";
import type { CookieMode } from "../cookies/modes.js";
import type { Counted } from "../diagnose/diagnosis.js";
import type { Finding } from "../diagnose/finding.js";
import { compileHead, type HeadOverrides } from "../edge/head.js";
import type { EdgeProfile } from "../edge/profile.js";
import { compileResponse } from "../edge/response.js";
import type { Site } from "../edge/stand-in.js";
import type { FinishedExchange } from "../proxy/exchange.js";
import type { Forwarding, RequestPolicy, ResponsePolicy } from "../proxy/forwarding.js";
import type { PlainSettings } from "../proxy/own/plain-http.js";
import { asPublicAddress } from "../proxy/policies/address-space.js";
import { type HstsMode, hstsPolicy } from "../proxy/policies/hsts.js";
import { createRouter, type Route } from "../proxy/routes.js";
import { type Credentials, type RunningProxy, startProxy } from "../proxy/server.js";
import { Pool } from "../proxy/upstream/pool.js";
import type { Target } from "../proxy/upstream/target.js";
import type { Watcher } from "../proxy/watch.js";
import { type Certificate, certificateToPem } from "../x509/certificate.js";
import type { Name } from "../x509/names.js";
import { Diagnosing, type Served } from "./diagnosing.js";

/**
 * Servers that trust forwarded headers from 127.0.0.1 only must not take a remote edge for a local
 * proxy. Linux has all of 127.0.0.0/8; elsewhere the connection falls back to 127.0.0.1.
 */
const REMOTE_SOURCE = "127.0.0.2";

/** For what is being looked into when the last exchange has ended. */
const LAST_LOOK_MS = 200;

/** Hosts that are said not to be covered; strangers can ask for any number of them. */
const MAX_DISTRUSTED = 20;

/** A certificate of the user's own instead of one that devtls issues. */
export interface OwnCertificate extends Credentials {
  readonly certificate: Certificate;
}

export interface ServeSettings {
  /** Where requests go that no route takes. */
  readonly target: Target;
  readonly routes?: readonly Route[];
  /** What is being started and is going to be the target; requests wait for `setTarget`. */
  readonly starting?: string;
  /** Names to serve besides localhost, 127.0.0.1 and ::1; the first one names the URL. */
  readonly hosts: readonly string[];
  readonly addresses: readonly string[];
  readonly port: number;
  readonly orNextPort: boolean;
  readonly edge: EdgeProfile;
  readonly overrides: HeadOverrides;
  /** Apply the edge's bounds on sizes and times. */
  readonly limits?: boolean;
  readonly plain?: PlainSettings;
  /** What becomes of cookies; `pass` unless told otherwise. */
  readonly cookies?: CookieMode;
  /** What becomes of Strict-Transport-Security; `strip` unless told otherwise. */
  readonly hsts?: HstsMode;
  readonly own?: OwnCertificate;
  /** A certificate that is wrong on purpose. */
  readonly fault?: Fault;
  readonly insecureTarget?: boolean;
  /** Tell the app the site as on port 443, whatever the port is. */
  readonly standIn?: boolean;
  /** Pages count as those of a public address (Local Network Access). */
  readonly publicAddress?: boolean;
  /** Replay failing GET requests to find the cause; so unless told otherwise. */
  readonly probe?: boolean;
  /** Look on at every exchange, beside the log and the diagnosis. */
  readonly watchers?: readonly Watcher[];
  readonly stateDirectory?: string;
  readonly clock?: Clock;
}

export interface ServeEvents {
  request: [finished: FinishedExchange];
  finding: [finding: Finding];
  target: [state: "up" | "down", url: string];
  /**
   * A client refused the certificate; once a run, and once for each host that it asked for and the
   * certificate does not cover.
   */
  distrust: [uncovered: string | undefined];
  /** Something in devtls failed: who looked on at an exchange, or one exchange with it. */
  defect: [error: unknown];
}

export interface Serving extends EventEmitter<ServeEvents> {
  readonly url: string;
  readonly port: number;
  readonly addresses: readonly string[];
  readonly plainPort: number | undefined;
  readonly certificate: Certificate;
  /** Whether this run made the authority. */
  readonly authorityCreated: boolean;
  /** Why the certificate of this run is in memory only. */
  readonly unkept: string | undefined;
  /** Sends what no route takes, and what waits for it, to this target from now on. */
  setTarget(target: Target): void;
  /** What was found and is still so. */
  findings(): readonly Counted[];
  /** Fulfilled when what was seen so far has been looked into. */
  diagnosed(): Promise<void>;
  close(graceMs?: number): Promise<void>;
}

/**
 * Starts serving.
 * @throws DevtlsError for what keeps it from starting: the authority, a name, a busy port
 */
export async function startServing(settings: ServeSettings): Promise<Serving> {
  const events = new EventEmitter<ServeEvents>();
  const faulty = settings.fault && (await openFaulty(settings.fault, settings));
  const issued = settings.own || faulty ? undefined : await openIdentity(settings);
  const { credentials, certificate } = faulty || (issued ? shown(issued.leaf) : ownOf(settings));
  // A certificate for another host is no reason to answer for it.
  const covered = faulty ? namesOf(settings) : certificate.names;
  let served: Served | undefined;
  const onDefect = (error: unknown): void => void events.emit("defect", error);
  const diagnosing = new Diagnosing(settings, () => served, {
    onFinding: (finding) => void events.emit("finding", finding),
    onDefect,
  });
  const log: Watcher = () =>
    events.listenerCount("request") > 0
      ? { end: (finished) => void events.emit("request", finished) }
      : undefined;
  const covers = (hostname: string): boolean => coversHost(covered, hostname);
  const common = {
    edge: settings.edge,
    rewrite: compileHead(settings.edge, settings.overrides),
    editResponse: compileResponse(settings.edge),
    limits: settings.limits ? settings.edge.limits : {},
    ...(await policiesOf(settings)),
    ...(settings.standIn && { standIn: standingIn(covers, () => served) }),
    watchers: [...(settings.watchers ?? []), log, diagnosing.watch],
    onDefect,
  };
  const connecting = {
    insecure: settings.insecureTarget ?? false,
    roots: issued ? [certificateToPem(issued.root)] : [],
    ...(settings.edge.toApp.source === "remote" && { source: REMOTE_SOURCE }),
  };
  const forwardings = new Map<string, Forwarding>();
  const forwardingTo = (target: Target): Forwarding => {
    const known = forwardings.get(target.url);
    if (known) return known;
    const pool = new Pool(target, connecting, (state, of) => void events.emit("target", state, of));
    const forwarding = { ...common, pool };
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
  const distrusted = new Set<string | undefined>();
  const proxy: RunningProxy = await startProxy({
    credentials,
    addresses: settings.addresses,
    port: settings.port,
    orNextPort: settings.orNextPort,
    ...(settings.plain && { plain: settings.plain }),
    covers,
    onDefect,
    onDistrust: (uncovered) => {
      if (distrusted.has(uncovered) || distrusted.size > MAX_DISTRUSTED) return;
      distrusted.add(uncovered);
      events.emit("distrust", uncovered);
    },
    forwardings,
    route: createRouter(routes, () => fallback),
  });
  const stopRefresh = issued
    ? keepFresh(
        issued,
        (leaf) => proxy.setCredentials(shown(leaf).credentials),
        onDefect,
        settings.clock,
      )
    : () => undefined;
  const port = proxy.port === 443 ? "" : `:${proxy.port}`;
  const url = `https://${urlHost(settings.hosts[0] ?? "localhost")}${port}`;
  served = { url, port: proxy.port, plainPort: proxy.plainPort };
  return Object.assign(events, {
    url,
    port: proxy.port,
    addresses: proxy.addresses,
    plainPort: proxy.plainPort,
    certificate,
    authorityCreated: issued?.created ?? false,
    unkept: issued?.leaf.unkept?.message,
    setTarget: (target: Target) => {
      fallback = forwardingTo(target);
      opened(fallback);
    },
    findings: () => diagnosing.open,
    diagnosed: () => diagnosing.idle(),
    close: async (graceMs = 2_000) => {
      stopRefresh();
      // Who still waits for the app is told that it is not coming.
      opened(undefined);
      const end = Date.now() + graceMs;
      // Exchanges that end meanwhile are looked at, too.
      await proxy.close(graceMs);
      await diagnosing.close(Math.max(end - Date.now(), LAST_LOOK_MS));
    },
  });
}

/** Where devtls listens is known when the first request comes. */
function standingIn(isServed: Site["isServed"], served: () => Served | undefined): Site {
  return {
    isServed,
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
async function policiesOf(settings: ServeSettings): Promise<Policies> {
  const { cookies = "pass", hsts = "strip", publicAddress = false } = settings;
  const ofHsts = hstsPolicy(hsts);
  const rest = [...(ofHsts ? [ofHsts] : []), ...(publicAddress ? [asPublicAddress] : [])];
  if (cookies === "pass") return { requestPolicy: undefined, policies: rest };
  const { cookiePolicies } = await import("../proxy/policies/cookies.js");
  const { request, response } = cookiePolicies(cookies);
  return { requestPolicy: request, policies: [response, ...rest] };
}

/** The names that are served: those asked for, and the hosts of host routes. */
function namesOf({ hosts, routes = [] }: ServeSettings): Name[] {
  const routed = routes.flatMap(({ host }) => (host === undefined ? [] : [host]));
  return serveNames([...hosts, ...routed]);
}

function openIdentity(settings: ServeSettings): Promise<ServeIdentity> {
  return openServeIdentity(namesOf(settings), settings.stateDirectory);
}

async function openFaulty(fault: Fault, settings: ServeSettings): Promise<Shown> {
  const { makeFaulty } = await import("../ca/fault.js");
  const leaf = await makeFaulty(fault, namesOf(settings), settings.stateDirectory);
  const { credentials, certificate } = shown(leaf);
  const { ciphers } = leaf;
  return { certificate, credentials: { ...credentials, ...(ciphers && { ciphers }) } };
}

interface Shown {
  readonly credentials: Credentials;
  readonly certificate: Certificate;
}

function shown(leaf: ServeLeaf): Shown {
  return {
    credentials: { cert: leaf.chainPem, key: leaf.keyPem },
    certificate: leaf.certificate,
  };
}

function ownOf({ own }: ServeSettings): Shown {
  const { certificate, cert, key } = own as OwnCertificate;
  return { credentials: { cert, key }, certificate };
}

function urlHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
