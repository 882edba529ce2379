/** Changes of the store as server-sent events; who reads slowly is sent less often, not more. */
import type { ServerResponse } from "node:http";
import type { Row } from "./rows.js";

/** Rows of one event. */
const MOST = 500;
/** How soon a change is sent; changes in between go together. */
const TOGETHER_MS = 40;
/** Octets that wait for a reader before it is sent more. */
const MAX_WAITING = 1024 * 1024;
/** A line now and then shows both ends that the other is there. */
const ALIVE_MS = 15_000;

/** What there is to follow. */
export interface Followed {
  /** What changed after a version, and the version that this leads to. */
  changes(since: number, most: number): { readonly rows: readonly Row[]; readonly version: number };
  onChange(listener: () => void): () => void;
}

/**
 * Follows until the reader leaves.
 * @param since the last version that the reader knows; 0 for none
 */
export function follow(response: ServerResponse, followed: Followed, since: number): void {
  let known = since;
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    timer = undefined;
    while (response.writableLength < MAX_WAITING) {
      const { rows, version } = followed.changes(known, MOST);
      if (version === known) return;
      known = version;
      response.write(`id: ${version}\nevent: rows\ndata: ${JSON.stringify(rows)}\n\n`);
    }
  };
  const soon = (): void => {
    timer ??= setTimeout(flush, TOGETHER_MS);
  };
  const stop = followed.onChange(soon);
  const alive = setInterval(() => {
    if (response.writableLength === 0) response.write(": here\n\n");
  }, ALIVE_MS);
  response.on("drain", soon);
  response.on("close", () => {
    stop();
    clearTimeout(timer);
    clearInterval(alive);
  });
  response.write("retry: 1000\n\n");
  flush();
}
