/** The inspector's own origin: https on loopback, its page and its interface. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { DevtlsError, ERROR_CODES, systemCode } from "../errors.js";
import { answer, type Reply } from "./api.js";
import { Gate, HOST } from "./gate.js";
import type { Inspector } from "./inspector.js";
import { follow } from "./live.js";

const DEFAULT_PORT = 4040;
/** Of ports to try after the default one. */
const NEXT_PORTS = 50;
/** Octets of a HAR file; of anything else that is sent here, the numbers of 100,000 rows at most. */
const MAX_HAR = 64 * 1024 * 1024;
const MAX_REQUEST = 1024 * 1024;

export interface InspectorServer {
  /** With the token in the fragment. */
  readonly url: string;
  readonly origin: string;
  readonly port: number;
  readonly token: string;
  close(): void;
}

export interface ServerOptions {
  /** undefined: the default one, or the next that is free. */
  readonly port: number | undefined;
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  /** The page, in one piece. */
  readonly page: string;
}

/** @throws DevtlsError "address-unavailable" */
export async function startInspectorServer(
  inspector: Inspector,
  { port, cert, key, page }: ServerOptions,
): Promise<InspectorServer> {
  const gate = new Gate(() => (server.address() as AddressInfo | null)?.port ?? 0);
  const headers = pageHeaders(page);
  const server = createServer({ cert, key, minVersion: "TLSv1.2" }, (request, response) => {
    handle(request, response, { gate, inspector, page, headers }).catch((error: unknown) => {
      send(response, problem(error));
    });
  });
  await listen(server, port);
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `${gate.origin}/#token=${gate.token}`,
    origin: gate.origin,
    port: actual,
    token: gate.token,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function listen(server: ReturnType<typeof createServer>, port: number | undefined) {
  const ports =
    port === undefined
      ? Array.from({ length: NEXT_PORTS }, (_, index) => DEFAULT_PORT + index)
      : [port];
  for (const candidate of ports) {
    server.listen({ host: HOST, port: candidate });
    try {
      await once(server, "listening");
      return;
    } catch (error) {
      const busy = systemCode(error) === "EADDRINUSE";
      if (busy && candidate !== ports.at(-1)) continue;
      const cause = busy ? `port ${candidate} is in use` : (error as Error).message;
      throw new DevtlsError("address-unavailable", `could not start the inspector: ${cause}`, {
        cause: error,
        hint: "Choose another port: devtls serve --inspect 4041",
      });
    }
  }
}

interface Serving {
  readonly gate: Gate;
  readonly inspector: Inspector;
  readonly page: string;
  readonly headers: Readonly<Record<string, string>>;
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  { gate, inspector, page, headers }: Serving,
): Promise<void> {
  const method = request.method ?? "GET";
  const url = new URL(request.url ?? "/", gate.origin);
  const path = url.pathname;
  const asked = { method, path, headers: request.headers };
  const isPage = path === "/" && (method === "GET" || method === "HEAD");
  const pass = isPage ? gate.admitFile(asked) : gate.admit(asked);
  if (!pass.ok) {
    request.resume();
    send(response, { status: pass.status, json: { error: pass.reason } });
    return;
  }
  if (isPage) {
    response.writeHead(200, headers);
    response.end(method === "HEAD" ? undefined : page);
    return;
  }
  if (path === "/api/events" && method === "GET") {
    response.writeHead(200, { ...COMMON, "Content-Type": "text/event-stream" });
    const since = Number(request.headers["last-event-id"] ?? url.searchParams.get("since") ?? 0);
    follow(response, inspector, Number.isSafeInteger(since) ? since : 0);
    return;
  }
  const body = method === "POST" ? await jsonOf(request, path === "/api/har") : undefined;
  if (path === "/api/session" && method === "POST") {
    const cookie = gate.open((body as { token?: unknown } | null)?.token);
    if (!cookie) send(response, { status: 401, json: { error: "not the token of this run" } });
    else send(response, { status: 200, json: inspector.about() }, { "Set-Cookie": cookie });
    return;
  }
  send(response, await answer(inspector, { method, path, query: url.searchParams, body }));
}

async function jsonOf(request: IncomingMessage, isHar: boolean): Promise<unknown> {
  const limit = isHar ? MAX_HAR : MAX_REQUEST;
  if (!/^application\/json\b/i.test(request.headers["content-type"] ?? "")) {
    throw new DevtlsError("usage", "could not read the request: it is not JSON");
  }
  const chunks: Buffer[] = [];
  let octets = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    octets += chunk.length;
    if (octets > limit) {
      throw new DevtlsError("usage", `could not read the request: more than ${limit} octets`);
    }
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch (error) {
    throw new DevtlsError("usage", "could not read the request: it is not JSON", { cause: error });
  }
}

/** Errors that a person can act on say how; others say only that they are. */
function problem(error: unknown): Reply {
  if (!(error instanceof DevtlsError)) {
    const text = error instanceof Error ? error.message : String(error);
    return { status: 500, json: { error: `devtls failed: ${text}` } };
  }
  const consent = error.code === "needs-consent";
  const status = consent ? 409 : ERROR_CODES[error.code] === 2 ? 400 : 502;
  return { status, json: { error: error.message, hint: error.hint } };
}

const COMMON = {
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cross-Origin-Opener-Policy": "same-origin",
  "X-Frame-Options": "DENY",
} as const;

/** What answers no page needs nothing. */
const NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

function send(
  response: ServerResponse,
  { status, json }: Reply,
  more: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, {
    ...COMMON,
    "Content-Security-Policy": NOTHING,
    "Content-Type": "application/json; charset=utf-8",
    ...more,
  });
  response.end(JSON.stringify(json));
}

/** The page's own script and style by their digests: nothing else runs, whatever is shown. */
function pageHeaders(page: string): Record<string, string> {
  const digests = (tag: string): string =>
    [...page.matchAll(new RegExp(`<${tag}[^>]*>([\\s\\S]*?)</${tag}>`, "g"))]
      .map(([, text = ""]) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`)
      .join(" ");
  const policy = [
    "default-src 'none'",
    `script-src ${digests("script") || "'none'"}`,
    `style-src ${digests("style") || "'none'"}`,
    ...["connect-src 'self'", "img-src data:", "frame-ancestors 'none'", "base-uri 'none'"],
    ...["form-action 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'"],
  ].join("; ");
  return {
    ...COMMON,
    "Content-Security-Policy": policy,
    "Content-Type": "text/html; charset=utf-8",
  };
}
