/** Checks of ports, loopback addresses and the names that mean this machine. */

import { type CheckFunction, count, type DoctorContext, ok, problem, warning } from "./check.js";
import { isLoopback } from "./loopback.js";

/** Where `serve` listens unless it is told otherwise. */
export const DEFAULT_PORT = 8443;

const ADDRESSES = ["127.0.0.1", "::1"];

/** A name below localhost that nobody has: only a rule for all of them answers it. */
const SUBDOMAIN = "devtls-doctor.localhost";

export const portFree: CheckFunction = async ({ probe, listenerOf }) => {
  const answers = await Promise.all(ADDRESSES.map((address) => probe(address, DEFAULT_PORT)));
  if (!answers.includes("EADDRINUSE")) return ok(`nothing listens on ${DEFAULT_PORT}`);
  const listener = await listenerOf(DEFAULT_PORT);
  const who = listener ? `${listener.command} (process ${listener.pid})` : "another program";
  return warning(
    `${who} listens on port ${DEFAULT_PORT}, so that serve takes the next free one`,
    listener ? `kill ${listener.pid}, or devtls serve --port N` : "devtls serve --port N",
  );
};

/** Ports below 1024 are root's unless the system says otherwise. */
export const configuredPorts: CheckFunction = async (context) => {
  const ports = portsOf(context);
  if (ports.length === 0) return undefined;
  const { machine, probe } = context;
  const answers = await Promise.all(
    ports.map(async (port) => ({ port, code: await probe("127.0.0.1", port) })),
  );
  const refused = answers.filter(({ code }) => code === "EACCES").map(({ port }) => port);
  if (refused.length > 0) {
    const least = Math.min(...refused);
    return problem(
      `you may not listen on ${list(refused)}, which the configuration asks for`,
      machine.platform === "linux"
        ? `sudo sysctl -w net.ipv4.ip_unprivileged_port_start=${least}`
        : "Use a port of 1024 or above",
    );
  }
  const busy = answers.filter(({ code }) => code === "EADDRINUSE").map(({ port }) => port);
  if (busy.length === 0) return ok(`${list(ports)} can be listened on`);
  const listeners = await Promise.all(busy.map((port) => context.listenerOf(port)));
  const who = listeners.flatMap((found) => (found ? `${found.command} (${found.pid})` : []));
  return warning(
    `${list(busy)} of the configuration is taken${who.length > 0 ? ` by ${who.join(", ")}` : ""}`,
    "Stop what listens there, unless it is this project's own devtls serve",
  );
};

function portsOf({ readConfig }: DoctorContext): readonly number[] {
  try {
    return readConfig()?.ports ?? [];
  } catch {
    return []; // The check of the configuration says it.
  }
}

function list(ports: readonly number[]): string {
  return `port ${ports.join(", ")}`;
}

export const ipv4Loopback: CheckFunction = async ({ probe }) => {
  const code = await probe("127.0.0.1", 0);
  if (code === undefined) return ok("127.0.0.1");
  return problem(`127.0.0.1 cannot be listened on: ${code}`, "ip link set lo up");
};

export const ipv6Loopback: CheckFunction = async ({ probe }) => {
  const code = await probe("::1", 0);
  if (code === undefined) return ok("::1");
  return warning(
    `::1 cannot be listened on (${code}); clients that take it for localhost have to fall back`,
    "devtls serve --bind 127.0.0.1, or give the loopback interface its IPv6 address: ip -6 addr add ::1/128 dev lo",
  );
};

export const resolveLocalhost: CheckFunction = async (context) => {
  const addresses = await addressesOf(context, "localhost");
  const fix = `Add to ${hostsFile(context)}: 127.0.0.1 localhost`;
  if (addresses.length === 0) return problem("localhost has no address", fix);
  const foreign = addresses.filter((address) => !isLoopback(address));
  if (foreign.length === 0) return ok(`localhost is ${addresses.join(", ")}`);
  return problem(`localhost is ${foreign.join(", ")}, which is another machine`, fix);
};

export const resolveSubdomain: CheckFunction = async (context) => {
  const addresses = await addressesOf(context, SUBDOMAIN);
  if (addresses.length === 0) {
    return warning(
      "the system knows no *.localhost: browsers and curl do by themselves, other programs do not",
      `Name the hosts in ${hostsFile(context)} (127.0.0.1 app.localhost), or install nss-myhostname`,
    );
  }
  const foreign = addresses.filter((address) => !isLoopback(address));
  if (foreign.length === 0) return ok(`*.localhost is ${addresses.join(", ")}`);
  return problem(
    `*.localhost is ${foreign.join(", ")}, which is another machine: a name server answers for it`,
    `Name the hosts in ${hostsFile(context)} (127.0.0.1 app.localhost), or use another name server`,
  );
};

/** Hosts that the configuration serves, besides those for which the checks above speak. */
export const resolveConfigured: CheckFunction = async (context) => {
  const hosts = hostsOf(context).filter((host) => !/(?:^|\.)localhost$|^[\d.]+$|:/.test(host));
  if (hosts.length === 0) return undefined;
  const found = await Promise.all(
    hosts.map(async (host) => ({ host, addresses: await addressesOf(context, host) })),
  );
  const unknown = found.filter(({ addresses }) => !addresses.some(isLoopback));
  if (unknown.length === 0) return ok(`${hosts.join(", ")}: this machine`);
  const names = unknown.map(({ host }) => host).join(" ");
  return warning(
    `${names} of the configuration: ${unknown.length === 1 ? "it does" : "they do"} not lead to this machine`,
    `Add to ${hostsFile(context)}: 127.0.0.1 ${names}`,
  );
};

function hostsOf({ readConfig }: DoctorContext): readonly string[] {
  try {
    return (readConfig()?.hosts ?? []).filter((host) => !host.startsWith("*"));
  } catch {
    return [];
  }
}

/** What it says of localhost has the first word with most resolvers. */
export const hostsFileSane: CheckFunction = async (context) => {
  const path = hostsFile(context);
  const text = context.machine.read(path);
  if (text === undefined) return undefined;
  const lines = text.split("\n").map((line) => line.replace(/#.*/, "").trim().split(/\s+/));
  const wrong = lines.filter(
    ([address = "", ...names]) =>
      names.some((name) => /(?:^|\.)localhost$/i.test(name)) && !isLoopback(address),
  );
  if (wrong.length === 0) return ok(path);
  return problem(
    `${path} sends ${wrong.map(([address, ...names]) => `${names.join(" ")} to ${address}`).join(", ")}`,
    `Remove ${count(wrong.length, "line")} from ${path}`,
  );
};

function hostsFile({ machine }: DoctorContext): string {
  if (machine.platform !== "win32") return "/etc/hosts";
  return `${machine.env.SystemRoot ?? "C:\\Windows"}\\System32\\drivers\\etc\\hosts`;
}

async function addressesOf({ resolve }: DoctorContext, host: string): Promise<readonly string[]> {
  try {
    return await resolve(host);
  } catch {
    return [];
  }
}
