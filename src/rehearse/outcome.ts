/** What a rehearsal says: how each edge did, and the fewest lines that mend the most of them. */
import type { Finding } from "../diagnose/finding.js";
import { routeOf } from "../diagnose/routes.js";
import type { RehearsalCode } from "./explanations.js";

export interface RehearsalFinding extends Omit<Finding, "code"> {
  readonly code: RehearsalCode;
}

export interface EdgeOutcome {
  readonly name: string;
  /** `not-reached`: the app stopped answering before its turn was over. */
  readonly result: "ok" | "broken" | "not-reached";
  /** How many pages were opened. */
  readonly pages: number;
  readonly findings: readonly RehearsalFinding[];
  readonly milliseconds: number;
}

export interface JoinedFix {
  /** A line, or lines that belong together; ready to paste. */
  readonly fix: string;
  /** Where it goes: "Django, settings.py"; "" where that is not known. */
  readonly where: string;
  readonly framework: string | null;
  /** The edges that it mends, alone or with the other fixes. */
  readonly cures: readonly string[];
}

export interface Rehearsal {
  /** The app reached straight, with devtls's own headers: what fails there is its own. */
  readonly control: Omit<EdgeOutcome, "name">;
  readonly edges: readonly EdgeOutcome[];
  readonly fixes: readonly JoinedFix[];
  readonly summary: { readonly ok: number; readonly broken: number; readonly notReached: number };
}

/** What is no failure of the flow: cookies that travel too far, headers that contradict each other. */
const HARMLESS: readonly string[] = [
  ...["cookie-not-secure", "contradictory-scheme-headers", "port-dropped", "local-network-url"],
];

/** Of development hosts only: on a production host it is what one wants. */
const OF_DEVELOPMENT: readonly string[] = ["hsts-lock-in"];

export function isBreaking({ code }: Pick<RehearsalFinding, "code">): boolean {
  return !HARMLESS.includes(code);
}

export function concernsProduction({ code }: Pick<RehearsalFinding, "code">): boolean {
  return !OF_DEVELOPMENT.includes(code);
}

/** One thing that is wrong, whatever the edge and the id in the path are. */
export function identityOf({ code, cause, url }: RehearsalFinding): string {
  const path = URL.canParse(url) ? new URL(url).pathname : url;
  const route = routeOf(path);
  return `${code} ${cause} ${route}`;
}
