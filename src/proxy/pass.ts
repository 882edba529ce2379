/** What an exchange passes before the app hears of it. */
import { STATUS_CODES } from "node:http";
import type { ToApp } from "../edge/profile.js";
import { first } from "../lines.js";
import { collectBody, type Refusal, refuseRequest } from "./bounds.js";
import type { Exchange } from "./exchange.js";
import type { Forwarding } from "./forwarding.js";
import { type Page, READY_HEADER, TARGET_HEADER } from "./own/pages.js";
import { Passage, type Underway } from "./passage.js";
import { whenReady } from "./starting.js";
import type { RequestBody } from "./upstream/call.js";
import type { Pool } from "./upstream/pool.js";

/**
 * Sends the exchange to the target and its response to the client.
 * @param answer what devtls answers itself instead
 */
export function pass(exchange: Exchange, forwarding: Forwarding, answer?: Page): Underway {
  const { starting } = forwarding;
  if (!answer && first(exchange.headers, READY_HEADER) !== undefined) {
    if (starting) sayWhetherReady(exchange, 503, forwarding.pool);
    else answerReadiness(exchange, forwarding.pool);
    return { answer: () => undefined };
  }
  const passage = new Passage(exchange, forwarding);
  passage.attempt(() => {
    const page = answer ?? notPassedOn(exchange, forwarding);
    if (page) {
      passage.answer(page);
      return;
    }
    const refusal = refuseRequest(exchange, forwarding);
    if (refusal) {
      passage.answer(refusal.page, refusal.limit);
      return;
    }
    if (!starting) {
      ask(exchange, forwarding, passage);
      return;
    }
    whenReady(starting, exchange, passage, (ready) => {
      passage.route(ready);
      ask(exchange, ready, passage);
    });
  });
  return passage;
}

function ask(exchange: Exchange, forwarding: Forwarding, passage: Passage): void {
  const { toApp } = forwarding.edge;
  if (toApp.answersExpect && first(exchange.headers, "expect") !== undefined) {
    exchange.reply.inform({ status: 100, reason: "Continue", version: "1.1", headers: [] });
  }
  // Where the edge drops an upgrade the app gets an ordinary request.
  if (exchange.body?.chunked && collects(exchange.body, toApp)) {
    askCollected(exchange, forwarding, passage);
  } else passage.ask(exchange.body, toApp.passesUpgrade ? exchange.upgrade : undefined);
}

function collects({ isWhole }: RequestBody, { buffersChunked }: ToApp): boolean {
  return buffersChunked === true || (buffersChunked === "arrived" && isWhole?.() === true);
}

/** As nginx does by default: an HTTP/1.0 request cannot have a body of unknown length. */
function askCollected(exchange: Exchange, forwarding: Forwarding, passage: Passage): void {
  collectBody(exchange, forwarding).then(
    (body) => body && passage.attempt(() => passage.ask(body)),
    (refusal: Refusal) => passage.attempt(() => passage.answer(refusal.page, refusal.limit)),
  );
}

/** Of HTTP/2 only WebSocket has a translation (RFC 8441 5), and the edge has to pass it on. */
function notPassedOn({ protocol, upgrade }: Exchange, { edge }: Forwarding): Page | undefined {
  if (!upgrade || protocol !== "HTTP/2") return undefined;
  if (!edge.toApp.passesUpgrade) {
    return { status: 501, title: `${edge.name} passes no WebSocket on.`, advice: [] };
  }
  if (upgrade.protocol === "websocket") return undefined;
  const title = `The protocol ${upgrade.protocol} cannot be carried over HTTP/1.1.`;
  return { status: 501, title, advice: [] };
}

/**
 * The error page asks whether the target is there again, twice a second for as long as it is open;
 * neither the app nor those who look on are told.
 */
function answerReadiness(exchange: Exchange, pool: Pool): void {
  const controller = new AbortController();
  exchange.reply.onClose(() => controller.abort());
  pool.dialer.dial(controller.signal).then(
    (socket) => {
      socket.on("error", () => undefined);
      socket.destroy();
      sayWhetherReady(exchange, 204, pool);
    },
    () => {
      if (!controller.signal.aborted) sayWhetherReady(exchange, 503, pool);
    },
  );
}

function sayWhetherReady({ reply }: Exchange, status: 204 | 503, pool: Pool): void {
  const lines = ["Cache-Control", "no-store", TARGET_HEADER, pool.dialer.target.url];
  reply.begin(status, STATUS_CODES[status] ?? "", lines, false);
}
