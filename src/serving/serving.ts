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
import type { Counted } from "../diagnose/diagnosis.js";
import type { Finding } from "../diagnose/finding.js";
import { DevtlsError } from "../errors.js";
import type { Doorkeeper } from "../proxy/doorkeeper.js";
import type { Exchange, FinishedExchange } from "../proxy/exchange.js";
import type { PlainSettings } from "../proxy/own/plain-http.js";
import { type Credentials, type RunningProxy, startProxy } from "../proxy/server.js";
import type { Target } from "../proxy/upstream/target.js";
import type { Watcher } from "../proxy/watch.js";
import { type Certificate, certificateToPem } from "../x509/certificate.js";
import { type Name, parseName, uniqueNames } from "../x509/names.js";
import type { Served } from "./diagnosing.js";
import { type EdgeSideSettings, openEdgeSide } from "./edge-side.js";

/** For what is being looked into when the last exchange has ended. */
const LAST_LOOK_MS = 200;

/** Hosts that are said not to be covered; strangers can ask for any number of them. */
const MAX_DISTRUSTED = 20;

/** A certificate of the user's own instead of one that devtls issues. */
export interface OwnCertificate extends Credentials {
  readonly certificate: Certificate;
}

/** What a run is told by its events. */
type Told = "onTarget" | "onFinding" | "onDefect";

export interface ServeSettings
  extends Omit<EdgeSideSettings, "watchers" | "roots" | "served" | "covers" | Told> {
  /** Names to serve besides localhost, 127.0.0.1 and ::1; the first one names the URL. */
  readonly hosts: readonly string[];
  readonly addresses: readonly string[];
  readonly port: number;
  readonly orNextPort: boolean;
  readonly plain?: PlainSettings;
  readonly own?: OwnCertificate;
  /** A certificate that is wrong on purpose. */
  readonly fault?: Fault;
  /** Look on at every exchange, beside the log and the diagnosis. */
  readonly watchers?: readonly Watcher[];
  /** The exchange as everybody sees it: without what is devtls's own. */
  readonly seen?: (exchange: Exchange) => Exchange;
  readonly stateDirectory?: string;
  readonly clock?: Clock;
}

interface ServeEvents {
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
  /**
   * Serves the local network, too: these addresses, under these names besides the others, and none
   * from before. Whoever comes from there passes the doorkeeper first.
   * @throws DevtlsError "outside-constraints" for a name that the authority must not sign;
   * "address-unavailable"
   */
  openTo(
    addresses: readonly string[],
    names: readonly string[],
    doorkeeper: Doorkeeper,
  ): Promise<void>;
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
  let covered: readonly Name[] = faulty ? namesOf(settings) : certificate.names;
  let served: Served | undefined;
  const onDefect = (error: unknown): void => void events.emit("defect", error);
  const log: Watcher = () =>
    events.listenerCount("request") > 0
      ? { end: (finished) => void events.emit("request", finished) }
      : undefined;
  const covers = (hostname: string): boolean => coversHost(covered, hostname);
  const side = await openEdgeSide({
    ...settings,
    covers,
    watchers: [...(settings.watchers ?? []), log],
    roots: issued ? [certificateToPem(issued.root)] : [],
    served: () => served,
    onTarget: (state, of) => void events.emit("target", state, of),
    onFinding: (finding) => void events.emit("finding", finding),
    onDefect,
  });
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
    forwardings: side.forwardings,
    route: side.route,
    seen: settings.seen,
  });
  const refresh = (identity: ServeIdentity): (() => void) =>
    keepFresh(
      identity,
      (leaf) => proxy.setCredentials(shown(leaf).credentials),
      onDefect,
      settings.clock,
    );
  let stopRefresh = issued ? refresh(issued) : () => undefined;
  const openTo: Serving["openTo"] = async (addresses, names, doorkeeper) => {
    if (!issued) throw notExtended();
    const wider = [...namesOf(settings), ...names.map(parseName)];
    const identity = await openServeIdentity(uniqueNames(wider), settings.stateDirectory);
    covered = identity.leaf.certificate.names;
    proxy.setCredentials(shown(identity.leaf).credentials);
    stopRefresh();
    stopRefresh = refresh(identity);
    await proxy.openTo(addresses, doorkeeper);
  };
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
    ...{ openTo, setTarget: side.setTarget },
    findings: () => side.diagnosing.open,
    diagnosed: () => side.diagnosing.idle(),
    close: async (graceMs = 2_000) => {
      stopRefresh();
      // Who still waits for the app is told that it is not coming.
      side.giveUp();
      const end = Date.now() + graceMs;
      // Exchanges that end meanwhile are looked at, too.
      await proxy.close(graceMs);
      await side.diagnosing.close(Math.max(end - Date.now(), LAST_LOOK_MS));
    },
  });
}

function notExtended(): DevtlsError {
  return new DevtlsError(
    "usage",
    "could not serve the local network: the certificate is not one that devtls issued",
    { hint: "Leave --cert and --fault out: devtls serve --lan" },
  );
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
