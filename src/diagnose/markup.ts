/**
 * Where in a document of HTML or XML a position lies: enough of the HTML tokenizer (HTML 13.2.5) to
 * tell attributes, scripts, comments and text apart, in pieces of any size.
 */

export type Place =
  | "text"
  | "comment"
  /** Between `<` and `>`, but in no value. */
  | "tag"
  | "value"
  | "script"
  | "style"
  /** Text in which tags mean nothing: textarea, title. */
  | "plain";

/** Elements whose content is no markup (HTML 13.1.2). */
const RAW: Readonly<Record<string, Place>> = {
  script: "script",
  style: "style",
  textarea: "plain",
  title: "plain",
};

const TAG = /<(\/?)([a-z][^\s/>]{0,60})/iy;
/** What begins something in which tags mean nothing. */
const OPAQUE = /<(?:!--|(script|style|textarea|title)(?=[\s/>]))/gi;
const NAME = /[^\s"'<>/=]{1,60}/y;
const VALUE_END = /[\s>]/g;

export class Markup {
  readonly #isXml: boolean;
  place: Place = "text";
  /** The element whose tag this is, in lower case. */
  tag = "";
  /** The attribute whose value this is, in lower case. */
  attribute = "";
  /** What `rel` and `as` of a link say, once they were read. */
  rel = "";
  as = "";
  #isEnd = false;
  /** What ends the value; "" where white space does. */
  #quote = "";
  /** What ends a comment or a declaration. */
  #close = "-->";

  constructor(isXml: boolean) {
    this.#isXml = isXml;
  }

  /**
   * Reads from a position to another one, or a little further.
   * @param text goes on for {@link MARKUP_AHEAD} characters after `to`, unless the document ends
   * @returns how far it was read
   */
  advance(text: string, from: number, to: number): number {
    let at = from;
    while (at < to) {
      switch (this.place) {
        case "text":
          at = this.#text(text, at, to);
          break;
        case "comment":
          at = this.#until(this.#close, text, at, to);
          break;
        case "tag":
          at = this.#inTag(text, at);
          break;
        case "value":
          at = this.#value(text, at, to);
          break;
        default:
          at = this.#raw(text, at, to);
      }
    }
    return at;
  }

  /**
   * As {@link advance}, but sees nothing besides comments and the elements whose content is no
   * markup: ten times as fast, for the way to the first place that matters.
   */
  skim(text: string, from: number, to: number): number {
    let at = from;
    while (at < to) {
      if (this.place === "comment") at = this.#until(this.#close, text, at, to);
      else if (this.place === "text") at = this.#toOpaque(text, at, to);
      else at = this.#raw(text, at, to);
    }
    return at;
  }

  #toOpaque(text: string, from: number, to: number): number {
    OPAQUE.lastIndex = from;
    const match = OPAQUE.exec(text);
    if (!match || match.index >= to) return to;
    const [whole, name] = match;
    const at = match.index + whole.length;
    if (name === undefined) return this.#comment("-->", at);
    if (this.#isXml) return at;
    this.tag = name.toLowerCase();
    this.place = RAW[this.tag] as Place;
    return at;
  }

  #text(text: string, from: number, to: number): number {
    const at = text.indexOf("<", from);
    if (at < 0 || at >= to) return to;
    if (text.startsWith("<!--", at)) return this.#comment("-->", at + 4);
    if (text.startsWith("<![CDATA[", at)) return at + 9;
    const next = text[at + 1];
    if (next === "!" || next === "?") return this.#comment(">", at + 2);
    TAG.lastIndex = at;
    const [whole, slash, name] = TAG.exec(text) ?? [];
    if (whole === undefined) return at + 1;
    this.place = "tag";
    this.tag = (name as string).toLowerCase();
    this.#isEnd = slash !== "";
    this.attribute = "";
    this.rel = "";
    this.as = "";
    return at + whole.length;
  }

  #comment(close: string, at: number): number {
    this.place = "comment";
    this.#close = close;
    return at;
  }

  #until(close: string, text: string, from: number, to: number): number {
    const at = text.indexOf(close, from);
    if (at < 0 || at >= to) return to;
    this.place = "text";
    return at + close.length;
  }

  #inTag(text: string, at: number): number {
    const character = text[at] as string;
    if (character === ">") {
      this.place = (this.#isEnd || this.#isXml ? undefined : RAW[this.tag]) ?? "text";
      return at + 1;
    }
    if (character === "=") return this.#beginValue(text, at + 1);
    NAME.lastIndex = at;
    const [name] = NAME.exec(text) ?? [];
    if (name === undefined) return at + 1;
    this.attribute = name.toLowerCase();
    return at + name.length;
  }

  #beginValue(text: string, from: number): number {
    let at = from;
    // White space beyond what can be looked at is nobody's writing.
    while (at < from + 16 && /\s/.test(text[at] ?? "x")) at++;
    const first = text[at];
    this.#quote = first === '"' || first === "'" ? first : "";
    this.place = "value";
    if (this.attribute === "rel") this.rel = wordsOf(text.slice(at, at + 40));
    else if (this.attribute === "as") this.as = wordsOf(text.slice(at, at + 40));
    return at + this.#quote.length;
  }

  #value(text: string, from: number, to: number): number {
    let at: number;
    if (this.#quote !== "") at = text.indexOf(this.#quote, from);
    else {
      VALUE_END.lastIndex = from;
      at = VALUE_END.exec(text)?.index ?? -1;
    }
    if (at < 0 || at >= to) return to;
    this.place = "tag";
    this.attribute = "";
    return at + this.#quote.length;
  }

  #raw(text: string, from: number, to: number): number {
    const at = text.indexOf("</", from);
    if (at < 0 || at >= to) return to;
    const name = text.slice(at + 2, at + 2 + this.tag.length);
    if (name.toLowerCase() !== this.tag) return at + 2;
    this.place = "text";
    return at;
  }
}

/** The words that a value begins with, in lower case. */
export function wordsOf(text: string): string {
  const [, double, single, bare] = /^(?:"([\w -]*)|'([\w -]*)|([\w-]*))/.exec(text) ?? [];
  return (double ?? single ?? bare ?? "").toLowerCase();
}
