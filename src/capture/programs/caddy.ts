/** `--caddy FILE`: the real Caddy with what `caddy adapt` makes of the file, its surroundings replaced. */
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readRequired } from "../../ca/files.js";
import { DevtlsError } from "../../errors.js";
import { mentionsInJson } from "./mentions.js";
import type { Configured, Stage } from "./nginx.js";
import type { NginxWishes } from "./nginx-config.js";
import { findProgram, freePorts, handOver, runOnce, startProgram } from "./running.js";

type Json = { [key: string]: unknown };

/**
 * Starts Caddy with a user's Caddyfile.
 * @throws DevtlsError as startNginx
 */
export async function startCaddy(
  file: string,
  wishes: NginxWishes,
  stage: Stage,
): Promise<Configured> {
  const path = findProgram("caddy", process.env);
  if (!path) {
    throw new DevtlsError("command-failed", "could not run caddy: it is not installed", {
      hint: "Install it: sudo apt-get install caddy (or: brew install caddy)",
    });
  }
  const { folder } = stage;
  const config = adapt(path, file, stage);
  const servers = serversOf(config);
  const sites = servers.flatMap((server) => hostsOf(server));
  const serverName = chooseHost(sites, wishes.serverName);
  const upstream = chooseUpstream(dialsOf(servers), wishes.upstream);
  const [tlsPort = 0, plainPort = 0, ...more] = await freePorts(servers.length + 2);
  const notLearned: string[] = [];
  const mentions = mentionsInJson(objectsIn(servers));
  const apps = (config.apps ?? {}) as Json;
  const http = { ...((apps.http ?? {}) as Json), https_port: tlsPort, http_port: plainPort };
  const own = { tlsPort, plainPort, more };
  const listening = replaceServers(http, own, { upstream, stage, notLearned });
  const { cert, key } = await stage.credentials([
    ...new Set([serverName, ...sites.filter(isConcrete)]),
  ]);
  writeFileSync(join(folder, "cert.pem"), cert, { mode: 0o600 });
  writeFileSync(join(folder, "key.pem"), key, { mode: 0o600 });
  const files = [{ certificate: join(folder, "cert.pem"), key: join(folder, "key.pem") }];
  const whole = {
    admin: { disabled: true, config: { persist: false } },
    logging: { logs: { default: { level: "ERROR" } } },
    storage: { module: "file_system", root: join(folder, "storage") },
    apps: { http, tls: { certificates: { load_files: files } } },
  };
  writeFileSync(join(folder, "caddy.json"), JSON.stringify(whole), { mode: 0o600 });
  handOver(folder);
  const program = await startProgram({
    name: "caddy",
    path,
    args: ["run", "--config", join(folder, "caddy.json")],
    folder,
    ports: listening,
    ...(stage.guard !== undefined && { guard: stage.guard }),
  });
  return {
    program,
    version: `caddy ${runOnce(path, ["version"], folder).stdout.trim().split(" ")[0]}`.replace(
      "caddy v",
      "caddy ",
    ),
    serverName,
    tlsPort: listening.includes(tlsPort) ? tlsPort : undefined,
    plainPort,
    target: upstream,
    base: "",
    home: "/",
    speaksFastcgi: false,
    mentions,
    notLearned,
  };
}

/** Caddy's own reading of the file. */
function adapt(path: string, file: string, { folder }: Stage): Json {
  const text = readRequired(resolve(file));
  const copy = join(folder, "Caddyfile");
  writeFileSync(copy, text, { mode: 0o644 });
  handOver(folder);
  // Imports are relative to the file, which only its owner may be able to read.
  const own = runOnce(path, ["adapt", "--adapter", "caddyfile", "--config", resolve(file)], folder);
  const adapted =
    own.status === 0
      ? own
      : runOnce(path, ["adapt", "--adapter", "caddyfile", "--config", copy], folder);
  if (adapted.status !== 0) {
    const { stderr } = /permission denied/i.test(own.stderr) ? adapted : own;
    const cause = (
      /[Ee]rror: (.*)/.exec(stderr)?.[1] ??
      stderr.trim().split("\n").at(-1) ??
      ""
    ).replaceAll(copy, file);
    throw new DevtlsError("bad-request", `could not run caddy with ${file}: ${cause}`, {
      hint: `Mend the file and check it: caddy adapt --config ${file}`,
    });
  }
  return JSON.parse(adapted.stdout) as Json;
}

function serversOf(config: Json): Json[] {
  const http = ((config.apps as Json | undefined)?.http ?? {}) as Json;
  const servers = Object.values((http.servers ?? {}) as Json) as Json[];
  if (servers.length === 0) {
    throw new DevtlsError("bad-request", "could not capture the Caddyfile: it has no site", {
      hint: "Name the file with the site",
    });
  }
  return servers;
}

/** Every object of a JSON document. */
function objectsIn(value: unknown): Json[] {
  if (Array.isArray(value)) return value.flatMap(objectsIn);
  if (typeof value !== "object" || value === null) return [];
  return [value as Json, ...Object.values(value).flatMap(objectsIn)];
}

function hostsOf(server: Json): string[] {
  const routes = (server.routes ?? []) as Json[];
  return routes.flatMap(({ match }) =>
    ((match ?? []) as Json[]).flatMap(({ host }) => (host ?? []) as string[]),
  );
}

function isConcrete(host: string): boolean {
  return /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(host);
}

function chooseHost(hosts: readonly string[], wanted: string | undefined): string {
  const names = [...new Set(hosts)].filter(isConcrete);
  if (wanted !== undefined) {
    const wild = hosts.some((host) => host.startsWith("*.") && wanted.endsWith(host.slice(1)));
    if (names.length === 0 || names.includes(wanted) || wild) return wanted;
    throw new DevtlsError("usage", `could not find the site ${wanted} in the configuration`, {
      hint: `It has: ${names.join(", ")}`,
    });
  }
  if (names.length > 1) {
    throw new DevtlsError("usage", "could not choose a site: the file has several", {
      hint: `Name one: --server-name ${names.join(", --server-name ")}`,
    });
  }
  return names[0] ?? hosts[0]?.replace(/^\*\./, "www.") ?? "localhost";
}

function proxies(servers: readonly Json[]): Json[] {
  return objectsIn(servers).filter(({ handler }) => handler === "reverse_proxy");
}

function dialsOf(servers: readonly Json[]): string[] {
  return proxies(servers).flatMap(({ upstreams }) =>
    ((upstreams ?? []) as Json[]).flatMap(({ dial }) => (typeof dial === "string" ? [dial] : [])),
  );
}

function chooseUpstream(dials: readonly string[], wanted: string | undefined): string {
  if (dials.length === 0) {
    throw new DevtlsError("bad-request", "could not capture the Caddyfile: it passes nothing on", {
      hint: "It needs a reverse_proxy",
    });
  }
  if (wanted === undefined) return dials[0] as string;
  const found = dials.find((dial) => dial === wanted || dial.endsWith(`:${wanted}`));
  if (found !== undefined) return found;
  throw new DevtlsError("usage", `could not find the upstream ${wanted} in the file`, {
    hint: `It has: ${[...new Set(dials)].join(", ")}`,
  });
}

interface Ports {
  readonly tlsPort: number;
  readonly plainPort: number;
  readonly more: readonly number[];
}

interface Replacement {
  readonly upstream: string;
  readonly stage: Stage;
  readonly notLearned: string[];
}

/** Listeners and upstreams of this machine. @returns the ports that it will listen on */
function replaceServers(
  http: Json,
  ports: Ports,
  { upstream, stage, notLearned }: Replacement,
): number[] {
  const listening: number[] = [];
  const more = [...ports.more];
  for (const server of Object.values((http.servers ?? {}) as Json) as Json[]) {
    const given = ((server.listen ?? []) as string[]).map((text) =>
      Number(/:(\d+)$/.exec(text)?.[1] ?? 443),
    );
    const tls = server.tls_connection_policies !== undefined || given.includes(443);
    const taken = listening.includes(tls ? ports.tlsPort : ports.plainPort);
    const port = taken ? (more.pop() as number) : tls ? ports.tlsPort : ports.plainPort;
    server.listen = [`127.0.0.1:${port}`];
    listening.push(port);
    if (tls) server.tls_connection_policies = [{}];
    delete server.logs;
    delete server.listener_wrappers;
  }
  for (const proxy of proxies(Object.values((http.servers ?? {}) as Json) as Json[])) {
    const dials = ((proxy.upstreams ?? []) as Json[]).map(({ dial }) => dial);
    const isApp = dials.includes(upstream);
    proxy.upstreams = [{ dial: isApp ? stage.app.http : stage.other.http }];
    delete proxy.health_checks;
    delete proxy.dynamic_upstreams;
    const transport = proxy.transport as Json | undefined;
    if (transport?.protocol === "fastcgi") {
      proxy.upstreams = [{ dial: isApp ? stage.app.fastcgi : stage.other.fastcgi }];
    } else if (transport) {
      delete transport.tls;
      if (transport.versions)
        notLearned.push("the HTTP version that reverse_proxy speaks to the app");
      delete transport.versions;
    }
  }
  return listening;
}
