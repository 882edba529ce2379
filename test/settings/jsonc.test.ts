/** Configuration as people write it, and where it stops being JSON. */
import { describe, expect, it } from "vitest";
import { parseJsonc } from "../../src/settings/jsonc.js";

describe("JSON with comments", () => {
  it.each([
    ["JSON as it is", '{"a":[1,{"b":null}]}', { a: [1, { b: null }] }],
    ["a byte order mark", '\uFEFF{"a":1}', { a: 1 }],
    ["comments of both kinds", '// one\n{ /* two */ "a": 1 // three\n}', { a: 1 }],
    ["what looks like a comment in a text", '{"a":"http://x /* y */"}', { a: "http://x /* y */" }],
    ["trailing commas", '{"a":[1,2,],}', { a: [1, 2] }],
    ["lines of Windows", '{\r\n"a": 1\r\n}\r\n', { a: 1 }],
  ])("may have %s", (_what, text, value) => {
    expect(parseJsonc(text)).toEqual(value);
  });

  it.each([
    ["nothing", "", "a value is missing (line 1, column 1)"],
    ["a missing comma", '{\n  "a": 1\n  "b": 2\n}', "a comma is missing (line 3, column 3)"],
    ["a missing colon", '{\r\n  "a" 1\r\n}', "a colon is missing (line 2, column 7)"],
    ["a key without quotes", "{ a: 1 }", "a word that JSON does not know (line 1, column 3)"],
    ["a missing brace", '{"a": {"b": 1}', "a closing } is missing (line 1, column 15)"],
    ["a missing bracket", '{"a": [1', "a closing ] is missing (line 1, column 9)"],
    [
      "a text that does not end",
      '{"a": "b\n}',
      "a text does not end on its line (line 1, column 7)",
    ],
    ["something behind it", "{} {}", "something follows its end (line 1, column 4)"],
    ["a comment that does not end", "{} /*", "a comment does not end (line 1, column 4)"],
  ])("with %s is refused where that is", (_what, text, message) => {
    expect(() => parseJsonc(text)).toThrow(new SyntaxError(message));
  });

  it("cannot give an object what it does not hold", () => {
    const text = '{"a": {"__proto__": {"target": 1}}}';
    expect((parseJsonc(text) as { a: { target?: number } }).a.target).toBeUndefined();
    expect(() => parseJsonc(`${text} // more`)).toThrow("__proto__");
  });
});
