/** The pages of a site that are looked at besides the start page, and what they show. */
import { valuesOf } from "../lines.js";
import { readPage } from "../visit/page.js";
import { askOnce, type Entrance } from "./asking/entrance.js";
import type { Asked } from "./asking/ways.js";
import { cookieIn, type KeptCookie } from "./rules/kept-cookies.js";
import { type Answer, HTML_TYPES, judgedWay, mediaType } from "./rules/site.js";

export interface SeenPage {
  readonly kind: "start" | "login" | "asset" | "error" | "named";
  readonly url: URL;
  readonly answer: Answer;
}

export interface Pages {
  readonly all: readonly SeenPage[];
  readonly cookies: readonly (KeptCookie & { readonly at: URL })[];
}

/** Where login pages mostly are, when no link says it. */
const LOGIN_PATHS = ["/login", "/accounts/login/", "/users/sign_in", "/signin"];

const LOGIN_LINK = /(?:log-?in|sign-?in|auth\/|session\/new)\b/i;

/** No site has it. */
const MISSING_PATH = "/devtls-audit-no-such-page";

/**
 * Opens the login page, one asset, a page that is not there, and those that were named.
 * @param paths of pages to look at besides
 */
export async function openPages(
  site: Asked,
  { carriers }: Entrance,
  paths: readonly string[],
): Promise<Pages> {
  const way = judgedWay(site);
  const carrier = way.isVerified ? carriers.strict : carriers.lenient;
  const { answer } = way;
  const here = way.route.at(-1) ?? way.start;
  if (!answer) return { all: [], cookies: [] };
  const start: SeenPage = { kind: "start", url: here, answer };
  const open = async (kind: SeenPage["kind"], url: URL): Promise<SeenPage | undefined> => {
    const found = await askOnce(carrier, url);
    return found && { kind, url, answer: found };
  };
  const page = isHtml(answer) ? readPage(answer.body, here) : undefined;
  const own = (url: URL): boolean => url.origin === here.origin;
  const asset = page?.subresources.find(({ url }) => own(url))?.url;
  const login = hasPassword(answer)
    ? { ...start, kind: "login" as const }
    : await findLogin(page?.links.filter(own) ?? [], here, open);
  const others = await Promise.all([
    asset && open("asset", asset),
    open("error", new URL(MISSING_PATH, here)),
    ...paths.map((path) => open("named", new URL(path, here))),
  ]);
  const all = [start, login, ...others].filter((each) => each !== undefined);
  const cookies = all.flatMap(({ url, answer: { headers } }) =>
    valuesOf(headers, "set-cookie").flatMap((line) => {
      const cookie = cookieIn(line, url);
      return cookie && !cookie.isExpired ? [{ ...cookie, at: url }] : [];
    }),
  );
  return { all, cookies };
}

async function findLogin(
  links: readonly URL[],
  here: URL,
  open: (kind: "login", url: URL) => Promise<SeenPage | undefined>,
): Promise<SeenPage | undefined> {
  const linked = links.find(({ pathname }) => LOGIN_LINK.test(pathname));
  for (const url of linked ? [linked] : LOGIN_PATHS.map((path) => new URL(path, here))) {
    const page = await open("login", url);
    if (page && hasPassword(page.answer)) return page;
  }
  return undefined;
}

export function isHtml(answer: Answer): boolean {
  return HTML_TYPES.includes(mediaType(answer).trim().toLowerCase());
}

/** Whether a page asks for a password. */
export function hasPassword(answer: Answer): boolean {
  return isHtml(answer) && PASSWORD.test(answer.body);
}

/** No element begins within another's tag: what never ends its tags is read once all the same. */
const PASSWORD = /<input\b[^<>]*\btype\s*=\s*["']?password\b/i;
