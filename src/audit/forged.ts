/**
 * What nobody asks: does the site believe what anybody may claim in X-Forwarded-* or Host, and does
 * it keep http and https apart?
 */
import { valuesOf } from "../lines.js";
import { askOnce, type Question } from "./asking/entrance.js";
import { type Check, type Status, stated } from "./checks.js";
import type { Scene } from "./deployment.js";
import { cookieIn } from "./rules/kept-cookies.js";
import { type Answer, field, judgedWay } from "./rules/site.js";

/** A name and an address that nobody has (RFC 6761 6.4, RFC 5737). */
const FOREIGN_HOST = "devtls-audit.invalid";
const FOREIGN_ADDRESS = "203.0.113.77";

/** Sends claims that are not true: to hosts of one's own only. */
export async function forgedChecks(scene: Scene): Promise<Check[]> {
  if (!scene.entrance.mayForge) {
    return ["forwarded-proto", "forwarded-host", "forwarded-for", "host-header"].map((id) =>
      stated({
        ...{ id, status: "not-asked" },
        detail: "Not asked: forged headers are sent to hosts of one's own only (--own).",
      }),
    );
  }
  const answers = new Asker(scene);
  return [
    await protoCheck(scene, answers),
    await hostCheck(scene, answers, "forwarded-host", {
      headers: ["X-Forwarded-Host", FOREIGN_HOST],
    }),
    await addressCheck(answers),
    await hostCheck(scene, answers, "host-header", { host: FOREIGN_HOST }),
  ];
}

/** The page asked again, straight, by the way that was judged. */
class Asker {
  readonly #scene: Scene;
  readonly url: URL;

  constructor(scene: Scene) {
    this.#scene = scene;
    const way = judgedWay(scene.site);
    this.url = way.start;
  }

  ask(url: URL, question: Question = {}): Promise<Answer | undefined> {
    const { site, entrance } = this.#scene;
    const { strict, lenient } = entrance.carriers;
    return askOnce(judgedWay(site).isVerified ? strict : lenient, url, question);
  }
}

const isRedirect = ({ status }: Answer): boolean => status >= 300 && status < 400;

/**
 * Over plain http a claim of https must change nothing, and over https neither must one of http: who
 * believes it sends session cookies and pages in the clear, or redirects for ever.
 */
async function protoCheck({ entrance, remedyFor }: Scene, asker: Asker): Promise<Check> {
  const id = "forwarded-proto";
  const { http, https, isSamePort } = entrance.doors;
  const pairs: readonly (readonly [URL | undefined, string])[] = [
    [isSamePort ? undefined : http, "https"],
    [https, "http"],
  ];
  let asked = 0;
  for (const [url, claim] of pairs) {
    if (!url) continue;
    const [before, after] = [
      await asker.ask(url),
      await asker.ask(url, { headers: ["X-Forwarded-Proto", claim] }),
    ];
    if (!before || !after) continue;
    asked++;
    const what = differenceOf(before, after);
    if (what === undefined) continue;
    const detail = `Over ${url.protocol.slice(0, -1)}, anybody who claims X-Forwarded-Proto: ${claim} is believed: ${what}. Let the edge overwrite the header, or believe it from the edge's address only.`;
    return stated({ id, status: "fail", detail }, remedyFor(id));
  }
  if (asked === 0)
    return stated({ id, status: "not-asked", detail: "Nothing answered that could be asked." });
  return stated({ id, status: "pass", detail: "X-Forwarded-Proto of a visitor changes nothing." });
}

function differenceOf(before: Answer, after: Answer): string | undefined {
  if (isRedirect(before) !== isRedirect(after))
    return `it answers ${after.status} in place of ${before.status}`;
  const one = field(before, "location") ?? "";
  const other = field(after, "location") ?? "";
  if (one !== other && schemeOf(one) !== schemeOf(other))
    return `it redirects to ${other} in place of ${one}`;
  const [lost, kept] = [before, after].map(secureCookies);
  if (lost !== kept) return "its cookies change their Secure";
  const [hsts, without] = [before, after].map((answer) =>
    field(answer, "strict-transport-security"),
  );
  return hsts === without ? undefined : "its Strict-Transport-Security comes and goes";
}

const schemeOf = (location: string): string =>
  /^([a-z]+):/i.exec(location)?.[1]?.toLowerCase() ?? "";

function secureCookies({ headers }: Answer): string {
  return valuesOf(headers, "set-cookie")
    .map((line) => `${/^[^=;]*/.exec(line)?.[0]} ${/;\s*secure\s*(?:;|$)/i.test(line)}`)
    .sort()
    .join();
}

/** A foreign name must not come back in a link, a redirect or a cookie: mails are built the same way. */
async function hostCheck(
  { remedyFor }: Scene,
  asker: Asker,
  id: "forwarded-host" | "host-header",
  question: Question,
): Promise<Check> {
  const answer = await asker.ask(asker.url, question);
  const claim = id === "host-header" ? "Host" : "X-Forwarded-Host";
  if (!answer) return stated({ id, status: "pass", detail: `A foreign ${claim} gets no answer.` });
  const place = placeOf(answer);
  if (place !== undefined) {
    const detail = `A foreign ${claim}, where one reaches the app, comes back in ${place}: links, redirects and mails for a new password lead where the visitor says.`;
    return stated({ id, status: "fail", detail, key: place }, remedyFor("host-header"));
  }
  const isAnswered = id === "host-header" && answer.status < 400;
  const detail = isAnswered
    ? "Any Host is answered, though nothing is built from it."
    : id === "host-header"
      ? `A foreign Host is refused with ${answer.status}.`
      : "X-Forwarded-Host of a visitor changes nothing.";
  const status: Status = isAnswered ? "warn" : "pass";
  return stated({ id, status, detail }, remedyFor("host-header"));
}

function placeOf(answer: Answer): string | undefined {
  const isIn = (text: string): boolean => text.toLowerCase().includes(FOREIGN_HOST);
  if (isIn(field(answer, "location") ?? "")) return "Location";
  if (valuesOf(answer.headers, "set-cookie").some(isIn)) return "Set-Cookie";
  // A page of refusal names what it refuses.
  const attribute = answer.status < 400 ? attributeIn(answer.body) : undefined;
  return attribute === undefined ? undefined : `an address on the page (${attribute})`;
}

/** How far before the name its address may begin, in characters. */
const ADDRESS = 300;

/** Which attribute holds the name; looked for from the name backwards, as a page may be all attributes. */
function attributeIn(body: string): string | undefined {
  const text = body.toLowerCase();
  for (let at = text.indexOf(FOREIGN_HOST); at >= 0; at = text.indexOf(FOREIGN_HOST, at + 1)) {
    const before = text.slice(Math.max(0, at - ADDRESS), at);
    const [, name] = /\b(href|src|action|content)\s*=\s*["']?[^"'>]*$/.exec(before) ?? [];
    if (name !== undefined) return name;
  }
  return undefined;
}

/** Only a page that shows addresses, or opens for one, gives it away. */
async function addressCheck(asker: Asker): Promise<Check> {
  const id = "forwarded-for";
  const headers = (address: string) => ({ headers: ["X-Forwarded-For", address] });
  const before = await asker.ask(asker.url);
  const shown = await asker.ask(asker.url, headers(FOREIGN_ADDRESS));
  if (shown?.body.includes(FOREIGN_ADDRESS)) {
    const detail =
      "The page takes the visitor's own word for where it comes from (X-Forwarded-For): limits and logs by address can be evaded.";
    return stated({ id, status: "fail", detail });
  }
  if (before && before.status >= 400) {
    const inside = await asker.ask(asker.url, headers("127.0.0.1"));
    if (inside && inside.status < 400) {
      const detail = "A visitor who claims to come from 127.0.0.1 (X-Forwarded-For) gets in.";
      return stated({ id, status: "fail", detail });
    }
  }
  return stated({
    ...{ id, status: "not-asked" },
    detail: "Not seen: the page shows no address, and lets nobody in by one.",
  });
}

/** Checks of http beside https, which forge nothing. */
export async function schemeChecks(scene: Scene): Promise<Check[]> {
  return [await cacheCheck(scene), cookieOverHttp(scene)];
}

/** Asked over http first and https second, with a query that no cache has seen. */
async function cacheCheck(scene: Scene): Promise<Check> {
  const id = "cache-scheme";
  const { http, https, isSamePort } = scene.entrance.doors;
  if (!http || !https || isSamePort || !scene.site.http.first) {
    return stated({ id, status: "not-asked", detail: "Plain http is not answered." });
  }
  const asker = new Asker(scene);
  const query = `devtls-audit=${Math.random().toString(36).slice(2)}`;
  const at = (url: URL): URL => new URL(`${url.pathname}?${query}`, url);
  const plain = await asker.ask(at(http));
  const secure = await asker.ask(at(https));
  const target = secure && isRedirect(secure) ? field(secure, "location") : undefined;
  if (
    target !== undefined &&
    URL.canParse(target, at(https).href) &&
    new URL(target, at(https)).href === at(https).href
  ) {
    const detail =
      "https answers with the redirect that http was given: a cache is keyed without the scheme, and visitors go in circles.";
    return stated({ id, status: "fail", detail });
  }
  const isKept =
    plain !== undefined && /\b(?:public|s-maxage)\b/i.test(field(plain, "cache-control") ?? "");
  if (isKept && !/x-forwarded-proto/i.test(field(plain, "vary") ?? "")) {
    const detail =
      "The redirect from http may be kept by shared caches and does not say Vary: X-Forwarded-Proto.";
    return stated({ id, status: "warn", detail });
  }
  return stated({ id, status: "pass", detail: "http and https are answered apart." });
}

/** Browsers refuse it (RFC 6265bis 5.7 step 8), so that whoever logs in there is logged out at once. */
function cookieOverHttp({ site }: Scene): Check {
  const id = "secure-cookie-over-http";
  const { first, start } = site.http;
  if (!first) return stated({ id, status: "pass", detail: "Plain http sets no cookie." });
  const names = valuesOf(first.headers, "set-cookie").flatMap((line) => {
    const cookie = cookieIn(line, start);
    return cookie?.secure ? [cookie.name] : [];
  });
  const detail =
    names.length > 0
      ? `${names.join(", ")} has Secure and is set over plain http, where browsers refuse it.`
      : "Plain http sets no cookie that browsers would refuse there.";
  return stated({ id, status: names.length > 0 ? "warn" : "pass", detail });
}
