/** Another certificate while serving: new handshakes see it, what is open goes on. */
import { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { expect, it } from "vitest";
import type { Clock } from "../../../src/ca/refresh.js";
import { DAY_MS } from "../../../src/x509/validity.js";
import { folderUntilEnd } from "../../support/programs.js";
import { type Front, startFront } from "../../support/wire-front.js";
import { request } from "../../support/wire-http2.js";
import type { Peer } from "../../support/wire-peer.js";
import { startTarget, type WireTarget } from "../../support/wire-target.js";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** A clock that the test turns. */
class TurnedClock implements Clock {
  time = Date.now();
  look: () => void = () => undefined;
  readonly now = (): number => this.time;
  readonly every = (_milliseconds: number, callback: () => void): (() => void) => {
    this.look = callback;
    return () => undefined;
  };
}

const serialOf = ({ socket }: Peer): string =>
  new X509Certificate((socket as TLSSocket).getPeerCertificate(true).raw).serialNumber;

async function exchange(client: Peer, front: Front, app: Peer): Promise<void> {
  client.send(`GET / HTTP/1.1\r\nHost: ${front.authority}\r\n\r\n`);
  await app.head();
  app.send(OK);
  expect((await client.message()).body).toBe("ok");
}

/** Waits until a handshake shows another certificate than before. */
async function renewed(front: Front, old: string): Promise<Peer> {
  for (;;) {
    const client = await front.connect();
    if (serialOf(client) !== old) return client;
    client.destroy();
  }
}

it("a leaf that nears its end is replaced, and no connection is dropped", async () => {
  const clock = new TurnedClock();
  const target: WireTarget = await startTarget();
  const front = await startFront(`127.0.0.1:${target.port}`, {
    clock,
    stateDirectory: folderUntilEnd("devtls-renewal-"),
  });
  const early = await front.connect();
  const session = await front.session();
  const serial = serialOf(early);
  early.send(`GET / HTTP/1.1\r\nHost: ${front.authority}\r\n\r\n`);
  const app = await target.accept();
  await app.head();
  const stream = request(session);
  const second = await target.accept();
  await second.head();

  clock.time += 370 * DAY_MS;
  clock.look();
  const late = await renewed(front, serial);

  // As long as it has no answer, an idle connection would be given up for it.
  second.send(OK);
  expect(await stream.bodyOf(2)).toBe("ok");
  app.send(OK);
  expect((await early.message()).body).toBe("ok");
  // The connection to the app that was used last is used first.
  await exchange(early, front, app);
  await exchange(late, front, app);
  expect(front.defects).toEqual([]);
});
