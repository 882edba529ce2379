/** PHP and frameworks on it. */
import { type Framework, lines } from "./record.js";

/** Takes the scheme from X-Forwarded-Proto. */
export const FORWARDED =
  "if (($_SERVER['HTTP_X_FORWARDED_PROTO'] ?? '') === 'https') $_SERVER['HTTPS'] = 'on';";

/** Of Forwarded the last element counts: it is the edge's own (RFC 7239 section 4). */
export const RFC_7239 = [
  "if (preg_match('/\\bproto=\"?https\\b[^,]*$/i', $_SERVER['HTTP_FORWARDED'] ?? '')) $_SERVER['HTTPS'] = 'on';",
  "$_SERVER['HTTP_HOST'] = '{host}';",
] as const;

const INI = "php.ini";

export const php: Framework = {
  name: "php",
  title: "PHP",
  id: "php",
  where: "PHP, at the very beginning of the app",
  general: true,
  matches: ({ header, cookieNames }) =>
    header("x-powered-by").startsWith("PHP/") || cookieNames.includes("PHPSESSID"),
  sessions: /^PHPSESSID$/,
  secureFollows: true,
  settings: {
    trustProto: lines(FORWARDED),
    trustForwarded: lines(...RFC_7239),
    keepPort: lines({
      line: "header('Location: https://' . $_SERVER['HTTP_HOST'] . $_SERVER['REQUEST_URI']);",
      where: "PHP, in place of the redirect to https",
    }),
    httpsRedirect: lines(
      "if (($_SERVER['HTTPS'] ?? '') !== 'on') { header('Location: https://' . $_SERVER['HTTP_HOST'] . $_SERVER['REQUEST_URI'], true, 308); exit; }",
    ),
    header: lines('header("{name}: {value}");'),
    "same-site": lines({ line: "session.cookie_samesite = Lax ; php.ini", where: INI }),
    secure: lines({ line: "session.cookie_secure = 1 ; php.ini", where: INI }),
    "no-domain": lines({ line: 'session.cookie_domain = "" ; php.ini', where: INI }),
    "root-path": lines({ line: "session.cookie_path = / ; php.ini", where: INI }),
    "http-only": lines({ line: "session.cookie_httponly = 1 ; php.ini", where: INI }),
  },
};

export const laravel: Framework = {
  name: "laravel",
  title: "Laravel",
  id: "laravel",
  where: "Laravel, bootstrap/app.php, in withMiddleware",
  matches: ({ cookieNames }) =>
    // Spring, ASP.NET and others send an XSRF-TOKEN as well, for Angular; the session is its own.
    cookieNames.some((name) => /laravel[_-]session$/.test(name)) ||
    (cookieNames.includes("XSRF-TOKEN") &&
      cookieNames.some((name) => /^[^_].*[_-]session$/.test(name))),
  sessions: /^(?:\w+[_-]session|remember_web_\w+)$/,
  settings: {
    trustProto: lines("$middleware->trustProxies(at: '*');"),
    trustHost: lines("$middleware->trustProxies(at: '*');"),
    trustForwarded: lines(
      "$middleware->trustProxies(at: '*', headers: \\Illuminate\\Http\\Request::HEADER_FORWARDED);",
    ),
    baseUrl: lines({ line: "APP_URL={origin}", where: "Laravel, .env" }),
    secure: lines({ line: "SESSION_SECURE_COOKIE=true", where: "Laravel, .env" }),
    "no-domain": lines({ line: "SESSION_DOMAIN=null", where: "Laravel, .env" }),
    "root-path": lines({ line: "SESSION_PATH=/", where: "Laravel, .env" }),
    "http-only": lines({ line: "SESSION_HTTP_ONLY=true", where: "Laravel, .env" }),
    smaller: lines({ line: "SESSION_DRIVER=database", where: "Laravel, .env" }),
  },
};

const FRAMEWORK_YAML = "Symfony, config/packages/framework.yaml";

export const symfony: Framework = {
  name: "symfony",
  title: "Symfony",
  id: "symfony",
  where: FRAMEWORK_YAML,
  matches: ({ header, page }) =>
    header("x-debug-token") !== "" || page.includes("Symfony\\Component\\"),
  sessions: /^PHPSESSID$/,
  settings: {
    trustProto: lines(
      "framework: { trusted_proxies: 'private_ranges', trusted_headers: ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port'] }",
    ),
    trustHost: lines(
      "framework: { trusted_proxies: 'private_ranges', trusted_headers: ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port'] }",
    ),
    trustForwarded: lines(
      "framework: { trusted_proxies: 'private_ranges', trusted_headers: ['forwarded'] }",
    ),
    baseUrl: lines("framework: { router: { default_uri: '{origin}' } }"),
    hosts: lines("framework: { trusted_hosts: ['^{hostname}$'] }"),
    noHsts: lines({
      line: "nelmio_security: { forced_ssl: { hsts_max_age: ~ } }",
      where: "Symfony, config/packages/nelmio_security.yaml",
    }),
    secure: lines("framework: { session: { cookie_secure: true } }"),
    "no-domain": lines("framework: { session: { cookie_domain: ~ } }"),
    "root-path": lines("framework: { session: { cookie_path: '/' } }"),
    "http-only": lines("framework: { session: { cookie_httponly: true } }"),
    smaller: lines("framework: { session: { handler_id: session.handler.native_file } }"),
  },
  refusals: [{ text: "Untrusted Host", says: "host" }],
};
