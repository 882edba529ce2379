/** Edges that collect a chunked body pass it on with its length, up to their bound and no further. */
import { describe, expect, it } from "vitest";
import type { EdgeProfile } from "../../src/edge/profile.js";
import { findProfile } from "../../src/edge/profiles/index.js";
import { startBoth } from "../support/wire-front.js";
import { headersOf } from "../support/wire-peer.js";

const nginx = findProfile("nginx") as EdgeProfile;
const BOUND = 1_000;
const edge: EdgeProfile = { ...nginx, limits: { body: { max: BOUND, status: 413 } } };

const post = (authority: string, octets: number): string =>
  `POST / HTTP/1.1\r\nHost: ${authority}\r\nTransfer-Encoding: chunked\r\n\r\n` +
  `${octets.toString(16)}\r\n${"x".repeat(octets)}\r\n0\r\n\r\n`;

describe("A chunked body", () => {
  it.each([1, BOUND])("of %i octets reaches the app with its length", async (octets) => {
    const { target, front } = await startBoth({ edge, limits: true });
    const client = await front.connect();
    client.send(post(front.authority, octets));
    const app = await target.accept();
    const head = await app.head();
    expect(headersOf(head, "content-length")).toEqual([String(octets)]);
    expect(headersOf(head, "transfer-encoding")).toEqual([]);
    expect((await app.take(octets)).toString()).toBe("x".repeat(octets));
  });

  it(`of one octet more than the bound is answered with 413`, async () => {
    const { target, front } = await startBoth({ edge, limits: true });
    const client = await front.connect();
    client.send(post(front.authority, BOUND + 1));
    expect((await client.message()).status).toBe(413);
    expect(target.connections).toHaveLength(0);
  });
});
