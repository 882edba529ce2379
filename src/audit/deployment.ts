/**
 * What `check --deploy`, django-secure and ponycheckup look for, seen from outside.
 */
import { has } from "../lines.js";
import { askOnce, type Entrance } from "./asking/entrance.js";
import type { Asked } from "./asking/ways.js";
import { type Check, type RemedyFor, type Status, stated } from "./checks.js";
import { hasPassword, isHtml, type Pages, type SeenPage } from "./pages.js";
import { faultsOf, isSessionName } from "./rules/cookie-test.js";
import { hasHsts } from "./rules/header-tests.js";
import { type Answer, field, judgedWay } from "./rules/site.js";

export interface Scene {
  readonly site: Asked;
  readonly entrance: Entrance;
  readonly pages: Pages;
  readonly remedyFor: RemedyFor;
}

/**
 * Words that stand on pages for developers only; a page has all of them. None looks further than a
 * line or so from where it began: a page of nothing but beginnings must not take minutes.
 */
const DEBUG_PAGES: readonly (readonly [framework: string, ...signs: readonly RegExp[]])[] = [
  [
    "Django",
    /You(?:'|&#x27;|&#39;)re seeing this error because you have <code>DEBUG = True<\/code>|Using the URLconf defined in <code>/,
  ],
  [
    "Werkzeug",
    /<title>[^<]* \/\/ Werkzeug Debugger<\/title>|The debugger caught an exception in your WSGI application/,
  ],
  ["Rails", /<h1>Routing Error<\/h1>|Action Controller: Exception caught|Rails\.root:/],
  ["Laravel", /Whoops, looks like something went wrong|laravel-exceptions|\bIlluminate\\\\?\w+\\/],
  ["Symfony", /Symfony Exception/],
  ["Symfony", /<title>[^<]{0,500}\(\d{3} [^<)]{1,100}\)<\/title>/, /sf-dump/],
  ["ASP.NET Core", /developer exception page/i],
  ["ASP.NET Core", /<title>Internal Server Error<\/title>/i, /stackframe/i],
  ["Spring", /Whitelabel Error Page/, /\bat [\w.$]+\(\w+\.java:\d+\)/],
  ["PHP", /<b>(?:Fatal error|Warning|Notice|Parse error)<\/b>:[\s\S]{1,400} on line <b>\d+<\/b>/],
  [
    "Node",
    /(?:^|[\s>;])at (?:[\w.<>&; ]{1,80} )?\(?(?:file:\/\/)?\/[^\s:()]{1,500}\.[cm]?[jt]s:\d+:\d+\)?/,
  ],
  ["Python", /Traceback \(most recent call last\)/],
];

/** Checks of what was seen on the pages. */
export function pageChecks({ site, pages, remedyFor }: Scene): Check[] {
  const { all } = pages;
  return [
    ...cookieChecks(pages, hasHsts(site), remedyFor),
    debugCheck(all, remedyFor),
    ...framingCheck(all, remedyFor),
    ...errorPageCheck(all),
    ...assetCheck(all, remedyFor),
    ...referrerCheck(all, remedyFor),
  ];
}

/** Each cookie of every page, by what it lacks. */
function cookieChecks({ cookies }: Pages, hsts: boolean, remedyFor: RemedyFor): Check[] {
  const lacking = (
    id: string,
    what: string,
    lacks: (cookie: Pages["cookies"][number]) => boolean,
  ) => {
    const names = [...new Set(cookies.filter(lacks).map(({ name }) => name))];
    if (names.length === 0) return [];
    const detail = `${names.join(", ")}: ${what}.`;
    return [stated({ id, status: "fail", detail, key: names.join(",") }, remedyFor(id))];
  };
  const found = [
    ...lacking(
      "cookies-without-secure",
      "no Secure, so that plain http carries it",
      ({ secure }) => !secure,
    ),
    ...lacking(
      "cookies-without-httponly",
      "a session that scripts can read: no HttpOnly",
      (cookie) => isSessionName(cookie.name) && !cookie.httpOnly,
    ),
    ...lacking(
      "cookies-without-samesite",
      "a token against forged requests without SameSite",
      (cookie) => faultsOf(cookie, hsts).includes("cookies-anticsrf-without-samesite-flag"),
    ),
  ];
  if (found.length > 0) return found;
  const count = cookies.length;
  const detail =
    count === 0 ? "No page sets a cookie." : "Every cookie has Secure, and sessions HttpOnly.";
  return [stated({ id: "cookies-of-pages", status: "pass", detail })];
}

function debugCheck(pages: readonly SeenPage[], remedyFor: RemedyFor): Check {
  for (const { answer, url } of pages) {
    if (answer.status < 400) continue;
    const [framework] =
      DEBUG_PAGES.find(([, ...signs]) => signs.every((sign) => sign.test(answer.body))) ?? [];
    if (framework === undefined) continue;
    const detail = `${url.pathname} shows a page of ${framework} for developers: paths, settings or code of the app.`;
    return stated(
      { id: "debug-page", status: "fail", detail, key: framework },
      remedyFor("debug-page"),
    );
  }
  return stated({
    id: "debug-page",
    status: "pass",
    detail: "Errors show no page for developers.",
  });
}

/** The login page is what clickjacking is for. */
function framingCheck(pages: readonly SeenPage[], remedyFor: RemedyFor): Check[] {
  const login = pages.find(({ kind }) => kind === "login");
  if (!login) return [];
  const isFramed = !forbidsFrames(login.answer);
  const path = login.url.pathname;
  const detail = isFramed
    ? `Any site may put ${path} into a frame and have visitors click in it.`
    : `${path} cannot be framed by other sites.`;
  const status: Status = isFramed ? "fail" : "pass";
  return [stated({ id: "login-framing", status, detail, key: path }, remedyFor("x-frame-options"))];
}

function forbidsFrames(answer: Answer): boolean {
  const options = field(answer, "x-frame-options")?.trim().toLowerCase();
  const policy = field(answer, "content-security-policy") ?? "";
  return (
    options === "deny" || options === "sameorigin" || /(?:^|[;,]\s*)frame-ancestors\s/i.test(policy)
  );
}

/** Headers that the start page has and errors have not: mostly the web server answers them. */
const EVERYWHERE = [
  "x-content-type-options",
  "strict-transport-security",
  "content-security-policy",
];

function errorPageCheck(pages: readonly SeenPage[]): Check[] {
  const [start, error] = ["start", "error"].map((kind) => pages.find((page) => page.kind === kind));
  if (!start || !error || error.answer.status < 400) return [];
  const missing = EVERYWHERE.filter(
    (name) => has(start.answer.headers, name) && !has(error.answer.headers, name),
  );
  const detail =
    missing.length === 0
      ? "The error page has the headers of the start page."
      : `The error page lacks ${missing.join(", ")}, which the start page has.`;
  const status: Status = missing.length === 0 ? "pass" : "warn";
  return [stated({ id: "error-page-headers", status, detail, key: missing.join(",") })];
}

function assetCheck(pages: readonly SeenPage[], remedyFor: RemedyFor): Check[] {
  const asset = pages.find(({ kind }) => kind === "asset");
  if (!asset || asset.answer.status >= 400) return [];
  const isSniffed =
    field(asset.answer, "x-content-type-options")?.trim().toLowerCase() !== "nosniff";
  const path = asset.url.pathname;
  const detail = isSniffed
    ? `Browsers may guess the type of ${path}: it comes without nosniff.`
    : `${path} comes with nosniff.`;
  const status: Status = isSniffed ? "warn" : "pass";
  return [stated({ id: "asset-nosniff", status, detail }, remedyFor("x-content-type-options"))];
}

function referrerCheck(pages: readonly SeenPage[], remedyFor: RemedyFor): Check[] {
  const login = pages.find(({ kind }) => kind === "login");
  if (!login || has(login.answer.headers, "referrer-policy")) return [];
  const detail = `${login.url.pathname} has no Referrer-Policy: tokens in addresses reach the site's own other pages and what it embeds.`;
  return [stated({ id: "login-referrer", status: "warn", detail }, remedyFor("referrer-policy"))];
}

/** Checks that need a question of their own. */
export async function deploymentChecks(scene: Scene): Promise<Check[]> {
  return [await loginOverHttp(scene), await adminCheck(scene), await traceCheck(scene)];
}

const carrierOf = ({ site, entrance }: Scene) =>
  judgedWay(site).isVerified ? entrance.carriers.strict : entrance.carriers.lenient;

async function loginOverHttp(scene: Scene): Promise<Check> {
  const id = "login-over-http";
  const login = scene.pages.all.find(({ kind }) => kind === "login");
  const open = (detail: string): Check => stated({ id, status: "not-asked", detail });
  if (!login) return open("No login page was found; name it with --path.");
  const { http } = scene.site;
  const { doors } = scene.entrance;
  if (!http.first || !doors.http)
    return stated({ id, status: "pass", detail: "Nothing answers over plain http." });
  const url = new URL(login.url.pathname, doors.http);
  const answer = await askOnce(carrierOf(scene), url);
  if (!answer)
    return stated({
      id,
      status: "pass",
      detail: `${url.pathname} does not answer over plain http.`,
    });
  const isOpen = answer.status < 300 && hasPassword(answer);
  const detail = isOpen
    ? `${url.href} asks for a password over plain http.`
    : `${url.pathname} asks for no password over plain http.`;
  return stated({ id, status: isOpen ? "fail" : "pass", detail }, scene.remedyFor("redirection"));
}

/** Whether the place where everybody looks for an administration answers with one. */
async function adminCheck(scene: Scene): Promise<Check> {
  const id = "admin-exposed";
  const here = judgedWay(scene.site).route.at(-1) ?? judgedWay(scene.site).start;
  const url = new URL("/admin/", here);
  const answer = await askOnce(carrierOf(scene), url);
  const location = answer && field(answer, "location");
  // Some sites answer every path with one page.
  const missing = scene.pages.all.find(({ kind }) => kind === "error")?.answer;
  const speaksOfIt = (page: Answer): boolean =>
    page.status === 200 && (hasPassword(page) || (isHtml(page) && /\badmin/i.test(page.body)));
  const isThere =
    answer !== undefined &&
    ((speaksOfIt(answer) && !(missing && speaksOfIt(missing))) ||
      (answer.status >= 300 &&
        answer.status < 400 &&
        /\/admin\/(?:login|sign)/i.test(location ?? "")));
  const detail = isThere
    ? "/admin/ is where everybody looks for it. Move it, or let only known addresses in."
    : "/admin/ shows no administration.";
  return stated({ id, status: isThere ? "warn" : "pass", detail });
}

/** TRACE sends back what it got, cookies included (RFC 9110 9.3.8). */
async function traceCheck(scene: Scene): Promise<Check> {
  const id = "trace-method";
  if (!scene.entrance.mayForge) {
    return stated({
      id,
      status: "not-asked",
      detail: "Not asked: TRACE is sent to hosts of one's own only (--own).",
    });
  }
  const here = judgedWay(scene.site).route.at(-1) ?? judgedWay(scene.site).start;
  const mark = "devtls-audit-trace";
  const answer = await askOnce(carrierOf(scene), here, {
    method: "TRACE",
    headers: ["X-Devtls-Trace", mark],
  });
  // A page that shows every header is no echo: that has a type of its own, or begins as it was sent.
  const isMessage =
    answer !== undefined &&
    (/^message\/http\b/i.test(field(answer, "content-type") ?? "") ||
      answer.body.startsWith("TRACE "));
  const isEchoed = isMessage && answer.status === 200 && answer.body.includes(mark);
  const detail = isEchoed
    ? "TRACE sends the request back, with its cookies."
    : "TRACE echoes nothing.";
  return stated({ id, status: isEchoed ? "fail" : "pass", detail });
}
