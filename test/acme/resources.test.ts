/** Every resource of RFC 8555 beside the order: accounts, keys, revocation, renewal information. */
import { X509Certificate } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { openAuthority } from "../../src/ca/authority.js";
import { pemBlocks } from "../../src/x509/pem.js";
import { folderUntilEnd } from "../support/programs.js";
import { type AcmeClient, b64, jwkOf, makeKey, type Reply, signJws, signMac } from "./client.js";
import { type Answers, obtain, startAcme, startAnswers, type TestServer } from "./server.js";

let answers: Answers;
let server: TestServer;
beforeAll(async () => {
  answers = await startAnswers();
  server = await startAcme({ http01Port: answers.port });
});

const typeOf = ({ json }: Reply): string => String(json?.type).replace(/^.*:/, "");

async function changeKey(client: AcmeClient): Promise<Reply> {
  const { keyChange: url } = await client.directory();
  const next = makeKey();
  const payload = { account: client.kid, oldKey: jwkOf(client.key) };
  const reply = await client.post(url, signJws(next, "ES256", { jwk: jwkOf(next), url }, payload));
  if (reply.status === 200) Object.assign(client, { key: next });
  return reply;
}

describe("An account", () => {
  it("is found again by its key, wherever the client has lost its URL", async () => {
    const client = await server.registered();
    const { kid } = client;
    client.kid = undefined;
    const again = await client.register({ onlyReturnExisting: true });
    expect([again.status, again.headers.location]).toEqual([200, kid]);
  });

  it("keeps its URL, its orders and nothing of its old key when the key is changed", async () => {
    const client = await server.registered();
    const { json } = await client.order(["app.test"]);
    const old = client.key;
    expect((await changeKey(client)).status).toBe(200);
    expect((await client.read(json.authorizations[0])).status).toBe(200);
    const head = { kid: client.kid, nonce: await client.nonce(), url: client.kid };
    const reply = await client.postRaw(String(client.kid), signJws(old, "ES256", head, ""));
    expect(typeOf(reply)).toBe("malformed");
  });

  it("lists its orders, in pages", async () => {
    const client = await server.registered();
    for (let count = 0; count < 3; count++) await client.order(["app.test"]);
    const { json } = await client.read(`${client.kid}/orders`);
    expect(json.orders).toHaveLength(3);
    expect((await client.read(json.orders[2])).json.status).toBe("pending");
    expect((await client.read(`${client.kid}/orders?from=2`)).json.orders).toHaveLength(1);
  });

  it("that is deactivated loses its open orders and can do nothing any more", async () => {
    const client = await server.registered();
    await client.order(["app.test"]);
    const reply = await client.post(String(client.kid), { status: "deactivated" });
    expect(reply.json.status).toBe("deactivated");
    expect(typeOf(await client.order(["app.test"]))).toBe("unauthorized");
  });
});

// Ruby's acme-client stumbles over one in the directory; and what is only read makes no state.
it("a nonce comes with newNonce and with what is sent, not with what is read", async () => {
  const client = await server.registered();
  const { newNonce, newAccount } = await client.directory();
  const nonceOf = ({ headers }: Reply): unknown => headers["replay-nonce"];
  for (const method of ["GET", "HEAD"]) {
    expect(nonceOf(await client.send(method, newNonce))).toMatch(/^[\w-]{22}$/);
    expect(nonceOf(await client.send(method, client.directoryUrl))).toBeUndefined();
  }
  expect(nonceOf(await client.get(newAccount))).toBeUndefined();
  expect(nonceOf(await client.get(`${client.directoryUrl}/nothing`))).toBeUndefined();
  expect(nonceOf(await client.read(String(client.kid)))).toMatch(/^[\w-]{22}$/);
  const refused = await client.postRaw(newAccount, "no JWS");
  expect([refused.status, nonceOf(refused)]).toEqual([400, expect.stringMatching(/^[\w-]{22}$/)]);
});

describe("External account binding", () => {
  let bound: TestServer;
  beforeAll(async () => {
    bound = await startAcme({ http01Port: answers.port, eab: true });
  });

  async function register(change: { kid?: string; url?: string; secret?: Buffer; alg?: string }) {
    const client = bound.client();
    const { newAccount } = await client.directory();
    const { keyId, hmacKey } = bound.binding ?? { keyId: "", hmacKey: "" };
    const secret = change.secret ?? Buffer.from(hmacKey, "base64url");
    const header = {
      kid: change.kid ?? keyId,
      url: change.url ?? newAccount,
      ...(change.alg && { alg: change.alg }),
    };
    return client.register({ externalAccountBinding: signMac(secret, header, jwkOf(client.key)) });
  }

  it("is needed where the directory says so", async () => {
    const client = bound.client();
    const { json } = await client.get(client.directoryUrl);
    expect(json.meta.externalAccountRequired).toBe(true);
    expect(typeOf(await client.register())).toBe("externalAccountRequired");
  });

  it("makes an account with the key that was given out, and with no other", async () => {
    expect((await register({})).status).toBe(201);
    expect(typeOf(await register({ secret: Buffer.alloc(32) }))).toBe("unauthorized");
    expect(typeOf(await register({ kid: "other" }))).toBe("unauthorized");
    expect(typeOf(await register({ url: "https://other.test/" }))).toBe("malformed");
    expect(typeOf(await register({ alg: "none" }))).toBe("badSignatureAlgorithm");
  });

  it("is for the account's own key", async () => {
    const client = bound.client();
    const { newAccount } = await client.directory();
    const { keyId, hmacKey } = bound.binding ?? { keyId: "", hmacKey: "" };
    const other = jwkOf(makeKey());
    const binding = signMac(
      Buffer.from(hmacKey, "base64url"),
      { kid: keyId, url: newAccount },
      other,
    );
    expect(typeOf(await client.register({ externalAccountBinding: binding }))).toBe("malformed");
  });

  it("stays the same when the server is started again", async () => {
    const { binding, folder } = bound;
    await bound.close();
    bound = await startAcme({ http01Port: answers.port, eab: true }, folder);
    expect(bound.binding).toEqual(binding);
  });
});

describe("A certificate", () => {
  it("is revoked by its key, by its account, and by who is authorized for its names", async () => {
    for (const who of ["key", "account", "authorized"] as const) {
      const client = await server.registered();
      const { chain, key } = await obtain(client, ["app.test"], answers);
      const certificate = b64(new X509Certificate(chain.text).raw);
      const signer = who === "account" ? client : server.client();
      if (who === "key") Object.assign(signer, { key });
      if (who === "authorized") {
        await signer.register();
        await obtain(signer, ["app.test"], answers);
      }
      const { revokeCert } = await signer.directory();
      const reply = await signer.post(revokeCert, { certificate, reason: 4 });
      expect([who, reply.status]).toEqual([who, 200]);
      expect(typeOf(await signer.post(revokeCert, { certificate }))).toBe("alreadyRevoked");
    }
  });

  it("is to be renewed after two thirds of its life, at once when it is revoked", async () => {
    const client = await server.registered();
    const { order, chain } = await obtain(client, ["app.test"], answers);
    const { renewalInfo, revokeCert } = await client.directory();
    const id = String(order.json.certificate).split("/").at(-1);
    const window = async () => (await client.get(`${renewalInfo}/${id}`)).json.suggestedWindow;
    const days = (Date.parse((await window()).start) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(58);
    expect(days).toBeLessThan(60);
    await client.post(revokeCert, { certificate: b64(new X509Certificate(chain.text).raw) });
    expect(Date.parse((await window()).end)).toBeLessThan(Date.now());
  });

  it("is replaced once (RFC 9773 5)", async () => {
    const client = await server.registered();
    const { order } = await obtain(client, ["app.test"], answers);
    const replaces = String(order.json.certificate).split("/").at(-1);
    expect(typeOf(await client.order(["other.test"], { replaces }))).toBe("malformed");
    const stranger = await server.registered();
    expect(typeOf(await stranger.order(["app.test"], { replaces }))).toBe("unauthorized");
    await obtain(client, ["app.test"], answers, { replaces });
    const again = await client.order(["app.test"], { replaces });
    expect([again.status, typeOf(again)]).toEqual([409, "alreadyReplaced"]);
  });

  it("comes with an alternate chain up to the root where an intermediate signs", async () => {
    const folder = folderUntilEnd("devtls-acme-burnt-");
    await openAuthority(folder, { burnRoot: true });
    const burnt = await startAcme({ http01Port: answers.port }, folder);
    const client = await burnt.registered();
    const { order, chain } = await obtain(client, ["app.test"], answers);
    expect(pemBlocks(chain.text, "CERTIFICATE")).toHaveLength(2);
    const alternate = `${order.json.certificate}/1`;
    expect(chain.headers.link).toContain(`<${alternate}>;rel="alternate"`);
    const other = await client.read(alternate);
    expect(pemBlocks(other.text, "CERTIFICATE")).toHaveLength(3);
  });
});

describe("An order that cannot be", () => {
  it("says so name by name, and what the authority signs", async () => {
    const client = await server.registered();
    const reply = await client.order(["example.com", "app.test", "example.org"]);
    expect([reply.status, typeOf(reply)]).toEqual([400, "rejectedIdentifier"]);
    const names = reply.json.subproblems.map(
      ({ identifier }: { identifier: { value: string } }) => identifier.value,
    );
    expect(names).toEqual(["example.com", "example.org"]);
    expect(reply.json.subproblems[0].detail).toContain("localhost, test, local");
  });

  it("is a compound of different problems", async () => {
    const client = await server.registered();
    const { newOrder } = await client.directory();
    const identifiers = [
      { type: "dns", value: "example.com" },
      { type: "email", value: "a@app.test" },
    ];
    const reply = await client.post(newOrder, { identifiers });
    expect(typeOf(reply)).toBe("compound");
  });

  it("is one under an unknown profile, or for too long", async () => {
    const client = await server.registered();
    expect(typeOf(await client.order(["app.test"], { profile: "x" }))).toBe("invalidProfile");
    const notAfter = new Date(Date.now() + 100 * 86_400_000).toISOString();
    expect(typeOf(await client.order(["app.test"], { notAfter }))).toBe("malformed");
  });
});
