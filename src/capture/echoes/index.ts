/** The one-file apps that show what reaches them, by language. */
import { NODE } from "./node.js";
import { PHP } from "./php.js";
import { PYTHON } from "./python.js";
import { RUBY } from "./ruby.js";

export const LANGUAGES = ["node", "python", "php", "ruby"] as const;
export type Language = (typeof LANGUAGES)[number];

const SOURCES: Readonly<Record<Language, string>> = {
  node: NODE,
  python: PYTHON,
  php: PHP,
  ruby: RUBY,
};

/** The path below which the echo is expected in an app. */
export const ECHO_PATH = "/devtls-echo";

/** The source of an echo that answers to this token, which has only letters, digits, "-" and "_". */
export function echoSource(language: Language, token: string): string {
  return SOURCES[language].replace("@TOKEN@", token);
}

/** What a token looks like. */
export const TOKEN_FORM = /^[A-Za-z0-9_-]{8,128}$/;
