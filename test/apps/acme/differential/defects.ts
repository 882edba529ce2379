/** What can be wrong with a signed request, for every resource alike. */
import { type KeyObject, sign } from "node:crypto";
import {
  type AcmeClient,
  b64,
  jwkOf,
  makeKey,
  type Reply,
  type Signed,
  signJws,
} from "../../../acme/client.js";

/** A request as it should be. */
export interface Good {
  readonly client: AcmeClient;
  readonly url: string;
  readonly payload: unknown;
  /** Another client with an account. */
  readonly other: AcmeClient;
}

type Defect = (good: Good) => Promise<Reply>;

interface Signing {
  readonly key?: KeyObject;
  readonly header?: object;
  readonly payload?: unknown;
}

async function headOf({ client, url }: Good): Promise<Record<string, unknown>> {
  const by = client.kid === undefined ? { jwk: jwkOf(client.key) } : { kid: client.kid };
  return { ...by, nonce: await client.nonce(), url };
}

async function signed(good: Good, { key, header = {}, payload }: Signing = {}): Promise<Signed> {
  const head = { ...(await headOf(good)), ...header };
  const body = payload === undefined ? good.payload : payload;
  return signJws(key ?? good.client.key, "ES256", head, body);
}

/** Signs, changes what was signed, and sends it. */
const changed =
  (change: (jws: Signed) => unknown, signing: Signing = {}): Defect =>
  async (good) =>
    good.client.postRaw(good.url, change(await signed(good, signing)));

const withHeader = (header: object): Defect => changed((jws) => jws, { header });

/** Signs a header and a payload that JSON.stringify would not make. */
async function sendRaw({ client, url }: Good, head: string, body: string): Promise<Reply> {
  const signature = sign("sha256", Buffer.from(`${head}.${body}`), {
    key: client.key,
    dsaEncoding: "ieee-p1363",
  });
  return client.postRaw(url, { protected: head, payload: body, signature: b64(signature) });
}

const rawPayload =
  (text: string): Defect =>
  async (good) =>
    sendRaw(good, b64(JSON.stringify({ alg: "ES256", ...(await headOf(good)) })), b64(text));

const rawHeader =
  (make: (head: string) => string): Defect =>
  async (good) => {
    const head = make(JSON.stringify({ alg: "ES256", ...(await headOf(good)) }));
    return sendRaw(good, head, good.payload === "" ? "" : b64(JSON.stringify(good.payload)));
  };

const sending =
  (body: string | Uint8Array): Defect =>
  ({ client, url }) =>
    client.postRaw(url, body);

const method =
  (name: string): Defect =>
  ({ client, url }) =>
    client.send(name, url);

const typed =
  (contentType: string): Defect =>
  async (good) =>
    good.client.postRaw(good.url, await signed(good), contentType);

export const DEFECTS: Readonly<Record<string, Defect>> = {
  "nothing wrong": changed((jws) => jws),
  "an unknown member of the JWS": changed((jws) => ({ ...jws, extra: 1 })),
  "an unknown header field": withHeader({ extra: "1" }),
  "no protected": changed(({ protected: _, ...rest }) => rest),
  "no payload": changed(({ payload: _, ...rest }) => rest),
  "no signature": changed(({ signature: _, ...rest }) => rest),
  "a signature that is empty": changed((jws) => ({ ...jws, signature: "" })),
  "a signature that is not base64url": changed((jws) => ({ ...jws, signature: "!!!" })),
  "a signature that is padded": changed((jws) => ({ ...jws, signature: `${jws.signature}==` })),
  "a signature that is cut": changed((jws) => ({ ...jws, signature: jws.signature.slice(0, 20) })),
  "a signature of zeros": changed((jws) => ({ ...jws, signature: b64(Buffer.alloc(64)) })),
  "a signature by another key": changed((jws) => jws, { key: makeKey() }),
  "a signature that is a number": changed((jws) => ({ ...jws, signature: 1 })),
  "another payload than was signed": changed((jws) => ({ ...jws, payload: b64('{"a":1}') })),
  "a payload that is not base64url": changed((jws) => ({ ...jws, payload: "***" })),
  "a protected header that is not base64url": changed((jws) => ({ ...jws, protected: "***" })),
  "a protected header that is not JSON": rawHeader(() => b64("hello")),
  "a protected header that is an array": rawHeader(() => b64("[]")),
  "a protected header that is padded": rawHeader((head) => `${b64(head)}=`),
  "an empty protected header": rawHeader(() => b64("{}")),
  "alg none": withHeader({ alg: "none" }),
  "alg HS256": withHeader({ alg: "HS256" }),
  "alg ES512": withHeader({ alg: "ES512" }),
  "alg PS256": withHeader({ alg: "PS256" }),
  "alg RS256 with an EC key": withHeader({ alg: "RS256" }),
  "alg ES384 with a P-256 key": withHeader({ alg: "ES384" }),
  "alg that is a number": withHeader({ alg: 5 }),
  "no alg": withHeader({ alg: undefined }),
  "no nonce": withHeader({ nonce: undefined }),
  "a nonce that was never given out": withHeader({ nonce: b64("never given out") }),
  "a nonce that is no base64url": withHeader({ nonce: "not a nonce!" }),
  "a nonce that is empty": withHeader({ nonce: "" }),
  "a nonce that is a number": withHeader({ nonce: 12 }),
  "a nonce that was used": async (good) => {
    const nonce = await good.client.nonce();
    const head = { ...(await headOf(good)), nonce };
    await good.client.postRaw(good.url, signJws(good.client.key, "ES256", { ...head, url: 1 }, ""));
    await good.client.postRaw(good.url, signJws(good.client.key, "ES256", head, good.payload));
    return good.client.postRaw(good.url, signJws(good.client.key, "ES256", head, good.payload));
  },
  "no url": withHeader({ url: undefined }),
  "the url of another resource": async (good) =>
    good.client.postRaw(good.url, await signed(good, { header: { url: `${good.url}x` } })),
  "the url of another host": withHeader({ url: "https://other.test/new-order" }),
  "a url that is a number": withHeader({ url: 7 }),
  "a url with a query": async (good) =>
    good.client.postRaw(good.url, await signed(good, { header: { url: `${good.url}?a` } })),
  "neither jwk nor kid": withHeader({ jwk: undefined, kid: undefined }),
  "both jwk and kid": async (good) =>
    good.client.postRaw(
      good.url,
      await signed(good, {
        header: { jwk: jwkOf(good.client.key), kid: good.other.kid },
      }),
    ),
  "the kid of another account": async (good) =>
    good.client.postRaw(
      good.url,
      await signed(good, { header: { jwk: undefined, kid: good.other.kid } }),
    ),
  "the kid of no account": async (good) =>
    good.client.postRaw(
      good.url,
      await signed(good, { header: { jwk: undefined, kid: `${good.other.kid}000` } }),
    ),
  "a kid that is no URL": withHeader({ jwk: undefined, kid: "me" }),
  "a kid that is a number": withHeader({ jwk: undefined, kid: 4 }),
  "a jwk where kid belongs, or kid where jwk does": async (good) =>
    good.client.postRaw(
      good.url,
      await signed(good, {
        header:
          good.client.kid === undefined
            ? { jwk: undefined, kid: good.other.kid }
            : { kid: undefined, jwk: jwkOf(good.client.key) },
      }),
    ),
  "an unprotected header": changed((jws) => ({ ...jws, header: { kid: "x" } })),
  "several signatures": changed(({ payload, ...one }) => ({ payload, signatures: [one] })),
  "one signature and several": changed((jws) => ({ ...jws, signatures: [] })),
  "a critical extension": withHeader({ crit: ["exp"], exp: 1 }),
  "the content type application/json": typed("application/json"),
  "the content type of a form": typed("application/x-www-form-urlencoded"),
  "a content type with a parameter": typed("application/jose+json; charset=utf-8"),
  "an empty body": sending(""),
  "a body that is not JSON": sending("hello"),
  "a body that is an array": sending("[]"),
  "a body that is null": sending("null"),
  "a body that is a compact JWS": sending("eyJhbGciOiJub25lIn0.e30.AA"),
  "a body that ends too early": sending('{"protected":"'),
  "a body with octets that are not UTF-8": sending(Buffer.from([0x7b, 0xff, 0xfe, 0x7d])),
  "a payload that is not JSON": rawPayload("hello"),
  "a payload that is an array": rawPayload("[1]"),
  "a payload that is text": rawPayload('"text"'),
  "a payload that is null": rawPayload("null"),
  "the method GET": method("GET"),
  "the method PUT": method("PUT"),
  "the method DELETE": method("DELETE"),
  "the method HEAD": method("HEAD"),
};
