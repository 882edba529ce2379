/** Orders (RFC 8555 7.4): their states, and how an order becomes a certificate. */
import { randomBytes } from "node:crypto";
import { DAY_MS } from "../../x509/validity.js";
import { readRequest } from "./certificate-request.js";
import {
  type Answer,
  type Call,
  type Context,
  expectNoPayload,
  isoTime,
  payloadOf,
} from "./context.js";
import { readIdentifiers } from "./identifiers.js";
import { newId } from "./ids.js";
import { decodeBase64Url, type JsonObject, optionalText } from "./json.js";
import { importJwk } from "./jwk.js";
import type { Account, Authorization, ChallengeType, Identifier, Order, Records } from "./model.js";
import { malformed, Problem, rateLimited } from "./problem.js";
import { readProfile, validityOf } from "./profiles.js";
import { requireReplaceable } from "./renewal.js";
import { SLOW_MS } from "./weather.js";

/** An order that is not finished by then is over, as with Let's Encrypt. */
const ORDER_LIFETIME_MS = 7 * DAY_MS;

export type OrderStatus = "pending" | "ready" | "processing" | "valid" | "invalid";

/** The status of an order, which follows from its authorizations and the time (RFC 8555 7.1.6). */
export function statusOf(order: Order, now: number): OrderStatus {
  if (order.status !== "open") return order.status;
  if (order.expires <= now) return "invalid";
  return order.authorizations.every(({ status }) => status === "valid") ? "ready" : "pending";
}

export function isOpen(order: Order): boolean {
  return order.status === "open";
}

/** Ends an order without a certificate. @returns it, as it is kept */
export function failOrder(records: Records, order: Order, reason: Problem): Order {
  const failed: Order = { ...order, status: "invalid", error: reason.document() };
  records.saveOrder(failed);
  return failed;
}

export function newOrder(context: Context, call: Call): Answer {
  const { records, settings, world, now } = context;
  const payload = payloadOf(call);
  const account = call.account as Account;
  const identifiers = readIdentifiers(payload.identifiers, world.constraints());
  const profile = readProfile(payload);
  const validity = readValidity(payload);
  validityOf({ ...validity, profile }, settings, now);
  const replaces = optionalText(payload, "replaces");
  if (replaces !== undefined) requireReplaceable(context, account, replaces, identifiers);
  const wait =
    settings.weather.refusesOrder(account.id, now) || settings.newOrders.take(account.id, now);
  if (wait > 0) throw rateLimited("too many new orders from this account", wait);
  const order: Order = {
    id: newId(),
    account: account.id,
    status: "open",
    identifiers,
    authorizations: identifiers.map(authorizationFor),
    profile,
    created: now,
    expires: now + ORDER_LIFETIME_MS,
    ...validity,
    ...(replaces !== undefined && { replaces }),
  };
  records.saveOrder(order);
  world.report({ event: "order", order });
  return orderAnswer(context, order, 201);
}

function readValidity(payload: JsonObject): Pick<Order, "notBefore" | "notAfter"> {
  const notBefore = readTime(payload, "notBefore");
  const notAfter = readTime(payload, "notAfter");
  return {
    ...(notBefore !== undefined && { notBefore }),
    ...(notAfter !== undefined && { notAfter }),
  };
}

const RFC3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/;

function readTime(payload: JsonObject, field: string): number | undefined {
  const text = optionalText(payload, field);
  if (text === undefined) return undefined;
  const time = RFC3339.test(text) ? Date.parse(text.toUpperCase()) : Number.NaN;
  if (Number.isNaN(time)) throw malformed(`${field} is not a time as RFC 3339 writes it`);
  return Math.floor(time / 1000) * 1000;
}

/** Which challenges prove control of an identifier (RFC 8555 8, RFC 8738 4 and 7). */
function challengeTypes({ type }: Identifier, wildcard: boolean): readonly ChallengeType[] {
  if (wildcard) return ["dns-01"];
  return type === "ip" ? ["http-01", "tls-alpn-01"] : ["http-01", "tls-alpn-01", "dns-01"];
}

function authorizationFor(identifier: Identifier): Authorization {
  const wildcard = identifier.value.startsWith("*.");
  return {
    identifier: wildcard ? { type: "dns", value: identifier.value.slice(2) } : identifier,
    wildcard,
    status: "pending",
    challenges: challengeTypes(identifier, wildcard).map((type) => ({
      type,
      // 128 bits that nobody can guess (RFC 8555 8.1); twice that costs nothing.
      token: randomBytes(32).toString("base64url"),
      status: "pending",
    })),
  };
}

/** @throws Problem "malformed" 404, "unauthorized" for another account's order */
export function ownOrder({ records }: Context, { account }: Call, id: string): Order {
  const order = records.order(id);
  if (!order) throw malformed("there is no such order", 404);
  if (order.account !== account?.id) {
    throw new Problem("unauthorized", "the order is another account's");
  }
  return order;
}

export function getOrder(context: Context, call: Call, id: string): Answer {
  expectNoPayload(call);
  return orderAnswer(context, ownOrder(context, call, id), 200);
}

/** Takes the certificate request of an order that is ready, and issues (RFC 8555 7.4). */
export async function finalize(context: Context, call: Call, id: string): Promise<Answer> {
  const { records, settings, world, now } = context;
  const order = ownOrder(context, call, id);
  const der = decodeBase64Url(payloadOf(call).csr, "csr");
  const status = statusOf(order, now);
  if (status !== "ready") {
    throw new Problem(
      "orderNotReady",
      `the order is ${status}; it can be finalized when it is ready`,
    );
  }
  requireSigned(order, world.constraints());
  const publicKey = readRequest(der, order.identifiers, importJwk((call.account as Account).key));
  const validity = validityOf(order, settings, now);
  const processing: Order = { ...order, status: "processing" };
  records.saveOrder(processing);
  const issue = (): Promise<Order> =>
    issueFor(context, processing, { publicKey, identifiers: order.identifiers, ...validity });
  if (!settings.weather.is("slow")) return orderAnswer(context, await issue(), 200);
  world.later(SLOW_MS, issue);
  return orderAnswer(context, processing, 200);
}

/** The authority may have been replaced by a narrower one since the order was made. */
function requireSigned(
  order: Order,
  constraints: ReturnType<Context["world"]["constraints"]>,
): void {
  readIdentifiers(order.identifiers, constraints);
}

async function issueFor(
  { records, settings, world, now }: Context,
  order: Order,
  wanted: Parameters<Context["world"]["issue"]>[0],
): Promise<Order> {
  try {
    const issued = await world.issue(wanted);
    const certificate = {
      ...issued,
      account: order.account,
      order: order.id,
      identifiers: order.identifiers,
      ...(settings.weather.is("revoked") && { revoked: { at: now, reason: REASON_UNSPECIFIED } }),
    };
    records.saveCertificate(certificate);
    const valid: Order = { ...order, status: "valid", certificate: certificate.id };
    records.saveOrder(valid);
    const replaced = order.replaces && records.certificate(order.replaces);
    if (replaced) records.saveCertificate({ ...replaced, replacedBy: certificate.id });
    world.report({ event: "certificate", certificate });
    return valid;
  } catch (error) {
    failOrder(records, order, new Problem("serverInternal", "the certificate could not be issued"));
    throw error;
  }
}

const REASON_UNSPECIFIED = 0;

function orderAnswer({ origin, now }: Context, order: Order, status: number): Answer {
  const url = `${origin}/order/${order.id}`;
  const state = statusOf(order, now);
  return {
    status,
    headers: { Location: url, ...(state === "processing" && { "Retry-After": "1" }) },
    body: {
      status: state,
      expires: isoTime(order.expires),
      identifiers: order.identifiers,
      profile: order.profile,
      ...(order.notBefore !== undefined && { notBefore: isoTime(order.notBefore) }),
      ...(order.notAfter !== undefined && { notAfter: isoTime(order.notAfter) }),
      ...(order.replaces !== undefined && { replaces: order.replaces }),
      ...(order.error && { error: order.error }),
      authorizations: order.authorizations.map((_, at) => `${origin}/authz/${order.id}-${at}`),
      finalize: `${url}/finalize`,
      ...(order.certificate !== undefined && {
        certificate: `${origin}/cert/${order.certificate}`,
      }),
    },
  };
}
