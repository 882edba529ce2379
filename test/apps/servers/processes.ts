/** Applications that read their configuration at their start: one process for each. */
import { freePort } from "../../support/cli.js";
import type { Installed, Pasted } from "../app.js";

/**
 * @param run starts it on a port with what was pasted; it is ready when this resolves
 * @param first the port for the one that nothing was pasted into
 */
export function oneForEach(
  first: number,
  run: (pasted: Pasted, port: number) => Promise<unknown>,
): Installed {
  const started = new Map<string, Promise<number>>();
  const begin = async (pasted: Pasted): Promise<number> => {
    const port = started.size === 0 ? first : await freePort();
    await run(pasted, port);
    return port;
  };
  return {
    paste: ({ lines, env, replaced }) => {
      const pasted = { lines, env, replaced };
      const key = JSON.stringify(pasted);
      const port = started.get(key) ?? begin(pasted);
      started.set(key, port);
      return port;
    },
  };
}
