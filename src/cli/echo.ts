/** `devtls echo`: the source of a small app that shows what reaches it behind an edge. */
import { randomBytes } from "node:crypto";
import type { Command } from "commander";
import {
  ECHO_PATH,
  echoSource,
  LANGUAGES,
  type Language,
  TOKEN_FORM,
} from "../capture/echoes/index.js";
import { parseChoice, usage } from "./options.js";
import { note, printJson, write } from "./output.js";
import { withExamples } from "./program.js";

interface Options {
  lang?: Language;
  token?: string;
  json?: boolean;
}

export function define(program: Command): void {
  const command = program
    .command("echo")
    .description(
      "Print a one-file app that shows who holds its token what reaches it, for devtls capture. It stops after an hour.",
    )
    .option("--lang <language>", `one of ${LANGUAGES.join(", ")}`, parseChoice("--lang", LANGUAGES))
    .option("--token <token>", "8 to 128 letters, digits, - and _ (default: random)")
    .option("--json", "print token, path and source as JSON")
    .action(run);
  withExamples(
    command,
    `devtls echo --lang node > echo.cjs      run it: PORT=8080 node echo.cjs, or app.use(require("./echo.cjs"))
devtls echo --lang python > echo.py     python3 echo.py, or gunicorn echo:application
devtls echo --lang php > echo.php       php echo.php, or a page
devtls echo --lang ruby > echo.rb       ruby echo.rb, or mount DevtlsEcho (Rack)
devtls capture https://app.example.com/devtls-echo --token T --out edge.json`,
  );
}

function run({ lang, token = randomToken(), json }: Options): void {
  if (lang === undefined) throw usage("--lang is missing", `One of: ${LANGUAGES.join(", ")}`);
  if (!TOKEN_FORM.test(token)) {
    throw usage("--token: not a token", "8 to 128 letters, digits, - and _; or leave it out");
  }
  const source = echoSource(lang, token);
  if (json) {
    printJson({ lang, token, path: ECHO_PATH, source });
    return;
  }
  write("stdout", source);
  note(`token: ${token}`);
  note(`path: ${ECHO_PATH}`);
  note(
    `Deploy it behind the edge, then: devtls capture https://YOUR-SITE${ECHO_PATH} --token ${token} --out edge.json`,
  );
  note("Who holds the token sees every header that the edge adds. Remove the echo afterwards.");
}

function randomToken(): string {
  return randomBytes(18).toString("base64url");
}
