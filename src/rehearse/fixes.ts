/** The fewest fixes that mend the most edges. Pure. */
import type { EdgeProfile } from "../edge/profile.js";
import { type EdgeOutcome, isBreaking, type JoinedFix, type RehearsalFinding } from "./outcome.js";

/** Any one of these ends one failure on one edge. */
interface Need {
  readonly edge: string;
  readonly choices: readonly Choice[];
}

interface Choice {
  readonly key: string;
  readonly fix: Omit<JoinedFix, "cures">;
}

/**
 * What a finding prints for the app is a choice: each alone ends it. What it prints for the edge is
 * needed besides, because the app cannot know what nobody tells it.
 */
export function joinFixes(
  edges: readonly EdgeOutcome[],
  profiles: readonly EdgeProfile[],
): readonly JoinedFix[] {
  const wheres = new Map(
    profiles.map((each): [string, string | undefined] => [each.name, each.fixes?.where]),
  );
  const needs = edges.flatMap(({ name, findings }) =>
    causesAmong(findings).flatMap((finding) => needsOf(name, finding, wheres.get(name))),
  );
  const chosen: JoinedFix[] = [];
  for (let rest = needs; rest.length > 0; ) {
    const best = mostUseful(rest);
    const cured = rest.filter((need) => has(need, best));
    // Also where another fix was chosen before, which this one goes along with.
    chosen.push({ ...best.fix, cures: [...new Set(cured.map(({ edge }) => edge))] });
    rest = rest.filter((need) => !has(need, best));
  }
  return chosen;
}

/** Who is sent to http:// loses Secure cookies and logins there: what mends the one mends both. */
function causesAmong(findings: readonly RehearsalFinding[]): readonly RehearsalFinding[] {
  const breaking = findings.filter(isBreaking);
  if (!breaking.some(({ cause }) => cause === "http-location")) return breaking;
  return breaking.filter(({ cause }) => !/^(?:secure-over-http|login-cookie-lost)$/.test(cause));
}

function has({ choices }: Need, { key }: Choice): boolean {
  return choices.some((choice) => choice.key === key);
}

function needsOf(edge: string, finding: RehearsalFinding, edgeWhere: string | undefined): Need[] {
  const choices = finding.fixes.map(({ where, lines }): Choice => {
    const isEdges = where === edgeWhere;
    const fix = lines.join("\n");
    // An address to use at once is a line for whoever asks, in no framework's file.
    const framework = isEdges || /^https?:/.test(fix) ? null : finding.framework;
    return { key: `${where}\n${fix}`, fix: { fix, where, framework } };
  });
  const ofEdge = choices.filter(({ fix }) => fix.where === edgeWhere);
  const ofApp = among(choices.filter(({ fix }) => fix.where !== edgeWhere));
  const needs = [...ofEdge.map((choice) => [choice]), ...(ofApp.length > 0 ? [ofApp] : [])];
  return needs.map((each) => ({ edge, choices: each }));
}

/**
 * Of an app that was not recognised nobody knows which of the lines is its own: they stay together,
 * each with where it goes.
 */
function among(choices: readonly Choice[]): readonly Choice[] {
  const isUnknown = choices.every(({ fix }) => fix.framework === null);
  const madeWith = new Set(choices.map(({ fix }) => fix.where.split(",")[0]));
  const isToUse = choices.some(({ fix }) => /^(?:https?:|devtls\b)/.test(fix.fix));
  if (!isUnknown || madeWith.size < 2 || isToUse) return choices;
  const fix = choices.map((each) => `${each.fix.where}: ${each.fix.fix}`).join("\n");
  return [{ key: fix, fix: { fix, where: "the one that it is made with", framework: null } }];
}

/** The choice that ends the most failures; of those that end as many, the one printed first. */
function mostUseful(needs: readonly Need[]): Choice {
  const counts = new Map<string, { readonly choice: Choice; count: number }>();
  for (const { choices } of needs) {
    for (const choice of choices) {
      const entry = counts.get(choice.key) ?? { choice, count: 0 };
      entry.count++;
      counts.set(choice.key, entry);
    }
  }
  const [first, ...others] = counts.values();
  if (!first) throw new Error("nothing to choose from");
  return others.reduce((best, each) => (each.count > best.count ? each : best), first).choice;
}
