/** What the table has to know of an application. */
import { existsSync } from "node:fs";
import type { FrameworkId } from "../../src/diagnose/frameworks/index.js";
import type { Step } from "./visit.js";

/** Where an application is. */
export interface Place {
  /** The application's own port, on 127.0.0.1. */
  readonly port: number;
  /** Where visitors find it: "https://blog.test:8443". */
  readonly publicUrl: string;
  /** Where its files and its data go: empty, and gone when the test is. */
  readonly folder: string;
}

/** What of a printed fix concerns the application. */
export interface Pasted {
  readonly lines: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What is to stand in its configuration in the place of something else. */
  readonly replaced: readonly (readonly [text: string, by: string])[];
}

/** A configuration with what is pasted into it besides lines. */
export function replacing(text: string, { replaced }: Pasted): string {
  return replaced.reduce((changed, [from, to]) => changed.replaceAll(from, to), text);
}

export interface App {
  readonly name: string;
  /** The host name that visitors use. */
  readonly host: string;
  /** What devtls may take it for. */
  readonly framework: FrameworkId | null;
  /** Where lines go that are for it, as the label of a fix names it. */
  readonly places: RegExp;
  /** Why it cannot run here, or undefined. */
  readonly whyNot: () => string | undefined;
  /** What a visitor does. */
  readonly steps: readonly Step[];
  /**
   * Sets it up as its documentation says, with one user.
   * @param configuration one of those that the table names
   */
  install(place: Place, configuration: string): Promise<Installed>;
}

export interface Installed {
  /**
   * Puts these lines, and no others from before, into the files that they are for.
   * @returns the port of the process that has read them
   * @throws when it does not start with them
   */
  paste(pasted: Pasted): Promise<number>;
}

/** Why an application cannot run here: what its packages bring is not there; or undefined. */
export function absent(paths: readonly string[]): string | undefined {
  const away = paths.filter((path) => !existsSync(path));
  if (away.length === 0) return undefined;
  return `${away.join(", ")} not there; sudo test/install-debian-packages.sh --apps`;
}

/** The one user of each application. */
export const USER = { name: "ada", password: "correct-Horse-battery-9", mail: "ada@example.org" };

/** The smallest PNG that applications take for a picture: one pixel, repeated to 16 by 16. */
export const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAFklEQVR42mPQqDhBEmIY1TCqYfhqAADDSmgQB35GTAAAAABJRU5ErkJggg==",
  "base64",
);
