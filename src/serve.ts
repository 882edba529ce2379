/**
 * Fronting a dev server: the authority's certificate, the proxy and the diagnosis put together.
 * The command line and the library both start here; nothing in it prints or exits.
 */
import { EventEmitter } from "node:events";
import { openAuthorityFor } from "./ca/issue.js";
import { coversHost, serveLeaf, serveNames } from "./ca/leaves.js";
import type { Finding } from "./diagnose/finding.js";
import { LoopWatch } from "./diagnose/redirect-loop.js";
import { compileHead, type HeadOverrides } from "./edge/head.js";
import type { EdgeProfile } from "./edge/profile.js";
import type { FinishedExchange } from "./proxy/exchange.js";
import { type Credentials, type PlainHttp, type RunningProxy, startProxy } from "./proxy/server.js";
import { Pool } from "./proxy/upstream/pool.js";
import type { Target } from "./proxy/upstream/target.js";
import { type Certificate, certificateToPem } from "./x509/certificate.js";

/** A certificate of the user's own instead of one that devtls issues. */
export interface OwnCertificate extends Credentials {
  readonly certificate: Certificate;
}

export interface ServeSettings {
  readonly target: Target;
  /** Names to serve besides localhost, 127.0.0.1 and ::1; the first one names the URL. */
  readonly hosts: readonly string[];
  readonly addresses: readonly string[];
  readonly port: number;
  readonly orNextPort: boolean;
  readonly edge: EdgeProfile;
  readonly overrides: HeadOverrides;
  readonly plain?: PlainHttp;
  readonly own?: OwnCertificate;
  readonly insecureTarget?: boolean;
  readonly stateDirectory?: string;
}

export interface ServeEvents {
  request: [finished: FinishedExchange];
  finding: [finding: Finding];
  target: [state: "up" | "down", url: string];
  /** A client refused the certificate; once a run. */
  distrust: [];
  /** An observer threw; the exchange it looked at was not affected. */
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
  close(graceMs?: number): Promise<void>;
}

/**
 * Starts serving.
 * @throws DevtlsError for what keeps it from starting: the authority, a name, a busy port
 */
export async function startServing(settings: ServeSettings): Promise<Serving> {
  const events = new EventEmitter<ServeEvents>();
  const identity: Identity = settings.own
    ? { ...settings.own, roots: [], created: false }
    : await issued(settings);
  const { certificate } = identity;
  const loops = new LoopWatch();
  const pool = new Pool(settings.target, {
    insecure: settings.insecureTarget ?? false,
    roots: identity.roots,
  });
  let distrusted = false;
  const proxy: RunningProxy = await startProxy({
    credentials: identity,
    addresses: settings.addresses,
    port: settings.port,
    orNextPort: settings.orNextPort,
    ...(settings.plain && { plain: settings.plain }),
    covers: (hostname) => coversHost(certificate, hostname),
    onDistrust: () => {
      if (!distrusted) events.emit("distrust");
      distrusted = true;
    },
    forwarding: {
      pool,
      rewrite: compileHead(settings.edge, settings.overrides),
      policies: [],
      observers: [
        (finished) => {
          if (events.listenerCount("request") > 0) events.emit("request", finished);
        },
        (finished) => {
          const finding = finished.own ? undefined : loops.observe(observationOf(finished, pool));
          if (finding) events.emit("finding", finding);
        },
      ],
      onTarget: (state, url) => void events.emit("target", state, url),
      onObserverError: (error) => void events.emit("defect", error),
    },
  });
  const port = proxy.port === 443 ? "" : `:${proxy.port}`;
  return Object.assign(events, {
    url: `https://${urlHost(settings.hosts[0] ?? "localhost")}${port}`,
    port: proxy.port,
    addresses: proxy.addresses,
    plainPort: proxy.plainPort,
    certificate,
    authorityCreated: identity.created,
    close: (graceMs = 2_000) => proxy.close(graceMs),
  });
}

interface Identity extends Credentials {
  readonly certificate: Certificate;
  readonly roots: readonly string[];
  readonly created: boolean;
}

async function issued(settings: ServeSettings): Promise<Identity> {
  const names = serveNames(settings.hosts);
  const { authority, created } = await openAuthorityFor(names, settings.stateDirectory);
  const leaf = await serveLeaf(authority, names);
  return {
    cert: leaf.chainPem,
    key: leaf.keyPem,
    certificate: leaf.certificate,
    roots: [certificateToPem(authority.certificate)],
    created,
  };
}

function observationOf(finished: FinishedExchange, pool: Pool) {
  return {
    method: finished.exchange.method,
    url: finished.url,
    told: finished.told,
    status: finished.status,
    response: finished.responseHeaders,
    target: pool.dialer.target.url,
  };
}

function urlHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
