/** From a value that an edge wrote to texts with placeholders that could have made it. */
import { PLACEHOLDERS } from "../../edge/placeholders.js";
import type { EdgeRequest } from "../../edge/profile.js";
import { UNIQUE_ID } from "./seen.js";

/** Values of their own each time, by the form they have. */
const FORMS: Readonly<Record<string, string>> = {
  uuid: "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
  hex32: "[0-9a-f]{32}",
  hex24: "[0-9a-f]{24}",
  hex16: "[0-9a-f]{16}",
  "unique-id": UNIQUE_ID,
  iso8601: "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d[+-]\\d\\d:\\d\\d",
  "unix-s.ms": "1\\d{9}\\.\\d{3}",
  "unix-us": "1\\d{15}",
  "unix-ms": "1\\d{12}",
  "unix-s": "1\\d{9}",
  "unix-hex": "6[0-9a-f]{7}",
};

/** In the order in which they are preferred where several say the same. */
const EXACT = [
  "target",
  ...[
    "client",
    "peer",
    "scheme",
    "host",
    "hostname",
    "host-port",
    "port",
    "client-port",
    "client-port-number",
  ],
  ...["on-or-off", "scheme-or-ws", "path", "path-only", "query", "method", "protocol"],
  "target-localhost",
];

/** A value has many readings; those with most placeholders come first. */
const MAX_READINGS = 60;

/** Texts with placeholders that make this value of this request; the value itself is the last. */
export function readings(value: string, request: EdgeRequest): string[] {
  const found = new Set<string>();
  const names = EXACT.flatMap((name): [string, string][] => {
    // The same as the client unless somebody in front names that.
    if (name === "peer" && request.peerAddress === undefined) return [];
    const text = PLACEHOLDERS[name]?.(request) ?? "";
    // A single slash is rather a slash than the path.
    return text === "" || text === "/" ? [] : [[name, text]];
  });
  const walk = (at: number, made: string): void => {
    if (found.size >= MAX_READINGS) return;
    if (at === value.length) {
      found.add(made);
      return;
    }
    for (const [name, text] of names) {
      if (value.startsWith(text, at) && isWord(value, at, text.length)) {
        walk(at + text.length, `${made}{${name}}`);
      }
    }
    for (const [name, form] of Object.entries(FORMS)) {
      const match = new RegExp(form, "y");
      match.lastIndex = at;
      const [text] = match.exec(value) ?? [];
      if (text !== undefined && isWord(value, at, text.length)) {
        walk(at + text.length, `${made}{${name}}`);
      }
    }
    const [literal = ""] = /^(?:[A-Za-z0-9]+|[^A-Za-z0-9])/.exec(value.slice(at)) ?? [];
    walk(at + literal.length, made + literal.replaceAll("{", "{{"));
  };
  walk(0, "");
  found.add(value.replaceAll("{", "{{"));
  return [...found];
}

/** Whether a piece of a text begins and ends at the edge of a word. */
function isWord(text: string, at: number, length: number): boolean {
  const inside = (a: string | undefined, b: string | undefined): boolean =>
    a !== undefined && b !== undefined && /\w/.test(a) && /\w/.test(b);
  return !inside(text[at - 1], text[at]) && !inside(text[at + length - 1], text[at + length]);
}
