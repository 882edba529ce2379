/** Reads the fields of a JSON file, and names the one that is wrong. */
import { causeOf, DevtlsError } from "../errors.js";
import { isOwnLine } from "./head.js";
import { compileValue } from "./placeholders.js";

export class FieldReader {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  wrong(field: string, allowed: string): DevtlsError {
    return new DevtlsError("usage", `could not read ${this.#file}: ${field} has to be ${allowed}`, {
      hint: "See a profile as an example: devtls edges nginx --json",
    });
  }

  object(value: unknown, at: string, keys: readonly string[]): Record<string, unknown> {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw this.wrong(at, "an object");
    }
    const stray = Object.keys(value).find((key) => !keys.includes(key));
    if (stray !== undefined) {
      const field = at === "the file" ? stray : `${at}.${stray}`;
      throw this.wrong(field, `left out; ${at} knows ${keys.join(", ")}`);
    }
    return value as Record<string, unknown>;
  }

  list(value: unknown, at: string): unknown[] {
    if (Array.isArray(value)) return value;
    throw this.wrong(at, "a list");
  }

  string(value: unknown, at: string): string {
    if (typeof value === "string" && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return value;
    throw this.wrong(at, "a text without control characters");
  }

  strings(value: unknown, at: string): string[] {
    return this.list(value, at).map((entry, index) => this.string(entry, `${at}[${index}]`));
  }

  /** Paths, each from its first slash on. */
  paths(value: unknown, at: string): string[] {
    return this.list(value, at).map((entry, index) => {
      if (typeof entry === "string" && /^\/[\x21-\x7e]*$/.test(entry)) return entry;
      throw this.wrong(`${at}[${index}]`, "a path such as /health");
    });
  }

  template(value: unknown, at: string): string {
    const text = this.string(value, at);
    try {
      compileValue(text);
    } catch (error) {
      throw this.wrong(at, `a text with known placeholders only: ${causeOf(error)}`);
    }
    return text;
  }

  headerName(value: unknown, at: string): string {
    if (typeof value !== "string" || !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(value)) {
      throw this.wrong(at, "a header name");
    }
    if (!isOwnLine(value)) return value;
    throw this.wrong(at, "another header: devtls itself says where a message ends");
  }

  headerNames(value: unknown, at: string): string[] {
    return this.list(value, at).map((entry, index) => this.headerName(entry, `${at}[${index}]`));
  }

  flag(value: unknown, at: string): boolean {
    if (typeof value === "boolean") return value;
    throw this.wrong(at, "true or false");
  }

  integer(value: unknown, at: string, from: number, to: number): number {
    if (Number.isInteger(value) && (value as number) >= from && (value as number) <= to) {
      return value as number;
    }
    throw this.wrong(at, `a whole number from ${from} to ${to}`);
  }

  choice<T extends string>(value: unknown, at: string, choices: readonly T[]): T {
    const found = choices.find((candidate) => candidate === value);
    if (found !== undefined) return found;
    throw this.wrong(at, `one of ${choices.join(", ")}`);
  }
}
