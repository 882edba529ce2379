/**
 * An nginx configuration made to run on this machine: listeners, certificates and upstreams are
 * replaced, paths of the machine it was written for are taken out, everything else stays.
 */

import type { Fields } from "../fields.js";
import { mentionsIn } from "./mentions.js";
import {
  type App,
  authorityOf,
  chooseApp,
  chooseSite,
  fastcgiNames,
  portOf,
  portsOf,
  refused,
  withoutScheme,
} from "./nginx-site.js";
import { type Directive, unquoted } from "./nginx-syntax.js";

export interface NginxWishes {
  /** Which site of the file; the only one that there is unless told otherwise. */
  readonly serverName?: string;
  /** Which upstream is the app: a name or an address of the file. */
  readonly upstream?: string;
}

/** What the replacement needs from the machine. */
export interface NginxPlace {
  /** A folder of its own, with cert.pem and key.pem in it. */
  readonly folder: string;
  /** A folder with an index.php in it. */
  readonly documents: string;
  /** A port of this machine for a port of the file. */
  readonly portFor: (port: number) => number;
  /** The app, and another one for the upstreams that are not the app. */
  readonly app: Backends;
  readonly other: Backends;
}

/** "127.0.0.1:PORT" by protocol. */
interface Backends {
  readonly http: string;
  readonly fastcgi: string;
}

export interface NginxPlan {
  readonly config: readonly Directive[];
  /** The site: a name that clients can ask for. */
  readonly serverName: string;
  /** Ports of the file. */
  readonly tlsPort: number | undefined;
  readonly plainPort: number | undefined;
  /** The app is spoken to by FastCGI, uwsgi or SCGI. */
  readonly speaksFastcgi: boolean;
  /** The app's address as the configuration names it. */
  readonly target: string;
  /** The path that leads to the app: "" unless an upstream was chosen that has its own. */
  readonly base: string;
  /** A path there that nginx does not redirect by itself. */
  readonly home: string;
  /** What was taken out, for a person. */
  readonly dropped: readonly string[];
  /** Headers that the file speaks of, with values that it tells apart. */
  readonly mentions: Fields;
}

/** Gone: it concerns the machine, not what passes. */
const MACHINE = new Set([
  ...["user", "pid", "daemon", "master_process", "worker_processes", "worker_cpu_affinity"],
  ...["worker_priority", "worker_rlimit_nofile", "worker_rlimit_core", "working_directory"],
  ...["lock_file", "error_log", "access_log", "log_format", "open_log_file_cache", "pcre_jit"],
  ...["timer_resolution", "ssl_engine", "thread_pool", "debug_points", "google_perftools_profiles"],
  ...["client_body_temp_path", "proxy_temp_path", "fastcgi_temp_path", "uwsgi_temp_path"],
  ...[
    "scgi_temp_path",
    "resolver",
    "resolver_timeout",
    "stream",
    "mail",
    "worker_shutdown_timeout",
  ],
  ...["ssl_certificate", "ssl_certificate_key", "ssl_trusted_certificate", "ssl_crl"],
  ...["ssl_dhparam", "ssl_password_file", "ssl_session_ticket_key", "ssl_stapling", "ssl_ct"],
  ...["ssl_stapling_verify", "ssl_stapling_file", "ssl_stapling_responder", "ssl_reject_handshake"],
  ...["proxy_ssl_certificate", "proxy_ssl_certificate_key", "proxy_ssl_trusted_certificate"],
  ...["http2", "http3", "quic_retry", "quic_gso", "http3_hq", "ssl_conf_command"],
  ...["proxy_ssl_verify", "proxy_ssl_crl", "proxy_ssl_password_file", "proxy_bind", "health_check"],
]);

/** Gone, and said: it would keep the questions from the app. */
const GUARDS = new Set([
  ...["auth_basic", "auth_basic_user_file", "limit_req", "limit_req_zone", "limit_conn"],
  ...[
    "limit_conn_zone",
    "limit_rate",
    "ssl_client_certificate",
    "ssl_verify_client",
    "ssl_verify_depth",
  ],
  ...["allow", "deny", "satisfy", "internal_redirect"],
]);

/** Blocks that hold values, not directives. */
const TABLES = new Set(["map", "geo", "types", "split_clients", "charset_map"]);

/** Prepares a configuration whose includes have been followed. */
export function planNginx(
  directives: readonly Directive[],
  wishes: NginxWishes,
  place: NginxPlace,
): NginxPlan {
  const whole = wrapped(directives);
  const http = whole.find(({ name }) => name === "http");
  const servers = (http?.block ?? []).filter(({ name }) => name === "server");
  if (servers.length === 0)
    throw refused("there is no server block in it", "Name the file with the site");
  const site = chooseSite(servers, wishes.serverName);
  const upstreams = (http?.block ?? []).filter(({ name }) => name === "upstream");
  const app = chooseApp(site.servers, upstreams, wishes.upstream);
  const dropped = new Set<string>();
  const rewriter = new Rewriter(place, app, upstreams, whole, dropped);
  const main = whole.filter(
    ({ name }) => !MACHINE.has(name) && name !== "http" && name !== "events",
  );
  const config = [
    ...main.filter(({ name }) => name === "load_module"),
    ...directive(`daemon off`, `master_process off`, `error_log stderr warn`),
    ...directive(`pid ${place.folder}/nginx.pid`),
    ...main.filter(({ name }) => name !== "load_module"),
    block("events", []),
    block("http", [
      ...directive("access_log off"),
      ...["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].flatMap((kind) =>
        directive(`${kind}_temp_path ${place.folder}/${kind}`),
      ),
      ...rewriter.all(http?.block ?? [], "http"),
    ]),
  ];
  // Whom no block names gets the default of the port.
  const ports = [...site.servers, ...servers].flatMap(portsOf);
  const own = site.servers.flatMap(portsOf);
  return {
    config,
    serverName: site.name,
    tlsPort: own.find(({ tls }) => tls)?.port,
    speaksFastcgi: app.fastcgi,
    plainPort: ports.find(({ tls }) => !tls)?.port,
    target: app.authority,
    base: app.base,
    home: app.home,
    dropped: [...dropped],
    mentions: mentionsIn(whole),
  };
}

/** Whether what passes to FastCGI looks for its script before (`try_files $fastcgi_script_name =404`). */
function looksForScript(list: readonly Directive[]): boolean {
  const passes = list.some(({ name }) => /^(?:fastcgi|uwsgi|scgi)_pass$/.test(name));
  const looks = list.some(({ name, args }) => name === "try_files" || isFileTest(name, args));
  return (passes && looks) || list.some(({ block: inner }) => looksForScript(inner ?? []));
}

function isFileTest(name: string, args: readonly string[]): boolean {
  return name === "if" && args.some((arg) => /^\(?!?-[ef]$/.test(arg));
}

/** The last one is where `try_files` ends, whatever there is. */
function withoutFolders(tried: readonly string[]): string[] {
  return tried.filter((arg, i) => i === tried.length - 1 || !unquoted(arg).endsWith("/"));
}

function directive(...lines: readonly string[]): Directive[] {
  return lines.map((line) => {
    const [name = "", ...args] = line.split(" ");
    return { name, args, file: "devtls", line: 0 };
  });
}

function block(name: string, list: readonly Directive[]): Directive {
  return { name, args: [], block: list, file: "devtls", line: 0 };
}

/** A file of sites-available has no http block of its own; one with locations no server either. */
function wrapped(directives: readonly Directive[]): readonly Directive[] {
  const names = new Set(directives.map(({ name }) => name));
  if (names.has("http")) return directives;
  const modules = directives.filter(({ name }) => name === "load_module");
  const rest = directives.filter(({ name }) => !["load_module", "events"].includes(name));
  const inner = names.has("server") ? rest : [block("server", rest)];
  return [...modules, block("http", inner)];
}

class Rewriter {
  readonly #place: NginxPlace;
  readonly #app: App;
  readonly #upstreams: readonly Directive[];
  readonly #fastcgi: ReadonlySet<string>;
  readonly #scripts: boolean;
  readonly #dropped: Set<string>;
  /** The block that is the default of each port. */
  readonly #defaults = new Map<number, readonly Directive[]>();

  /** @param whole the configuration that is rewritten, for what one part of it says of another */
  constructor(
    place: NginxPlace,
    app: App,
    upstreams: readonly Directive[],
    whole: readonly Directive[],
    dropped: Set<string>,
  ) {
    this.#place = place;
    this.#app = app;
    this.#upstreams = upstreams;
    this.#fastcgi = fastcgiNames(whole);
    this.#scripts = app.fastcgi && looksForScript(whole);
    this.#dropped = dropped;
  }

  all(list: readonly Directive[], within: string): Directive[] {
    const made = list.flatMap((one) => this.#one(one));
    if (within !== "server") return made;
    const { folder } = this.#place;
    return [
      ...this.#listens(list),
      ...directive(`ssl_certificate ${folder}/cert.pem`, `ssl_certificate_key ${folder}/key.pem`),
      ...made,
    ];
  }

  #one(one: Directive): Directive[] {
    const { name, args } = one;
    if (TABLES.has(name)) return [one];
    // The parameters of all three are the same, and FastCGI is what is listened for.
    if (/^(?:uwsgi|scgi)_/.test(name)) {
      return this.#one({ ...one, name: name.replace(/^(?:uwsgi|scgi)_/, "fastcgi_") });
    }
    if (MACHINE.has(name) || name === "listen" || name === "ssl") return [];
    if (GUARDS.has(name)) {
      this.#dropped.add(`${name} was left out`);
      return [];
    }
    if (name === "server_name" || !/_pass$/.test(name)) return this.#other(one);
    return [this.#pass(one, unquoted(args[0] ?? ""))];
  }

  #other(one: Directive): Directive[] {
    const { name, args } = one;
    if (name === "upstream") return [this.#upstream(one)];
    if (this.#scripts && name === "root") return [{ ...one, args: [this.#place.documents] }];
    // What is there is the script alone: a folder would keep a path from the app.
    if (this.#scripts && name === "try_files") {
      return [{ ...one, args: withoutFolders(args) }];
    }
    const [, cache] = /^(proxy|fastcgi)_cache$/.exec(name) ?? [];
    // What is asked twice has to reach the app twice.
    if (cache && args[0] !== "off") {
      return [one, ...directive(`${cache}_cache_bypass 1`, `${cache}_no_cache 1`)];
    }
    if (/_cache_path$/.test(name) || name === "proxy_temp_path") {
      return [
        { ...one, args: [`${this.#place.folder}/${name}`, ...args.slice(1).filter(isOwnCache)] },
      ];
    }
    if (!one.block) return [one];
    return [{ ...one, block: this.all(one.block, name) }];
  }

  #pass(one: Directive, value: string): Directive {
    const authority = authorityOf(value);
    const known = this.#upstreams.some(({ args }) => unquoted(args[0] ?? "") === authority);
    if (known && !/^https:|^grpc/.test(value)) return one;
    const backends = authority === this.#app.authority ? this.#place.app : this.#place.other;
    // Never the app, as chooseApp has seen to.
    if (one.name === "grpc_pass") return { ...one, args: [`grpc://${backends.http}`] };
    if (one.name !== "proxy_pass") return { ...one, args: [backends.fastcgi] };
    const rest = withoutScheme(value).slice(authority.length);
    // A TLS upstream would only differ in what the app's own server sees of the connection.
    return { ...one, args: [`http://${known ? authority : backends.http}${rest}`] };
  }

  #upstream(one: Directive): Directive {
    const name = unquoted(one.args[0] ?? "");
    const kept = (one.block ?? []).filter((inner) => inner.name.startsWith("keepalive"));
    const backends = name === this.#app.authority ? this.#place.app : this.#place.other;
    const fastcgi = this.#fastcgi.has(name) ? backends.fastcgi : backends.http;
    return { ...one, block: [...directive(`server ${fastcgi}`), ...kept] };
  }

  /** Each port once, on loopback, with what concerns HTTP. */
  #listens(list: readonly Directive[]): Directive[] {
    const ports = new Map<number, Set<string>>();
    const server = block("server", list);
    const on = list.some(({ name, args }) => name === "ssl" && args[0] === "on");
    const http2 = list.some(({ name, args }) => name === "http2" && args[0] === "on");
    const given = list.filter(({ name }) => name === "listen");
    for (const { port } of given.length === 0 ? portsOf(server) : []) ports.set(port, new Set());
    for (const { args } of given) {
      if (args.includes("quic") || args.includes("http3")) continue;
      if (args.includes("proxy_protocol"))
        this.#dropped.add("listen … proxy_protocol was left out");
      const port = portOf(args[0] ?? "");
      const words = ports.get(port) ?? new Set();
      for (const word of args.slice(1))
        if (["ssl", "http2", "default_server"].includes(word)) words.add(word);
      if (args.includes("default")) words.add("default_server");
      if (on) words.add("ssl");
      if (words.has("ssl") && http2) words.add("http2");
      if (words.has("default_server")) {
        // Addresses of their own may each have had a default; here they are one.
        const taken = this.#defaults.get(port);
        if (taken !== undefined && taken !== list) words.delete("default_server");
        else this.#defaults.set(port, list);
      }
      ports.set(port, words);
    }
    return [...ports.entries()].flatMap(([port, words]) =>
      directive(["listen", `127.0.0.1:${this.#place.portFor(port)}`, ...words].join(" ")),
    );
  }
}

function isOwnCache(word: string): boolean {
  return !word.startsWith("use_temp_path");
}
