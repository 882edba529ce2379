/**
 * What a terminal would act on, made visible. Header lines, certificates, file names and
 * configurations are written by others; in them ESC and the C1 controls (ECMA-48) move the cursor,
 * set the title, fill the clipboard or hide what was said before.
 */
import { ACTIVE } from "../words.js";

/** Text that a terminal shows and does nothing else with: ESC becomes the four characters \x1b. */
export function printable(text: string): string {
  return text.replace(ACTIVE, (character) => {
    const code = character.charCodeAt(0);
    const hex = code.toString(16);
    return code < 0x100 ? `\\x${hex.padStart(2, "0")}` : `\\u${hex}`;
  });
}

/** Begins devtls's own colours; nobody else can know it. */
const COLOUR = `\x1b${Math.random().toString(36).slice(2)}[`;

/** Text in a colour, for {@link shown}. @param code SGR parameters (ECMA-48 8.3.117) */
export function coloured(code: number | string, text: string): string {
  return `${COLOUR}${code}m${text}${COLOUR}0m`;
}

/** As {@link printable}, with devtls's own colours. */
export function shown(text: string): string {
  return text.split(COLOUR).map(printable).join("\x1b[");
}
