import { fromForwarded } from "./python.js";
import { type Framework, lines, type Traits } from "./record.js";

/** What SecurityMiddleware adds to every response, its own redirect included. */
const hasSecurityHeaders = ({ header }: Traits): boolean =>
  // Others can be told to send the same; unlike Django, they mostly give their name as well.
  header("x-powered-by") === "" &&
  /\bsame-origin\b/.test(header("referrer-policy")) &&
  header("x-content-type-options") === "nosniff";

const SECURITY = 'MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", *MIDDLEWARE]';
const FRAMES =
  'MIDDLEWARE = ["django.middleware.clickjacking.XFrameOptionsMiddleware", *MIDDLEWARE]';

export const django: Framework = {
  name: "django",
  title: "Django",
  id: "django",
  where: "Django, settings.py",
  matches: (seen) =>
    // Bottle, which runs on the same server of Python's, writes its charset in capitals.
    (seen.header("server").startsWith("WSGIServer/") &&
      !seen.header("content-type").includes("charset=UTF-8")) ||
    seen.cookieNames.some((name) => name === "csrftoken" || name === "sessionid") ||
    hasSecurityHeaders(seen) ||
    /CSRF verification failed\. Request aborted|Django Version:/.test(seen.page),
  versionIn: (seen) => {
    const [, shown] = /Django Version:[^\d<]*(?:<[^>]*>[^\d<]*)*(\d+\.\d+)/.exec(seen.page) ?? [];
    if (shown !== undefined) return shown;
    // It looks at Origin from 4.0 on, and before that at the Referer.
    if (seen.page.includes("Origin checking failed")) return "4.0";
    if (seen.page.includes("does not match any trusted origins")) return "3.2";
    // From 4.0 on the middleware sends this, too.
    if (!hasSecurityHeaders(seen)) return undefined;
    return seen.header("cross-origin-opener-policy") === "" ? "3.2" : "4.0";
  },
  sessions: /^sessionid$/,
  settings: {
    trustProto: lines('SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")'),
    trustHost: lines("USE_X_FORWARDED_HOST = True"),
    trustForwarded: lines(
      "import re",
      `forwarded = lambda get_response: lambda request: (request.META.update(${fromForwarded("request.META")}), get_response(request))[1]`,
      'MIDDLEWARE = [__name__ + ".forwarded", *MIDDLEWARE]',
      'SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")',
      "USE_X_FORWARDED_HOST = True",
    ),
    origins: lines(
      { line: 'CSRF_TRUSTED_ORIGINS = ["{origin}"]', since: "4.0" },
      { line: 'CSRF_TRUSTED_ORIGINS = ["{host}"]', before: "4.0" },
    ),
    socketOrigins: lines('ALLOWED_HOSTS = ["{hostname}"]'),
    hosts: lines('ALLOWED_HOSTS = ["{hostname}"]'),
    slash: lines("APPEND_SLASH = False"),
    noHsts: lines("SECURE_HSTS_SECONDS = 0"),
    httpsRedirect: lines(SECURITY, "SECURE_SSL_REDIRECT = True"),
    hsts: lines(
      SECURITY,
      "SECURE_HSTS_SECONDS = 31536000",
      "SECURE_HSTS_INCLUDE_SUBDOMAINS = True",
    ),
    nosniff: lines(SECURITY, "SECURE_CONTENT_TYPE_NOSNIFF = True"),
    frames: lines(FRAMES, 'X_FRAME_OPTIONS = "DENY"'),
    referrer: lines(SECURITY, 'SECURE_REFERRER_POLICY = "same-origin"'),
    csp: lines(
      {
        line: 'MIDDLEWARE = ["django.middleware.csp.ContentSecurityPolicyMiddleware", *MIDDLEWARE]',
        since: "6.0",
      },
      { line: 'SECURE_CSP = {"default-src": ["\'self\'"]}', since: "6.0" },
    ),
    noDebug: lines("DEBUG = False"),
    secure: lines("SESSION_COOKIE_SECURE = True", "CSRF_COOKIE_SECURE = True"),
    "same-site": lines('SESSION_COOKIE_SAMESITE = "Lax"', 'CSRF_COOKIE_SAMESITE = "Lax"'),
    "no-domain": lines("SESSION_COOKIE_DOMAIN = None"),
    "root-path": lines('SESSION_COOKIE_PATH = "/"'),
    "http-only": lines("SESSION_COOKIE_HTTPONLY = True"),
    smaller: lines('SESSION_ENGINE = "django.contrib.sessions.backends.db"'),
  },
  refusals: [
    { text: "CSRF cookie not set", says: "token" },
    { text: "requires a CSRF cookie", says: "token" },
    { text: "CSRF token missing", says: "token" },
    { text: "CSRF token from ", says: "token" },
    { text: "CSRF token incorrect", says: "token" },
    { text: "Referer checking failed - no Referer", says: "no-referer" },
    { text: "Referer checking failed - Referer is malformed", says: "no-referer" },
    { text: "Origin checking failed", says: "origin" },
    { text: "Referer checking failed", says: "origin" },
    // Without DEBUG the page does not say more.
    { text: "CSRF verification failed", says: "origin", vague: true },
    { text: "Invalid HTTP_HOST header", says: "host" },
    { text: "You may need to add", says: "host" },
    { text: "<h1>Bad Request (400)</h1>", says: "host", vague: true },
  ],
};
