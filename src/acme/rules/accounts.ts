/** Accounts (RFC 8555 7.3). */
import {
  type Answer,
  type Call,
  type Context,
  expectNoPayload,
  isoTime,
  payloadOf,
} from "./context.js";
import { newId } from "./ids.js";
import { decodeObject, type JsonObject, optionalFlag, optionalList, optionalText } from "./json.js";
import { readJwk } from "./jwk.js";
import { parseJws, readSignedBy, verifyBinding, verifyJws } from "./jws.js";
import type { Account } from "./model.js";
import { failOrder, isOpen } from "./orders.js";
import { malformed, Problem, rateLimited } from "./problem.js";

const MAX_CONTACTS = 10;
const MAX_CONTACT_CHARACTERS = 320;

/** Finds the account of a key or makes it (RFC 8555 7.3 and 7.3.1). */
export function newAccount(context: Context, call: Call): Answer {
  const { records, settings, world, now, asker, origin } = context;
  const payload = payloadOf(call);
  const contact = readContact(payload) ?? [];
  const onlyExisting = optionalFlag(payload, "onlyReturnExisting");
  optionalFlag(payload, "termsOfServiceAgreed");
  const existing = records.accountOf(call.key.thumbprint);
  if (existing) {
    requireValid(existing);
    return accountAnswer(context, existing, 200);
  }
  if (onlyExisting) {
    throw new Problem("accountDoesNotExist", "there is no account with this key");
  }
  const binding = payload.externalAccountBinding;
  if (settings.binding && binding === undefined) {
    throw new Problem(
      "externalAccountRequired",
      "this server needs external account binding; its key id and HMAC key are on its terminal",
    );
  }
  // Where none is needed there is no key that one could be signed with; it is not looked at.
  if (settings.binding) {
    const expected = { url: origin + call.path, account: call.key, keys: settings.binding };
    verifyBinding(binding, expected);
  }
  const wait = settings.newAccounts.take(asker, now);
  if (wait > 0) throw rateLimited("too many new accounts from this address", wait);
  const account: Account = {
    id: newId(),
    key: call.key.jwk,
    thumbprint: call.key.thumbprint,
    status: "valid",
    contact,
    ...(settings.binding && { binding }),
    created: now,
  };
  records.saveAccount(account);
  world.report({ event: "account", account, change: "new" });
  return accountAnswer(context, account, 201);
}

/** Reads, updates or deactivates an account (RFC 8555 7.3.2 and 7.3.6). */
export function updateAccount(context: Context, call: Call, id: string): Answer {
  const { records, world } = context;
  const account = ownAccount(call, id);
  if (!call.payload) return accountAnswer(context, account, 200);
  const status = optionalText(call.payload, "status");
  if (status !== undefined && status !== "deactivated" && status !== account.status) {
    throw malformed(`an account cannot be set to ${JSON.stringify(status.slice(0, 64))}`);
  }
  const contact = readContact(call.payload);
  const changed: Account = {
    ...account,
    ...(contact && { contact }),
    ...(status === "deactivated" && { status }),
  };
  if (contact || changed.status !== account.status) {
    records.saveAccount(changed);
    const change = changed.status === "deactivated" ? "deactivated" : "updated";
    world.report({ event: "account", account: changed, change });
    if (change === "deactivated") cancelOrders(context, id);
  }
  return accountAnswer(context, changed, 200);
}

function cancelOrders({ records }: Context, account: string): void {
  for (const id of records.ordersOf(account)) {
    const order = records.order(id);
    if (order && isOpen(order)) {
      failOrder(records, order, new Problem("unauthorized", "the account was deactivated"));
    }
  }
}

/** Gives an account another key (RFC 8555 7.3.5). */
export function changeKey(context: Context, call: Call): Answer {
  const { records, world, origin } = context;
  const account = call.account as Account;
  const inner = parseJws(payloadOf(call));
  const by = readSignedBy(inner);
  if (!("jwk" in by)) throw malformed("the inner JWS has no jwk");
  verifyJws(inner, by.jwk.key);
  if (inner.header.nonce !== undefined) throw malformed("the inner JWS has a nonce");
  if (inner.header.url !== origin + call.path) {
    throw malformed("the inner JWS is for another URL than the outer one");
  }
  const { account: url, oldKey } = decodeObject(inner.payload, "the payload of the inner JWS");
  if (typeof url !== "string" || accountIdOf(url) !== account.id) {
    throw malformed("the inner JWS is for another account");
  }
  if (readJwk(oldKey).thumbprint !== account.thumbprint) {
    throw malformed("oldKey is not the account's key");
  }
  const holder = records.accountOf(by.jwk.thumbprint);
  if (holder) {
    throw new Problem("malformed", "the new key is an account's already", {
      status: 409,
      headers: { Location: accountUrl(origin, holder.id) },
    });
  }
  const changed = { ...account, key: by.jwk.jwk, thumbprint: by.jwk.thumbprint };
  records.saveAccount(changed);
  world.report({ event: "account", account: changed, change: "new key" });
  return accountAnswer(context, changed, 200);
}

/** The orders of an account, in pages (RFC 8555 7.1.2.1). */
export function listOrders(context: Context, call: Call, id: string, cursor: string): Answer {
  expectNoPayload(call);
  ownAccount(call, id);
  if (!/^\d{1,9}$/.test(cursor)) throw malformed("there is no such page");
  const from = Number(cursor);
  const all = context.records.ordersOf(id);
  const next = from + ORDERS_A_PAGE;
  const base = accountUrl(context.origin, id);
  return {
    status: 200,
    body: {
      orders: all.slice(from, next).map((order) => `${context.origin}/order/${order}`),
    },
    headers: next < all.length ? { Link: `<${base}/orders?from=${next}>;rel="next"` } : {},
  };
}

const ORDERS_A_PAGE = 500;

function ownAccount({ account }: Call, id: string): Account {
  if (account?.id === id) return account;
  throw new Problem("unauthorized", "this is another account");
}

/** @throws Problem "unauthorized" */
export function requireValid(account: Account): void {
  if (account.status === "valid") return;
  throw new Problem("unauthorized", `the account is ${account.status}`);
}

function accountAnswer({ origin }: Context, account: Account, status: number): Answer {
  const url = accountUrl(origin, account.id);
  return {
    status,
    headers: { Location: url },
    body: {
      status: account.status,
      contact: account.contact,
      orders: `${url}/orders`,
      createdAt: isoTime(account.created),
      ...(account.binding !== undefined && { externalAccountBinding: account.binding }),
    },
  };
}

function accountUrl(origin: string, id: string): string {
  return `${origin}/account/${id}`;
}

/** The account that a URL names, whatever host it was given out under. */
export function accountIdOf(url: string): string | undefined {
  return /^https:\/\/[^/]+\/account\/([A-Za-z0-9_-]+)$/.exec(url)?.[1];
}

/** RFC 8555 7.3: mailto, with one address and nothing else in it. */
function readContact(payload: JsonObject): readonly string[] | undefined {
  const contact = optionalList(payload, "contact");
  if (!contact) return undefined;
  if (contact.length > MAX_CONTACTS) throw malformed(`more than ${MAX_CONTACTS} contacts`);
  return contact.map((entry) => {
    if (typeof entry !== "string") throw malformed("a contact is not a string");
    const [scheme = ""] = entry.split(":", 1);
    if (scheme.toLowerCase() !== "mailto") {
      throw new Problem(
        "unsupportedContact",
        `contacts are mailto: URLs, not ${JSON.stringify(entry.slice(0, 64))}`,
      );
    }
    const address = entry.slice(scheme.length + 1);
    if (entry.length > MAX_CONTACT_CHARACTERS || !/^[\x21-\x7e]+$/.test(address)) {
      throw invalidContact("it is too long or not plain ASCII");
    }
    if (/[?,]/.test(address)) throw invalidContact("it has header fields or several addresses");
    if (!/^[^@]+@[^@.][^@]*$/.test(address)) throw invalidContact("it is not an e-mail address");
    return entry;
  });
}

function invalidContact(reason: string): Problem {
  return new Problem("invalidContact", `the contact cannot be used: ${reason}`);
}
