/**
 * What `serve` can be told, whoever says it: the command line, a program, a configuration file. One
 * vocabulary, the long options, and one set of checks.
 */
import { FAULTS } from "../ca/fault-kinds.js";
import { readRequired } from "../ca/files.js";
import { COOKIE_MODES } from "../cookies/modes.js";
import { isOwnLine } from "../edge/head.js";
import type { EdgeProfile, PlainRule } from "../edge/profile.js";
import { PLAIN_MODES, REDIRECT_STATUSES } from "../edge/profile.js";
import { DEFAULT_PROFILE, findProfile, PROFILES } from "../edge/profiles/index.js";
import { readEdgeProfile } from "../edge/read-profile.js";
import { DevtlsError } from "../errors.js";
import { DEFAULT_REDIRECT_STATUS, type PlainSettings } from "../proxy/own/plain-http.js";
import { ADDRESS_SPACES } from "../proxy/policies/address-space.js";
import type { HstsMode } from "../proxy/policies/hsts.js";
import { parseRoute, type Route } from "../proxy/routes.js";
import { parseTarget, type Target } from "../proxy/upstream/target.js";
import type { ServeSettings } from "../serving/serving.js";
import { didYouMean } from "../words.js";
import { parseIp } from "../x509/ip.js";
import { parseName } from "../x509/names.js";
import { readOwnCertificate } from "./own-certificate.js";

type Text = string | number;

/** The options of `devtls serve` by their long names. */
export interface ServeOptions {
  /** `8000`, `host:port`, `http://…`, `https://…`, `unix:/path`. */
  readonly target?: Text;
  /** Accept any certificate from an https target. */
  readonly insecureTarget?: boolean;
  /** `/api=3001` or `api.localhost=3001`; or an object of both sides. */
  readonly route?: string | readonly string[] | Readonly<Record<string, Text>>;
  /** Host names to serve; `localhost` unless told otherwise. The first one names the URL. */
  readonly host?: string | readonly string[];
  /**
   * TLS port, 1 to 65535; 8443, or the next free one, unless told otherwise. For programs, 0 is
   * any free one.
   */
  readonly port?: Text;
  /** IP addresses to listen on; 127.0.0.1 and ::1 unless told otherwise. */
  readonly bind?: string | readonly string[];
  /** Files of a certificate to use instead of issuing one, and of its key. */
  readonly cert?: string;
  readonly key?: string;
  /** A certificate that is wrong on purpose: `expired`, `wrong-host`, … */
  readonly fault?: string;
  /** Also listen for plain HTTP here. */
  readonly httpPort?: Text;
  /** What plain HTTP does: `redirect`, `proxy`, `deny`; what the edge does unless told otherwise. */
  readonly http?: string;
  /** Redirect plain HTTP below these paths only. */
  readonly forceHttps?: string | readonly string[];
  /** 301, 302, 307 or 308. */
  readonly redirectStatus?: Text;
  /** The production edge to behave as: a name that `devtls edges` lists. */
  readonly simulate?: string;
  /** A file that describes an edge of one's own. */
  readonly edgeFile?: string;
  /** `off` or false: a simulated edge without its timeouts and size limits. */
  readonly limits?: string | boolean;
  /** X-Forwarded-Proto, whatever the edge says; `none` for none. */
  readonly forwardedProto?: string;
  /** `Name: value`; or an object of names and values. The last word on the request head. */
  readonly setHeader?: string | readonly string[] | Readonly<Record<string, string>>;
  readonly dropHeader?: string | readonly string[];
  /**
   * `pass`; `strict`: what a browser would refuse on a production origin reaches neither browser
   * nor app; `secure`: add Secure; `insecure`: remove it.
   */
  readonly cookies?: string;
  /** Strict-Transport-Security: `strip` (the default), `pass`, or a max-age in seconds to send. */
  readonly hsts?: Text;
  /** Stand in for port 443: the app is told the site without a port. */
  readonly standIn?: boolean;
  /** `public`: pages count as those of a public address (Local Network Access). */
  readonly addressSpace?: string;
  /** Do not replay a failing GET to find the cause. */
  readonly noProbe?: boolean;
}

/** Where options were written, for the errors about them. */
export interface Origin {
  /** Begins an error about an option: "could not understand the arguments". */
  problem(option: string): string;
  /** How an option is named there: "--http-port". */
  name(option: string): string;
  /** 0 stands for any free port: programs read which one it is, people cannot. */
  readonly anyPort?: true;
}

export type ReadSettings = Omit<ServeSettings, "target" | "stateDirectory" | "clock"> & {
  /** Absent when none was given. */
  readonly target?: Target;
};

export const DEFAULT_PORT = 8443;
export const LOOPBACK: readonly string[] = ["127.0.0.1", "::1"];

/**
 * Checks options and reads the files they name; nothing is made.
 * @throws DevtlsError "usage" for a value or a combination that cannot be, "bad-name", and for
 * files "file-unreadable", "bad-certificate", "bad-key", "key-mismatch", "certificate-expired"
 */
export function readServeOptions(options: ServeOptions, origin: Origin): ReadSettings {
  const read = new Reader(origin);
  const each = <T>(name: keyof ServeOptions, check: (text: string) => T): T[] =>
    read.texts(name, options[name]).map(check);
  const lowest = origin.anyPort ? 0 : 1;
  const port = read.number("port", options.port, lowest, 65535);
  const httpPort = read.number("httpPort", options.httpPort, lowest, 65535);
  const target = read.text("target", options.target);
  const edge = read.edge(options);
  const simulated = (options.simulate ?? options.edgeFile) !== undefined;
  const limits = read.onOff("limits", options.limits);
  const cookies = read.choice("cookies", options.cookies, COOKIE_MODES);
  const hsts = read.hsts(options.hsts);
  const fault = read.choice("fault", options.fault, FAULTS);
  checkCombination(options, simulated, read);
  if (httpPort !== undefined && httpPort !== 0 && httpPort === (port ?? DEFAULT_PORT)) {
    throw read.clash(
      "httpPort",
      `${read.name("port")} and ${read.name("httpPort")} name the same port`,
    );
  }
  const { cert, key } = options;
  const hosts = each("host", (text) => read.host("host", text));
  const bind = each("bind", (text) => read.address(text));
  return {
    ...(target !== undefined && { target: parseTarget(target) }),
    routes: each("route", (text) => read.route(text)),
    hosts: hosts.length > 0 ? hosts : ["localhost"],
    addresses: bind.length > 0 ? bind : LOOPBACK,
    port: port ?? DEFAULT_PORT,
    orNextPort: port === undefined,
    edge,
    overrides: {
      ...(options.forwardedProto !== undefined && {
        forwardedProto: read.value("forwardedProto", options.forwardedProto),
      }),
      set: each("setHeader", (text) => read.line(text)),
      drop: each("dropHeader", (text) => read.headerName(text)),
    },
    limits: simulated && limits !== false,
    ...(httpPort !== undefined && { plain: read.plain(options, httpPort, edge) }),
    ...(cert !== undefined && key !== undefined && { own: readOwnCertificate(cert, key) }),
    ...(fault !== undefined && { fault }),
    insecureTarget: options.insecureTarget ?? false,
    ...(options.standIn && { standIn: true }),
    ...(read.choice("addressSpace", options.addressSpace, ADDRESS_SPACES) && {
      publicAddress: true,
    }),
    ...(options.noProbe && { probe: false }),
    ...(cookies && { cookies }),
    ...(hsts !== undefined && { hsts }),
  };
}

function checkCombination(options: ServeOptions, simulated: boolean, read: Reader): void {
  const { name } = read;
  const has = (option: keyof ServeOptions): boolean => options[option] !== undefined;
  if (has("cert") !== has("key")) {
    throw read.clash("cert", `${name("cert")} and ${name("key")} go together`);
  }
  if (has("cert") && has("fault")) {
    throw read.clash("fault", `${name("cert")} and ${name("fault")} exclude each other`);
  }
  if (has("simulate") && has("edgeFile")) {
    throw read.clash("simulate", `${name("simulate")} and ${name("edgeFile")} exclude each other`);
  }
  for (const option of ["http", "redirectStatus", "forceHttps"] as const) {
    if (has(option) && !has("httpPort")) {
      const plain = name("httpPort");
      throw read.clash(option, `${name(option)} without ${plain}`, `Add ${plain} 8080`);
    }
  }
  if (has("limits") && !simulated) {
    throw read.clash(
      "limits",
      `${name("limits")} without ${name("simulate")}`,
      "Only a simulated edge has limits",
    );
  }
}

/** Seconds; the usual value is 63072000, two years. */
const MAX_HSTS_SECONDS = 999_999_999;

// RFC 9110 5.6.2 token, 5.5 field-value.
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Reads values of one origin. */
class Reader {
  readonly #origin: Origin;

  constructor(origin: Origin) {
    this.#origin = origin;
  }

  readonly name = (option: string): string => this.#origin.name(option);

  clash(option: string, problem: string, hint?: string): DevtlsError {
    const details = hint === undefined ? {} : { hint };
    return new DevtlsError("usage", `${this.#origin.problem(option)}: ${problem}`, details);
  }

  bad(option: string, value: string, cause: string, hint?: string): DevtlsError {
    return this.clash(option, `${this.name(option)} ${value}: ${cause}`, hint);
  }

  /** A program may hand over anything. */
  text(option: string, value: unknown): string | undefined {
    if (value === undefined || typeof value === "string") return value;
    if (typeof value === "number") return String(value);
    throw this.bad(option, JSON.stringify(value), "not a text");
  }

  /** One text or many; of an object, `name=value` or `Name: value`. */
  texts(option: string, value: unknown): string[] {
    if (value === undefined) return [];
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      const sign = option === "setHeader" ? ": " : "=";
      return Object.entries(value).map(([left, right]) => `${left}${sign}${right}`);
    }
    return [value].flat().map((entry) => this.text(option, entry) as string);
  }

  number(option: string, value: unknown, from: number, to: number): number | undefined {
    const text = this.text(option, value);
    if (text === undefined) return undefined;
    const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= from && number <= to) return number;
    throw this.bad(option, text, `not a whole number from ${from} to ${to}`);
  }

  choice<T extends string>(option: string, value: unknown, choices: readonly T[]): T | undefined {
    const text = this.text(option, value);
    if (text === undefined) return undefined;
    const choice = choices.find((candidate) => candidate === text);
    if (choice !== undefined) return choice;
    throw this.bad(option, text, didYouMean(text, choices), `One of: ${choices.join(", ")}`);
  }

  onOff(option: string, value: unknown): boolean | undefined {
    if (typeof value === "boolean") return value;
    const word = this.choice(option, value, ["on", "off"]);
    return word && word === "on";
  }

  host(option: string, text: string): string {
    const name = parseName(text);
    if (name.kind === "dns" || name.kind === "ip") return name.value;
    const inUrl = URL.canParse(text) ? new URL(text).hostname : "";
    const alone = inUrl ? `Give the host alone: ${inUrl}` : undefined;
    throw this.bad(option, text, "not a host name or an IP address", alone);
  }

  address(text: string): string {
    if (text === "localhost") return "127.0.0.1";
    if (parseIp(text)) return text;
    const everywhere = `For every address of this machine: ${this.name("bind")} 0.0.0.0`;
    throw this.bad("bind", text, "not an IP address", everywhere);
  }

  route(text: string): Route {
    const route = parseRoute(text);
    return route.host === undefined ? route : { ...route, host: this.host("route", route.host) };
  }

  path(text: string): string {
    if (/^\/[\x21-\x7e]*$/.test(text) && !/[?#]/.test(text)) return text.replace(/(?!^)\/+$/, "");
    throw this.bad(
      "forceHttps",
      text,
      "not a path",
      `Write it as ${this.name("forceHttps")} /admin`,
    );
  }

  value(option: string, text: string): string {
    if (FIELD_VALUE.test(text)) return text;
    throw this.bad(option, text, "not a header value");
  }

  headerName(text: string): string {
    if (TOKEN.test(text)) return this.changeable("dropHeader", text, text);
    throw this.bad("dropHeader", text, "not a header name");
  }

  line(text: string): [string, string] {
    const colon = text.indexOf(":");
    const name = text.slice(0, Math.max(colon, 0));
    const value = text.slice(colon + 1).trim();
    if (TOKEN.test(name) && FIELD_VALUE.test(value)) {
      return [this.changeable("setHeader", text, name), value];
    }
    const form = `Write it as ${this.name("setHeader")} 'Name: value'`;
    throw this.bad("setHeader", text, "not a header line", form);
  }

  changeable(option: string, text: string, name: string): string {
    if (!isOwnLine(name)) return name;
    throw this.bad(option, text, "devtls itself says where a message ends");
  }

  hsts(value: unknown): HstsMode | undefined {
    const text = this.text("hsts", value);
    if (text === undefined || text === "strip" || text === "pass") return text;
    if (/^-?\d/.test(text)) return this.number("hsts", text, 0, MAX_HSTS_SECONDS);
    const forms = "One of: strip, pass, or a max-age in seconds";
    throw this.bad("hsts", text, didYouMean(text, ["strip", "pass"]), forms);
  }

  edge({ simulate, edgeFile }: ServeOptions): EdgeProfile {
    if (edgeFile !== undefined) {
      return readEdgeProfile(readRequired(edgeFile).toString("utf8"), edgeFile);
    }
    const names = PROFILES.map((profile) => profile.name);
    const name = this.choice("simulate", simulate, names);
    return (name === undefined ? undefined : findProfile(name)) ?? DEFAULT_PROFILE;
  }

  /** The edge's rule for plain HTTP, and what was said over it. */
  plain(options: ServeOptions, port: number, { plain }: EdgeProfile): PlainSettings {
    const mode = this.choice("http", options.http, PLAIN_MODES);
    const rule: PlainRule =
      mode === undefined || mode === plain.mode ? plain : { mode, status: DEFAULT_REDIRECT_STATUS };
    const word = this.choice("redirectStatus", options.redirectStatus, REDIRECT_STATUSES);
    const status = word && Number(word);
    return {
      port,
      rule: status === undefined ? rule : { ...rule, status, otherStatus: status },
      forcePaths: this.texts("forceHttps", options.forceHttps).map((text) => this.path(text)),
    };
  }
}
