/** The entry point of `devtls serve` alone, for the same reason as main-cert.ts. */
import { run } from "./program.js";

run(process.argv.slice(2), { serve: () => import("./serve.js") }).then((status) => {
  process.exitCode = status;
});
