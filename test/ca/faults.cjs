/**
 * Loaded into `devtls` before it starts (NODE_OPTIONS=--require): makes its calls that change the
 * disk slow, fail, or end in SIGKILL. DEVTLS_FAULT is "<what>:<number>":
 *
 *   kill:N   SIGKILL in place of the Nth call; a write gets half of its bytes onto the disk first.
 *            Starting a program is a call, too
 *   fail:N   the Nth call throws ENOSPC, and so do those after it that need space: a disk that is full
 *            DEVTLS_FAULT_MARK is a file that is made when it struck
 *   slow:MS  every fsync takes so many milliseconds, as on a disk that is busy
 */
const fs = require("node:fs");

const [what, text] = (process.env.DEVTLS_FAULT ?? "").split(":");
const number = Number(text);

/** In the order of a new file: its folder, a temporary name, its mode, its content, its name. */
const CALLS = ["mkdirSync", "chmodSync", "openSync", "fchmodSync", "writeFileSync"].concat(
  ["fsyncSync", "linkSync", "renameSync"],
  // Removing frees space, so a full disk does not stop it.
  what === "kill" ? ["rmSync", "rmdirSync"] : [],
);

const write = fs.writeFileSync;
let count = 0;

if (what === "kill") {
  const programs = require("node:child_process");
  const { spawn } = programs;
  programs.spawn = (...args) => {
    count++;
    if (count === number) die("spawn");
    return spawn(...args);
  };
}

function die(name) {
  write(process.env.DEVTLS_FAULT_MARK, name);
  process.kill(process.pid, "SIGKILL");
}

function isChange(name, args) {
  // Opening to read is no change; Node itself reads files through the same function.
  return name !== "openSync" || /[wa]/.test(String(args[1]));
}

for (const name of CALLS) {
  const original = fs[name];
  fs[name] = (...args) => {
    if (!isChange(name, args)) return original(...args);
    count++;
    if (what === "kill" && count === number) {
      if (name === "writeFileSync") fs.writeSync(args[0], args[1].slice(0, args[1].length >> 1));
      die(name);
    }
    const needsSpace = name !== "renameSync";
    if (what === "fail" && (count === number || (count > number && needsSpace))) {
      write(process.env.DEVTLS_FAULT_MARK, name);
      throw Object.assign(new Error(`ENOSPC: no space left on device, ${name}`), {
        code: "ENOSPC",
      });
    }
    if (what === "slow" && name === "fsyncSync") {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, number);
    }
    return original(...args);
  };
}
