/**
 * Stands between devtls and the dev server, in a session of its own: when devtls is gone, however
 * it ended, the pipe to it closes, and the guard ends every process that the dev server started.
 * `node guard.js COMMAND ARGS…`, the pipe as descriptor 3.
 */
import { spawn } from "node:child_process";
import { Socket } from "node:net";
import { processTree, signalAll } from "../dev-server/processes.js";

/** For the dev server to end in order before it is killed. */
const GRACE_MS = 3_000;
const LOOK_AGAIN_MS = 20;

/** A shell's exit status for a process that a signal ended is 128 and the signal's number. */
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15 } as const;
type Forwarded = keyof typeof SIGNALS;

const [command = "", ...args] = process.argv.slice(2);
const pipe = new Socket({ fd: 3, readable: true, writable: true });
const child = spawn(command, args, { stdio: "inherit" });
let ending = false;

child.once("error", (error: NodeJS.ErrnoException) => {
  // devtls says it; the exit statuses are those of shells.
  process.exitCode = error.code === "ENOENT" ? 127 : 126;
  pipe.end(error.code ?? error.message);
});
child.once("exit", (code, signal) => {
  process.exitCode = code ?? 128 + (SIGNALS[signal as Forwarded] ?? 9);
  endAll("SIGTERM");
});
for (const signal of Object.keys(SIGNALS) as Forwarded[]) {
  process.on(signal, () => endAll(signal));
}
process.on("SIGWINCH", () => signalAll(others(), "SIGWINCH"));
pipe.once("close", () => endAll("SIGTERM"));
pipe.on("error", () => undefined);
pipe.resume();

function others(): number[] {
  return processTree(process.pid).filter((pid) => pid !== process.pid);
}

/** Tells every process to end, kills those that do not, and ends when none is left. */
function endAll(signal: NodeJS.Signals): void {
  signalAll(others(), signal);
  if (ending) return;
  ending = true;
  const deadline = Date.now() + GRACE_MS;
  const look = (): void => {
    const left = others();
    if (left.length === 0) process.exit();
    if (Date.now() > deadline) signalAll(left, "SIGKILL");
    setTimeout(look, LOOK_AGAIN_MS);
  };
  look();
}
