/** The options of `devtls acme`, read and checked before anything is made. */
import type { Command } from "commander";
import { CLIENT_NAMES, type ClientName } from "../acme/clients/clients.js";
import { WEATHER, WEATHER_KINDS, type WeatherKind } from "../acme/rules/weather.js";
import type { AcmeOptions } from "../acme/server.js";
import { canonicalAddress } from "../acme/validation/addresses.js";
import { checkDays } from "../ca/issue.js";
import { stateDirectory } from "../paths.js";
import { type IpBlock, parseCidr, parseIp } from "../x509/ip.js";
import { parseName } from "../x509/names.js";
import { MAX_LEAF_DAYS } from "../x509/validity.js";
import { collect, parseChoice, parseWholeNumber, usage } from "./options.js";

export interface AcmeFlags {
  readonly port: number;
  readonly bind?: readonly string[];
  readonly host?: readonly string[];
  readonly http01Port: number;
  readonly tlsAlpn01Port: number;
  readonly resolve?: readonly string[];
  readonly reach?: readonly string[];
  readonly dns?: string;
  readonly days: number;
  readonly eab?: boolean;
  readonly weather?: readonly WeatherKind[];
  readonly client?: ClientName;
  readonly json?: boolean;
}

const DEFAULT_PORT = 14_000;

/** As long as Let's Encrypt's, for now. */
const DEFAULT_DAYS = 90;

const LOOPBACK = ["127.0.0.1", "::1"];
const HOSTS_FILE =
  process.platform === "win32" ? "C:\\Windows\\System32\\drivers\\etc\\hosts" : "/etc/hosts";

export function addAcmeOptions(command: Command): Command {
  const port = (option: string) => parseWholeNumber(option, 1, 65_535);
  const weather = parseChoice("--weather", WEATHER_KINDS);
  return command
    .option(
      "--port <n>",
      "where the directory is",
      parseWholeNumber("--port", 0, 65_535),
      DEFAULT_PORT,
    )
    .option(
      "--bind <address>",
      "address to listen on, repeatable (default: 127.0.0.1 and ::1)",
      collect,
    )
    .option(
      "--host <name>",
      "a name of the directory, on its certificate; repeatable (default: localhost)",
      collect,
    )
    .option(
      "--http-01-port <n>",
      "where http-01 challenges are looked for",
      port("--http-01-port"),
      80,
    )
    .option(
      "--tls-alpn-01-port <n>",
      "where tls-alpn-01 challenges are looked for",
      port("--tls-alpn-01-port"),
      443,
    )
    .option(
      "--resolve <name=ip>",
      "the address of a name, repeatable; then the hosts file, the client's own address, DNS",
      collect,
    )
    .option(
      "--reach <range>",
      "addresses that challenges may be looked for at besides loopback: 192.168.1.0/24, repeatable",
      collect,
    )
    .option("--dns <address:port>", "the DNS server asked for dns-01 (default: the system's)")
    .option(
      "--days <n>",
      `validity of what is issued, 1 to ${MAX_LEAF_DAYS}`,
      readDays,
      DEFAULT_DAYS,
    )
    .option("--eab", "accounts need external account binding; prints its key id and HMAC key")
    .option(
      "--weather <kind>",
      `a bad day on purpose, repeatable: ${WEATHER_KINDS.map((kind) => `${kind} (${WEATHER[kind]})`).join("; ")}`,
      (text: string, before: readonly WeatherKind[] = []) => [...before, weather(text)],
    )
    .option(
      "--client <name>",
      `print what to put into ${CLIENT_NAMES.join(", ")}, and exit`,
      parseChoice("--client", CLIENT_NAMES),
    )
    .option("--json", "print events as JSON, one a line");
}

function readDays(text: string): number {
  return checkDays(/^\d+$/.test(text) ? Number(text) : Number.NaN, text);
}

/** @throws DevtlsError "usage", "bad-name" */
export function readAcmeOptions(
  names: readonly string[],
  flags: AcmeFlags,
): Omit<AcmeOptions, "report" | "failed"> {
  if (names.length > 0 && flags.client === undefined) {
    throw usage(
      `${JSON.stringify(names[0])} without --client`,
      "Clients say themselves which names they want; to configure one: devtls acme --client certbot app.test",
    );
  }
  const bind = (flags.bind ?? LOOPBACK).map((text) => readAddress("--bind", text));
  return {
    directory: stateDirectory(),
    port: flags.port,
    bind,
    hosts: [...(flags.host ?? []).map(readHost), ...(flags.bind ? bind.filter(isOne) : [])],
    http01Port: flags.http01Port,
    tlsAlpn01Port: flags.tlsAlpn01Port,
    policy: {
      reach: (flags.reach ?? []).map(readRange),
      resolve: readResolve(flags.resolve ?? []),
    },
    ...(flags.dns !== undefined && { dns: readDns(flags.dns) }),
    hostsFile: HOSTS_FILE,
    days: flags.days,
    eab: flags.eab ?? false,
    weather: [...new Set(flags.weather ?? [])],
  };
}

/** "0.0.0.0" and "::" stand for every address and are none that a client could ask. */
function isOne(address: string): boolean {
  return address !== "0.0.0.0" && address !== "::";
}

function readAddress(option: string, text: string): string {
  const address = canonicalAddress(text.replace(/^\[(.*)\]$/, "$1"));
  if (address !== undefined) return address;
  throw usage(`${option} ${text}: not an IP address`, `For example: ${option} 127.0.0.1`);
}

function readHost(text: string): string {
  const name = parseName(text);
  if ((name.kind === "dns" || name.kind === "ip") && !name.value.startsWith("*")) return name.value;
  throw usage(
    `--host ${text}: not the name of one host`,
    "For example: --host host.docker.internal",
  );
}

function readRange(text: string): IpBlock {
  const block = parseCidr(text) ?? parseCidr(`${text}/${text.includes(":") ? 128 : 32}`);
  if (block) return block;
  throw usage(`--reach ${text}: not a range of addresses`, "For example: --reach 192.168.1.0/24");
}

function readResolve(entries: readonly string[]): Map<string, readonly string[]> {
  const resolve = new Map<string, readonly string[]>();
  for (const entry of entries) {
    const [, left, right = ""] = /^([^=]+)=(.+)$/.exec(entry) ?? [];
    if (left === undefined) {
      throw usage(
        `--resolve ${entry}: not name=address`,
        "For example: --resolve app.test=127.0.0.1",
      );
    }
    const name = readHost(left);
    resolve.set(name, [...(resolve.get(name) ?? []), readAddress(`--resolve ${left}`, right)]);
  }
  return resolve;
}

function readDns(text: string): string {
  const [, host = "", port = "53"] = /^(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  if (parseIp(bare) && Number(port) >= 1 && Number(port) <= 65_535) {
    return bare.includes(":") ? `[${bare}]:${port}` : `${bare}:${port}`;
  }
  throw usage(`--dns ${text}: not an address and a port`, "For example: --dns 127.0.0.1:53");
}
