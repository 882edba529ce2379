/** The bounds of a profile that a user has written. */
import type { FieldReader } from "./field-reader.js";
import type { Limit, Limits } from "./profile.js";

const BOUNDS = [
  "body",
  "getBody",
  "unknownLength",
  "target",
  "query",
  "header",
  "headers",
  "headerLines",
  "forwardedFor",
  "firstByte",
] as const;

/** What setTimeout takes. */
const MAX_MILLISECONDS = 2 ** 31 - 1;

/** Reads the section `limits`. @throws DevtlsError "usage" naming the field */
export function readLimits(value: unknown, reader: FieldReader): Limits {
  const given = reader.object(value, "limits", [...BOUNDS, "idleMs"]);
  const limits: Record<string, Limit | number> = {};
  for (const key of BOUNDS) {
    if (given[key] === undefined) continue;
    const at = `limits.${key}`;
    const bound = reader.object(given[key], at, ["max", "status", "code"]);
    limits[key] = {
      max: reader.integer(
        bound.max,
        `${at}.max`,
        key === "getBody" || key === "unknownLength" ? 0 : 1,
        key === "firstByte" ? MAX_MILLISECONDS : Number.MAX_SAFE_INTEGER,
      ),
      status: reader.integer(bound.status, `${at}.status`, 400, 599),
      ...(bound.code !== undefined && { code: reader.string(bound.code, `${at}.code`) }),
    };
  }
  if (given.idleMs !== undefined) {
    limits.idleMs = reader.integer(given.idleMs, "limits.idleMs", 1, MAX_MILLISECONDS);
  }
  return limits as Limits;
}
