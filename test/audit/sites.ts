/** Sites for the comparison with the Observatory: one for each rule, and others put together by chance. */
import { randomFrom } from "../support/random.js";

export interface Reply {
  readonly status?: number;
  /** Name, value, name, value. */
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** Replies by path; "*" for all others. */
type Side = Readonly<Record<string, Reply>>;

export interface Site {
  readonly name: string;
  /** Port 443; null where nothing listens. */
  readonly https: Side | null;
  /** Port 80. */
  readonly http: Side | null;
  /** The certificate is signed by itself. */
  readonly untrusted?: true;
}

const HTML = ["Content-Type", "text/html; charset=utf-8"];
const to = (location: string, status = 301): Reply => ({ status, headers: ["Location", location] });
const TO_HTTPS: Side = { "*": to("https://localhost/") };

const page = (
  name: string,
  headers: readonly string[],
  body = "<!doctype html><p>Hello",
): Site => ({
  ...{ name, http: TO_HTTPS },
  https: { "*": { headers: [...HTML, ...headers], body } },
});

const csp = (value: string, body?: string): Site =>
  page(`CSP ${value}${body ?? ""}`, ["Content-Security-Policy", value], body);

const field = (name: string, value: string): Site => page(`${name}: ${value}`, [name, value]);

const cookies = (...lines: readonly string[]): Site =>
  page(
    `cookies ${lines.join(" | ")}`,
    lines.flatMap((line) => ["Set-Cookie", line]),
  );

const HSTS = ["Strict-Transport-Security", "max-age=31536000; includeSubDomains"];

const safeCookies = (...lines: readonly string[]): Site =>
  page(`HSTS and cookies ${lines.join(" | ")}`, [
    ...HSTS,
    ...lines.flatMap((line) => ["Set-Cookie", line]),
  ]);

const scripts = (...tags: readonly string[]): Site =>
  page(
    `scripts ${tags.join("")}`,
    [],
    `<!doctype html>${tags.map((tag) => `<script ${tag}></script>`).join("")}`,
  );

const meta = (tag: string, headers: readonly string[] = []): Site =>
  page(
    `meta ${tag} ${headers.join()}`,
    headers,
    `<!doctype html><head><meta ${tag}></head><p>Hello`,
  );

const cors = (...headers: readonly string[]): Site => page(`CORS ${headers.join()}`, headers);

const OBSERVATORY = "https://http-observatory.security.mozilla.org";

const POLICIES = [
  "default-src 'none'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
  "default-src 'none'",
  "default-src 'self'",
  "default-src 'self'; script-src 'self' 'unsafe-inline'",
  "default-src 'self'; script-src 'self' 'unsafe-inline' 'nonce-abc123'",
  "default-src 'self'; style-src 'self' 'unsafe-inline'",
  "default-src 'self'; script-src 'self' 'unsafe-eval'",
  "default-src https:",
  "default-src 'self'; img-src http://images.example",
  "default-src 'self'; connect-src http://api.example",
  "script-src 'nonce-abc' 'strict-dynamic' https: 'unsafe-inline'; object-src 'none'",
  "script-src 'strict-dynamic' 'self'; object-src 'none'",
  "script-src 'self'",
  "img-src 'self'",
  "default-src 'self'; default-src 'none'",
  "default-src 'none'; report-uri /a; report-uri /b",
  "upgrade-insecure-requests",
  "frame-ancestors 'self'",
  "x",
  "default-src 'self' data:; object-src 'none'",
  "default-src 'self'; object-src *",
  "DEFAULT-SRC 'SELF'; SCRIPT-SRC 'UNSAFE-EVAL'",
  "default-src;script-src 'self' 'sha256-abc='",
  "default-src 'self' https://a.example/x https://a.example/xy",
];

const COOKIES = [
  ["sessionid=1"],
  ["sessionid=1; Secure; HttpOnly; SameSite=Lax"],
  ["sessionid=1; Secure"],
  ["sessionid=1; HttpOnly; SameSite=None"],
  ["a=1"],
  ["a=1; Secure"],
  ["a=1; Secure; SameSite=Strict", "b=2; Secure; SameSite=Lax"],
  ["csrftoken=1; Secure"],
  ["csrftoken=1; Secure; SameSite=Strict"],
  ["a=1; Secure; SameSite=Foo"],
  ["a=1; Secure; SameSite"],
  ["login=1; Secure; HttpOnly"],
  ["heroku-session-affinity=1"],
  ["__Host-sess=1; Secure; HttpOnly; Path=/; SameSite=Lax"],
  ["__Host-sess=1; Path=/"],
  ["__Secure-a=1"],
  ["a=1; Max-Age=0"],
  ["a=1; Domain=example.com; Secure"],
  ["novalue"],
  ["=1; Secure"],
  ["a=1; Secure=yes; HTTPONLY; samesite=LAX"],
];

const SCRIPTS = [
  ['src="/a.js"'],
  ['src="/a.js" integrity="sha384-x"'],
  ['src="https://cdn.example.com/a.js"'],
  ['src="https://cdn.example.com/a.js" integrity="sha384-x" crossorigin'],
  ['src="http://cdn.example.com/a.js"'],
  ['src="http://cdn.example.com/a.js" integrity="sha384-x"'],
  ['src="//cdn.example.com/a.js"'],
  ['src="//cdn.example.com/a.js" integrity="sha384-x"'],
  [""],
  ['src="/a.js"', 'src="https://cdn.example.com/b.js" integrity="sha384-x"'],
  ['src="/a.js" integrity="sha384-x"', 'src="https://cdn.example.com/b.js"'],
  ['src="data:text/javascript,1"'],
];

const WORDS: readonly (readonly [string, string])[] = [
  ["X-Content-Type-Options", "nosniff"],
  ["X-Content-Type-Options", "NoSniff"],
  ["X-Content-Type-Options", "sniff"],
  ["X-Frame-Options", "DENY"],
  ["X-Frame-Options", "sameorigin"],
  ["X-Frame-Options", "ALLOW-FROM https://a.example"],
  ["X-Frame-Options", "ALLOWALL"],
  ["Referrer-Policy", "no-referrer"],
  ["Referrer-Policy", "origin"],
  ["Referrer-Policy", "no-referrer, unknown-policy"],
  ["Referrer-Policy", "unsafe-url, strict-origin"],
  ["Referrer-Policy", "nothing"],
  ["Cross-Origin-Resource-Policy", "same-origin"],
  ["Cross-Origin-Resource-Policy", "Same-Site"],
  ["Cross-Origin-Resource-Policy", "cross-origin"],
  ["Cross-Origin-Resource-Policy", "everybody"],
  ["Strict-Transport-Security", "max-age=31536000"],
  ["Strict-Transport-Security", "max-age=15552000; preload"],
  ["Strict-Transport-Security", "max-age=15551999"],
  ["Strict-Transport-Security", 'max-age="31536000"'],
  ["Strict-Transport-Security", "includeSubDomains"],
  ["Strict-Transport-Security", "max-age=1, max-age=2"],
  ["Strict-Transport-Security", "MAX-AGE=99999999 ; includeSubDomains"],
  ["Content-Security-Policy-Report-Only", "default-src 'self'"],
];

const REDIRECTS: readonly Site[] = [
  { name: "no https", https: null, http: { "*": { headers: HTML, body: "<p>Hello" } } },
  { name: "no http", https: { "*": { headers: HTML } }, http: null },
  {
    name: "http answers itself",
    https: { "*": { headers: HTML } },
    http: { "*": { headers: HTML } },
  },
  {
    name: "302 to https",
    https: { "*": { headers: HTML } },
    http: { "*": to("https://localhost/x", 302) },
  },
  {
    name: "http, http, https",
    https: { "*": { headers: HTML } },
    http: { "/": to("/next"), "/next": to("https://localhost/") },
  },
  {
    name: "first to another host",
    https: { "*": { headers: HTML } },
    http: { "/": to("https://127.0.0.1/") },
  },
  {
    name: "https leads back to http",
    https: { "/": to("http://localhost/plain") },
    http: { "/": to("https://localhost/"), "/plain": { headers: HTML } },
  },
  { name: "ten redirects and more", https: { "*": to("/again") }, http: TO_HTTPS },
  {
    name: "a redirect without a Location",
    https: { "*": { headers: HTML } },
    http: { "/": { status: 301 }, "*": { headers: HTML } },
  },
  {
    name: "a redirect to nowhere",
    https: { "*": { headers: HTML } },
    http: { "*": to("http://[") },
  },
  {
    name: "a redirect to another scheme",
    https: { "*": { headers: HTML } },
    http: { "*": to("ftp://localhost/") },
  },
  { name: "a login in front", https: { "*": { status: 401, headers: HTML } }, http: TO_HTTPS },
  {
    name: "forbidden",
    https: { "*": { status: 403, headers: [...HTML, ...HSTS] } },
    http: TO_HTTPS,
  },
  { name: "not found", https: { "*": { status: 404, headers: HTML } }, http: TO_HTTPS },
  { name: "broken", https: { "*": { status: 500, headers: HTML } }, http: TO_HTTPS },
  {
    name: "cookies on the way",
    https: {
      "/": {
        status: 302,
        headers: ["Location", "/in", "Set-Cookie", "session=1; Secure; HttpOnly"],
      },
      "*": { headers: HTML },
    },
    http: TO_HTTPS,
  },
  {
    name: "a cookie that goes again on the way",
    https: {
      "/": { status: 302, headers: ["Location", "/in", "Set-Cookie", "session=1; Secure"] },
      "*": { headers: [...HTML, "Set-Cookie", "session=; Max-Age=0"] },
    },
    http: TO_HTTPS,
  },
  {
    name: "a certificate of its own",
    untrusted: true,
    https: {
      "*": { headers: [...HTML, ...HSTS, "Set-Cookie", "a=1"] },
      "/robots.txt": { headers: ["Set-Cookie", "sessionid=1"] },
    },
    http: TO_HTTPS,
  },
  {
    name: "a certificate of its own, no http",
    untrusted: true,
    https: { "*": { headers: HTML } },
    http: null,
  },
  {
    name: "json",
    https: { "*": { headers: ["Content-Type", "application/json"], body: "{}" } },
    http: TO_HTTPS,
  },
  {
    name: "no type",
    https: {
      "*": { headers: ["Content-Type", "text/plain"], body: "<script src=//a.b/c></script>" },
    },
    http: TO_HTTPS,
  },
  {
    name: "xhtml",
    https: {
      "*": {
        headers: ["Content-Type", "application/xhtml+xml"],
        body: '<html xmlns="http://www.w3.org/1999/xhtml"><script src="https://cdn.example.com/a.js"></script></html>',
      },
    },
    http: TO_HTTPS,
  },
];

const FIXED: readonly Site[] = [
  ...POLICIES.map((policy) => csp(policy)),
  ...COOKIES.map((lines) => cookies(...lines)),
  ...COOKIES.slice(0, 6).map((lines) => safeCookies(...lines)),
  ...SCRIPTS.map((tags) => scripts(...tags)),
  ...WORDS.map(([name, value]) => field(name, value)),
  ...REDIRECTS,
  meta(`http-equiv="Content-Security-Policy" content="default-src 'self'"`),
  meta(`http-equiv="content-security-policy" content="frame-ancestors 'none'"`),
  meta(`http-equiv="Content-Security-Policy" content="script-src 'self'"`, [
    "Content-Security-Policy",
    "default-src 'none'",
  ]),
  meta(`name="referrer" content="no-referrer"`),
  meta(`name="referrer" content="unsafe-url"`, ["Referrer-Policy", "no-referrer"]),
  cors("Access-Control-Allow-Origin", "*"),
  cors("Access-Control-Allow-Origin", OBSERVATORY, "Access-Control-Allow-Credentials", "true"),
  cors("Access-Control-Allow-Origin", "https://a.example"),
  page("all that is good", [
    ...["Content-Security-Policy", POLICIES[0] ?? ""],
    ...[
      "X-Content-Type-Options",
      "nosniff",
      "X-Frame-Options",
      "DENY",
      "Referrer-Policy",
      "no-referrer",
    ],
    ...[...HSTS, "Cross-Origin-Resource-Policy", "same-origin"],
    ...["Set-Cookie", "sessionid=1; Secure; HttpOnly; SameSite=Strict"],
  ]),
];

/** A site put together by chance of what the fixed ones are made of. */
function chance(seed: number): Site {
  const random = randomFrom(seed);
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
  const headers: string[] = [];
  if (random() < 0.7) headers.push("Content-Security-Policy", pick(POLICIES));
  for (const name of new Set(WORDS.map(([each]) => each))) {
    if (random() < 0.6) headers.push(...pick(WORDS.filter(([each]) => each === name)));
  }
  if (random() < 0.6) for (const line of pick(COOKIES)) headers.push("Set-Cookie", line);
  const body =
    random() < 0.6
      ? pick(SCRIPTS)
          .map((tag) => `<script ${tag}></script>`)
          .join("")
      : "";
  const made = page(`by chance ${seed}`, headers, `<!doctype html><p>${seed}${body}`);
  const { http } =
    random() < 0.3
      ? pick(REDIRECTS.filter((site) => !site.untrusted && site.https !== null))
      : made;
  return { ...made, http };
}

export function sites(chances: number): readonly Site[] {
  return [...FIXED, ...Array.from({ length: chances }, (_, at) => chance(at + 1))];
}
