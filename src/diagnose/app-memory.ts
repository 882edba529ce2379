/** What was learnt of each app from its responses: its framework and version, its server. */

import { first } from "../lines.js";
import type { Observation } from "./finding.js";
import { FRAMEWORKS, likelyBy, recogniseBy, traitsOf } from "./frameworks/index.js";
import type { Framework } from "./frameworks/record.js";
import type { Known } from "./frameworks/settings.js";

/** One app as far as its responses have shown it. */
export interface App {
  readonly known: Known | undefined;
  /** What it may be by the server that it runs on, as long as it is not known. */
  readonly likely?: readonly Framework[] | undefined;
  /** The Server field of its responses. */
  readonly server: string | undefined;
}

/** Responses of an app that are searched for its framework. */
const MAX_LOOKS = 200;

interface Learnt {
  looks: number;
  framework: Framework | undefined;
  version: string | undefined;
  server: string | undefined;
  likely: readonly Framework[] | undefined;
}

const UNKNOWN: App = { known: undefined, server: undefined };

export class AppMemory {
  readonly #apps: Map<string, Learnt>;

  /** @param before what has been learnt already, which stays as it is */
  constructor(before?: AppMemory) {
    const known = before ? [...before.#apps] : [];
    this.#apps = new Map(known.map(([target, learnt]) => [target, { ...learnt, looks: 0 }]));
  }

  /** Looks until the framework is known, but not for ever: most responses betray nothing. */
  learn({ target, response, url, status, page }: Observation): void {
    const known = this.#of(target);
    // Redirects and errors are made by the framework itself, and say most about it.
    const isTelling = page !== undefined || (status >= 300 && status < 400);
    if (known.looks >= MAX_LOOKS && !isTelling) return;
    known.looks++;
    known.server ??= first(response, "server");
    const seen = traitsOf(response, url, page);
    known.likely ??= likelyBy(seen);
    const found = recogniseBy(seen);
    if (found && comesBefore(found, known.framework)) {
      if (found.name !== known.framework?.name) known.version = undefined;
      known.framework = found;
    }
    const version = known.framework?.versionIn?.(seen);
    // What a page says is surer than what headers suggest.
    if (version !== undefined && (known.version === undefined || page !== undefined)) {
      known.version = version;
    }
  }

  /** Nothing more is to be learnt from pages like others. */
  isDone(target: string): boolean {
    const known = this.#apps.get(target);
    if (known === undefined) return false;
    if (known.looks >= MAX_LOOKS) return true;
    const { framework } = known;
    return framework !== undefined && !framework.general && known.looks >= ENOUGH;
  }

  of(target: string): App {
    const learnt = this.#apps.get(target);
    if (!learnt) return UNKNOWN;
    const { framework, version, server, likely } = learnt;
    return { known: framework && { framework, version }, server, likely };
  }

  #of(target: string): Learnt {
    let known = this.#apps.get(target);
    if (!known) {
      known = {
        looks: 0,
        ...{ framework: undefined, version: undefined, server: undefined, likely: undefined },
      };
      this.#apps.set(target, known);
    }
    return known;
  }
}

/** Pages after which an application shows that it is more than the framework below it. */
const ENOUGH = 20;

/** An application says more than what it is made with; one framework does not become another. */
function comesBefore(found: Framework, known: Framework | undefined): boolean {
  if (known === undefined || found.name === known.name) return true;
  if (!known.general && found.id !== known.id) return false;
  return FRAMEWORKS.indexOf(found) < FRAMEWORKS.indexOf(known);
}
