/** What the list shows of a record. Pure types: the page has them, too. */
import type { Recorded } from "./record.js";

export interface Row {
  readonly id: number;
  readonly at: number;
  readonly source: Recorded["source"];
  readonly method: string;
  readonly scheme: "https" | "http";
  readonly host: string;
  readonly path: string;
  readonly status: number;
  readonly ms: number;
  readonly bytes: number;
  readonly type: string;
  readonly own: boolean;
  readonly over: boolean;
  readonly broken: string;
  readonly upgrade: string;
  readonly chain: number;
  readonly findings: readonly string[];
}

/** For the list: a path longer than this says no more. */
const MAX_PATH = 500;

export function rowOf(record: Recorded, codes: (findings: readonly number[]) => string[]): Row {
  const { id, at, source, asked, status, milliseconds, bytes, own, over } = record;
  return {
    ...{ id, at, source, method: asked.method, scheme: asked.connection.scheme, host: asked.host },
    ...{ path: asked.target.slice(0, MAX_PATH), status, ms: Math.round(milliseconds * 10) / 10 },
    ...{ bytes, type: typeOf(record.sent), own, over, broken: record.brokenBy ?? "" },
    ...{ upgrade: record.upgrade ?? "", chain: record.chain, findings: codes(record.findings) },
  };
}

function typeOf(sent: readonly string[]): string {
  for (let at = 0; at < sent.length; at += 2) {
    if ((sent[at] as string).toLowerCase() === "content-type") {
      return (sent[at + 1] as string).split(";", 1)[0]?.slice(0, 60) ?? "";
    }
  }
  return "";
}
