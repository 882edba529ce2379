/**
 * Forms that are refused, or fail, because the session's cookie was withheld from the page before:
 * there is nothing to compare the form's token with.
 */

import { parseSetCookie } from "../../cookies/set-cookie.js";
import { first, valuesOf } from "../../lines.js";
import type { Detector } from "../detector.js";
import { type Answer, type Finding, type Observation, stated } from "../finding.js";
import { koa } from "../frameworks/node.js";
import type { Framework } from "../frameworks/record.js";
import { LOGIN } from "../login-watch.js";
import { originOf } from "../redirects.js";
import type { Said } from "../refusals.js";
import { saysIn } from "../refusals.js";
import { schemeDiagnosis } from "../scheme-cause.js";
import { sessionEvidence } from "../session-cookie.js";
import { toldOf } from "../shown.js";
import { isRefusal, pageBefore, schemeChanges } from "../trials.js";

interface Seen {
  readonly observation: Observation;
  /** What the page says of it; undefined for an error without a word. */
  readonly said: Said | undefined;
  /** The page that the form came from. */
  readonly form: URL | undefined;
}

export const withheldAtForm: Detector<Seen> = {
  code: "cookie-missing",
  wants: { unusual: true },

  look(observation, memory) {
    const { told, url, method } = observation;
    const known = memory.apps.of(observation.target).known?.framework;
    const said = reasonOf(observation, known);
    if (said === undefined) return [];
    const form = formOf(observation);
    const seen = { observation, said: said ?? undefined, form };
    if (method === "GET") return [{ seen }];
    // What was sent with its session was refused for another reason; a token's cookie is none.
    if (sendsSession(observation, known)) return [];
    if (!said && first(told, "cookie") !== undefined) return [];
    // Who has set one before does not withhold them.
    if (!said && memory.jar.matching(originOf(url)).length > 0) return [];
    const repeat = form ? pageBefore(observation, form.pathname + form.search) : null;
    return [{ seen, repeat }];
  },

  changes: ({ observation }, base, { edge }) =>
    schemeChanges(base, new URL(observation.url).host, edge?.toApp.source === "remote"),

  stillSo({ observation, said }, again) {
    if (again.method === "GET" && observation.method === "GET") {
      return again.status >= 500 ? true : !isRefusal(again) ? false : undefined;
    }
    if (again.method === "GET")
      return isRefusal(again) ? undefined : !setsAnother(again, observation);
    if (again.status < 400) return false;
    return said ? true : undefined;
  },

  explain({ observation, said, form }, scene): Finding | undefined {
    const { method, url, status, told } = observation;
    const { verdict } = scene;
    // Other cookies are missing for other reasons: only an app that sets one for https withholds it.
    const isCertain = said?.refusal.says === "withheld";
    // That the page of the form sets none in any case says nothing of what the login would set.
    const isSilent = said === undefined && method !== "GET" && verdict.kind !== "gone";
    const framework = scene.app.known ?? { framework: said?.framework ?? koa };
    // A token that is kept with the session, and a page with the token that sets no session.
    const isEmpty =
      said?.refusal.says === "token" &&
      !said.refusal.vague &&
      verdict.kind === "incurable" &&
      scene.app.known?.framework.secureFollows === true;
    if (verdict.kind !== "cured" && !isCertain && !isSilent && !isEmpty) return undefined;
    const known = verdict.kind === "cured" ? scene : { ...scene, verdict: UNASKED };
    const app = { ...known.app, known: framework };
    const { cause, proof, reason, fixes } = schemeDiagnosis(observation, { ...known, app });
    const what = isCertain
      ? `its page says "${said.refusal.text}"`
      : said
        ? `its page says "${said.refusal.text}", and the request came without the cookie of a session`
        : 'with the bare "Internal Server Error" of Koa, whose cookies fail with an error where they are to be Secure and the request is taken for plain http';
    return stated({
      ...{ code: "cookie-missing", cause, url, fixes },
      framework: framework.framework.id,
      explanation: `${method} ${url} was answered ${status}: ${what}. Session libraries that are to set Secure cookies only set none, or fail, when they take a request for plain http. ${reason}`,
      chain: [
        ...(form ? [`browser  GET ${form.href}`, "app      no Set-Cookie of a session"] : []),
        `browser  ${method} ${url}, without a session`,
        `app told ${toldOf(told)}`,
        `app      ${status}`,
      ],
      ...(proof
        ? { proof }
        : {
            settle: isEmpty
              ? "A form is not sent twice: once more, with the line below in place, settles it."
              : 'The app\'s log settles it: "Cannot send secure cookie over unencrypted connection".',
          }),
    });
  },
};

const UNASKED = { kind: "unasked" } as const;

/** What the page says; null for an error of Koa at a login, which says nothing; else undefined. */
function reasonOf(observation: Observation, known: Framework | undefined): Said | null | undefined {
  const { status, page, method, url, response } = observation;
  if (page === undefined || !url.startsWith("https:")) return undefined;
  const said = saysIn(page, known);
  const says = said?.refusal.says;
  if (says === "withheld" && status >= 500) return said;
  if (says === "token" && method === "POST") return said;
  const isKoa =
    status === 500 &&
    page === "Internal Server Error" &&
    /^text\/plain/i.test(first(response, "content-type") ?? "") &&
    (known === undefined || known.name === koa.name);
  if (!isKoa) return undefined;
  if (method === "GET") return null;
  return LOGIN.test(new URL(url).pathname) ? null : undefined;
}

/** The cookies that the app got, each as "name=value". */
function sentCookies({ told }: Pick<Observation, "told">): string[] {
  return valuesOf(told, "cookie").flatMap((line) => line.split(";").map((pair) => pair.trim()));
}

function sendsSession(observation: Observation, framework: Framework | undefined): boolean {
  return sentCookies(observation).some((pair) => {
    const cookie = parseSetCookie(`${pair}; HttpOnly`);
    return (
      typeof cookie !== "string" &&
      sessionEvidence(cookie, { framework, atLogin: false }) !== undefined
    );
  });
}

/** Sets a cookie that the browser does not have yet. */
function setsAnother({ response }: Pick<Answer, "response">, observation: Observation): boolean {
  const had = new Set(sentCookies(observation).map((pair) => pair.split("=")[0] ?? ""));
  return valuesOf(response, "set-cookie").some(
    (line) => !had.has((line.split(/[=;]/)[0] ?? "").trim()),
  );
}

/** The page that a form was sent from, if it is one of this site. */
function formOf({ method, told, url }: Observation): URL | undefined {
  const referer = first(told, "referer");
  if (method === "GET" || referer === undefined || !URL.canParse(referer)) return undefined;
  const page = new URL(referer);
  return page.hostname === new URL(url).hostname ? page : undefined;
}
