/** The inspector's HTTP interface, as the page asks it. */
import type { Finding } from "../../diagnose/finding.js";
import type { LoopProof } from "../asking.js";
import type { Frame } from "../record.js";
import type { ComparedLine, JudgedCookie, Phases, View } from "../views.js";

export interface About {
  readonly edge: string;
  readonly target: string;
  readonly url: string;
  readonly bodies: boolean;
  readonly edges: readonly { readonly name: string; readonly title: string }[];
}

export interface ShownBody {
  readonly type: string;
  readonly total: number;
  readonly whole: boolean;
  readonly text?: string;
  readonly image?: string;
}

export interface Detail {
  readonly id: number;
  readonly url: string;
  readonly at: number;
  readonly source: string;
  readonly method: string;
  readonly protocol: string;
  readonly status: number;
  readonly own: boolean;
  readonly over: boolean;
  readonly edge: string;
  readonly target: string;
  readonly limit?: string;
  readonly brokenBy?: string;
  readonly bytes: number;
  readonly ms: number;
  readonly phases: Phases;
  readonly chain: number;
  readonly length: number;
  readonly replayOf?: number;
  readonly browser: View;
  readonly app?: View;
  readonly sent: readonly ComparedLine[];
  readonly trailers: readonly string[];
  readonly informations: readonly { status: number; headers: readonly string[] }[];
  readonly frames: readonly Frame[];
  readonly framesLeftOut: number;
  readonly cookies: readonly JudgedCookie[];
  readonly requestBody?: ShownBody;
  readonly responseBody?: ShownBody;
  readonly findings: readonly { readonly number: number; readonly finding: Finding }[];
}

export interface EdgeHead extends View {
  readonly edge: string;
  readonly title: string;
}

interface Outcome {
  readonly status: number;
  readonly location?: string;
  readonly bytes: number;
  readonly ms: number;
}

export interface Compared {
  readonly exchange: number;
  readonly before: Outcome;
  readonly after: Outcome;
  readonly told: readonly ComparedLine[];
  readonly answered: readonly ComparedLine[];
}

export interface Verification {
  readonly fixed: boolean;
  readonly before: string;
  readonly after: string;
}

export type { ComparedLine, LoopProof, View };

/** An answer that says why not, with what to do. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export async function ask<T>(path: string, body?: unknown): Promise<T> {
  const response = await fetch(`/api/${path}`, {
    ...(body !== undefined && {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: typeof body === "string" ? body : JSON.stringify(body),
    }),
  });
  const value = await response.json();
  if (response.ok) return value as T;
  const hint = value.hint ? ` ${value.hint}` : "";
  throw new Refused(response.status, `${value.error}.${hint}`);
}
