/** Lines that edges are configured with already, and what they make an edge do. Pure. */
import type { HeadOverrides } from "../edge/head.js";
import type { EdgeProfile, HeaderRule, ToApp } from "../edge/profile.js";
import type { DevtlsError } from "../errors.js";
import type { RehearsedEdge } from "./rehearse.js";

type Purpose = "proto" | "innerProto" | "host" | "upgrade" | "cookies";

const PURPOSES: readonly Purpose[] = ["proto", "innerProto", "host", "upgrade", "cookies"];

/**
 * Gives each edge what the lines that it understands make of it.
 * @param lines as a rehearsal prints them for edges
 * @param unknown makes the error for a line that none of the edges understands
 */
export function appliedTo(
  profiles: readonly EdgeProfile[],
  lines: readonly string[],
  unknown: (line: string, hint: string) => DevtlsError,
): (profile: EdgeProfile) => RehearsedEdge {
  for (const line of lines) {
    if (profiles.some((profile) => purposesOf(profile, line).length > 0)) continue;
    const all = profiles.flatMap((each) =>
      PURPOSES.flatMap((purpose) => each.fixes?.[purpose] ?? []),
    );
    const known = [...new Set(all)].slice(0, 5).map((each) => `  ${each}`);
    throw unknown(line, ["Such as:", ...known].join("\n"));
  }
  return (profile) => {
    const purposes = new Set(lines.flatMap((line) => purposesOf(profile, line)));
    return { profile: configured(profile, purposes), overrides: overridesOf(purposes) };
  };
}

/** One line may do more than one thing. */
function purposesOf({ fixes }: EdgeProfile, line: string): readonly Purpose[] {
  const plain = normal(line);
  return PURPOSES.filter((purpose) => fixes?.[purpose]?.some((each) => pattern(each).test(plain)));
}

function normal(line: string): string {
  return line.trim().replace(/\s+/g, " ");
}

/** A printed line names the app's address, where the profile has a placeholder. */
function pattern(line: string): RegExp {
  const [first = "", ...rest] = normal(line)
    .split("{target}")
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${[first, ...rest].join("[^\\s/]+")}$`);
}

/** On port 443 everything is https. */
function overridesOf(purposes: ReadonlySet<Purpose>): HeadOverrides {
  return purposes.has("proto") || purposes.has("innerProto") ? { forwardedProto: "https" } : {};
}

function configured(profile: EdgeProfile, purposes: ReadonlySet<Purpose>): EdgeProfile {
  const toApp: ToApp = {
    ...profile.toApp,
    ...(purposes.has("upgrade") && { passesUpgrade: true }),
    ...(purposes.has("host") && { host: "keep" }),
  };
  const isHeld = ({ name }: HeaderRule): boolean => /^(?:cookie|referer)$/i.test(name);
  const headers = purposes.has("cookies")
    ? profile.headers.filter((rule) => !isHeld(rule))
    : profile.headers;
  return { ...profile, headers, toApp };
}
