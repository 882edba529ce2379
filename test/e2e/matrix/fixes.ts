/** The lines of a finding's `fix`, each applied where it belongs. */

export interface Applied {
  /** Pasted into the app. */
  readonly app: readonly string[];
  /** The app's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** The arguments that uvicorn is started with, in place of the app's own. */
  readonly command?: readonly string[];
  /** What the edge is configured with: --set-header and --drop-header have its last word. */
  readonly edge: readonly string[];
  /** It passes WebSockets on. */
  readonly upgrades: boolean;
}

export const NOTHING: Applied = { app: [], env: {}, edge: [], upgrades: false };

/** nginx's lines that pass a WebSocket on. */
const UPGRADE =
  /^proxy_(?:http_version 1\.1|set_header (?:Upgrade \$http_upgrade|Connection "upgrade"));$/;

/** nginx's variables, as the browser's connection has them. */
function resolved(text: string, host: string): string {
  return text
    .replace("$scheme", "https")
    .replace("$http_x_forwarded_proto", "https")
    .replace("$host", host.replace(/:\d+$/, ""));
}

/** An option of devtls: "devtls serve --stand-in". */
const OPTION = /^devtls serve (--[a-z-]+)$/;

/**
 * What was applied before, and these lines.
 * @param host "localhost:8443"
 */
export function apply(before: Applied, fix: readonly string[], host: string): Applied {
  const app = [...before.app];
  const env = { ...before.env };
  const edge = [...before.edge];
  let { command, upgrades } = before;
  for (const line of fix) {
    const nginx = /^proxy_set_header (\S+) (.+);$/.exec(line);
    const traefik =
      /^traefik\.http\.middlewares\.\w+\.headers\.customrequestheaders\.([\w-]+)=(.+)$/;
    const [, name, value] = nginx ?? traefik.exec(line) ?? [];
    const variable = /^([A-Z_]+)="(.*)"$/.exec(line);
    const uvicorn = /^uvicorn (.+)$/.exec(line);
    if (UPGRADE.test(line)) {
      upgrades = true;
      continue;
    }
    const [, option] = OPTION.exec(line) ?? [];
    if (option !== undefined) {
      if (!edge.includes(option)) edge.push(option);
      continue;
    }
    if (name !== undefined && value === '""') edge.push("--drop-header", name);
    else if (name !== undefined && value !== undefined) {
      edge.push("--set-header", `${name}: ${resolved(value, host)}`);
    } else if (variable) env[variable[1] as string] = variable[2] as string;
    else if (uvicorn) command = uvicorn[1]?.replaceAll("'", "").split(" ");
    else if (!app.includes(line)) app.push(line);
  }
  return { app, env, edge, upgrades, ...(command && { command }) };
}
