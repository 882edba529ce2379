/** What a server sends before encryption is read strictly, in any pieces, and within bounds. */
import { once } from "node:events";
import { createServer } from "node:tls";
import { describe, expect, it } from "vitest";
import { Pace } from "../../../src/audit/asking/pace.js";
import { encodeHello, FlightReader, NotTls } from "../../../src/audit/tls/codec.js";
import { ALL_GROUPS, CURVES } from "../../../src/audit/tls/groups.js";
import { probe } from "../../../src/audit/tls/probe.js";
import { OLDER_SUITES, TLS13_SUITES } from "../../../src/audit/tls/suites.js";
import { credentials } from "../../../src/library/issue.js";
import { temporaryFolder } from "../../support/cli.js";
import { atEnd } from "../../support/programs.js";
import { randomFrom } from "../../support/random.js";

const record = (type: number, content: readonly number[]): Buffer =>
  Buffer.from([type, 3, 3, content.length >> 8, content.length & 0xff, ...content]);

const message = (type: number, body: readonly number[]): number[] => [
  ...[type, body.length >> 16, (body.length >> 8) & 0xff, body.length & 0xff],
  ...body,
];

/** TLS 1.2, no session, this suite, no compression. */
const serverHello = (suite: number, extensions: readonly number[] = []): number[] =>
  message(2, [
    ...[3, 3, ...Array<number>(32).fill(7), 0, suite >> 8, suite & 0xff, 0],
    ...(extensions.length > 0
      ? [extensions.length >> 8, extensions.length & 0xff, ...extensions]
      : []),
  ]);

describe("A flight", () => {
  it("is read in pieces of one octet", () => {
    const certificate = message(11, [0, 0, 5, 0, 0, 2, 0xaa, 0xbb]);
    const exchange = message(12, [3, 0, 29, 1, 4]);
    const flight = Buffer.concat([
      record(22, serverHello(0xc02f, [0xff, 1, 0, 1, 0])),
      record(22, [...certificate, ...exchange]),
      record(22, message(14, [])),
    ]);
    const reader = new FlightReader(true);
    const answers = [...flight].map((octet) => reader.push(Buffer.from([octet])));
    expect(answers.slice(0, -1).every((answer) => answer === undefined)).toBe(true);
    expect(answers.at(-1)).toMatchObject({
      ...{ version: "TLSv1.2", suite: 0xc02f, compression: 0, isRenegotiationSecure: true },
      ...{ group: 29, certificates: [Buffer.from([0xaa, 0xbb])] },
    });
  });

  it("says how long the prime of DHE is, also where its length looks like a curve", () => {
    const prime = [0x7f, ...Array<number>(767).fill(1)];
    const reader = new FlightReader(true);
    reader.push(record(22, serverHello(0x009f)));
    reader.push(record(22, message(12, [3, 0, ...prime])));
    const answer = reader.push(record(22, message(14, [])));
    expect(answer).toMatchObject({ primeBits: 768 * 8 - 1, group: undefined });
  });

  it("that is an alert is a refusal, but for a warning", () => {
    expect(new FlightReader(false).push(record(21, [2, 40]))).toBe("refused");
    const reader = new FlightReader(false);
    expect(reader.push(record(21, [1, 112]))).toBeUndefined();
    expect(reader.push(record(22, serverHello(0xc02f)))).toMatchObject({ suite: 0xc02f });
  });

  it.each([
    ["something else", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")],
    ["a record longer than any", Buffer.from([22, 3, 3, 0xff, 0xff])],
    ["a message longer than any", record(22, [2, 0xff, 0xff, 0xff])],
    ["a hello that ends early", record(22, message(2, [3, 3, 1, 2]))],
    ["an extension that reaches beyond", record(22, serverHello(0xc02f, [0, 1, 0xff, 0xff]))],
    ["a certificate before a hello", record(22, message(11, [0, 0, 0]))],
  ])("that is %s is refused", (_, octets) => {
    expect(() => new FlightReader(true).push(octets)).toThrow(NotTls);
  });

  it("without an end is cut off", () => {
    const reader = new FlightReader(true);
    const piece = record(22, [...message(0, Array<number>(1000).fill(0))]);
    expect(() => {
      reader.push(record(22, serverHello(0xc02f)));
      for (let count = 0; count < 200; count++) reader.push(piece);
    }).toThrow(NotTls);
  });

  it("of any octets never throws anything else", () => {
    const random = randomFrom(18);
    const good = Buffer.concat([
      record(22, serverHello(0xc02f, [0xff, 1, 0, 1, 0])),
      record(22, [...message(11, [0, 0, 5, 0, 0, 2, 1, 2]), ...message(12, [3, 0, 29, 1, 4])]),
    ]);
    for (let round = 0; round < 5_000; round++) {
      const octets = Buffer.from(good);
      for (let changes = 1 + Math.floor(random() * 4); changes > 0; changes--) {
        octets[Math.floor(random() * octets.length)] = Math.floor(random() * 256);
      }
      const reader = new FlightReader(true);
      try {
        const cut = Math.floor(random() * octets.length);
        for (const piece of [octets.subarray(0, cut), octets.subarray(cut)]) reader.push(piece);
        reader.end();
      } catch (error) {
        expect(error).toBeInstanceOf(NotTls);
      }
    }
  });
});

describe("A hello", () => {
  it("is one that Node's own server answers, in every version that it speaks", async () => {
    const { cert, key } = await credentials("localhost", { stateDirectory: temporaryFolder() });
    const server = createServer({ cert, key, minVersion: "TLSv1.2" });
    server.on("tlsClientError", () => undefined);
    await once(server.listen(0, "127.0.0.1"), "listening");
    atEnd(() => server.close());
    const { port } = server.address() as { port: number };
    const at = {
      host: "localhost",
      name: "localhost",
      port,
      pace: new Pace(0),
      addresses: ["127.0.0.1"],
      until: Number.POSITIVE_INFINITY,
    };
    const older = { suites: OLDER_SUITES.map(({ id }) => id), groups: CURVES, name: "localhost" };
    const newest = {
      suites: TLS13_SUITES.map(({ id }) => id),
      groups: ALL_GROUPS,
      name: "localhost",
    };
    expect(await probe(at, { ...newest, version: "TLSv1.3" })).toMatchObject({
      ...{ kind: "answered", answer: { version: "TLSv1.3" } },
    });
    expect(await probe(at, { ...older, version: "TLSv1.2" }, true)).toMatchObject({
      ...{ kind: "answered", answer: { version: "TLSv1.2", certificates: { length: 2 } } },
    });
    for (const version of ["TLSv1.1", "TLSv1.0", "SSLv3"] as const) {
      expect(await probe(at, { ...older, version })).toEqual({ kind: "refused" });
    }
  });

  it("of SSL 3.0 has no extensions", () => {
    const hello = { version: "SSLv3", suites: [5], groups: CURVES, name: "localhost" } as const;
    const octets = encodeHello(hello, Buffer.alloc(64));
    expect(octets.subarray(0, 3)).toEqual(Buffer.from([22, 3, 0]));
    expect(octets.length).toBe(5 + 4 + 2 + 32 + 1 + 4 + 2);
  });
});
