/** Apps behind an edge that says scheme and host in Forwarded (RFC 7239) and nowhere else. */
import { valuesOf } from "../lines.js";
import type { Scene } from "./detector.js";
import type { Fix, Observation } from "./finding.js";
import { appFixes, edgeFixes } from "./remedies.js";
import { protoOf } from "./trials.js";

/** Goes with the lines: they make an app believe a header that most edges leave to browsers. */
export const ONLY_IF_SET =
  "The edge tells scheme and host in Forwarded (RFC 7239) alone. Believe it only behind an edge that sets it itself, as this one does: others pass on what a browser writes there.";

/**
 * The app's lines for it; none where the edge says X-Forwarded-Proto as well or can be told to, or
 * where whoever asks may have written the header.
 */
export function forwardedFixes(
  seen: Pick<Observation, "told" | "url" | "target">,
  scene: Scene,
): Fix[] {
  if (!saysForwarded(seen, scene) || protoOf(seen.told) !== undefined) return [];
  return edgeFixes("proto", seen, scene).length > 0 ? [] : appFixes("trustForwarded", seen, scene);
}

/** In the last element, which is the edge's own. */
function saysForwarded({ told }: Pick<Observation, "told">, { edge }: Scene): boolean {
  const isOwn = edge?.headers.some(
    ({ name, op }) => name.toLowerCase() === "forwarded" && op !== "pass" && op !== "strip",
  );
  const said = valuesOf(told, "forwarded").at(-1) ?? "";
  return isOwn === true && /\bproto="?https\b[^,]*$/i.test(said);
}
