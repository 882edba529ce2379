/** JSON as people write configuration: with comments, trailing commas and a byte order mark. */
import { type ParseError, parse, printParseErrorCode } from "jsonc-parser";

/** By the names that the parser has for them. */
const PROBLEMS: Readonly<Record<string, string>> = {
  InvalidSymbol: "a word that JSON does not know",
  InvalidNumberFormat: "no number",
  PropertyNameExpected: "a key in double quotes is missing",
  ValueExpected: "a value is missing",
  ColonExpected: "a colon is missing",
  CommaExpected: "a comma is missing",
  CloseBraceExpected: "a closing } is missing",
  CloseBracketExpected: "a closing ] is missing",
  EndOfFileExpected: "something follows its end",
  InvalidCommentToken: "no comment",
  UnexpectedEndOfComment: "a comment does not end",
  UnexpectedEndOfString: "a text does not end on its line",
  UnexpectedEndOfNumber: "a number does not end",
  InvalidUnicode: "no character by its number",
  InvalidEscapeCharacter: "a backslash before what it does not escape",
  InvalidCharacter: "a control character in a text",
};

/**
 * Reads JSON with comments.
 * @throws SyntaxError whose message names the first problem, its line and its column, from 1
 */
export function parseJsonc(text: string): unknown {
  const json = text.replace(/^\uFEFF/, "");
  try {
    return JSON.parse(json);
  } catch {
    // It has comments, or is none: the other parser says which, and where.
  }
  const errors: ParseError[] = [];
  const value: unknown = parse(json, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first) {
    const before = json.slice(0, first.offset).split(/\r\n|\r|\n/);
    const at = `line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`;
    throw new SyntaxError(`${PROBLEMS[printParseErrorCode(first.error)] ?? "it ends"} (${at})`);
  }
  if (!isPlain(value)) throw new SyntaxError('the key "__proto__" means nothing here');
  return value;
}

/** The parser assigns keys, and this one would give an object what it does not hold. */
function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  const expected = Array.isArray(value) ? Array.prototype : Object.prototype;
  return Object.getPrototypeOf(value) === expected && Object.values(value).every(isPlain);
}
