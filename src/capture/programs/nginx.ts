/** `--nginx FILE`: the real nginx with a configuration whose surroundings are replaced. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { readRequired } from "../../ca/files.js";
import { DevtlsError } from "../../errors.js";
import type { Fields } from "../fields.js";
import { type NginxPlan, type NginxWishes, planNginx } from "./nginx-config.js";
import { type Directive, parseNginx, unquoted, writeNginx } from "./nginx-syntax.js";
import {
  findProgram,
  freePorts,
  handOver,
  type RunningProgram,
  runOnce,
  startProgram,
} from "./running.js";

/** What a configured program needs of the capture. */
export interface Stage {
  readonly folder: string;
  /** PEM; the key is for the folder only. */
  readonly credentials: (names: readonly string[]) => Promise<{ cert: string; key: string }>;
  /** "127.0.0.1:PORT". */
  readonly app: { readonly http: string; readonly fastcgi: string };
  readonly other: { readonly http: string; readonly fastcgi: string };
  readonly guard?: string;
}

/** A program that runs from a user's configuration. */
export interface Configured {
  readonly program: RunningProgram;
  /** "nginx 1.22.1". */
  readonly version: string;
  readonly serverName: string;
  readonly tlsPort: number | undefined;
  readonly plainPort: number | undefined;
  readonly target: string;
  readonly base: string;
  readonly home: string;
  readonly speaksFastcgi: boolean;
  /** Headers that the configuration speaks of, with values that it tells apart. */
  readonly mentions: Fields;
  readonly notLearned: readonly string[];
}

/** Where a relative include is looked for, as nginx was built for most systems. */
const PREFIXES = ["/etc/nginx", "/usr/local/etc/nginx", "/opt/homebrew/etc/nginx"];

/** How deep includes may nest. */
const MAX_DEPTH = 10;

/** Modules that do not come with nginx, by what their directives begin with. */
const MODULES: readonly (readonly [RegExp, string])[] = [
  [/^(?:lua_|.*_by_lua)/, "libnginx-mod-http-lua"],
  [/^more_(?:set|clear)_/, "libnginx-mod-http-headers-more-filter"],
  [/^brotli/, "libnginx-mod-http-brotli-filter"],
  [/^geoip2/, "libnginx-mod-http-geoip2"],
  [/^geoip/, "libnginx-mod-http-geoip"],
  [/^(?:js_|auth_jwt)/, "nginx-module-njs"],
  [/^perl/, "libnginx-mod-http-perl"],
  [/^(?:echo|echo_.*)$/, "libnginx-mod-http-echo"],
  [/^passenger/, "libnginx-mod-http-passenger"],
  [/^modsecurity/, "libnginx-mod-http-modsecurity"],
  [
    /^(?:pagespeed|vhost_traffic_status|push_stream|upload_|nchan|set_misc|fancyindex|dav_ext)/,
    "a module of its own",
  ],
  [
    /^set_(?:unescape|escape|hex|base|md5|sha1|random|if_empty|real_ip_)/,
    "libnginx-mod-http-set-misc",
  ],
];

/**
 * Starts nginx with a user's file.
 * @throws DevtlsError "file-unreadable", "bad-request" for what is wrong in the file, "usage" for a
 * site or an upstream that it has not, "command-failed" where nginx or one of its modules is missing
 */
export async function startNginx(
  file: string,
  wishes: NginxWishes,
  stage: Stage,
): Promise<Configured> {
  const path = findProgram("nginx", process.env);
  if (!path) {
    throw new DevtlsError("command-failed", "could not run nginx: it is not installed", {
      hint: "Install it: sudo apt-get install nginx-light (or: brew install nginx)",
    });
  }
  const built = runOnce(path, ["-V"], stage.folder).stderr;
  const missing: string[] = [];
  const directives = followed(resolve(file), missing);
  const { folder, app, other } = stage;
  const ports = new Map<number, number>();
  const free = await freePorts(countListens(directives) + 1);
  const portFor = (port: number): number => {
    const known = ports.get(port) ?? (free.pop() as number);
    ports.set(port, known);
    return known;
  };
  const documents = join(folder, "documents");
  const plan = planNginx(directives, wishes, { folder, documents, portFor, app, other });
  const config = withModules(plan.config, built);
  const { cert, key } = await stage.credentials([plan.serverName]);
  write(folder, "cert.pem", cert);
  write(folder, "key.pem", key);
  write(folder, "nginx.conf", writeNginx(config));
  mkdirSync(documents);
  write(documents, "index.php", "");
  handOver(folder);
  const args = ["-p", folder, "-c", join(folder, "nginx.conf"), "-e", "stderr"];
  const test = runOnce(path, [...args, "-t"], folder);
  if (test.status !== 0) throw explained(test.stderr, directives, built, folder, file);
  const used = [...ports.values()];
  const program = await startProgram({
    name: "nginx",
    path,
    args,
    folder,
    ports: used,
    ...(stage.guard !== undefined && { guard: stage.guard }),
  });
  return {
    program,
    ...summary(plan, ports),
    version: /nginx version: nginx\/(\S+)/.exec(built)?.[1] ?? "",
    notLearned: [...plan.dropped, ...missing.map((name) => `include ${name}: no such file here`)],
  };
}

function summary(plan: NginxPlan, ports: ReadonlyMap<number, number>) {
  const { serverName, target, base, home, speaksFastcgi, mentions, tlsPort, plainPort } = plan;
  const mapped = (port: number | undefined): number | undefined =>
    port === undefined ? undefined : ports.get(port);
  return {
    serverName,
    target,
    base,
    home,
    speaksFastcgi,
    mentions,
    tlsPort: mapped(tlsPort),
    plainPort: mapped(plainPort),
  };
}

function write(folder: string, name: string, text: string): void {
  writeFileSync(join(folder, name), text, { mode: 0o600 });
}

function countListens(list: readonly Directive[]): number {
  return list.reduce(
    (sum, { name, block }) =>
      sum + (name === "listen" || name === "server" ? 1 : 0) + countListens(block ?? []),
    0,
  );
}

/** A file with its includes in place. */
function followed(file: string, missing: string[]): Directive[] {
  const main = dirname(file);
  const read = (path: string, depth: number): Directive[] => {
    if (depth > MAX_DEPTH) {
      throw new DevtlsError("bad-request", `could not read ${path}: includes nest too deep`);
    }
    return expand(parseNginx(readRequired(path).toString("latin1"), path), depth);
  };
  const expand = (list: readonly Directive[], depth: number): Directive[] =>
    list.flatMap((one) => {
      if (one.block) return [{ ...one, block: expand(one.block, depth) }];
      if (one.name !== "include") return [one];
      const wanted = unquoted(one.args[0] ?? "");
      const found = included(wanted, [main, dirname(one.file), ...PREFIXES]);
      if (found.length === 0 && !/[*?[]/.test(wanted)) missing.push(wanted);
      return found.flatMap((path) => read(path, depth + 1));
    });
  return read(file, 0);
}

function included(wanted: string, folders: readonly string[]): string[] {
  const patterns = isAbsolute(wanted)
    ? [wanted, ...relocated(wanted, folders[0] as string)]
    : folders.map((folder) => join(folder, wanted));
  for (const pattern of patterns) {
    const found = filesOf(pattern);
    if (found.length > 0) return found;
  }
  return [];
}

/** A copy of /etc/nginx elsewhere has its includes beside the file. */
function relocated(wanted: string, folder: string): string[] {
  const prefix = PREFIXES.find((path) => wanted.startsWith(`${path}/`));
  return prefix === undefined ? [] : [join(folder, wanted.slice(prefix.length + 1))];
}

function filesOf(pattern: string): string[] {
  if (!/[*?[]/.test(pattern)) {
    try {
      readFileSync(pattern);
      return [pattern];
    } catch {
      return [];
    }
  }
  return matching(pattern);
}

/** The paths that fit a pattern with "*", "?" and "[…]" in its parts. */
function matching(pattern: string): string[] {
  let found = [""];
  for (const part of pattern.split("/").slice(1)) {
    if (!/[*?[]/.test(part)) {
      found = found.map((path) => `${path}/${part}`);
      continue;
    }
    const form = part
      .replace(/[.+^${}()|\\]/g, "\\$&")
      .replaceAll("*", "[^/]*")
      .replaceAll("?", "[^/]");
    const fits = new RegExp(`^${form}$`);
    found = found.flatMap((path) =>
      namesIn(path || "/")
        .filter((name) => fits.test(name) && (part.startsWith(".") || !name.startsWith(".")))
        .map((name) => `${path}/${name}`),
    );
  }
  return found.filter((path) => filesOf(path).length > 0);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** Modules by their place on this machine. */
function withModules(config: readonly Directive[], built: string): Directive[] {
  const folder = /--modules-path=(\S+)/.exec(built)?.[1] ?? "/usr/lib/nginx/modules";
  return config.map((one) => {
    if (one.name !== "load_module") return one;
    const wanted = unquoted(one.args[0] ?? "");
    const path = join(folder, basename(wanted));
    if (filesOf(path).length > 0) return { ...one, args: [path] };
    const hint = `It is ${path}; install the module, or take the line out of a copy of the file`;
    throw new DevtlsError(
      "command-failed",
      `could not run nginx with this configuration: the module ${basename(wanted)} is not installed (${one.file}, line ${one.line})`,
      { hint },
    );
  });
}

/** What nginx said about the configuration, with the place in the user's own file. */
function explained(
  said: string,
  directives: readonly Directive[],
  built: string,
  folder: string,
  file: string,
): DevtlsError {
  const [, unknown] = /unknown directive "([^"]+)"/.exec(said) ?? [];
  const cause = /\[emerg\] (?:\d+#\d+: )?(.*)/.exec(said)?.[1] ?? said.trim();
  const [, named] =
    /"?([a-z_0-9]+)"? directive|invalid number of arguments in "([a-z_0-9]+)"/.exec(cause) ?? [];
  const place = placeOf(unknown ?? named ?? "", directives);
  if (unknown === undefined) {
    const clean = cause
      .replaceAll(folder, "")
      .replace(/ in \/nginx\.conf:\d+$/, place ? ` (${place})` : "");
    return new DevtlsError("bad-request", `could not run nginx with ${file}: ${clean}`, {
      hint: `Mend the file and check it: nginx -t -c ${file}`,
    });
  }
  const version = /nginx version: (\S+)/.exec(built)?.[1] ?? "nginx";
  const [, module] = MODULES.find(([pattern]) => pattern.test(unknown)) ?? [];
  const why = module
    ? `it needs the module of ${unknown}, which is not installed`
    : `${version} does not know ${unknown}`;
  return new DevtlsError(
    "command-failed",
    `could not run nginx with ${file}: ${why}${place ? ` (${place})` : ""}`,
    {
      hint: module?.startsWith("lib")
        ? `Install it: sudo apt-get install ${module}; and load it in the file`
        : "Install a newer nginx or the module, or take the line out of a copy of the file",
    },
  );
}

function placeOf(name: string, list: readonly Directive[]): string | undefined {
  for (const one of list) {
    if (one.name === name && name !== "") return `${one.file}, line ${one.line}`;
    const inner = placeOf(name, one.block ?? []);
    if (inner !== undefined) return inner;
  }
  return undefined;
}
