/** The lines of a finding, each put where it says that it goes: the application, the edge, devtls. */
import { apply as applyAtEdge, NOTHING as NO_LINES } from "../e2e/matrix/fixes.js";
import type { ServeEvent } from "../support/cli.js";
import type { App, Pasted } from "./app.js";

export interface Cure extends Pasted {
  /** Options of `devtls serve` by which the simulated edge does what its lines ask for. */
  readonly edge: readonly string[];
  /** Options of `devtls serve` that were printed as such: "--stand-in". */
  readonly serve: readonly string[];
  /** On the port of production, which one test at a time can have. */
  readonly on443: boolean;
  /** The edge is told to pass WebSockets on. */
  readonly upgrade: boolean;
}

export const NOTHING: Cure = {
  lines: [],
  env: {},
  replaced: [],
  edge: [],
  serve: [],
  on443: false,
  upgrade: false,
};

const ON_443 = "--port 443";

const MAY_LISTEN_ON_443 = process.getuid?.() === 0;

interface Labelled {
  /** "Redmine, config/additional_environment.rb"; "" where no place is named. */
  readonly where: string;
  readonly lines: readonly string[];
}

/** The lines by their places. */
function labelled({ fix, fixes }: ServeEvent): readonly Labelled[] {
  return fixes ?? [{ where: "", lines: fix }];
}

/**
 * What was applied before, and what these findings print for this application and its edge.
 * @param host "blog.test:8443"
 */
export function apply(before: Cure, findings: readonly ServeEvent[], app: App, host: string): Cure {
  let cure = before;
  for (const { where, lines } of findings.flatMap(labelled)) {
    for (const line of lines) cure = applyLine(cure, line, where, app, host);
  }
  return cure;
}

/** What nginx and Apache are told about WebSockets, which is one thing for a simulated edge. */
const UPGRADE =
  /^(?:proxy_set_header (?:Upgrade|Connection) |proxy_http_version 1\.1;|.*upgrade=websocket)/;

function applyLine(cure: Cure, line: string, where: string, app: App, host: string): Cure {
  const add = (list: readonly string[], ...more: string[]): string[] => [
    ...list,
    ...(list.join("\n").includes(more.join("\n")) ? [] : more),
  ];
  const options = /^devtls serve (--\S+(?: \S+)?)$/.exec(line)?.[1];
  if (options === ON_443) return MAY_LISTEN_ON_443 ? { ...cure, on443: true } : cure;
  if (options !== undefined) return { ...cure, serve: add(cure.serve, ...options.split(" ")) };
  if (UPGRADE.test(line)) return { ...cure, upgrade: true };
  const [, from, to] = /^Replace (\S+) with (\S+) in the app's configuration$/.exec(line) ?? [];
  if (from !== undefined && to !== undefined) {
    return { ...cure, replaced: [...cure.replaced, [from, to]] };
  }
  const [, header, value] = /^RequestHeader set (\S+) "?([^"]+)"?$/.exec(line) ?? [];
  if (header !== undefined && value !== undefined) {
    const told = value.replace(/^expr=%\{REQUEST_SCHEME\}$/, "https");
    return { ...cure, edge: add(cure.edge, "--set-header", `${header}: ${told}`) };
  }
  if (line === "ProxyPreserveHost On") {
    return { ...cure, edge: add(cure.edge, "--set-header", `Host: ${host}`) };
  }
  const { edge } = applyAtEdge(NO_LINES, [line], host);
  if (edge.length > 0) return { ...cure, edge: add(cure.edge, ...edge) };
  const [, name, set] = /^(?:export )?([A-Z_]+)="?([^"]*)"?$/.exec(line) ?? [];
  if (where !== "" && !app.places.test(where)) return cure;
  if (name !== undefined && set !== undefined)
    return { ...cure, env: { ...cure.env, [name]: set } };
  return { ...cure, lines: add(cure.lines, line) };
}
