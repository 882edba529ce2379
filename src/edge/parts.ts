/** The parts of a request head that an edge arranges. */
import type { HeadPart } from "./profile.js";

export const HEAD_PARTS: readonly HeadPart[] = [
  ...(["host", "user-agent", "edge", "client", "sorted"] as const),
  ...(["framing", "connection", "upgrade", "late"] as const),
];

export interface Parts {
  /** The client's lines, but for those that the edge replaces. */
  readonly client: string[];
  readonly edge: string[];
  readonly late: string[];
}

/** Whether an entry of `order` is a part; others name a header. */
export function isPart(name: string): name is HeadPart {
  return (HEAD_PARTS as readonly string[]).includes(name);
}
