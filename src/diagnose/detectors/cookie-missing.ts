/** Session cookies that the app withholds, because it takes the request for an insecure one. */

import { first } from "../../lines.js";
import type { Detector } from "../detector.js";
import { type Answer, type Finding, stated } from "../finding.js";
import { LoginWatch, type LostLogin } from "../login-watch.js";
import { schemeDiagnosis } from "../scheme-cause.js";
import { toldOf } from "../shown.js";
import { isRefusal, schemeChanges } from "../trials.js";

function setsCookie({ response }: Pick<Answer, "response">): boolean {
  return first(response, "set-cookie") !== undefined;
}

export const cookieMissing: Detector<LostLogin> = {
  code: "cookie-missing",
  wants: { unusual: true, next: (memory) => memory.of(LoginWatch).isWaiting },

  look(observation, memory) {
    const lost = memory.of(LoginWatch).observe(observation, memory.now);
    if (!lost || lost.wasSet) return [];
    return [{ seen: lost, url: lost.login.url, method: "POST" }];
  },

  changes: ({ then }, base, { edge }) =>
    schemeChanges(base, new URL(then.url).host, edge?.toApp.source === "remote"),

  stillSo(_, again) {
    if (isRefusal(again)) return undefined;
    return !setsCookie(again);
  },

  /**
   * That an app sets a cookie once it knows of https is a proof; that it never does is none, because
   * many set one at the login only, and a login is not repeated.
   */
  explain({ login, then }, scene): Finding {
    const cured = scene.verdict.kind === "cured";
    const known = cured ? scene : { ...scene, verdict: { kind: "unasked" } as const };
    const { cause, proof, reason, fixes } = schemeDiagnosis(login, known);
    const location = first(then.response, "location");
    return stated({
      ...{ code: "cookie-missing", cause, url: login.url, fixes },
      framework: scene.app.known?.framework.id ?? null,
      explanation: `The login was answered ${login.status}, but no cookie was set, and the next request was not recognised. Session libraries that are to set Secure cookies only set none when they take a request for plain http. ${reason}`,
      chain: [
        `browser  ${login.method} ${login.url}`,
        `app told ${toldOf(login.told)}`,
        `app      ${login.status}, no Set-Cookie`,
        `browser  GET ${then.url}, without a cookie`,
        `app      ${then.status}${location === undefined ? "" : `, Location: ${location}`}`,
      ],
      ...(proof
        ? { proof }
        : {
            settle: "A login is not repeated: one more, with the line below in place, settles it.",
          }),
    });
  },
};
