/** The test of scripts from elsewhere (Subresource Integrity). */
import { getDomain } from "tldts";
import { scriptsOf } from "./markup.js";
import { type OutcomeId, worse } from "./outcomes.js";
import { HTML_TYPES, judgedWay, mediaType, type Site } from "./site.js";

const ORDER: readonly OutcomeId[] = [
  "sri-implemented-and-all-scripts-loaded-securely",
  "sri-implemented-and-external-scripts-loaded-securely",
  "sri-implemented-but-external-scripts-not-loaded-securely",
  "sri-not-implemented-but-external-scripts-loaded-securely",
  "sri-not-implemented-and-external-scripts-not-loaded-securely",
];

export function testScripts(site: Site): OutcomeId {
  const { answer, start } = judgedWay(site);
  if (!answer) return "sri-not-implemented-but-no-scripts-loaded";
  const type = mediaType(answer);
  if (type !== "" && !HTML_TYPES.includes(type)) return "sri-not-implemented-response-not-html";
  const scripts = scriptsOf(answer);
  if (scripts.length === 0) return "sri-not-implemented-but-no-scripts-loaded";
  let outcome: OutcomeId | undefined;
  let isForeign = false;
  for (const { src, hasIntegrity } of scripts) {
    if (src === "") continue;
    const origin = originOf(src, site.hostname);
    if (origin === "own") {
      const isSecure =
        /^https:\/\//.test(src) || (!/^http:\/\//.test(src) && start.protocol === "https:");
      if (hasIntegrity && isSecure) outcome ??= "sri-implemented-and-all-scripts-loaded-securely";
      continue;
    }
    isForeign = true;
    const fault = faultOf(origin, hasIntegrity);
    if (fault) outcome = worse(fault, outcome, ORDER);
  }
  if (outcome) return outcome;
  return isForeign
    ? "sri-implemented-and-external-scripts-loaded-securely"
    : "sri-not-implemented-but-all-scripts-loaded-from-secure-origin";
}

type Origin = "own" | "foreign-https" | "foreign-http" | "foreign-either";

/**
 * Whose a script is, by its address as it is written: the same registrable domain is the site's own,
 * and what leaves the scheme open may come over plain http.
 */
function originOf(src: string, hostname: string): Origin {
  if (/^\/\/[^/]/.test(src)) return "foreign-either";
  if (!/^https?:\/\//.test(src)) return "own";
  if (getDomain(src) === getDomain(hostname)) return "own";
  return src.startsWith("https:") ? "foreign-https" : "foreign-http";
}

function faultOf(origin: Exclude<Origin, "own">, hasIntegrity: boolean): OutcomeId | undefined {
  if (origin === "foreign-https") {
    return hasIntegrity ? undefined : "sri-not-implemented-but-external-scripts-loaded-securely";
  }
  return hasIntegrity
    ? "sri-implemented-but-external-scripts-not-loaded-securely"
    : "sri-not-implemented-and-external-scripts-not-loaded-securely";
}
