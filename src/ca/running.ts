/** Which process wrote a file, and whether it still runs. */
import { readFileSync } from "node:fs";
import { systemCode } from "../errors.js";

/** Six hexadecimal digits; no system's process ids are longer. */
export function processMark(id: number = process.pid): string {
  return id.toString(16).padStart(6, "0").slice(-6);
}

/** Whether the process with this mark, another one than this, runs. */
export function isRunning(mark: string): boolean {
  const id = Number.parseInt(mark, 16);
  if (id === process.pid) return true;
  try {
    return id > 0 && process.kill(id, 0);
  } catch (error) {
    return systemCode(error) === "EPERM"; // another user's
  }
}

/**
 * When a process started, in a form to be compared with itself: the number of one that is over is
 * given to another. Empty where the system does not say, which only Linux does in a file.
 */
export function startOf(id: number): string {
  try {
    // The name in parentheses may hold anything; the start is the 20th field after it (proc(5)).
    const text = readFileSync(`/proc/${id}/stat`, "latin1");
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
