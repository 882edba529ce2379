/** What somebody who calls devtls through sudo has to know. */
import { sudoStranger } from "../ca/ownership.js";
import { stateDirectory } from "../paths.js";
import { note } from "./output.js";

/** That the authority is root's, which is easily taken for one's own. */
export function noteSudo(): void {
  const directory = stateDirectory();
  const user = sudoStranger(directory);
  if (user === undefined) return;
  note(`sudo runs devtls as root: ${directory} is not the authority of ${user}.`);
  note("Run devtls without sudo: it asks for the rights that it needs.");
}
