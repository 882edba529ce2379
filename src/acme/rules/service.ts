/**
 * The ACME server without its sockets: a request in, an answer out. Who may do what is decided
 * here and in the files beside it; `world` does what needs a network or a disk.
 */
import {
  accountIdOf,
  changeKey,
  listOrders,
  newAccount,
  requireValid,
  updateAccount,
} from "./accounts.js";
import { download, revoke } from "./certificates.js";
import { authorization, respond } from "./challenges.js";
import type { Answer, Call, Context } from "./context.js";
import { decodeObject } from "./json.js";
import { importJwk } from "./jwk.js";
import { type Jws, parseJws, readSignedBy, verifyJws } from "./jws.js";
import type { Nonces } from "./nonces.js";
import { finalize, getOrder, newOrder } from "./orders.js";
import { malformed, Problem } from "./problem.js";
import { PROFILE_DESCRIPTIONS } from "./profiles.js";
import { renewalInfo } from "./renewal.js";

export interface AcmeRequest {
  readonly method: string;
  /** The path with its query. */
  readonly target: string;
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
}

interface Resource {
  readonly path: RegExp;
  /** Who may sign: an account, or a key that comes along. */
  readonly signedBy: "account" | "key" | "either";
  readonly run: (context: Context, call: Call, ...parts: string[]) => Answer | Promise<Answer>;
}

const ID = "([A-Za-z0-9_.-]+)";
const at = (pattern: string): RegExp => new RegExp(`^${pattern}$`);

const RESOURCES: readonly Resource[] = [
  { path: at("/new-account"), signedBy: "key", run: newAccount },
  { path: at("/new-order"), signedBy: "account", run: newOrder },
  { path: at("/key-change"), signedBy: "account", run: changeKey },
  { path: at("/revoke-cert"), signedBy: "either", run: revoke },
  { path: at(`/account/${ID}`), signedBy: "account", run: updateAccount },
  {
    path: at(`/account/${ID}/orders(?:\\?from=(\\d+))?`),
    signedBy: "account",
    run: (context, call, id = "", from = "0") => listOrders(context, call, id, from),
  },
  { path: at(`/order/${ID}`), signedBy: "account", run: getOrder },
  { path: at(`/order/${ID}/finalize`), signedBy: "account", run: finalize },
  { path: at(`/authz/${ID}`), signedBy: "account", run: authorization },
  { path: at(`/chall/${ID}/${ID}`), signedBy: "account", run: respond },
  {
    path: at(`/cert/${ID}(?:/([1-9]))?`),
    signedBy: "account",
    run: (context, call, id = "", chain = "") => download(context, call, id, chain),
  },
  { path: at("/directory"), signedBy: "account", run: readDirectory },
  { path: at("/new-nonce"), signedBy: "account", run: () => ({ status: 204 }) },
];

/** What is read without a signature: the directory, a nonce and renewal information. */
const RENEWAL_INFO = /^\/renewal-info\/([^/?]+)$/;

/**
 * Answers a request.
 * @throws Problem what the client did wrong
 */
export async function serveAcme(
  context: Context,
  request: AcmeRequest,
  nonces: Nonces,
): Promise<Answer> {
  const { method, target } = request;
  const open = openResource(context, target);
  if (open && (method === "GET" || method === "HEAD")) {
    const answer = open();
    return method === "HEAD" && target === "/new-nonce" ? { ...answer, status: 200 } : answer;
  }
  for (const resource of RESOURCES) {
    const match = resource.path.exec(target);
    if (!match) continue;
    if (method !== "POST") throw methodNotAllowed(method, open ? "GET, HEAD, POST" : "POST");
    const call = authenticate(context, request, resource, nonces);
    return resource.run(context, call, ...match.slice(1));
  }
  if (open) throw methodNotAllowed(method, "GET, HEAD");
  throw malformed("there is no such resource", 404);
}

function openResource(context: Context, target: string): (() => Answer) | undefined {
  if (target === "/directory") return () => directory(context);
  if (target === "/new-nonce") return () => ({ status: 204 });
  const id = RENEWAL_INFO.exec(target)?.[1];
  return id === undefined ? undefined : () => renewalInfo(context, id);
}

function readDirectory(context: Context, call: Call): Answer {
  if (call.payload) throw malformed("the directory is read with an empty payload");
  return directory(context);
}

/** RFC 8555 7.1.1, with what RFC 9773 and draft-ietf-acme-profiles add. */
function directory({ origin, settings }: Context): Answer {
  return {
    status: 200,
    body: {
      newNonce: `${origin}/new-nonce`,
      newAccount: `${origin}/new-account`,
      newOrder: `${origin}/new-order`,
      revokeCert: `${origin}/revoke-cert`,
      keyChange: `${origin}/key-change`,
      renewalInfo: `${origin}/renewal-info`,
      meta: {
        externalAccountRequired: settings.binding !== undefined,
        profiles: PROFILE_DESCRIPTIONS,
      },
    },
  };
}

function methodNotAllowed(method: string, allowed: string): Problem {
  return new Problem("malformed", `${method} is not possible here; use ${allowed}`, {
    status: 405,
    headers: { Allow: allowed },
  });
}

/** Everything that RFC 8555 6.2 to 6.5 asks of a signed request. */
function authenticate(
  context: Context,
  request: AcmeRequest,
  resource: Resource,
  nonces: Nonces,
): Call {
  if (request.contentType?.trim().toLowerCase() !== "application/jose+json") {
    throw malformed("the content type has to be application/jose+json", 415);
  }
  const jws = parseJws(decodeObject(request.body, "the request"));
  const call = signerOf(context, jws, resource, request.target);
  verifyJws(jws, call.key.key);
  checkUrl(jws, context.origin + request.target);
  checkNonce(jws, nonces, context);
  if (jws.payload.length === 0) return call;
  return { ...call, payload: decodeObject(jws.payload, "the payload") };
}

function signerOf(
  { records }: Context,
  jws: Jws,
  { signedBy }: Resource,
  path: string,
): Pick<Call, "account" | "key" | "path"> {
  const by = readSignedBy(jws);
  if ("jwk" in by) {
    if (signedBy === "account") throw malformed("this resource takes kid, not jwk");
    return { key: by.jwk, path };
  }
  if (signedBy === "key") throw malformed("this resource takes jwk, not kid");
  const id = accountIdOf(by.kid);
  if (id === undefined) throw malformed("kid is not the URL of an account of this server");
  const account = records.account(id);
  if (!account) {
    throw new Problem(
      "accountDoesNotExist",
      "there is no account with this URL; register again, for example after the state directory was deleted",
    );
  }
  requireValid(account);
  const { key: jwk, thumbprint } = account;
  return { key: { jwk, thumbprint, key: importJwk(jwk) }, account, path };
}

/** RFC 8555 6.4: what was signed for another resource must not be taken here. */
function checkUrl({ header }: Jws, expected: string): void {
  if (typeof header.url !== "string") throw malformed("the protected header has no url");
  if (header.url === expected) return;
  throw new Problem(
    "unauthorized",
    `the url that was signed is not the one that was asked for, ${expected}`,
  );
}

function checkNonce({ header }: Jws, nonces: Nonces, { settings }: Context): void {
  const { nonce } = header;
  if (nonce === undefined) throw new Problem("badNonce", "the protected header has no nonce");
  if (typeof nonce !== "string") throw malformed("nonce is not a string");
  if (!nonces.use(nonce) || settings.weather.refusesNonce()) {
    throw new Problem(
      "badNonce",
      "the nonce is unknown or has been used; take the one in this answer",
    );
  }
}
