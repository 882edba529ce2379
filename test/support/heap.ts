/** How much memory objects take, whatever the collector had in mind. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Octets of what is still reachable. */
export function heapUsed(): number {
  collect();
  return process.memoryUsage().heapUsed;
}
