/** Redirects that turn a POST into a GET and lose its body (Fetch, HTTP-redirect fetch step 12). */

import { first } from "../../lines.js";
import type { Detector } from "../detector.js";
import { type Finding, type Fix, type Observation, stated } from "../finding.js";
import { becomesGet, normalUrl, redirectOf } from "../redirects.js";
import { edgeFixes, knownFixes } from "../remedies.js";

/**
 * A POST that is sent to the same page under another scheme or host, or with a slash. Its cause is
 * `scheme`, `host`, `slash` or, for a 301 to the very same URL, `same-url`. The answer to a form that
 * was taken (Post/Redirect/Get) is none: with 302 and 303 it leads on, be it to the same page, and
 * a wrong scheme in it is another finding.
 */
export const droppedBody: Detector<Observation> = {
  code: "redirect-drops-body",
  wants: { unusual: true, byEdge: true },

  look: (observation) => (causeIn(observation) ? [{ seen: observation }] : []),

  stillSo: (_, again) => (again.status >= 400 ? undefined : causeIn(again) !== undefined),

  explain(seen, scene): Finding {
    const { status, url, response, byEdge = false } = seen;
    const cause = causeIn(seen) as Cause;
    const there = redirectOf(status, seen.sent ?? response, url) as string;
    const who = byEdge ? "The edge" : (scene.app.known?.framework.title ?? "The app");
    const ofApp = cause === "slash" ? knownFixes("slash", seen, scene) : [];
    const direct: Fix = { where: "where it is posted from", lines: [`Post to ${there} at once`] };
    return stated({
      ...{ code: "redirect-drops-body", cause, url },
      framework: byEdge ? null : (scene.app.known?.framework.id ?? null),
      explanation: `${who} answered ${status} to a POST and named ${WHERE[cause]}. Browsers follow with a GET and without the body: what was posted is lost. 307 and 308 keep both.`,
      chain: [
        `browser  POST ${url}`,
        `${byEdge ? "edge" : "app "}     ${status}, Location: ${first(response, "location")}`,
        `browser  GET ${there}, without the body`,
      ],
      fixes: [
        ...(byEdge ? edgeFixes("redirect", seen, scene) : ofApp),
        // Never to plain http, where anybody can read it.
        ...(there.startsWith("https:") ? [direct] : []),
      ],
      proof: { kind: "rule", rule: "Fetch, HTTP-redirect fetch step 12" },
    });
  },
};

type Cause = "scheme" | "host" | "slash" | "same-url";

const WHERE: Readonly<Record<Cause, string>> = {
  scheme: "the same page under the other scheme",
  host: "the same page under another host name",
  slash: "the same page with another ending of its path",
  "same-url": "the very same URL",
};

function isEmpty(told: readonly string[], byEdge: boolean): boolean {
  return !byEdge && (first(told, "content-length") ?? "x") === "0";
}

function causeIn(observation: Observation): Cause | undefined {
  const { method, status, url, response, told, byEdge = false } = observation;
  if (status === 303 || !becomesGet(method, status) || isEmpty(told, byEdge)) return undefined;
  const to = redirectOf(status, observation.sent ?? response, url);
  const from = normalUrl(url) ?? url;
  if (to === undefined) return undefined;
  const cause = changeBetween(from, to);
  // Who forces https or a name does it before anybody reads the form, with 301 and with 302; what
  // else is answered with 302, or sets a cookie, has been read.
  const isForced = cause === "scheme" && to.startsWith("https:");
  const isRead = status === 302 && !isForced;
  if (!byEdge && (isRead || first(response, "set-cookie") !== undefined)) return undefined;
  // To send a browser from https to http is the mistake of a redirect that follows the form.
  return cause === "scheme" && !isForced ? undefined : cause;
}

function changeBetween(from: string, to: string): Cause | undefined {
  if (from === to) return "same-url";
  const here = new URL(from);
  const there = new URL(to);
  if (here.search !== there.search) return undefined;
  const same = here.pathname === there.pathname;
  if (!same && here.pathname.replace(/\/$/, "") !== there.pathname.replace(/\/$/, "")) {
    return undefined;
  }
  if (here.protocol !== there.protocol) return "scheme";
  // Another port of the same host is no other name: port-dropped says what that is.
  if (here.hostname !== there.hostname) return "host";
  return here.host === there.host ? "slash" : undefined;
}
