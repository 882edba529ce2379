/** Session cookies that were set without Secure although the browser came over https. */
import { parseSetCookie, type SetCookie } from "../../cookies/set-cookie.js";
import { valuesOf } from "../../lines.js";
import { missingChange } from "../cookie-fixes.js";
import type { Detector } from "../detector.js";
import { type Finding, type Observation, stated } from "../finding.js";
import type { Framework } from "../frameworks/record.js";
import { LOGIN } from "../login-watch.js";
import { schemeDiagnosis } from "../scheme-cause.js";
import { type SessionEvidence, sessionEvidence } from "../session-cookie.js";
import { isRefusal, schemeChanges } from "../trials.js";

interface Insecure {
  readonly cookie: SetCookie;
  readonly evidence: SessionEvidence;
}

interface Seen extends Insecure {
  readonly observation: Observation;
}

export const cookieNotSecure: Detector<Seen> = {
  code: "cookie-not-secure",
  wants: { headers: ["set-cookie"] },

  look(observation, memory) {
    const framework = memory.apps.of(observation.target).known?.framework;
    return insecureSessions(observation, framework).map((each) => ({
      seen: { ...each, observation },
      once: each.cookie.name,
    }));
  },

  changes: ({ observation }, base, { edge }) =>
    schemeChanges(base, new URL(observation.url).host, edge?.toApp.source === "remote"),

  stillSo({ cookie: { name } }, again) {
    if (isRefusal(again)) return undefined;
    const cookies = cookiesIn(again).filter((each) => each.name === name && !isDeletion(each));
    if (cookies.length === 0) return undefined;
    return cookies.some(({ secure }) => !secure);
  },

  explain({ observation, cookie, evidence }, scene): Finding {
    const { method, url } = observation;
    const { name } = cookie;
    const { verdict, app } = scene;
    // That asking did not bring it does not say that nothing would: it may be set at logins only.
    const asked = verdict.kind === "cured" ? scene : { ...scene, verdict: UNASKED };
    const { cause, proof, reason, fixes } = schemeDiagnosis(observation, asked);
    const setting = missingChange("secure", name, cookie, scene, url);
    const follows = app.known?.framework.secureFollows ?? false;
    // Where Secure follows from the scheme alone, nobody can set it where the cookie is made.
    const isNoneOfOurs = follows && fixes.length > 0 && !app.known?.framework.settings.secure;
    const why = proof
      ? `${reason} The app adds Secure when it knows that the request is secure.`
      : follows
        ? "Either the app does not know that the request is secure, or it is a setting of the app."
        : verdict.kind === "incurable"
          ? "Nothing in the forwarded headers changes that: it is a setting of the app."
          : "It is a setting of the app, where it does not follow from what the app is told of the scheme.";
    const what =
      evidence === "known"
        ? `The session cookie ${name}`
        : `The cookie ${name}, which looks like that of a session,`;
    return stated({
      ...{ code: "cookie-not-secure", url },
      cause: proof ? cause : "no-secure-attribute",
      framework: app.known?.framework.id ?? null,
      explanation: `${what} is set without Secure although the browser came over https, so it also travels over plain http, where others can read it. ${why}`,
      chain: [`browser  ${method} ${url}`, `app      Set-Cookie: ${name}=…, without Secure`],
      fixes: [...(proof || follows ? fixes : []), ...(proof || isNoneOfOurs ? [] : setting)],
      ...proofOr(proof, evidence),
    });
  },
};

const UNASKED = { kind: "unasked" } as const;

/** For a session's cookie that it goes over plain http is the browser's own rule. */
function proofOr(proof: Finding["proof"] | undefined, evidence: SessionEvidence) {
  if (proof) return { proof };
  if (evidence === "known") {
    return {
      proof: { kind: "rule", rule: "RFC 6265bis 5.8.3: only Secure keeps it off http" },
    } as const;
  }
  return { settle: "What the app keeps under it would settle that it is a session." };
}

function insecureSessions(
  { url, response, status, method }: Observation,
  framework: Framework | undefined,
): Insecure[] {
  if (!url.startsWith("https:") || status === 0) return [];
  const atLogin = method === "POST" && LOGIN.test(new URL(url).pathname);
  return cookiesIn({ response }).flatMap((cookie) => {
    if (cookie.secure || isDeletion(cookie)) return [];
    const evidence = sessionEvidence(cookie, { framework, atLogin });
    return evidence ? [{ cookie, evidence }] : [];
  });
}

function cookiesIn({ response }: Pick<Observation, "response">): SetCookie[] {
  return valuesOf(response, "set-cookie").flatMap((line) => {
    const cookie = parseSetCookie(line);
    return typeof cookie === "string" ? [] : [cookie];
  });
}

function isDeletion({ maxAge, expires }: SetCookie): boolean {
  return (maxAge !== undefined && maxAge <= 0) || (expires !== undefined && expires <= Date.now());
}
