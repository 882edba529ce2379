/** `devtls serve --inspect`: the inspector beside a running `serve`. */
import { lookup } from "node:dns/promises";
import { readFileSync } from "node:fs";
import { BlockList } from "node:net";
import { join } from "node:path";
import { openServeIdentity, serveNames } from "../ca/leaves.js";
import { isSessionCookie } from "../inspect/gate.js";
import { Inspector } from "../inspect/inspector.js";
import { forget, remember } from "../inspect/instances.js";
import { type InspectorServer, startInspectorServer } from "../inspect/server.js";
import { DEFAULT_OCTETS } from "../inspect/store.js";
import { stateDirectory } from "../paths.js";
import type { Exchange } from "../proxy/exchange.js";
import { withoutCookies } from "../proxy/own/cookies.js";
import { addressesOf, type Target } from "../proxy/upstream/target.js";
import type { Watcher } from "../proxy/watch.js";
import type { Serving } from "../serving/serving.js";
import type { ReadSettings } from "../settings/serve-options.js";
import { certificateToPem } from "../x509/certificate.js";
import { usage } from "./options.js";
import { note, printJson } from "./output.js";
import { version } from "./program.js";
import type { ServeOptions } from "./serve-options.js";

const MIB = 1024 * 1024;

export interface ServeInspector {
  readonly watch: Watcher;
  /** Without the session of the page: cookies know no ports, and the app may be at the same address. */
  readonly seen: (exchange: Exchange) => Exchange;
  start(serving: Serving): Promise<void>;
  /** Says where it is. */
  announce(): void;
  close(): void;
}

/** Checks its options; nothing is started. @throws DevtlsError "usage" */
export function prepare(
  options: ServeOptions,
  settings: ReadSettings,
  target: Target,
): ServeInspector {
  const port = options.inspect === true ? undefined : numberOf("inspect", options.inspect, 65535);
  const memory = numberOf("inspect-memory", options.inspectMemory ?? DEFAULT_OCTETS / MIB, 4096);
  const { edge, routes = [], insecureTarget = false } = settings;
  const inspector = new Inspector({
    ...{ edge, version: version(), memory: memory * MIB },
    bodies: options.inspectBodies ?? false,
    standIn: settings.standIn !== undefined && settings.standIn !== false,
  });
  let server: InspectorServer | undefined;
  return {
    watch: inspector.watch,
    seen: (exchange) => withoutCookies(exchange, isSessionCookie),
    start: async (serving) => {
      const identity = await openServeIdentity(serveNames([]));
      server = await startInspectorServer(inspector, {
        port,
        cert: identity.leaf.chainPem,
        key: identity.leaf.keyPem,
        page: readFileSync(join(__dirname, "inspector.html"), "utf8"),
      });
      for (const each of [target, ...routes.map((route) => route.target)]) {
        if (await leadsTo(each, server.port)) {
          server.close();
          throw usage(
            `${each.url} is the inspector itself`,
            "Name the port of your dev server, and another one after --inspect",
          );
        }
      }
      inspector.attach({
        front: {
          host: serving.url.slice("https://".length),
          address: serving.addresses[0] ?? "127.0.0.1",
          port: serving.port,
          plainPort: serving.plainPort,
        },
        edge,
        target: target.url,
        connecting: { insecure: insecureTarget, roots: [certificateToPem(identity.root)] },
        open: () => serving.findings().map(({ finding }) => finding),
        diagnosed: () => serving.diagnosed(),
      });
      serving.on("finding", (finding) => inspector.found(finding));
      remember(stateDirectory(), {
        ...{ pid: process.pid, url: serving.url, inspector: server.origin, token: server.token },
        folder: process.cwd(),
      });
    },
    announce: () => {
      if (!server) return;
      if (options.json) printJson({ event: "inspector", url: server.url });
      else note(`Inspector: ${server.url}`);
    },
    close: () => {
      server?.close();
      forget(stateDirectory(), process.pid);
    },
  };
}

/** What reaches loopback; an IPv4 address that is mapped into IPv6 is looked at as itself. */
const HERE = new BlockList();
HERE.addSubnet("127.0.0.0", 8, "ipv4");
HERE.addAddress("0.0.0.0", "ipv4");
HERE.addAddress("::", "ipv6");
HERE.addAddress("::1", "ipv6");

/** Requests that a route sends to the inspector would come from a host that it trusts. */
async function leadsTo(target: Target, port: number): Promise<boolean> {
  if (target.kind !== "tcp" || target.port !== port) return false;
  const found = await Promise.all(
    // A name that cannot be looked up leads nowhere.
    addressesOf(target).map((name) => lookup(name, { all: true }).catch(() => [])),
  );
  return found
    .flat()
    .some(({ address, family }) => HERE.check(address, family === 6 ? "ipv6" : "ipv4"));
}

function numberOf(option: string, value: unknown, highest: number): number {
  const number = /^\d{1,5}$/.test(String(value)) ? Number(value) : Number.NaN;
  if (number >= 1 && number <= highest) return number;
  throw usage(`--${option} ${value}: not a whole number from 1 to ${highest}`);
}
