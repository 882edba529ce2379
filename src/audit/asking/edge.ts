/** A local target behind a simulated edge, as on ports 443 and 80. */
import { coversHost, serveNames } from "../../ca/leaves.js";
import type { EdgeProfile } from "../../edge/profile.js";
import type { Target } from "../../proxy/upstream/target.js";
import { Doorstep } from "../../rehearse/doorstep.js";
import { openEdgeSide } from "../../serving/edge-side.js";
import type { Carrier } from "../../visit/carrier.js";
import { Either, type Entrance } from "./entrance.js";

export interface EdgeEntranceOptions {
  readonly target: Target;
  readonly profile: EdgeProfile;
  readonly hostname: string;
  /** The path and query of the page. */
  readonly path: string;
  /** Roots to trust, PEM, where the target has a certificate. */
  readonly roots: readonly string[];
  /** Who is asked for what is not the site. */
  readonly outside: Carrier;
}

/** An address that nobody has (RFC 5737). */
const VISITOR = "203.0.113.9";

export async function edgeEntrance(options: EdgeEntranceOptions): Promise<Entrance> {
  const { target, profile, hostname, path, roots, outside } = options;
  const names = serveNames([hostname.replace(/^\[|\]$/g, "")]);
  const covers = (name: string): boolean => coversHost(names, name);
  const origin = `https://${hostname}`;
  const defects: unknown[] = [];
  const side = await openEdgeSide({
    ...{ target, edge: profile, overrides: {}, limits: true, hsts: "pass", roots, covers },
    ...{ insecureTarget: true, probe: false },
    watchers: [Doorstep.watcher(() => doorstep)],
    served: () => ({ url: origin, port: 443, plainPort: 80 }),
    onFinding: () => undefined,
    onDefect: (error) => void defects.push(error),
  });
  const doorstep: Doorstep = new Doorstep({
    ...{ route: side.route, plain: profile.plain, address: VISITOR, covers },
  });
  const carrier = new Either((url) => doorstep.serves(url), doorstep, outside);
  return {
    ...{ edge: profile.name, isEdge: true, hostname, mayForge: true },
    doors: {
      http: new URL(`http://${hostname}${path}`),
      https: new URL(`${origin}${path}`),
      ...{ isSamePort: false, corsMethod: "OPTIONS" },
    },
    carriers: { strict: carrier, lenient: carrier },
    close: () => {
      for (const { pool } of side.forwardings.values()) pool.close();
    },
  };
}
