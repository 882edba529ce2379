/** Headers that a configuration speaks of: requests that have them show what it does with them. */
import type { Fields } from "../fields.js";
import { type Directive, unquoted } from "./nginx-syntax.js";

/** What a client could not have sent otherwise; two, so that neither is taken for a fixed text. */
const VALUES = ["devtls-made", "devtls-made-2"];

/** Of one file; more is no configuration that a person has written. */
const MAX_MENTIONS = 60;

/** Of the message or of the connection; there are questions about each of them. */
const KNOWN = new Set([
  ...["host", "connection", "upgrade", "content-length", "transfer-encoding", "te", "trailer"],
  ...["expect", "keep-alive", "proxy-connection", "http2-settings", "cookie"],
]);

/** Collects names with values, each pair once. */
class Mentions {
  readonly #pairs = new Map<string, readonly [string, string]>();

  add(name: string, values: readonly string[] = VALUES): void {
    if (!/^[a-z0-9-]+$/i.test(name) || KNOWN.has(name.toLowerCase())) return;
    for (const value of values) {
      this.#pairs.set(`${name.toLowerCase()}\n${value}`, [titled(name), value]);
    }
  }

  get fields(): Fields {
    return [...this.#pairs.values()].slice(0, MAX_MENTIONS);
  }
}

function titled(name: string): string {
  return name.toLowerCase().replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase());
}

const SETS = /^(?:proxy|fastcgi)_set_header$|^more_(?:set|clear)_input_headers$/;

/** Of nginx: what `proxy_set_header` writes, and what `$http_…` reads, with the keys of its maps. */
export function mentionsIn(directives: readonly Directive[]): Fields {
  const mentions = new Mentions();
  const walk = (list: readonly Directive[]): void => {
    for (const { name, args, block } of list) {
      if (SETS.test(name)) mentions.add(unquoted(args[0] ?? ""));
      for (const arg of args) for (const read of readIn(arg)) mentions.add(read);
      if (name === "map") {
        for (const read of readIn(args[0] ?? "")) mentions.add(read, keysOf(block ?? []));
      }
      walk(block ?? []);
    }
  };
  walk(directives);
  return mentions.fields;
}

function readIn(text: string): string[] {
  return [...text.matchAll(/\$\{?http_([a-z0-9_]+)/gi)].map(([, name = ""]) =>
    name.replaceAll("_", "-"),
  );
}

/** Texts to compare with; what fits a regular expression nobody can say. */
function keysOf(block: readonly Directive[]): string[] {
  const keys = block.map(({ name }) => unquoted(name));
  const texts = keys.filter((key) => /^[\w./:; -]+$/.test(key));
  return texts.filter((key) => !["default", "hostnames", "volatile", "include"].includes(key));
}

/** Of Caddy, in JSON: what it sets, removes and looks at. */
export function mentionsInJson(objects: readonly Readonly<Record<string, unknown>>[]): Fields {
  const mentions = new Mentions();
  for (const { request, header } of objects) {
    if (isObject(header)) for (const name of Object.keys(header)) mentions.add(name);
    if (!isObject(request)) continue;
    for (const change of ["set", "add", "replace"]) {
      const names = request[change];
      if (isObject(names)) for (const name of Object.keys(names)) mentions.add(name);
    }
    const removed = Array.isArray(request.delete) ? request.delete : [];
    for (const name of removed) mentions.add(String(name).replaceAll("*", "X"));
  }
  for (const name of readFrom(JSON.stringify(objects))) mentions.add(name);
  return mentions.fields;
}

function readFrom(json: string): string[] {
  return [...json.matchAll(/\{http\.request\.header\.([A-Za-z0-9-]+)\}/g)].map(
    ([, name = ""]) => name,
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
