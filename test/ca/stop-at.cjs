/**
 * Loaded into `devtls` before it starts (NODE_OPTIONS=--require).
 *
 *   DEVTLS_STOP_AT     N: the process stops itself (SIGSTOP) before its Nth call that touches a
 *                      certificate's files or the root, and says "stopped" on its error output
 *   otherwise          it says "waits" when a lock is somebody else's, or a read has to be repeated
 */
const fs = require("node:fs");

const at = Number(process.env.DEVTLS_STOP_AT ?? 0);
const TOUCHED = /\/(?:\.?localhost[^/]*|rootCA\.pem|\.[a-z]+\.lock)$/;
const LOCK = /\.lock$/;
let count = 0;

function say(word) {
  fs.writeSync(2, `${word}\n`);
}

for (const name of ["openSync", "linkSync", "renameSync", "rmSync"]) {
  const original = fs[name];
  fs[name] = (...args) => {
    const path = args
      .slice(0, 2)
      .filter((arg) => typeof arg === "string")
      .at(-1);
    const touched = [args[0], path].some((arg) => TOUCHED.test(String(arg)));
    if (touched && ++count === at) {
      say("stopped");
      process.kill(process.pid, "SIGSTOP");
    }
    try {
      return original(...args);
    } catch (error) {
      if (name === "linkSync" && error.code === "EEXIST" && LOCK.test(args[1])) say("waits");
      throw error;
    }
  };
}

// What reads an authority in the midst of its replacement blocks until that is over.
const { wait } = Atomics;
Atomics.wait = (...args) => {
  say("waits");
  return wait(...args);
};
