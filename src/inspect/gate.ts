/**
 * Who gets in. The page sees everything that a browser and an app say to each other, and can have
 * requests sent: nobody but the one who was given the token may reach it. Each rule stops one way
 * in: another host's name for this address (rebinding), another origin's page (CSRF), an app that
 * forwards to here, and whoever only finds the port.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** The only host that the page is at. */
export const HOST = "127.0.0.1";

/** Set by proxies: a request that has one came through an app. */
const PROXIED = [
  ...["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"],
  ...["x-real-ip", "x-devtls-probe", "x-devtls-replay"],
];

export interface GateRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

export type Pass =
  | { readonly ok: true }
  | { readonly ok: false; readonly status: 401 | 403 | 421; readonly reason: string };

/** Cookies know no ports, and two runs must not take each other's place. */
const COOKIE = "__Host-devtls-inspector-";

/** Whether a cookie opens an inspector, this one or that of another run. */
export function isSessionCookie(name: string): boolean {
  return name.startsWith(COOKIE);
}

const PASS: Pass = { ok: true };

export class Gate {
  /** For the URL's fragment, which no server and no log sees. */
  readonly token = randomBytes(24).toString("base64url");
  readonly #session = randomBytes(24).toString("base64url");
  readonly #port: () => number;

  constructor(port: () => number) {
    this.#port = port;
  }

  get origin(): string {
    return `https://${HOST}:${this.#port()}`;
  }

  /** What the page's own files need: the right host, and no proxy in between. */
  admitFile({ headers }: GateRequest): Pass {
    const { host } = headers;
    if (host !== `${HOST}:${this.#port()}`) {
      return refuse(421, "this host is not served here");
    }
    const through = PROXIED.find((name) => headers[name] !== undefined);
    if (through) return refuse(403, `it came through a proxy: ${through}`);
    return PASS;
  }

  /** What reads or acts: the above, from this origin or from a program that holds the token. */
  admit(request: GateRequest): Pass {
    const file = this.admitFile(request);
    if (!file.ok) return file;
    const { headers } = request;
    const { origin, authorization } = headers;
    const site = headers["sec-fetch-site"];
    if (origin !== undefined && origin !== this.origin) return refuse(403, "another origin");
    if (site !== undefined && site !== "same-origin") return refuse(403, "another site");
    if (authorization !== undefined) {
      // No browser sends it by itself, so it needs no proof of where it comes from.
      const given = /^Bearer ([\w-]{1,100})$/.exec(authorization)?.[1] ?? "";
      return isSame(given, this.token) ? PASS : refuse(401, "not the token of this run");
    }
    const isReading = request.method === "GET" || request.method === "HEAD";
    if (!isReading && origin === undefined) return refuse(403, "no origin");
    if (site === undefined) return refuse(403, "no Sec-Fetch-Site");
    if (request.path === "/api/session") return PASS;
    return isSame(this.#cookieIn(headers.cookie), this.#session)
      ? PASS
      : refuse(401, "no session: open the URL that devtls printed");
  }

  /** @returns the Set-Cookie line for who knows the token */
  open(token: unknown): string | undefined {
    if (typeof token !== "string" || !isSame(token, this.token)) return undefined;
    return `${this.#cookieName()}=${this.#session}; Path=/; Secure; HttpOnly; SameSite=Strict`;
  }

  #cookieName(): string {
    return `${COOKIE}${this.#port()}`;
  }

  #cookieIn(line: string | undefined): string {
    const name = `${this.#cookieName()}=`;
    const found = (line ?? "").split(/;\s*/).find((pair) => pair.startsWith(name));
    return found?.slice(name.length) ?? "";
  }
}

function refuse(status: 401 | 403 | 421, reason: string): Pass {
  return { ok: false, status, reason };
}

/** In a time that says nothing of where they differ. */
function isSame(given: string, expected: string): boolean {
  const [a, b] = [given, expected].map((text) => createHash("sha256").update(text).digest());
  return timingSafeEqual(a as Buffer, b as Buffer);
}
