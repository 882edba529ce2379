/** Authorizations and their challenges (RFC 8555 7.5 and 8). */
import { type Answer, type Call, type Context, type Explanation, isoTime } from "./context.js";
import { optionalText } from "./json.js";
import type { Authorization, Challenge, Order } from "./model.js";
import { failOrder, isOpen, ownOrder, statusOf } from "./orders.js";
import { malformed, Problem, type ProblemDocument } from "./problem.js";

interface Found {
  readonly order: Order;
  readonly at: number;
  readonly authorization: Authorization;
}

/** The authorization whose id is its order's and its place in it. */
function find(context: Context, call: Call, id: string): Found {
  const [, orderId = "", place = ""] = /^([A-Za-z0-9_-]+)-(\d{1,3})$/.exec(id) ?? [];
  const order = ownOrder(context, call, orderId);
  const authorization = order.authorizations[Number(place)];
  if (!authorization) throw malformed("there is no such authorization", 404);
  return { order, at: Number(place), authorization };
}

/** Reads an authorization, or deactivates it (RFC 8555 7.5.2). */
export function authorization(context: Context, call: Call, id: string): Answer {
  const found = find(context, call, id);
  if (!call.payload) return authorizationAnswer(context, found);
  const status = optionalText(call.payload, "status");
  if (status !== "deactivated")
    throw malformed('an authorization can be set to "deactivated" only');
  const now = authorizationStatus(found, context.now);
  if (now !== "pending" && now !== "valid") {
    throw malformed(`the authorization is ${now} and cannot be deactivated`);
  }
  const order = replaceAuthorization(found.order, found.at, { status });
  context.records.saveOrder(order);
  if (isOpen(order)) {
    failOrder(
      context.records,
      order,
      new Problem("unauthorized", "an authorization was deactivated"),
    );
  }
  const changed = order.authorizations[found.at] as Authorization;
  return authorizationAnswer(context, { ...found, order, authorization: changed });
}

function replaceAuthorization(order: Order, at: number, change: Partial<Authorization>): Order {
  const authorizations = order.authorizations.map((entry, index) =>
    index === at ? { ...entry, ...change } : entry,
  );
  return { ...order, authorizations };
}

/** "expired" follows from the time (RFC 8555 7.1.6). */
function authorizationStatus(
  { order, authorization: { status } }: Found,
  now: number,
): Authorization["status"] | "expired" {
  if (order.expires > now) return status;
  return status === "pending" ? "invalid" : status === "valid" ? "expired" : status;
}

function authorizationAnswer({ origin, now }: Context, found: Found): Answer {
  const { order, at, authorization } = found;
  const processing = authorization.challenges.some(({ status }) => status === "processing");
  // Those of an authorization that is decided are history (RFC 8555 7.1.4).
  const decided = authorization.challenges.filter(({ status }) => status !== "pending");
  const shown = authorization.status === "pending" ? authorization.challenges : decided;
  return {
    status: 200,
    headers: processing ? { "Retry-After": "1" } : {},
    body: {
      identifier: authorization.identifier,
      status: authorizationStatus(found, now),
      expires: isoTime(order.expires),
      ...(authorization.wildcard && { wildcard: true }),
      challenges: shown.map((challenge) => describe(origin, order, at, challenge)),
    },
  };
}

function describe(origin: string, order: Order, at: number, challenge: Challenge): object {
  const { type, token, status, validated, error } = challenge;
  return {
    type,
    url: `${origin}/chall/${order.id}-${at}/${type}`,
    token,
    status,
    ...(validated !== undefined && { validated: isoTime(validated) }),
    ...(error && { error }),
  };
}

/** Reads a challenge, or begins to validate it (RFC 8555 7.5.1). */
export function respond(context: Context, call: Call, id: string, type: string): Answer {
  const { origin, now, records, world, asker } = context;
  const found = find(context, call, id);
  const challenge = found.authorization.challenges.find((entry) => entry.type === type);
  if (!challenge) throw malformed("there is no such challenge", 404);
  let { order } = found;
  let current = challenge;
  if (call.payload && challenge.status === "pending") {
    const status = authorizationStatus(found, now);
    if (status !== "pending" || statusOf(order, now) !== "pending") {
      throw malformed(`the authorization is ${status} and takes no response any more`);
    }
    if (found.authorization.challenges.some((entry) => entry.status === "processing")) {
      throw malformed("another challenge of this authorization is being validated");
    }
    current = { ...challenge, status: "processing", asker };
    order = withChallenge(order, found.at, current);
    records.saveOrder(order);
    world.validate(order, found.at, current.type);
  }
  const authorizationUrl = `${origin}/authz/${order.id}-${found.at}`;
  return {
    status: 200,
    headers: {
      Link: `<${authorizationUrl}>;rel="up"`,
      ...(current.status === "processing" && { "Retry-After": "1" }),
    },
    body: describe(origin, order, found.at, current),
  };
}

function withChallenge(
  order: Order,
  at: number,
  challenge: Challenge,
  change: Partial<Authorization> = {},
): Order {
  const { challenges = [] } = order.authorizations[at] ?? {};
  const changed = challenges.map((entry) => (entry.type === challenge.type ? challenge : entry));
  return replaceAuthorization(order, at, { ...change, challenges: changed });
}

/** What a validation found. */
export type Verdict =
  | { readonly valid: true }
  | {
      readonly valid: false;
      readonly error: ProblemDocument;
      readonly explanation: Explanation;
    };

/** Writes down what a validation found; the order follows (RFC 8555 7.1.6). */
export function conclude(
  { records, world, now }: Pick<Context, "records" | "world" | "now">,
  id: string,
  at: number,
  type: string,
  verdict: Verdict,
): void {
  const order = records.order(id);
  const authorization = order?.authorizations[at];
  const challenge = authorization?.challenges.find((entry) => entry.type === type);
  // It may have been deactivated meanwhile.
  if (!order || authorization?.status !== "pending" || challenge?.status !== "processing") return;
  const { asker: _, ...rest } = challenge;
  const concluded: Challenge = verdict.valid
    ? { ...rest, status: "valid", validated: now }
    : { ...rest, status: "invalid", error: verdict.error };
  const status = concluded.status === "valid" ? "valid" : "invalid";
  const changed = withChallenge(order, at, concluded, { status });
  if (verdict.valid) records.saveOrder(changed);
  else {
    failOrder(
      records,
      changed,
      new Problem("unauthorized", `${authorization.identifier.value} was not validated`),
    );
  }
  world.report({
    event: "challenge",
    order: changed,
    outcome: {
      identifier: authorization.identifier,
      challenge: concluded,
      ...(!verdict.valid && { explanation: verdict.explanation }),
    },
  });
}
