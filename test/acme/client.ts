/** An ACME client that signs by hand, so that tests can sign what no client would. */
import {
  createHash,
  createHmac,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { Agent, request } from "node:https";

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers differ by resource, and tests assert their fields
  readonly json: any;
}

export interface Directory {
  readonly newNonce: string;
  readonly newAccount: string;
  readonly newOrder: string;
  readonly revokeCert: string;
  readonly keyChange: string;
  readonly renewalInfo?: string;
}

export type KeyName = "ES256" | "ES384" | "EdDSA" | "RS256";

export function makeKey(alg: KeyName = "ES256"): KeyObject {
  switch (alg) {
    case "ES256":
      return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    case "ES384":
      return generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey;
    case "EdDSA":
      return generateKeyPairSync("ed25519").privateKey;
    case "RS256":
      return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  }
}

/** The public half as a JWK. */
export function jwkOf(key: KeyObject): Record<string, unknown> {
  const jwk = key.export({ format: "jwk" }) as Record<string, unknown>;
  for (const member of ["d", "p", "q", "dp", "dq", "qi"]) delete jwk[member];
  return jwk;
}

export function thumbprintOf(key: KeyObject): string {
  const jwk = jwkOf(key);
  const sorted = Object.fromEntries(Object.entries(jwk).sort(([a], [b]) => (a < b ? -1 : 1)));
  return createHash("sha256").update(JSON.stringify(sorted)).digest("base64url");
}

export const b64 = (value: string | Uint8Array): string => Buffer.from(value).toString("base64url");

const HASHES: Record<KeyName, string | null> = {
  ES256: "sha256",
  ES384: "sha384",
  EdDSA: null,
  RS256: "sha256",
};

export interface Signed {
  readonly protected: string;
  readonly payload: string;
  readonly signature: string;
}

/** Signs a payload; `header` is what goes into the protected header besides `alg`. */
export function signJws(key: KeyObject, alg: KeyName, header: object, payload: unknown): Signed {
  return signTexts(key, alg, JSON.stringify({ alg, ...header }), JSON.stringify(payload));
}

/** The same for texts that no value is written as. */
export function signTexts(key: KeyObject, alg: KeyName, header: string, payload: string): Signed {
  const head = b64(header);
  const body = payload === '""' ? "" : b64(payload);
  const signature = sign(HASHES[alg], Buffer.from(`${head}.${body}`), {
    key,
    dsaEncoding: "ieee-p1363",
  });
  return { protected: head, payload: body, signature: b64(signature) };
}

export function signMac(secret: Uint8Array, header: object, payload: unknown): Signed {
  const head = b64(JSON.stringify({ alg: "HS256", ...header }));
  const body = b64(JSON.stringify(payload));
  const mac = createHmac("sha256", secret).update(`${head}.${body}`).digest();
  return { protected: head, payload: body, signature: b64(mac) };
}

export class AcmeClient {
  readonly key: KeyObject;
  readonly alg: KeyName;
  kid: string | undefined;
  #agent = new Agent({ keepAlive: true });
  #directory: Directory | undefined;
  #nonce: string | undefined;

  constructor(
    readonly directoryUrl: string,
    readonly ca: string,
    alg: KeyName = "ES256",
  ) {
    this.alg = alg;
    this.key = makeKey(alg);
  }

  async directory(): Promise<Directory> {
    this.#directory ??= (await this.get(this.directoryUrl)).json as Directory;
    return this.#directory;
  }

  /** Begins anew with a server that was started again. */
  reconnect(): void {
    this.#agent.destroy();
    this.#agent = new Agent({ keepAlive: true });
    this.#nonce = undefined;
  }

  async nonce(): Promise<string> {
    const kept = this.#nonce;
    this.#nonce = undefined;
    if (kept !== undefined) return kept;
    const { newNonce } = await this.directory();
    const { headers } = await this.send("HEAD", newNonce);
    return String(headers["replay-nonce"]);
  }

  get(url: string): Promise<Reply> {
    return this.send("GET", url);
  }

  send(
    method: string,
    url: string,
    body?: string | Uint8Array,
    headers: Record<string, string> = {},
  ): Promise<Reply> {
    const target = new URL(url);
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: target.hostname === "localhost" ? "127.0.0.1" : target.hostname,
          port: target.port,
          path: target.pathname + target.search,
          method,
          servername: "localhost",
          ca: this.ca,
          agent: this.#agent,
          headers: { Host: target.host, ...headers },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
          incoming.on("error", reject);
          incoming.on("end", () => {
            const text = Buffer.concat(chunks).toString("utf8");
            const isJson = /json/.test(incoming.headers["content-type"] ?? "");
            resolve({
              status: incoming.statusCode ?? 0,
              headers: incoming.headers,
              text,
              json: isJson && text ? JSON.parse(text) : undefined,
            });
          });
        },
      );
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  }

  /** Sends a JWS, or anything else, as it is, and keeps the nonce of the answer. */
  async postRaw(url: string, body: unknown, contentType = "application/jose+json"): Promise<Reply> {
    const text =
      typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
    const reply = await this.send("POST", url, text, { "Content-Type": contentType });
    const nonce = reply.headers["replay-nonce"];
    if (typeof nonce === "string") this.#nonce = nonce;
    return reply;
  }

  /** Signs with the account, or before there is one with the key itself. */
  async post(url: string, payload: unknown, header: object = {}): Promise<Reply> {
    const by = this.kid === undefined ? { jwk: jwkOf(this.key) } : { kid: this.kid };
    const head = { ...by, nonce: await this.nonce(), url, ...header };
    return this.postRaw(url, signJws(this.key, this.alg, head, payload));
  }

  /** Reads a resource (POST-as-GET). */
  read(url: string): Promise<Reply> {
    return this.post(url, "");
  }

  async register(payload: object = { termsOfServiceAgreed: true }): Promise<Reply> {
    const { newAccount } = await this.directory();
    const reply = await this.post(newAccount, payload);
    if (reply.status < 300) this.kid = String(reply.headers.location);
    return reply;
  }

  async order(names: readonly string[], more: object = {}): Promise<Reply> {
    const { newOrder } = await this.directory();
    const identifiers = names.map((value) => ({
      type: /^[\d.]+$|:/.test(value) ? "ip" : "dns",
      value,
    }));
    return this.post(newOrder, { identifiers, ...more });
  }

  keyAuthorization(token: string): string {
    return `${token}.${thumbprintOf(this.key)}`;
  }
}

export function randomToken(): string {
  return randomBytes(12).toString("base64url");
}
