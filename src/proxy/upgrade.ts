/**
 * Exchanges that leave HTTP: `Upgrade` of HTTP/1.1 (RFC 9110 7.8) and extended CONNECT of HTTP/2
 * (RFC 8441), which becomes an HTTP/1.1 upgrade towards the target.
 */

import { createHash, randomBytes } from "node:crypto";
import type { ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { formatBound } from "../edge/limits.js";
import { first, type HeaderLines } from "../lines.js";
import { refusalOf, refuseRequest } from "./bounds.js";
import { type Exchange, endToEnd, publicUrl } from "./exchange.js";
import { forward, requestLine } from "./forward.js";
import {
  answerItself,
  applyPolicies,
  type Forwarding,
  headText,
  markAnswered,
  markFailed,
  notify,
  requestHeaders,
  responseHeaders,
} from "./forwarding.js";
import { responseHeadText } from "./front/http1.js";
import { toHttp2Headers } from "./front/http2-headers.js";
import { failurePage } from "./own/failure-page.js";
import { sendPage } from "./own/pages.js";
import { Call } from "./upstream/call.js";
import type { UpstreamError } from "./upstream/connect.js";
import type { ResponseHead } from "./upstream/reader.js";

/** What differs between the two ways to ask for an upgrade. */
interface Client {
  readonly stream: Duplex;
  /** What the target is asked to upgrade to. */
  readonly upgrade: string;
  /** Header lines to add to the request for the target. */
  readonly added: HeaderLines;
  /** Bytes that came behind the request head. */
  readonly rest: Buffer;
  /** Tells the client that the target agreed. @returns false when the target's answer is wrong */
  accept(head: ResponseHead): boolean;
}

/** HTTP/1.1: `upgrade` is any token; what the target answers is passed on as it is. */
export function forwardUpgrade(
  exchange: Exchange,
  upgrade: string,
  socket: Duplex,
  rest: Buffer,
  forwarding: Forwarding,
): void {
  if (!forwarding.edge.toApp.passesUpgrade) {
    // The app gets an ordinary request, and the client finds out that there is no WebSocket here.
    forward(exchange, forwarding);
    return;
  }
  if (refused(exchange, forwarding)) return;
  tunnel(exchange, forwarding, {
    stream: socket,
    upgrade,
    added: [],
    rest,
    accept: (head) => socket.write(responseHeadText(head), "latin1") || true,
  });
}

/** HTTP/2: only WebSocket has a defined translation (RFC 8441 5). */
export function forwardConnect(
  exchange: Exchange,
  protocol: string,
  stream: ServerHttp2Stream,
  forwarding: Forwarding,
): void {
  const passes = forwarding.edge.toApp.passesUpgrade;
  if (protocol !== "websocket" || !passes) {
    sendPage(exchange, {
      status: 501,
      title: passes
        ? `The protocol ${protocol} cannot be carried over HTTP/1.1.`
        : `${forwarding.edge.name} passes no WebSocket on.`,
      advice: [],
    });
    return;
  }
  if (refused(exchange, forwarding)) return;
  const key = randomBytes(16).toString("base64");
  tunnel({ ...exchange, method: "GET" }, forwarding, {
    stream,
    upgrade: "websocket",
    added: ["Sec-WebSocket-Key", key],
    rest: Buffer.alloc(0),
    accept: (head) => {
      if (first(head.headers, "sec-websocket-accept") !== acceptValue(key)) return false;
      const headers = toHttp2Headers(endToEnd(head.headers));
      delete headers["sec-websocket-accept"];
      stream.respond({ ...headers, ":status": 200 });
      return true;
    },
  });
}

/** The edge's bounds hold for the heads of upgrades, too. */
function refused(exchange: Exchange, forwarding: Forwarding): boolean {
  const refusal = refuseRequest(exchange, forwarding);
  if (refusal) answerItself(exchange, refusal.page, forwarding, refusal.limit);
  return refusal !== undefined;
}

/** RFC 6455 4.2.2. */
function acceptValue(key: string): string {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

function tunnel(exchange: Exchange, forwarding: Forwarding, client: Client): void {
  const { pool } = forwarding;
  const { reply } = exchange;
  const told = requestHeaders(exchange, forwarding, client.upgrade);
  told.push(...client.added);
  const outcome = {
    status: 0,
    answered: [] as HeaderLines,
    headers: [] as HeaderLines,
    bytes: 0,
    own: false,
  };
  const { edge, limits } = forwarding;
  let broken: "client" | "target" | "edge" | undefined;
  let limit: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let upstream: Socket | undefined;
  let ended = false;
  let draining = false;

  const fail = (error: UpstreamError): void => {
    broken = "target";
    markFailed(error, forwarding);
    if (outcome.status !== 0) {
      reply.destroy();
      return;
    }
    ended = true;
    outcome.status = 502;
    outcome.own = true;
    sendPage(exchange, failurePage(error, pool));
  };
  const call = new Call(
    pool,
    {
      method: exchange.method,
      head: headText(requestLine(exchange, forwarding.edge.toApp), told),
      body: undefined,
      upgrade: true,
      patienceMs: 0,
    },
    {
      onInformation: (head) => reply.inform({ ...head, headers: endToEnd(head.headers) }),
      onHead: (head, hasBody) => {
        clearTimeout(timer);
        markAnswered(forwarding);
        outcome.status = head.status;
        outcome.answered = head.headers;
        outcome.headers = responseHeaders(head, exchange, forwarding);
        if (!hasBody) ended = true;
        reply.begin(head.status, head.reason, outcome.headers, hasBody);
      },
      onBody: (chunk) => {
        outcome.bytes += chunk.length;
        const more = reply.write(chunk);
        if (!more && !draining) {
          draining = true;
          reply.onDrain(() => {
            draining = false;
            call.resume();
          });
        }
        return more;
      },
      onPause: () => undefined,
      onComplete: () => {
        if (!ended) reply.end();
        ended = true;
      },
      onUpgrade: (head, socket, rest) => {
        clearTimeout(timer);
        markAnswered(forwarding);
        upstream = socket;
        outcome.status = head.status;
        outcome.answered = head.headers;
        // Browsers take cookies from a 101, too.
        outcome.headers = applyPolicies(head.headers, exchange, forwarding);
        if (client.accept({ ...head, headers: outcome.headers })) {
          join(client, socket, rest);
          if (limits.idleMs !== undefined) watchSilence(limits.idleMs, socket);
        } else {
          socket.on("error", () => undefined);
          socket.destroy();
          broken = "target";
          reply.destroy();
        }
      },
      onError: fail,
    },
  );
  /** Edges break off a tunnel in which neither side says anything for too long. */
  const watchSilence = (idleMs: number, socket: Socket): void => {
    const what = `nothing said for ${formatBound(idleMs, "milliseconds")}`;
    timer = setTimeout(() => {
      limit = refusalOf(edge, { max: idleMs, status: 0 }, what).limit;
      broken = "edge";
      socket.destroy();
      reply.destroy();
    }, idleMs);
    const heard = (): void => void timer?.refresh();
    socket.on("data", heard);
    client.stream.on("data", heard);
  };
  reply.onClose((complete) => {
    clearTimeout(timer);
    if (!complete && !upstream) {
      broken ??= "client";
      call.abort();
    }
    notify(forwarding, {
      exchange,
      url: publicUrl(exchange),
      target: pool.dialer.target.url,
      told,
      status: outcome.status,
      answered: outcome.answered,
      responseHeaders: outcome.headers,
      bytes: outcome.bytes + (upstream?.bytesRead ?? 0),
      milliseconds: performance.now() - exchange.started,
      brokenBy: broken,
      own: outcome.own,
      limit,
    });
  });
  if (limits.firstByte) {
    const what = `no response within ${formatBound(limits.firstByte.max, "milliseconds")}`;
    const refusal = refusalOf(edge, limits.firstByte, what);
    timer = setTimeout(() => {
      if (outcome.status !== 0) return;
      limit = refusal.limit;
      ended = true;
      outcome.status = refusal.page.status;
      outcome.own = true;
      call.abort();
      sendPage(exchange, refusal.page);
    }, limits.firstByte.max);
  }
  call.start();
}

/** Connects the two ends: each direction ends by itself, a break of either breaks both. */
function join(client: Client, socket: Socket, rest: Buffer): void {
  const { stream } = client;
  socket.on("error", () => stream.destroy());
  socket.on("close", () => {
    if (!stream.destroyed && !socket.readableEnded) stream.destroy();
  });
  stream.on("error", () => socket.destroy());
  stream.on("close", () => {
    if (!socket.destroyed) {
      if (stream.readableEnded) socket.end();
      else socket.destroy();
    }
  });
  if (rest.length > 0) stream.write(rest);
  if (client.rest.length > 0) socket.write(client.rest);
  socket.pipe(stream);
  stream.pipe(socket);
}
