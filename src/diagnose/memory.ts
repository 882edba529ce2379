/** What detectors remember from exchange to exchange. */
import { CookieJar } from "../cookies/jar.js";
import { AppMemory } from "./app-memory.js";
import type { DiagnosisContext } from "./context.js";

export class Memory {
  readonly context: DiagnosisContext;
  readonly apps: AppMemory;
  /** What browsers have got so far. */
  readonly jar = new CookieJar();
  readonly #own = new Map<new () => unknown, unknown>();

  constructor(context: DiagnosisContext) {
    this.context = context;
    this.apps = new AppMemory(context.learnt);
  }

  /** Milliseconds since 1970. */
  get now(): number {
    return this.context.now?.() ?? Date.now();
  }

  /** A detector's own memory, made when it is first asked for. */
  of<T>(kind: new () => T): T {
    const known = this.#own.get(kind);
    if (known !== undefined) return known as T;
    const made = new kind();
    this.#own.set(kind, made);
    return made;
  }
}
