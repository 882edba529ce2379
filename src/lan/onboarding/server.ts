/**
 * The onboarding server: plain HTTP on the addresses of the local network, for the minutes in which
 * devices may pair. It gives away the root certificate, which is no secret, to who knows the token of
 * the code; it never sees a key.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Certificate } from "../../x509/certificate.js";
import { VisitorListeners } from "../listeners.js";
import type { Pairing, Refusal } from "../pairing.js";
import { contentPolicy, type Guide, guidePage, plainPage } from "./page.js";
import { configurationProfile } from "./profile.js";
import { SYSTEM_NAMES, systemOf } from "./systems.js";

/** A request here is a line and some header lines, and comes at once. */
const HEAD_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 5_000;
const MAX_HEAD_OCTETS = 8 * 1024;

export interface OnboardingOptions {
  readonly pairing: Pairing;
  readonly root: Certificate;
  /** What the pages say, but for where they are. */
  readonly guide: () => Omit<Guide, "base" | "app"> & {
    /** Where the app takes a token. */
    readonly pair: string;
  };
  /** Whether a host, lower case and without port, is one of this machine's. */
  readonly isOwnHost: (hostname: string) => boolean;
  readonly onDefect: (error: unknown) => void;
}

export class Onboarding {
  readonly #options: OnboardingOptions;
  readonly #server: Server;
  readonly #listeners = new VisitorListeners("--lan-port");
  readonly #sockets = new Set<Socket>();

  constructor(options: OnboardingOptions) {
    this.#options = options;
    this.#server = createServer(
      {
        maxHeaderSize: MAX_HEAD_OCTETS,
        headersTimeout: HEAD_TIMEOUT_MS,
        requestTimeout: HEAD_TIMEOUT_MS,
        keepAliveTimeout: IDLE_TIMEOUT_MS,
        connectionsCheckingInterval: 1_000,
      },
      (request, response) => this.#attempt(request, response),
    );
    // As a server that listens itself: it enforces the timeouts then.
    this.#server.emit("listening");
  }

  /** Moves to these addresses. @returns the port @throws DevtlsError "address-unavailable" */
  listenOn(addresses: readonly string[], port: number, orNext: boolean): Promise<number> {
    const onConnection = (socket: Socket): void => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      this.#server.emit("connection", socket);
    };
    return this.#listeners.listenOn(addresses, port, onConnection, orNext);
  }

  /** From now on nothing answers there. */
  close(): void {
    this.#listeners.close();
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #attempt(request: IncomingMessage, response: ServerResponse): void {
    try {
      request.resume();
      this.#answer(request, response);
    } catch (error) {
      response.destroy();
      this.#options.onDefect(error);
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { method, headers } = request;
    const host = (headers.host ?? "").replace(/:\d*$/, "").replace(/^\[|\]$/g, "");
    if (!this.#options.isOwnHost(host.toLowerCase())) {
      say(response, 421, "Nothing is served under this name.", "Open the address in the code.");
      return;
    }
    if (method !== "GET" && method !== "HEAD") {
      response.setHeader("Allow", "GET, HEAD");
      say(response, 405, "There is nothing to send here.", "Scan the code again.");
      return;
    }
    const parts = PATH.exec(request.url ?? "");
    if (!parts) {
      say(response, 404, "There is nothing here.", SCAN);
      return;
    }
    const [, token = "", file, query = ""] = parts;
    const device = addressOf(request.socket);
    const refusal = this.#options.pairing.open(token, device);
    if (refusal !== undefined) {
      const [status, title, text] = REFUSALS[refusal];
      say(response, status, title, text);
      return;
    }
    this.#give(response, token, file, asked(query, headers["user-agent"]));
  }

  #give(
    response: ServerResponse,
    token: string,
    file: string | undefined,
    system: ReturnType<typeof systemOf>,
  ): void {
    const { root, guide } = this.#options;
    const { pair, ...rest } = guide();
    switch (file) {
      case undefined: {
        const page = guidePage({ ...rest, base: `/${token}`, app: `${pair}${token}` }, system);
        sendPage(response, 200, page, contentPolicy(rest.check));
        return;
      }
      case "devtls-root.crt":
        // Android reads DER and PEM, Windows and macOS open this type by themselves.
        send(response, "application/x-x509-ca-cert", root.der, file);
        return;
      case "devtls.mobileconfig": {
        const profile = configurationProfile(root, rest.authority);
        send(response, "application/x-apple-aspen-config", Buffer.from(profile), file);
        return;
      }
      default:
        say(response, 404, "There is nothing here.", SCAN);
    }
  }
}

/** A token, perhaps a file, perhaps which system it is for; all else is nothing of this server's. */
const PATH = /^\/([\w-]{1,64})(?:\/([a-z-]+\.[a-z]+))?(?:\?system=([a-z]*))?$/;

function asked(query: string, userAgent: string | undefined): ReturnType<typeof systemOf> {
  return SYSTEM_NAMES.find((name) => name === query) ?? systemOf(userAgent ?? "");
}

function addressOf({ remoteAddress = "" }: Socket): string {
  return remoteAddress.replace(/^::ffff:/, "");
}

const COMMON = {
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
} as const;

function send(response: ServerResponse, type: string, data: Buffer, name: string): void {
  response.writeHead(200, {
    ...COMMON,
    "Content-Type": type,
    "Content-Length": data.length,
    "Content-Disposition": `attachment; filename="${name}"`,
  });
  response.end(data);
}

function say(response: ServerResponse, status: number, title: string, text: string): void {
  sendPage(response, status, plainPage(title, text), contentPolicy(undefined));
}

function sendPage(response: ServerResponse, status: number, page: string, policy: string): void {
  response.writeHead(status, {
    ...COMMON,
    "Content-Type": "text/html; charset=utf-8",
    "Content-Length": Buffer.byteLength(page),
    "Content-Security-Policy": policy,
    "X-Frame-Options": "DENY",
  });
  response.end(page);
}

const SCAN = "Scan the QR code in the terminal of devtls.";

const REFUSALS: Readonly<Record<Refusal, readonly [number, string, string]>> = {
  wrong: [403, "This code is not one of this devtls.", SCAN],
  used: [
    410,
    "This code has been used.",
    "Each code pairs one browser, once. devtls has printed a new one in its terminal.",
  ],
  taken: [
    403,
    "This code belongs to another device.",
    "That device opened it first. Each device needs a code of its own.",
  ],
  closed: [410, "The time for pairing is over.", "Start devtls serve --lan again for a new code."],
  "too-many": [429, "Too many wrong codes came from this address.", "Wait a minute."],
};
