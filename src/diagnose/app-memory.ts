/** What was learnt of each app from its responses: its framework, the server it runs on. */
import { type Framework, recognise } from "./frameworks.js";
import { first } from "./lines.js";

/** Responses of an app that are searched for its framework. */
const MAX_LOOKS = 200;

interface Known {
  looks: number;
  framework: Framework | undefined;
  server: string | undefined;
}

export class AppMemory {
  readonly #apps = new Map<string, Known>();

  /** Looks until the framework is known, but not for ever: most responses betray nothing. */
  learn(target: string, response: readonly string[], important: boolean): void {
    let known = this.#apps.get(target);
    if (!known) {
      known = { looks: 0, framework: undefined, server: undefined };
      this.#apps.set(target, known);
    }
    if (known.framework || (known.looks >= MAX_LOOKS && !important)) return;
    known.looks++;
    known.server ??= first(response, "server");
    known.framework = recognise(response);
  }

  /** Nothing more is to be learnt from pages like others. */
  isDone(target: string): boolean {
    const known = this.#apps.get(target);
    return known !== undefined && (known.framework !== undefined || known.looks >= MAX_LOOKS);
  }

  frameworkOf(target: string): Framework | undefined {
    return this.#apps.get(target)?.framework;
  }

  serverOf(target: string): string | undefined {
    return this.#apps.get(target)?.server;
  }
}
