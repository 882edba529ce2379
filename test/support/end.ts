/** What is done when a test file is over: programs stopped, servers closed, folders removed. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const endings: (() => unknown)[] = [];

/** Has something done when the test file is over, before what was asked for earlier. */
export function atEnd(action: () => unknown): void {
  endings.push(action);
}

/** A folder that goes with the test file, also when it is made while a test or hook runs. */
export function folderUntilEnd(prefix = "devtls-test-"): string {
  const path = mkdtempSync(join(tmpdir(), prefix));
  atEnd(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/**
 * Does all of it, also what follows a failure.
 * @throws the first failure
 */
export async function endTestFile(): Promise<void> {
  const failures: unknown[] = [];
  for (let end = endings.pop(); end; end = endings.pop()) {
    try {
      await end();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
