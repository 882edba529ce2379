/** The lines of requests: those that are wanted, and what repeats as one line with a count. */

/** Which requests get a line. */
export const REQUESTS = ["all", "problems", "none"] as const;
export type Requests = (typeof REQUESTS)[number];

/** One request, as far as its line tells it from others. */
export interface RequestLine {
  /** Lines with the same key are the same line. */
  readonly key: string;
  /** @param count how often it came */
  readonly text: (count: number) => string | undefined;
}

/** A loop goes round faster than this; a person does not notice that a line comes so much later. */
const SILENCE_MS = 250;
/** What goes on and on is said that often. */
const LONGEST_MS = 2_000;
/** Lines that are held back: those of a loop, not those of a page's assets. */
const MOST = 8;

interface Held {
  readonly line: RequestLine;
  count: number;
}

/** Holds lines back for a moment, in which they may come again. */
export class RequestLines {
  readonly #print: (text: string) => void;
  readonly #held = new Map<string, Held>();
  #silence: NodeJS.Timeout | undefined;
  #longest: NodeJS.Timeout | undefined;

  constructor(print: (text: string) => void) {
    this.#print = print;
  }

  add(line: RequestLine): void {
    const held = this.#held.get(line.key);
    if (held) held.count++;
    else this.#held.set(line.key, { line, count: 1 });
    if (this.#held.size > MOST) this.#release([...this.#held.keys()].slice(0, 1));
    const flush = (): void => this.flush();
    clearTimeout(this.#silence);
    this.#silence = setTimeout(flush, SILENCE_MS);
    this.#longest ??= setTimeout(flush, LONGEST_MS);
  }

  /** Prints what is held back. */
  flush(): void {
    clearTimeout(this.#silence);
    clearTimeout(this.#longest);
    this.#longest = undefined;
    this.#release([...this.#held.keys()]);
  }

  #release(keys: readonly string[]): void {
    for (const key of keys) {
      const held = this.#held.get(key);
      this.#held.delete(key);
      const text = held?.line.text(held.count);
      if (text !== undefined) this.#print(text);
    }
  }
}
