/** devtls in this process, for tests that look at bytes; it ends with the test file. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DEFAULT_PROFILE } from "../../src/edge/profiles/index.js";
import type { FinishedExchange } from "../../src/proxy/exchange.js";
import { parseTarget } from "../../src/proxy/upstream/target.js";
import { type ServeSettings, type Serving, startServing } from "../../src/serving/serving.js";
import { atEnd, folderUntilEnd } from "./programs.js";
import { connectRaw, connectSecure, type RawConnection } from "./raw-client.js";

export interface RawFront {
  readonly serving: Serving;
  readonly port: number;
  readonly plainPort: number;
  /** The authority's certificate, PEM. */
  readonly root: string;
  /** "localhost:8443" as the TLS port's clients write it. */
  readonly authority: string;
  /** What went wrong within devtls. */
  readonly defects: readonly unknown[];
  /** The exchanges that are over. */
  readonly finished: readonly FinishedExchange[];
  /** A TLS connection to it. */
  secure(protocol?: "http/1.1" | "h2"): Promise<RawConnection>;
  /** A connection to its plain HTTP port, which proxies. */
  plain(): Promise<RawConnection>;
  close(): Promise<void>;
}

/** Authorities take a while to make, so that one serves a whole test file. */
let home: string | undefined;

/** The state directory of every front of the test file. */
export function frontHome(): string {
  home ??= folderUntilEnd("devtls-raw-");
  return home;
}

/** Starts devtls in front of a target, as `--target` names it. */
export async function startRawFront(
  target: string,
  settings: Partial<ServeSettings> = {},
): Promise<RawFront> {
  const serving = await startServing({
    target: parseTarget(target),
    hosts: ["localhost"],
    addresses: ["127.0.0.1"],
    port: 0,
    orNextPort: false,
    edge: DEFAULT_PROFILE,
    overrides: {},
    plain: { port: 0, rule: { mode: "proxy" }, forcePaths: [] },
    stateDirectory: frontHome(),
    ...settings,
  });
  const root = readFileSync(join(frontHome(), "rootCA.pem"), "latin1");
  const defects: unknown[] = [];
  const finished: FinishedExchange[] = [];
  serving.on("defect", (error) => defects.push(error));
  serving.on("request", (exchange) => finished.push(exchange));
  const close = (): Promise<void> => serving.close(0);
  atEnd(close);
  return {
    serving,
    port: serving.port,
    plainPort: serving.plainPort as number,
    root,
    authority: `localhost:${serving.port}`,
    defects,
    finished,
    secure: (protocol = "http/1.1") => connectSecure(serving.port, { root, protocol }),
    plain: () => connectRaw(serving.plainPort as number),
    close,
  };
}
