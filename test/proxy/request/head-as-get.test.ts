/** An edge that asks with GET for HEAD keeps the body to itself (RFC 9110 9.3.2). */
import { expect, it } from "vitest";
import type { EdgeProfile } from "../../../src/edge/profile.js";
import { findProfile } from "../../../src/edge/profiles/index.js";
import { startBoth } from "../../support/wire-front.js";
import { request } from "../../support/wire-http2.js";

/** It keeps connections to the app, so that octets left over would be the next answer. */
const keeping = findProfile("devtls") as EdgeProfile;
const edge: EdgeProfile = { ...keeping, toApp: { ...keeping.toApp, headAsGet: true } };

const BODIES = [
  ["with a length", "Content-Length: 5\r\n\r\nhello"],
  ["in chunks", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"],
  ["that ends with the connection", "Connection: close\r\n\r\nhello"],
] as const;

it.each(BODIES)("a body %s is not sent on over HTTP/1.1", async (_how, rest) => {
  const { target, front } = await startBoth({ edge, probe: false });
  const client = await front.connect();
  client.send(`HEAD /page HTTP/1.1\r\nHost: ${front.authority}\r\n\r\n`);
  const app = await target.accept();
  expect((await app.head()).line).toMatch(/^GET \/page HTTP/);
  app.send(`HTTP/1.1 200 OK\r\n${rest}`);
  const closes = rest.includes("close");
  if (closes) app.finish();
  expect((await client.head()).line).toMatch(/^HTTP\/1\.1 200 /);
  // The next answer begins where the head ended.
  client.send(`GET /next HTTP/1.1\r\nHost: ${front.authority}\r\n\r\n`);
  const again = closes ? await target.accept() : app;
  await again.head();
  again.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext");
  expect((await client.message()).body).toBe("next");
  expect(await front.exchange(1)).toMatchObject({ exchange: { method: "HEAD" }, status: 200 });
  expect(front.defects).toEqual([]);
});

it("the answer over HTTP/2 is its head", async () => {
  const { target, front } = await startBoth({ edge, probe: false });
  const asked = request(await front.session(), { ":method": "HEAD" });
  const app = await target.accept();
  expect((await app.head()).line).toMatch(/^GET /);
  app.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  expect(await asked.head()).toMatchObject({ ":status": 200, "content-length": "5" });
  expect(front.defects).toEqual([]);
});
