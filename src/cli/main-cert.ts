/**
 * The entry point of `devtls cert` alone. Reading and compiling every other command's code would
 * add a third to what this command takes.
 */
import { run } from "./program.js";

run(process.argv.slice(2), { cert: () => import("./cert.js") }).then((status) => {
  process.exitCode = status;
});
