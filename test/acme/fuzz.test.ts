/**
 * Signed requests and certificate requests bent in every way: the server answers each with a
 * problem, never fails itself, and issues for no name that was not validated.
 */
import { X509Certificate } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { FACTOR, Random } from "../x509/random.js";
import { type AcmeClient, b64, jwkOf, signJws, signTexts } from "./client.js";
import {
  type Answers,
  makeRequest,
  startAcme,
  startAnswers,
  type TestServer,
  validateOrder,
} from "./server.js";

const ROUNDS = 150 * FACTOR;

let answers: Answers;
let server: TestServer;
let client: AcmeClient;
beforeAll(async () => {
  answers = await startAnswers();
  server = await startAcme({ http01Port: answers.port });
  client = await server.registered();
});

/** Octets with some of them changed, left out, doubled or cut off. */
function bend(random: Random, octets: Buffer): Buffer {
  let bent = Buffer.from(octets);
  for (let times = random.below(4) + 1; times > 0; times--) {
    const at = random.below(bent.length || 1);
    switch (random.below(5)) {
      case 0:
        bent[at] = random.below(256);
        break;
      case 1:
        bent = Buffer.concat([bent.subarray(0, at), bent.subarray(at + 1 + random.below(4))]);
        break;
      case 2:
        bent = Buffer.concat([bent.subarray(0, at), bent.subarray(at - 1), bent.subarray(at)]);
        break;
      case 3:
        bent = bent.subarray(0, at);
        break;
      default:
        bent[at] = (bent[at] ?? 0) ^ (1 << random.below(8));
    }
  }
  return bent;
}

const WEIRD: readonly unknown[] = [
  { kty: { toString: 1, valueOf: 1 } },
  ...[null, true, 0, -1, Number.POSITIVE_INFINITY, "", "x", [], {}, [[]], { a: {} }],
  ...["\u0000", "💥", "a".repeat(5000), Number.MAX_SAFE_INTEGER, ["x"], { kty: "EC" }],
];

describe("A signed request that was bent", () => {
  it("gets a problem or an answer, whichever octets of it changed", async () => {
    const random = new Random(16);
    const { newOrder, newAccount } = await client.directory();
    for (let round = 0; round < ROUNDS; round++) {
      const url = random.below(2) === 0 ? newOrder : newAccount;
      const by = url === newOrder ? { kid: client.kid } : { jwk: jwkOf(client.key) };
      const payload = { identifiers: [{ type: "dns", value: "app.test" }] };
      const jws = signJws(
        client.key,
        "ES256",
        { ...by, nonce: await client.nonce(), url },
        payload,
      );
      const reply = await client.postRaw(url, bend(random, Buffer.from(JSON.stringify(jws))));
      expect(reply.status, reply.text).toBeLessThan(500);
    }
    expect(server.failures).toEqual([]);
  });

  it("gets a problem whichever of its values is a strange one", async () => {
    const { newOrder, newAccount } = await client.directory();
    const fields = ["alg", "nonce", "url", "kid", "jwk", "crit"];
    for (const field of fields) {
      for (const value of WEIRD) {
        const url = field === "jwk" ? newAccount : newOrder;
        const head = { kid: client.kid, nonce: await client.nonce(), url, [field]: value };
        if (field === "jwk") delete (head as { kid?: string }).kid;
        const reply = await client.postRaw(url, signJws(client.key, "ES256", head, {}));
        expect(reply.status, `${field} ${JSON.stringify(value)}`).toBeGreaterThanOrEqual(400);
        expect(reply.status, reply.text).toBeLessThan(500);
      }
    }
  });

  it("gets a problem where it is nested deeper than calls can be", async () => {
    const { newOrder, newAccount, keyChange } = await client.directory();
    const deep = "[".repeat(20_000) + "]".repeat(20_000);
    const own = JSON.stringify(jwkOf(client.key));
    const inner = JSON.stringify(
      signTexts(
        client.key,
        "ES256",
        `{"alg":"ES256","jwk":${own},"url":"${keyChange}"}`,
        `{"oldKey":{"kty":${deep}}}`,
      ),
    );
    const requests: readonly (readonly [url: string, header: string, payload: string])[] = [
      [newAccount, `"alg":${deep}`, "{}"],
      [newAccount, `"alg":"ES256","jwk":{"kty":${deep}}`, "{}"],
      [newOrder, `"alg":"ES256","kid":"${client.kid}"`, `{"identifiers":${deep}}`],
      [keyChange, `"alg":"ES256","kid":"${client.kid}"`, inner],
    ];
    for (const [url, header, payload] of requests) {
      const head = `{${header},"nonce":"${await client.nonce()}","url":"${url}"}`;
      const reply = await client.postRaw(url, signTexts(client.key, "ES256", head, payload));
      expect(reply.status, reply.text).toBe(400);
    }
    expect(server.failures).toEqual([]);
  });

  it("gets a problem or an answer whichever field of its payload is a strange one", async () => {
    const { newOrder, newAccount, revokeCert, keyChange } = await client.directory();
    const payloads: readonly (readonly [string, readonly string[]])[] = [
      [newOrder, ["identifiers", "notBefore", "notAfter", "profile", "replaces"]],
      [String(client.kid), ["contact", "status"]],
      [revokeCert, ["certificate", "reason"]],
      [keyChange, ["protected", "payload", "signature"]],
    ];
    for (const [url, fields] of payloads) {
      for (const field of fields) {
        for (const value of WEIRD) {
          const base =
            url === newOrder ? { identifiers: [{ type: "dns", value: "app.test" }] } : {};
          const reply = await client.post(url, { ...base, [field]: value });
          expect(reply.status, reply.text).toBeLessThan(500);
        }
      }
    }
    for (const value of WEIRD) {
      for (const identifier of [value, { type: value, value: "x" }, { type: "dns", value }]) {
        const reply = await client.post(newOrder, { identifiers: [identifier] });
        expect(reply.status, reply.text).toBeLessThan(500);
      }
      const jwk = { ...jwkOf(client.key), x: value };
      const head = { jwk, nonce: await client.nonce(), url: newAccount };
      const reply = await client.postRaw(newAccount, signJws(client.key, "ES256", head, {}));
      expect(reply.status, reply.text).toBe(400);
    }
    expect(server.failures).toEqual([]);
  });
});

describe("A certificate request that was bent", () => {
  it("is refused, or certifies exactly what was validated", async () => {
    const random = new Random(8555);
    const names = ["app.test", "127.0.0.1"];
    let issued = 0;
    let ready = await validateOrder(client, await client.order(names), answers);
    for (let round = 0; round < ROUNDS; round++) {
      const good = makeRequest({ names, commonName: "app.test" });
      const csr = b64(bend(random, good));
      const reply = await client.post(ready.json.finalize, { csr });
      expect(reply.status, reply.text).toBeLessThan(500);
      if (reply.status !== 200) {
        expect(reply.json.type).toMatch(/:(?:badCSR|badPublicKey|malformed)$/);
        continue;
      }
      issued++;
      const chain = await client.read(reply.json.certificate);
      const { subjectAltName } = new X509Certificate(chain.text);
      expect(subjectAltName?.split(", ").sort()).toEqual(["DNS:app.test", "IP Address:127.0.0.1"]);
      ready = await validateOrder(client, await client.order(names), answers);
    }
    expect(issued).toBeLessThan(ROUNDS / 2);
    expect(server.failures).toEqual([]);
  });

  it("is refused for every name beside the order's, however it is spelt", async () => {
    const ready = await validateOrder(client, await client.order(["app.test"]), answers);
    const others = [
      ...["evil.test", "*.app.test", "a.app.test", "localhost", "127.0.0.1", "::1"],
      ...["mail@app.test", "https://app.test/", "spiffe://app.test/x"],
    ];
    for (const other of others) {
      for (const names of [[other], ["app.test", other], [other, "app.test"]]) {
        const reply = await client.post(ready.json.finalize, { csr: b64(makeRequest({ names })) });
        expect(reply.json.type, names.join()).toMatch(/:badCSR$/);
      }
      const named = makeRequest({ names: ["app.test"], commonName: other });
      const reply = await client.post(ready.json.finalize, { csr: b64(named) });
      expect(reply.json.type, other).toMatch(/:badCSR$/);
    }
  });
});
