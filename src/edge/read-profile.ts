/** Profiles that users write themselves (`--edge-file`): JSON, read strictly. */
import { causeOf, DevtlsError } from "../errors.js";
import { FieldReader } from "./field-reader.js";
import { HEAD_PARTS, isPart } from "./parts.js";
import {
  type ClientFrom,
  type EdgeFixes,
  type EdgeProfile,
  type HeaderCase,
  type HeaderIs,
  type HeaderRule,
  type HeadPart,
  type PlainRule,
  REDIRECT_STATUSES,
  type ResponseEdits,
  type ToApp,
} from "./profile.js";
import { profile, unverified } from "./profiles/build.js";
import { findProfile, PROFILES } from "./profiles/index.js";
import { readLimits } from "./read-limits.js";

/**
 * Reads a profile. What the file leaves out is as `"extends": "NAME"` has it, or else as a plain
 * HTTP/1.1 proxy does it.
 * @param file how errors name it
 * @throws DevtlsError "usage" naming the field and what is allowed there
 */
export function readEdgeProfile(text: string, file: string): EdgeProfile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new DevtlsError("usage", `could not read ${file}: it is not JSON: ${causeOf(error)}`);
  }
  const reader = new FieldReader(file);
  const root = reader.object(json, "the file", [
    "name",
    "title",
    "extends",
    "headers",
    "toApp",
    "plain",
    "limits",
    "response",
    "fixes",
    // What `devtls edges NAME --json` says besides; here it is the file's own word.
    "evidence",
    "proof",
  ]);
  const base = root.extends === undefined ? undefined : baseOf(root.extends, reader);
  const own = {
    name: root.name === undefined ? "custom" : reader.string(root.name, "name"),
    title: root.title === undefined ? `from ${file}` : reader.string(root.title, "title"),
    headers: root.headers === undefined ? (base?.headers ?? []) : readHeaders(root.headers, reader),
    toApp: { ...base?.toApp, ...(root.toApp === undefined ? {} : readToApp(root.toApp, reader)) },
    plain:
      root.plain === undefined
        ? (base?.plain ?? { mode: "redirect" as const })
        : readPlain(root.plain, reader),
    limits: root.limits === undefined ? (base?.limits ?? {}) : readLimits(root.limits, reader),
    response:
      root.response === undefined ? (base?.response ?? {}) : readResponse(root.response, reader),
  };
  const fixes = root.fixes === undefined ? base?.fixes : readFixes(root.fixes, reader);
  return profile({ ...own, ...(fixes && { fixes }), proof: unverified(file) });
}

function baseOf(value: unknown, reader: FieldReader): EdgeProfile {
  const names = PROFILES.map(({ name }) => name);
  return findProfile(reader.choice(value, "extends", names)) as EdgeProfile;
}

function readHeaders(value: unknown, reader: FieldReader): HeaderRule[] {
  return reader.list(value, "headers").map((entry, index) => {
    const at = `headers[${index}]`;
    const rule = reader.object(entry, at, [
      "name",
      "op",
      "value",
      "glue",
      "when",
      "unless",
      "notFor",
      "from",
      "cases",
      "unverified",
    ]);
    const op = reader.choice(rule.op, `${at}.op`, OPERATIONS);
    const writes = op !== "pass" && op !== "strip";
    if (writes !== (rule.value !== undefined)) {
      throw reader.wrong(
        `${at}.value`,
        writes ? `a text, which ${op} needs` : `left out for ${op}`,
      );
    }
    return {
      name: reader.headerName(rule.name, `${at}.name`),
      op,
      ...(writes && { value: reader.template(rule.value, `${at}.value`) }),
      ...(rule.glue !== undefined && {
        glue: reader.choice(rule.glue, `${at}.glue`, GLUES),
      }),
      ...(rule.when !== undefined && { when: reader.choice(rule.when, `${at}.when`, CONDITIONS) }),
      ...(rule.unless !== undefined && {
        unless: reader.headerNames(rule.unless, `${at}.unless`).map((name) => name.toLowerCase()),
      }),
      ...(rule.cases !== undefined && { cases: readCases(rule.cases, `${at}.cases`, reader) }),
      ...(rule.notFor !== undefined && { notFor: reader.strings(rule.notFor, `${at}.notFor`) }),
      ...(rule.unverified !== undefined && {
        unverified: reader.flag(rule.unverified, `${at}.unverified`),
      }),
      ...(rule.from !== undefined && {
        from: reader.headerName(rule.from, `${at}.from`).toLowerCase(),
      }),
    };
  });
}

function readCases(value: unknown, at: string, reader: FieldReader): HeaderCase[] {
  return reader.list(value, at).map((entry, index) => {
    const place = `${at}[${index}]`;
    const given = reader.object(entry, place, ["from", "is", "value"]);
    return {
      from: reader.headerName(given.from, `${place}.from`).toLowerCase(),
      ...(given.is !== undefined && { is: reader.strings(given.is, `${place}.is`) }),
      value: reader.template(given.value, `${place}.value`),
    };
  });
}

const OPERATIONS = ["set", "append", "append-line", "pass", "strip"] as const;
const GLUES = [",", ", "] as const;
const CONDITIONS = ["https", "http", "http/1", "http/2", "own-origin"] as const;

const TO_APP_CHOICES = {
  host: ["keep", "hostname", "with-port", "target", "localhost"],
  version: ["1.0", "1.1", "client"],
  names: ["keep", "lower", "lower-client", "canonical"],
  http2Names: ["keep", "canonical"],
  hopByHop: ["drop", "by-name", "in-place", "copied", "keep"],
  te: ["named", "bare", "drop"],
  http2Cookie: ["keep", "last"],
  target: ["keep", "reencode", "normalize", "decode", "parse"],
  source: ["remote", "loopback"],
} as const;

const TO_APP_FLAGS = [
  "movesLength",
  "mergesLines",
  "appendsInPlace",
  "dropsOddNames",
  "dropsTwins",
  "answersExpect",
  "sendsEmptyLength",
  "passesUpgrade",
  "keepsAbsolute",
  "headAsGet",
  "alwaysUpgrade",
] as const;

const CONNECTIONS = {
  connection: ["close", "keep-alive", "Keep-Alive", "client"],
  upgradeConnection: ["Upgrade", "upgrade"],
} as const;

const CLIENT_FROM = ["first", "last", "last-public"] as const;

function readToApp(value: unknown, reader: FieldReader): Partial<ToApp> {
  const choices = Object.keys(TO_APP_CHOICES) as (keyof typeof TO_APP_CHOICES)[];
  const given = reader.object(value, "toApp", [
    ...choices,
    ...TO_APP_FLAGS,
    "connection",
    "upgradeConnection",
    "clientFrom",
    "buffersChunked",
    "replacesPrefix",
    "order",
  ]);
  const result: Record<string, unknown> = {};
  for (const key of choices) {
    if (given[key] === undefined) continue;
    result[key] = reader.choice(given[key], `toApp.${key}`, TO_APP_CHOICES[key]);
  }
  for (const key of TO_APP_FLAGS) {
    if (given[key] !== undefined) result[key] = reader.flag(given[key], `toApp.${key}`);
  }
  for (const key of ["connection", "upgradeConnection"] as const) {
    if (given[key] === undefined) continue;
    result[key] = reader.choice(given[key], `toApp.${key}`, CONNECTIONS[key]);
  }
  if (given.clientFrom !== undefined) {
    const from = reader.object(given.clientFrom, "toApp.clientFrom", ["header", "take"]);
    result.clientFrom = {
      header: reader.headerName(from.header, "toApp.clientFrom.header").toLowerCase(),
      take: reader.choice(from.take, "toApp.clientFrom.take", CLIENT_FROM),
    } satisfies ClientFrom;
  }
  if (given.buffersChunked !== undefined) {
    const { buffersChunked: value } = given;
    result.buffersChunked =
      value === "arrived" ? value : reader.flag(value, "toApp.buffersChunked");
  }
  if (given.replacesPrefix !== undefined) {
    const pair = reader.paths(given.replacesPrefix, "toApp.replacesPrefix");
    if (pair.length !== 2) throw reader.wrong("toApp.replacesPrefix", 'a pair: ["/api/", "/"]');
    result.replacesPrefix = pair;
  }
  if (given.order !== undefined) {
    result.order = reader
      .list(given.order, "toApp.order")
      .map((part, index) => readPart(part, `toApp.order[${index}]`, reader));
    if (!isWhole(result.order as string[])) {
      throw reader.wrong(
        "toApp.order",
        "a list with host, framing, connection, client and edge in it, once each; sorted can stand for the last three",
      );
    }
  }
  return result as Partial<ToApp>;
}

/** A part, or the name of a header, which has a capital or a hyphen in it. */
function readPart(value: unknown, at: string, reader: FieldReader): string {
  if (typeof value === "string" && /[A-Z-]/.test(value) && !isPart(value)) {
    return reader.headerName(value, at);
  }
  return reader.choice(value, at, HEAD_PARTS);
}

/** Whether no line gets lost and none is written twice. */
function isWhole(order: readonly string[]): boolean {
  const has = (part: HeadPart): boolean => order.includes(part);
  if (
    new Set(order.map((part) => part.toLowerCase())).size < order.length ||
    !has("host") ||
    !has("framing")
  )
    return false;
  if (has("sorted")) return !has("client") && !has("edge");
  return has("client") && has("edge") && has("connection");
}

function readPlain(value: unknown, reader: FieldReader): PlainRule {
  const given = reader.object(value, "plain", [
    "mode",
    "status",
    "otherStatus",
    "otherForHead",
    "methods",
    "exceptPaths",
    "unless",
    "http10Status",
  ]);
  const status = (key: "status" | "otherStatus") =>
    given[key] === undefined
      ? {}
      : { [key]: Number(reader.choice(String(given[key]), `plain.${key}`, REDIRECT_STATUSES)) };
  return {
    mode: reader.choice(given.mode, "plain.mode", ["redirect", "proxy", "deny"] as const),
    ...status("status"),
    ...status("otherStatus"),
    ...(given.otherForHead !== undefined && {
      otherForHead: reader.flag(given.otherForHead, "plain.otherForHead"),
    }),
    ...(given.methods !== undefined && { methods: reader.strings(given.methods, "plain.methods") }),
    ...(given.exceptPaths !== undefined && {
      exceptPaths: reader.paths(given.exceptPaths, "plain.exceptPaths"),
    }),
    ...(given.unless !== undefined && { unless: readUnless(given.unless, reader) }),
    ...(given.http10Status !== undefined && {
      http10Status: reader.integer(given.http10Status, "plain.http10Status", 400, 599),
    }),
  };
}

function readUnless(value: unknown, reader: FieldReader): HeaderIs {
  const given = reader.object(value, "plain.unless", ["from", "is"]);
  return {
    from: reader.headerName(given.from, "plain.unless.from").toLowerCase(),
    is: reader.strings(given.is, "plain.unless.is"),
  };
}

function readResponse(value: unknown, reader: FieldReader): ResponseEdits {
  const given = reader.object(value, "response", [
    "set",
    "fill",
    "add",
    "addToGood",
    "remove",
    "hsts",
    "location",
    "relocate",
    "relocatesAlso",
  ]);
  const pairs = (key: "set" | "fill" | "add" | "addToGood") =>
    given[key] === undefined
      ? {}
      : {
          [key]: reader.list(given[key], `response.${key}`).map((pair, index) => {
            const at = `response.${key}[${index}]`;
            const [name, text, ...more] = reader.list(pair, at);
            if (more.length > 0) throw reader.wrong(at, 'a pair: ["Name", "value"]');
            return [
              reader.headerName(name, `${at}[0]`),
              reader.template(text, `${at}[1]`),
            ] as const;
          }),
        };
  return {
    ...pairs("set"),
    ...pairs("fill"),
    ...pairs("add"),
    ...pairs("addToGood"),
    ...(given.remove !== undefined && {
      remove: reader.headerNames(given.remove, "response.remove"),
    }),
    ...(given.hsts !== undefined && { hsts: reader.string(given.hsts, "response.hsts") }),
    ...(given.location !== undefined && {
      location: reader.choice(given.location, "response.location", ["public"] as const),
    }),
    ...(given.relocatesAlso !== undefined && {
      relocatesAlso: reader.headerNames(given.relocatesAlso, "response.relocatesAlso"),
    }),
    ...(given.relocate !== undefined && {
      relocate: reader.list(given.relocate, "response.relocate").map((pair, index) => {
        const at = `response.relocate[${index}]`;
        const [from, to, ...more] = reader.list(pair, at);
        if (more.length > 0) throw reader.wrong(at, 'a pair: ["http://", "https://"]');
        return [reader.template(from, `${at}[0]`), reader.template(to, `${at}[1]`)] as const;
      }),
    }),
  };
}

const FIXES = ["proto", "innerProto", "host", "upgrade", "cookies", "drop", "redirect"] as const;

function readFixes(value: unknown, reader: FieldReader): EdgeFixes {
  const given = reader.object(value, "fixes", ["where", ...FIXES]);
  const fixes: Record<string, string | string[]> = {
    where: reader.string(given.where, "fixes.where"),
  };
  for (const key of FIXES) {
    if (given[key] !== undefined) fixes[key] = reader.strings(given[key], `fixes.${key}`);
  }
  return fixes as unknown as EdgeFixes;
}
