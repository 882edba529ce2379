/** Responses made of very many small things: they cost what their octets cost, or they end. */
import { expect, it } from "vitest";
import { ResponseReader } from "../../../../src/proxy/upstream/reader.js";
import { readOurs } from "./read.js";

const HEAD = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const MANY = 10_000;

// Each by itself would be a write to the client.
it("chunks of one octet that come together are handed over as one piece", () => {
  const pieces: number[] = [];
  const reader = new ResponseReader({
    onInformation: () => undefined,
    onHead: () => undefined,
    onBody: (chunk) => pieces.push(chunk.length),
    onComplete: () => undefined,
    onUpgrade: () => undefined,
  });
  reader.begin("GET", false);
  reader.feed(Buffer.from(HEAD));
  reader.feed(Buffer.from("1\r\nx\r\n".repeat(MANY)));
  expect(pieces).toEqual([MANY]);
  reader.feed(Buffer.from(`${"1\r\nx\r\n".repeat(MANY)}0\r\n\r\n`));
  expect(pieces).toEqual([MANY, MANY]);
});

it.each([
  ["very many", "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(MANY)],
  ["large", `HTTP/1.1 103 Early Hints\r\nLink: ${"x".repeat(60_000)}\r\n\r\n`.repeat(5)],
])("informational responses, when they are %s, end the response", (_, informational) => {
  expect(readOurs([Buffer.from(informational + OK)])).toEqual({
    error: expect.stringContaining("informational responses"),
  });
});

it("a few informational responses do not", () => {
  const hints = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n".repeat(8);
  expect(readOurs([Buffer.from(hints + OK)])).toMatchObject({ status: 200, body: "ok" });
});
