/** A defect of devtls ends the exchange that it is in, is reported with its stack, and nothing else. */
import { describe, expect, it } from "vitest";
import type { EdgeProfile, ToApp } from "../../src/edge/profile.js";
import { findProfile } from "../../src/edge/profiles/index.js";
import { type Front, startBoth } from "../support/wire-front.js";
import { openWebSocket, request } from "../support/wire-http2.js";
import type { WireTarget } from "../support/wire-target.js";

/** An edge that fails, once it is told to, where the head for the app, or the client, is made. */
function failingEdge(): { edge: EdgeProfile; fail(times: number): void } {
  const edge = findProfile("devtls") as EdgeProfile;
  let failures = 0;
  const toApp: ToApp = {
    ...edge.toApp,
    get hopByHop(): ToApp["hopByHop"] {
      if (failures > 0) {
        failures--;
        throw new Error("the edge is broken");
      }
      return "drop";
    },
  };
  return { edge: { ...edge, toApp }, fail: (times) => (failures = times) };
}

async function start(): Promise<{ target: WireTarget; front: Front; fail(times: number): void }> {
  const { edge, fail } = failingEdge();
  return { ...(await startBoth({ edge, probe: false })), fail };
}

describe("A defect before the app is asked", () => {
  it("is a 500 over HTTP/1.1, and the connection goes on", async () => {
    const { target, front, fail } = await start();
    const client = await front.connect();
    fail(1);
    client.send(`GET / HTTP/1.1\r\nHost: ${front.authority}\r\n\r\n`);
    const answer = await client.message();
    expect(answer.status).toBe(500);
    expect(answer.body).toContain("defect in devtls");
    expect(await front.exchange(1)).toMatchObject({ status: 500, own: true, brokenBy: "devtls" });
    expect(front.defects).toMatchObject([{ message: "the edge is broken" }]);
    expect((front.defects[0] as Error).stack).toContain("requestHeaders");
    client.send(`GET / HTTP/1.1\r\nHost: ${front.authority}\r\n\r\n`);
    const app = await target.accept();
    await app.head();
    app.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    expect((await client.message()).body).toBe("ok");
  });

  it("is a 500 for a stream of HTTP/2 or a WebSocket, and the connection goes on", async () => {
    const { target, front, fail } = await start();
    const session = await front.session();
    fail(2);
    expect((await request(session).head())[":status"]).toBe(500);
    expect((await openWebSocket(session).head())[":status"]).toBe(500);
    const healthy = request(session);
    const app = await target.accept();
    await app.head();
    app.send("HTTP/1.1 204 No Content\r\n\r\n");
    expect((await healthy.head())[":status"]).toBe(204);
    expect(front.defects).toHaveLength(2);
  });
});

it("a defect at the app's response is a 500, and the app's connection is not used again", async () => {
  const { target, front, fail } = await start();
  const client = request(await front.session());
  const app = await target.accept();
  await app.head();
  fail(1);
  app.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  expect((await client.head())[":status"]).toBe(500);
  expect(await app.ended()).not.toBe("open");
  expect(front.defects).toMatchObject([{ message: "the edge is broken" }]);
});
