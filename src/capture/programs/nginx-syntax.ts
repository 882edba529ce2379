/** nginx's configuration language: words, quotes, blocks and comments, read and written again. */
import { DevtlsError } from "../../errors.js";

export interface Directive {
  readonly name: string;
  /** Words as they stand in the file, quotes included. */
  readonly args: readonly string[];
  readonly block?: readonly Directive[];
  /** The text of a block in another language (`content_by_lua_block`). */
  readonly raw?: string;
  readonly file: string;
  readonly line: number;
}

/**
 * Parses a configuration.
 * @throws DevtlsError "bad-request" with file and line
 */
export function parseNginx(text: string, file: string): Directive[] {
  const reader = new Reader(text, file);
  const list = reader.block(false);
  return list;
}

/** Writes directives as a configuration. */
export function writeNginx(directives: readonly Directive[], indent = ""): string {
  return directives
    .map(({ name, args, block, raw }) => {
      const head = `${indent}${[name, ...args].join(" ")}`;
      if (raw !== undefined) return `${head} {${raw}}\n`;
      if (block === undefined) return `${head};\n`;
      return `${head} {\n${writeNginx(block, `${indent}  `)}${indent}}\n`;
    })
    .join("");
}

/** A word without its quotes. */
export function unquoted(word: string): string {
  const quote = word[0];
  if ((quote !== '"' && quote !== "'") || !word.endsWith(quote) || word.length < 2) return word;
  return word.slice(1, -1).replace(/\\(["'\\])/g, "$1");
}

class Reader {
  readonly #text: string;
  readonly #file: string;
  #at = 0;
  #line = 1;

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
  }

  block(inside: boolean): Directive[] {
    const list: Directive[] = [];
    for (;;) {
      this.#space();
      const next = this.#text[this.#at];
      if (next === undefined) {
        if (inside) throw this.#wrong('a "}" is missing at the end');
        return list;
      }
      if (next === "}") {
        if (!inside) throw this.#wrong('a "}" closes nothing');
        this.#at++;
        return list;
      }
      list.push(this.#directive());
    }
  }

  #directive(): Directive {
    const line = this.#line;
    const words: string[] = [];
    for (;;) {
      this.#space();
      const next = this.#text[this.#at];
      if (next === undefined || next === "}") {
        throw this.#wrong(`"${words[0] ?? ""}" does not end with ";"`);
      }
      const [name = "", ...args] = words;
      const made = { name, args, file: this.#file, line };
      if (next === ";") {
        this.#at++;
        if (words.length === 0) throw this.#wrong('a ";" ends nothing');
        return made;
      }
      if (next === "{") {
        this.#at++;
        if (words.length === 0) throw this.#wrong('a "{" opens nothing');
        if (/_by_lua_block$|^(?:init|set)_by_lua_block$/.test(name)) {
          return { ...made, raw: this.#lua() };
        }
        return { ...made, block: this.block(true) };
      }
      words.push(this.#word());
    }
  }

  #space(): void {
    for (;;) {
      const next = this.#text[this.#at];
      if (next === "\n") this.#line++;
      if (next !== undefined && /\s/.test(next)) this.#at++;
      else if (next === "#") {
        const end = this.#text.indexOf("\n", this.#at);
        this.#at = end < 0 ? this.#text.length : end;
      } else return;
    }
  }

  #word(): string {
    const start = this.#at;
    const quote = this.#text[start];
    if (quote === '"' || quote === "'") {
      for (this.#at++; this.#text[this.#at] !== quote; this.#at++) {
        if (this.#at >= this.#text.length) throw this.#wrong("a quote does not end");
        if (this.#text[this.#at] === "\\") this.#at++;
        if (this.#text[this.#at] === "\n") this.#line++;
      }
      this.#at++;
      return this.#text.slice(start, this.#at);
    }
    while (this.#at < this.#text.length) {
      const next = this.#text[this.#at] as string;
      if (next === "\\") this.#at += 2;
      // "${name}" is a variable, not a block.
      else if (next === "$" && this.#text[this.#at + 1] === "{") {
        const end = this.#text.indexOf("}", this.#at);
        if (end < 0) throw this.#wrong("a variable does not end");
        this.#at = end + 1;
      } else if (/[\s;{}]/.test(next)) break;
      else this.#at++;
    }
    return this.#text.slice(start, this.#at);
  }

  /** Up to the brace that closes the block; strings and comments of Lua may hold others. */
  #lua(): string {
    const start = this.#at;
    for (let depth = 1; ; this.#at++) {
      const rest = this.#text.slice(this.#at, this.#at + 1);
      if (rest === "") throw this.#wrong("a block of Lua does not end");
      if (rest === "\n") this.#line++;
      if (rest === "{") depth++;
      if (rest === "}" && --depth === 0) break;
      if (rest === '"' || rest === "'") {
        for (
          this.#at++;
          this.#text[this.#at] !== rest && this.#at < this.#text.length;
          this.#at++
        ) {
          if (this.#text[this.#at] === "\\") this.#at++;
        }
      }
    }
    const raw = this.#text.slice(start, this.#at);
    this.#at++;
    return raw;
  }

  #wrong(cause: string): DevtlsError {
    return new DevtlsError(
      "bad-request",
      `could not read ${this.#file}: line ${this.#line}: ${cause}`,
      { hint: `Check the file: nginx -t -c ${this.#file}` },
    );
  }
}
