/** Apps in a few lines, and what their visitors do. */
import type { IncomingMessage } from "node:http";
import type { ServeOptions } from "../../../src/index.js";

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
}

/** A request to the app of a flow, below its prefix. */
export interface Asked {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly method: string;
  readonly headers: IncomingMessage["headers"];
  /** Cookies by name. */
  readonly cookies: Readonly<Record<string, string>>;
  readonly form: URLSearchParams;
  /** The public URL of the flow's root, without a slash at the end. */
  readonly root: string;
  /** "/" and the number of the flow: what stands before its paths. */
  readonly prefix: string;
  /** The port that the app itself listens on, and those of devtls. */
  readonly port: number;
  readonly tlsPort: string;
  readonly plainPort: string;
}

export interface Step {
  readonly path: string;
  readonly form?: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Over plain HTTP. */
  readonly plain?: true;
}

export interface Flow {
  readonly name: string;
  /** How devtls serves it. */
  readonly options?: Partial<ServeOptions>;
  /** "code cause confidence" of each finding. */
  readonly findings?: readonly string[];
  /** What the fixes of the first finding say, by where they go: all of them. */
  readonly fixes?: Readonly<Record<string, string | readonly string[]>>;
  /** The name that is visited; localhost unless told otherwise. */
  readonly host?: string;
  /** A browser would give up. */
  readonly endless?: true;
  readonly app: (asked: Asked) => Reply;
  readonly steps: readonly Step[];
}

/** What healthy session cookies look like. */
export const SECURE = "Path=/; Secure; HttpOnly; SameSite=Lax";

export const to = (location: string, status = 302, headers: Reply["headers"] = {}): Reply => ({
  status,
  headers: { Location: location, ...headers },
});

export const page = (body = "page", headers: Reply["headers"] = {}): Reply => ({ body, headers });

export const get = (...paths: string[]): Step[] => paths.map((path) => ({ path }));

/** Asks for a login, and knows who logged in. */
export function withLogin(
  answer: Reply,
  session: string,
  { login = "/login", open = [] as readonly string[] } = {},
): Flow["app"] {
  return ({ path, method, cookies, root }) => {
    if (path === login) return method === "POST" ? answer : page("form");
    if (open.includes(path) || cookies[session]) return page("private");
    return to(`${root}${login}?next=${encodeURIComponent(path)}`);
  };
}

/** A visitor who logs in. */
export const DONE: readonly Step[] = [
  { path: "/" },
  { path: "/login", form: { user: "ada" } },
  { path: "/" },
];
