/** What people type before they know the words, and what they most likely mean. */
import { isProgram } from "../dev-server/programs.js";
import { DevtlsError } from "../errors.js";
import type { ReadFile } from "../init/propose.js";
import { WORDS } from "../settings/vocabulary.js";
import { shellWords } from "../words.js";
import { usage } from "./options.js";

/** Options whose value is the next word. */
const VALUED = new Set(
  WORDS.filter(({ takes, optional }) => takes && !optional).map(({ name }) => `--${name}`),
);

/**
 * The dev server's own command among the arguments of `devtls serve`, where nobody put `--` before
 * it: from the first word on that is a program here.
 * @returns an error that shows where `--` goes, or undefined
 */
export function forgottenDashes(words: readonly string[], folder: string): Error | undefined {
  const start = words.findIndex(
    (word, index) =>
      !word.startsWith("-") &&
      !VALUED.has(words[index - 1] ?? "") &&
      isProgram(word, folder, process.env),
  );
  if (start < 0) return undefined;
  const line = ["devtls", "serve", ...words.slice(0, start), "--", ...words.slice(start)];
  return usage("put -- before the command", shellWords(line));
}

/** `devtls serve` without anything to serve: what there is to start here, or how to name it. */
export function missingTarget(read: ReadFile): DevtlsError {
  const start = startsOf(read);
  const hint = start
    ? [
        `Start this project's dev server with it: devtls serve -- ${start}`,
        "Or have that written down once: devtls init",
        "Or name the port that one listens on already: devtls serve --target 8000",
      ]
    : [
        "Name the port of your dev server: devtls serve --target 8000",
        "Or start it with devtls: devtls serve -- COMMAND",
        "Or try the demo: devtls serve --demo",
      ];
  return new DevtlsError("usage", "--target is missing", { hint: hint.join("\n") });
}

/** How a project's dev server may be started, by the files of its folder. */
function startsOf(read: ReadFile): string | undefined {
  const scripts = scriptsOf(read("package.json"));
  const script = ["dev", "start", "serve"].find((name) => scripts.includes(name));
  if (script) return script === "start" ? "npm start" : `npm run ${script}`;
  return read("manage.py") === undefined ? undefined : "python3 manage.py runserver {port}";
}

function scriptsOf(text: string | undefined): string[] {
  try {
    const { scripts } = JSON.parse(text ?? "{}") as { scripts?: object };
    return Object.keys(scripts ?? {});
  } catch {
    return [];
  }
}
