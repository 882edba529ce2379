/** What an edge made of a flow that the control came through with. Pure. */
import type { EdgeProfile } from "../edge/profile.js";
import type { RehearsalFinding } from "./outcome.js";
import type { Landing, Walk } from "./walk.js";

/** A place where the walk through an edge went otherwise than the control's. */
export interface Difference {
  readonly step: string;
  readonly expected: string;
  readonly found: string;
}

/** The first difference that a visitor would notice; undefined where there is none. */
export function difference(control: Walk, edge: Walk): Difference | undefined {
  // A flow that fails without an edge, too, is judged by how far it comes with this one.
  if (control.failure) {
    if (!edge.failure) return undefined;
    return { step: edge.failure.step, expected: "the flow to go on", found: edge.failure.what };
  }
  const seen = new Map(edge.landings.map((landing) => [landing.step, landing]));
  for (const landing of control.landings) {
    const { step } = landing;
    const other = seen.get(step);
    if (!other) continue;
    if (describe(other) !== describe(landing)) {
      return { step, expected: describe(landing), found: describe(other) };
    }
  }
  if (!edge.failure) return undefined;
  return { step: edge.failure.step, expected: "what the control showed", found: edge.failure.what };
}

function describe({ status, path, end, isLogin }: Landing): string {
  if (typeof end === "object") return `a way to ${withoutQuery(end.left)}`;
  if (end === "too-many-redirects") return "redirects without an end";
  return `${status} at ${path}${isLogin ? ", which asks for a password" : ""}`;
}

/** States and nonces are another's for every visitor. */
function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, "");
}

export function differs(
  { step, expected, found }: Difference,
  profile: EdgeProfile,
): RehearsalFinding {
  const { name, title, fixes } = profile;
  const drops = profile.headers.some(
    (rule) => rule.op === "strip" && rule.name.toLowerCase() === "cookie",
  );
  const lines = (drops && fixes?.cookies) || [];
  const why = drops
    ? "It drops the browser's cookies, so that nobody stays logged in."
    : "No header that was tried explains it.";
  return {
    ...own("https://localhost/"),
    code: "flow-differs",
    cause: drops ? "edge-drops-cookies" : step.replace(/^step \d+ \(|\)$/g, ""),
    explanation: `At ${step} the control found ${expected}. Through ${name} (${title}) it is ${found}. ${why}`,
    chain: [`control  ${expected}`, `${name}  ${found}`],
    fix: lines,
    fixes: fixes && lines.length > 0 ? [{ where: fixes.where, lines }] : [],
  };
}

/** A limit of the edge that the flow ran into. */
export function limited(
  { limit }: Walk,
  { name, title }: EdgeProfile,
): RehearsalFinding | undefined {
  if (!limit) return undefined;
  return {
    ...own(limit.url),
    code: "edge-limit",
    cause: name,
    confidence: "proved",
    explanation: `${title} cut ${limit.url} off: ${limit.what}.`,
    chain: [`${name}  ${limit.what}`],
  };
}

function own(url: string) {
  return {
    url,
    confidence: "likely" as const,
    framework: null,
    ...{ fix: [], fixes: [], proof: null },
  };
}
