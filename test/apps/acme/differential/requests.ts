/** Good and bad requests to each resource. */
import { generateKeyPairSync } from "node:crypto";
import { b64, jwkOf, type KeyName, makeKey, type Reply, signJws } from "../../../acme/client.js";
import { makeRequest } from "../../../acme/server.js";
import { DEFECTS, type Good } from "./defects.js";
import type { Side } from "./sides.js";

export type Ask = (side: Side) => Promise<Reply>;

const NAMES = ["app.test"];

/** Where the defects of a JWS are tried: with a key, with an account, and with POST-as-GET. */
const PLACES: Readonly<Record<string, (side: Side) => Promise<Omit<Good, "other">>>> = {
  newAccount: async (side) => {
    const client = side.client();
    const { newAccount } = await client.directory();
    return { client, url: newAccount, payload: { termsOfServiceAgreed: true } };
  },
  newOrder: async (side) => {
    const client = await side.customer();
    const { newOrder } = await client.directory();
    const identifiers = [{ type: "dns", value: "app.test" }];
    return { client, url: newOrder, payload: { identifiers } };
  },
  order: async (side) => {
    const client = await side.customer();
    const order = await client.order(NAMES);
    return { client, url: String(order.headers.location), payload: "" };
  },
};

function defectCases(): [string, Ask][] {
  return Object.entries(PLACES).flatMap(([place, prepare]) =>
    Object.entries(DEFECTS).map(([defect, run]): [string, Ask] => [
      `${place}: ${defect}`,
      async (side) => run({ ...(await prepare(side)), other: await side.customer(1) }),
    ]),
  );
}

/** A new account with this payload. */
const account =
  (payload: object, alg?: KeyName): Ask =>
  (side) =>
    side.client(alg).register(payload);

const agreed = { termsOfServiceAgreed: true };

const ACCOUNTS: Readonly<Record<string, Ask>> = {
  "newAccount: ES384": account(agreed, "ES384"),
  "newAccount: RS256": account(agreed, "RS256"),
  "newAccount: EdDSA": account(agreed, "EdDSA"),
  "newAccount: with a contact": account({ ...agreed, contact: ["mailto:a@app.test"] }),
  "newAccount: a contact that is no mailto": account({ ...agreed, contact: ["tel:+1"] }),
  "newAccount: a contact with two addresses": account({
    ...agreed,
    contact: ["mailto:a@app.test,b@app.test"],
  }),
  "newAccount: a contact with header fields": account({
    ...agreed,
    contact: ["mailto:a@app.test?subject=x"],
  }),
  "newAccount: a contact that is empty": account({ ...agreed, contact: [""] }),
  "newAccount: contact is text": account({ ...agreed, contact: "mailto:a@app.test" }),
  "newAccount: unknown fields": account({ ...agreed, color: "red" }),
  "newAccount: onlyReturnExisting without an account": account({ onlyReturnExisting: true }),
  "newAccount: onlyReturnExisting is text": account({ ...agreed, onlyReturnExisting: "yes" }),
  "newAccount: the same key again": async (side) => {
    const client = await side.registered();
    client.kid = undefined;
    return client.register();
  },
  "newAccount: the same key, onlyReturnExisting": async (side) => {
    const client = await side.registered();
    client.kid = undefined;
    return client.register({ onlyReturnExisting: true });
  },
  "account: read": async (side) => {
    const client = await side.registered();
    return client.post(String(client.kid), "");
  },
  "account: another's": async (side) => {
    const [one, two] = [await side.registered(), await side.registered()];
    return one.post(String(two.kid), {});
  },
  "account: new contact": async (side) => {
    const client = await side.registered();
    return client.post(String(client.kid), { contact: ["mailto:b@app.test"] });
  },
  "account: a contact that cannot be": async (side) => {
    const client = await side.registered();
    return client.post(String(client.kid), { contact: ["https://app.test"] });
  },
  "account: a status that cannot be": async (side) => {
    const client = await side.registered();
    return client.post(String(client.kid), { status: "revoked" });
  },
  "account: deactivated": async (side) => {
    const client = await side.registered();
    return client.post(String(client.kid), { status: "deactivated" });
  },
  "account: used after it was deactivated": async (side) => {
    const client = await side.registered();
    await client.post(String(client.kid), { status: "deactivated" });
    return client.order(NAMES);
  },
  "account: found by its key after it was deactivated": async (side) => {
    const client = await side.registered();
    await client.post(String(client.kid), { status: "deactivated" });
    client.kid = undefined;
    return client.register({ onlyReturnExisting: true });
  },
};

interface KeyChange {
  readonly key?: ReturnType<typeof makeKey>;
  readonly header?: object;
  readonly payload?: object;
}

const keyChange =
  ({ key, header = {}, payload = {} }: KeyChange = {}): Ask =>
  async (side) => {
    const client = await side.registered();
    const { keyChange: url } = await client.directory();
    const next = key ?? makeKey();
    const inner = signJws(
      next,
      "ES256",
      { jwk: jwkOf(next), url, ...header },
      { account: client.kid, oldKey: jwkOf(client.key), ...payload },
    );
    return client.post(url, inner);
  };

const KEY_CHANGES: Readonly<Record<string, Ask>> = {
  "keyChange: done": keyChange(),
  "keyChange: without the old key": keyChange({ payload: { oldKey: undefined } }),
  "keyChange: with another old key": keyChange({ payload: { oldKey: jwkOf(makeKey()) } }),
  "keyChange: for another account": keyChange({ payload: { account: "https://localhost/x" } }),
  "keyChange: without an account": keyChange({ payload: { account: undefined } }),
  "keyChange: the inner url is another": keyChange({ header: { url: "https://other.test/" } }),
  "keyChange: without an inner url": keyChange({ header: { url: undefined } }),
  "keyChange: an inner jwk of another key": keyChange({ header: { jwk: jwkOf(makeKey()) } }),
  "keyChange: without an inner jwk": keyChange({ header: { jwk: undefined } }),
  "keyChange: an inner alg that is none": keyChange({ header: { alg: "none" } }),
  "keyChange: no inner JWS": async (side) => {
    const client = await side.registered();
    return client.post((await client.directory()).keyChange, { hello: 1 });
  },
  "keyChange: to the key of another account": async (side) => {
    const [client, holder] = [await side.registered(), await side.registered()];
    const { keyChange: url } = await client.directory();
    const inner = signJws(
      holder.key,
      "ES256",
      { jwk: jwkOf(holder.key), url },
      { account: client.kid, oldKey: jwkOf(client.key) },
    );
    return client.post(url, inner);
  },
};

/** A new order with these fields. */
const order =
  (payload: object): Ask =>
  async (side) => {
    const client = await side.registered();
    return client.post((await client.directory()).newOrder, payload);
  };

const dns = (...values: string[]): object => ({
  identifiers: values.map((value) => ({ type: "dns", value })),
});

const ORDERS: Readonly<Record<string, Ask>> = {
  "newOrder: two names": order(dns("a.app.test", "b.app.test")),
  "newOrder: a wildcard": order(dns("*.app.test")),
  "newOrder: the same name twice": order(dns("app.test", "app.test")),
  "newOrder: capitals": order(dns("App.Test")),
  "newOrder: an address": order({ identifiers: [{ type: "ip", value: "127.0.0.1" }] }),
  "newOrder: an IPv6 address": order({ identifiers: [{ type: "ip", value: "::1" }] }),
  "newOrder: an address that is none": order({ identifiers: [{ type: "ip", value: "127.1" }] }),
  "newOrder: an address as dns": order(dns("127.0.0.1")),
  "newOrder: a name as ip": order({ identifiers: [{ type: "ip", value: "app.test" }] }),
  "newOrder: no identifiers": order({}),
  "newOrder: empty identifiers": order({ identifiers: [] }),
  "newOrder: identifiers is text": order({ identifiers: "app.test" }),
  "newOrder: an identifier that is text": order({ identifiers: ["app.test"] }),
  "newOrder: an unknown type": order({ identifiers: [{ type: "email", value: "a@app.test" }] }),
  "newOrder: an empty name": order(dns("")),
  "newOrder: a name with a space": order(dns("app .test")),
  "newOrder: a name with a slash": order(dns("app.test/x")),
  "newOrder: a name with a port": order(dns("app.test:80")),
  "newOrder: a name that ends in a dot": order(dns("app.test.")),
  "newOrder: a name that begins with a dot": order(dns(".app.test")),
  "newOrder: an underscore": order(dns("a_b.app.test")),
  "newOrder: letters that are not ASCII": order(dns("bücher.test")),
  "newOrder: a label that is too long": order(dns(`${"a".repeat(64)}.test`)),
  "newOrder: a name that is too long": order(dns(`${"a.".repeat(126)}test`)),
  "newOrder: a wildcard in the middle": order(dns("a.*.test")),
  "newOrder: two wildcards": order(dns("*.*.test")),
  "newOrder: a wildcard alone": order(dns("*")),
  "newOrder: notBefore is no time": order({ ...dns("app.test"), notBefore: "tomorrow" }),
  "newOrder: notAfter is no time": order({ ...dns("app.test"), notAfter: "2026-13-40" }),
  "newOrder: unknown fields": order({ ...dns("app.test"), color: "red" }),
  "order: another account's": async (side) => {
    const [one, two] = [await side.registered(), await side.registered()];
    const made = await one.order(NAMES);
    return two.read(String(made.headers.location));
  },
  "order: that there is not": async (side) => {
    const client = await side.registered();
    const made = await client.order(NAMES);
    return client.read(`${made.headers.location}000`);
  },
};

/** The answer to a request for an order that is ready. */
const finalize =
  (make: (account: ReturnType<typeof makeKey>) => unknown): Ask =>
  async (side) => {
    const client = await side.registered();
    const ready = await side.ready(client, NAMES);
    return client.post(ready.json.finalize, make(client.key));
  };

const csr = (options: Parameters<typeof makeRequest>[0]) => (): unknown => ({
  csr: makeRequest(options).toString("base64url"),
});

const rsa1024 = (): ReturnType<typeof makeKey> =>
  generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey;

const FINALIZE: Readonly<Record<string, Ask>> = {
  "finalize: names in the alternative names": finalize(csr({ names: NAMES })),
  "finalize: the name in the common name too": finalize(
    csr({ names: NAMES, commonName: "app.test" }),
  ),
  "finalize: another name": finalize(csr({ names: ["other.test"] })),
  "finalize: one name more": finalize(csr({ names: [...NAMES, "other.test"] })),
  "finalize: another common name": finalize(csr({ names: NAMES, commonName: "other.test" })),
  "finalize: no name": finalize(csr({})),
  "finalize: signed by another key": finalize(csr({ names: NAMES, signer: makeKey() })),
  "finalize: the account's own key": finalize((key) => csr({ names: NAMES, key })()),
  "finalize: an RSA key that is too short": finalize(() => csr({ names: NAMES, key: rsa1024() })()),
  "finalize: no csr": finalize(() => ({})),
  "finalize: csr is a number": finalize(() => ({ csr: 5 })),
  "finalize: csr is no base64url": finalize(() => ({ csr: "***" })),
  "finalize: csr is no DER": finalize(() => ({ csr: b64("hello") })),
  "finalize: csr is empty": finalize(() => ({ csr: "" })),
  "finalize: csr is PEM": finalize(() => ({
    csr: b64(
      `-----BEGIN CERTIFICATE REQUEST-----\n${makeRequest({ names: NAMES }).toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`,
    ),
  })),
  "finalize: csr that is cut off": finalize(() => ({
    csr: b64(makeRequest({ names: NAMES }).subarray(0, 80)),
  })),
  "finalize: csr with something behind it": finalize(() => ({
    csr: b64(Buffer.concat([makeRequest({ names: NAMES }), Buffer.from("more")])),
  })),
  "finalize: with an empty payload": finalize(() => ""),
  "finalize: an order that is pending": async (side) => {
    const client = await side.registered();
    const made = await client.order(NAMES);
    return client.post(made.json.finalize, csr({ names: NAMES })());
  },
  "finalize: a second time": async (side) => {
    const client = await side.registered();
    const { order: valid } = await side.issued(client, NAMES);
    return client.post(valid.json.finalize, csr({ names: NAMES })());
  },
  "finalize: another account's order": async (side) => {
    const [one, two] = [await side.registered(), await side.registered()];
    const ready = await side.ready(one, NAMES);
    return two.post(ready.json.finalize, csr({ names: NAMES })());
  },
};

/** The first authorization of a new order. */
async function authorization(side: Side) {
  const client = await side.registered();
  const made = await client.order(NAMES);
  const url: string = made.json.authorizations[0];
  const reply = await client.read(url);
  return { client, order: String(made.headers.location), url, reply };
}

const AUTHORIZATIONS: Readonly<Record<string, Ask>> = {
  "authz: read": async (side) => (await authorization(side)).reply,
  "authz: another account's": async (side) => {
    const { url } = await authorization(side);
    return (await side.registered()).read(url);
  },
  "authz: that there is not": async (side) => {
    const { client, url } = await authorization(side);
    return client.read(`${url}9`);
  },
  "authz: deactivated": async (side) => {
    const { client, url } = await authorization(side);
    return client.post(url, { status: "deactivated" });
  },
  "authz: set to valid": async (side) => {
    const { client, url } = await authorization(side);
    return client.post(url, { status: "valid" });
  },
  "authz: an empty object": async (side) => {
    const { client, url } = await authorization(side);
    return client.post(url, {});
  },
  "order: after its authorization was deactivated": async (side) => {
    const { client, url, order: at } = await authorization(side);
    await client.post(url, { status: "deactivated" });
    return client.read(at);
  },
  "challenge: read": async (side) => {
    const { client, reply } = await authorization(side);
    return client.read(reply.json.challenges[0].url);
  },
  "challenge: another account's": async (side) => {
    const { reply } = await authorization(side);
    return (await side.registered()).post(reply.json.challenges[0].url, {});
  },
  "challenge: that there is not": async (side) => {
    const { client, reply } = await authorization(side);
    return client.post(`${reply.json.challenges[0].url}9`, {});
  },
  "challenge: unknown fields": async (side) => {
    const { client, reply } = await authorization(side);
    return client.post(reply.json.challenges[0].url, { color: "red" });
  },
  "challenge: after the authorization was deactivated": async (side) => {
    const { client, url, reply } = await authorization(side);
    await client.post(url, { status: "deactivated" });
    return client.post(reply.json.challenges[0].url, {});
  },
};

/** Revokes a new certificate; `by` signs, the account or the certificate's key or a stranger's. */
const revoke =
  (payload: (der: Buffer) => object, by: "account" | "stranger" | "key" = "account"): Ask =>
  async (side) => {
    const client = await side.registered();
    const { der } = await side.issued(client, NAMES);
    const signer =
      by === "account" ? client : by === "key" ? side.client() : await side.registered();
    return signer.post((await signer.directory()).revokeCert, payload(der));
  };

const certificate = (der: Buffer): object => ({ certificate: der.toString("base64url") });

const CERTIFICATES: Readonly<Record<string, Ask>> = {
  "certificate: read": async (side) => {
    const client = await side.registered();
    return client.read((await side.issued(client, NAMES)).order.json.certificate);
  },
  "certificate: another account's": async (side) => {
    const client = await side.registered();
    const { order: valid } = await side.issued(client, NAMES);
    return (await side.registered()).read(valid.json.certificate);
  },
  "certificate: that there is not": async (side) => {
    const client = await side.registered();
    const { order: valid } = await side.issued(client, NAMES);
    return client.read(`${valid.json.certificate}0`);
  },
  "revoke: by the account": revoke(certificate),
  "revoke: with a reason": revoke((der) => ({ ...certificate(der), reason: 1 })),
  "revoke: with the reason 7": revoke((der) => ({ ...certificate(der), reason: 7 })),
  "revoke: with the reason 42": revoke((der) => ({ ...certificate(der), reason: 42 })),
  "revoke: with the reason -1": revoke((der) => ({ ...certificate(der), reason: -1 })),
  "revoke: with a reason that is text": revoke((der) => ({ ...certificate(der), reason: "1" })),
  "revoke: by another account": revoke(certificate, "stranger"),
  "revoke: by another key": revoke(certificate, "key"),
  "revoke: no certificate": revoke(() => ({})),
  "revoke: what is no certificate": revoke(() => ({ certificate: b64("hello") })),
  "revoke: what is no base64url": revoke(() => ({ certificate: "***" })),
  "revoke: a second time": async (side) => {
    const client = await side.registered();
    const { der } = await side.issued(client, NAMES);
    const { revokeCert } = await client.directory();
    await client.post(revokeCert, certificate(der));
    return client.post(revokeCert, certificate(der));
  },
};

const OPEN: Readonly<Record<string, Ask>> = {
  "directory: GET": async (side) => {
    const client = side.client();
    return client.get(client.directoryUrl);
  },
  "newNonce: GET": async (side) => {
    const client = side.client();
    return client.get((await client.directory()).newNonce);
  },
  "newNonce: HEAD": async (side) => {
    const client = side.client();
    return client.send("HEAD", (await client.directory()).newNonce);
  },
  "newNonce: PUT": async (side) => {
    const client = side.client();
    return client.send("PUT", (await client.directory()).newNonce);
  },
  "a path that there is not": async (side) => {
    const client = side.client();
    return client.get(new URL("/nothing/here", client.directoryUrl).href);
  },
};

export const REQUESTS: readonly (readonly [string, Ask])[] = [
  ...defectCases(),
  ...[ACCOUNTS, KEY_CHANGES, ORDERS, FINALIZE, AUTHORIZATIONS, CERTIFICATES, OPEN].flatMap(
    (group) => Object.entries(group),
  ),
];

/** What is compared: the status, the error type, and the state of the object. */
export async function outcomeOf(ask: Ask, side: Side): Promise<string> {
  const { status, json } = await ask(side);
  if (status >= 400) {
    const type = String(json?.type ?? "none").replace("urn:ietf:params:acme:error:", "");
    return `${status} ${type}`;
  }
  return String(status);
}
