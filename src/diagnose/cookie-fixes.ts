/** The settings by which each framework says what its cookies look like. */
import type { RuleId } from "../cookies/rules.js";
import type { SetCookie } from "../cookies/set-cookie.js";
import { type Framework, type FrameworkId, MOST_COMMON } from "./frameworks.js";

/** What has to change in a cookie. */
type Change = "secure" | "no-domain" | "root-path" | "http-only" | "smaller";

const CHANGES: Readonly<Partial<Record<RuleId, readonly Change[]>>> = {
  "too-large": ["smaller"],
  "domain-not-ascii": ["no-domain"],
  "public-suffix": ["no-domain"],
  "domain-ip": ["no-domain"],
  "domain-mismatch": ["no-domain"],
  "same-site-none-insecure": ["secure"],
  "partitioned-insecure": ["secure"],
  "secure-prefix": ["secure"],
  "host-prefix": ["secure", "root-path", "no-domain"],
  "http-prefix": ["secure", "http-only"],
  "host-http-prefix": ["secure", "http-only", "root-path", "no-domain"],
};

type Settings = Readonly<Partial<Record<Change, string>>>;

const SETTINGS: Readonly<Record<FrameworkId, Settings>> = {
  django: {
    secure: "SESSION_COOKIE_SECURE = True",
    "no-domain": "SESSION_COOKIE_DOMAIN = None",
    "root-path": 'SESSION_COOKIE_PATH = "/"',
    "http-only": "SESSION_COOKIE_HTTPONLY = True",
    smaller: 'SESSION_ENGINE = "django.contrib.sessions.backends.db"',
  },
  flask: {
    secure: "app.config['SESSION_COOKIE_SECURE'] = True",
    "no-domain": "app.config['SESSION_COOKIE_DOMAIN'] = None",
    "root-path": "app.config['SESSION_COOKIE_PATH'] = '/'",
    "http-only": "app.config['SESSION_COOKIE_HTTPONLY'] = True",
    smaller: "app.config['SESSION_TYPE'] = 'cachelib'; Session(app)  # Flask-Session",
  },
  starlette: {
    secure: "app.add_middleware(SessionMiddleware, secret_key=..., https_only=True)",
    "no-domain": "app.add_middleware(SessionMiddleware, secret_key=..., domain=None)",
    "root-path": 'app.add_middleware(SessionMiddleware, secret_key=..., path="/")',
  },
  rails: {
    secure: "Rails.application.config.session_store :cookie_store, secure: true",
    "no-domain": "Rails.application.config.session_store :cookie_store, domain: nil",
    "root-path": 'Rails.application.config.session_store :cookie_store, path: "/"',
    "http-only": "Rails.application.config.session_store :cookie_store, httponly: true",
    smaller: "Rails.application.config.session_store :cache_store",
  },
  express: {
    secure: "app.use(session({ ...options, cookie: { ...options.cookie, secure: true } }))",
    "no-domain":
      "app.use(session({ ...options, cookie: { ...options.cookie, domain: undefined } }))",
    "root-path": "app.use(session({ ...options, cookie: { ...options.cookie, path: '/' } }))",
    "http-only": "app.use(session({ ...options, cookie: { ...options.cookie, httpOnly: true } }))",
    smaller: "app.use(session(options)) // of express-session, which keeps the data on the server",
  },
  fastify: {
    secure: "app.register(session, { ...options, cookie: { ...options.cookie, secure: true } })",
    "no-domain":
      "app.register(session, { ...options, cookie: { ...options.cookie, domain: undefined } })",
    "root-path": "app.register(session, { ...options, cookie: { ...options.cookie, path: '/' } })",
    "http-only":
      "app.register(session, { ...options, cookie: { ...options.cookie, httpOnly: true } })",
    smaller:
      "app.register(session, options) // of @fastify/session, which keeps the data on the server",
  },
  nest: {
    secure: "app.use(session({ ...options, cookie: { ...options.cookie, secure: true } }))",
    "no-domain":
      "app.use(session({ ...options, cookie: { ...options.cookie, domain: undefined } }))",
    "root-path": "app.use(session({ ...options, cookie: { ...options.cookie, path: '/' } }))",
    "http-only": "app.use(session({ ...options, cookie: { ...options.cookie, httpOnly: true } }))",
    smaller: "app.use(session(options)) // of express-session, which keeps the data on the server",
  },
  next: {
    secure: "(await cookies()).set(name, value, { secure: true })",
    "no-domain": "(await cookies()).set(name, value, { domain: undefined })",
    "root-path": "(await cookies()).set(name, value, { path: '/' })",
    "http-only": "(await cookies()).set(name, value, { httpOnly: true })",
    smaller: "session: { strategy: 'database' } // Auth.js",
  },
  laravel: {
    secure: "SESSION_SECURE_COOKIE=true",
    "no-domain": "SESSION_DOMAIN=null",
    "root-path": "SESSION_PATH=/",
    "http-only": "SESSION_HTTP_ONLY=true",
    smaller: "SESSION_DRIVER=database",
  },
  symfony: {
    secure: "framework: { session: { cookie_secure: true } }",
    "no-domain": "framework: { session: { cookie_domain: ~ } }",
    "root-path": "framework: { session: { cookie_path: '/' } }",
    "http-only": "framework: { session: { cookie_httponly: true } }",
    smaller: "framework: { session: { handler_id: session.handler.native_file } }",
  },
  spring: {
    secure: "server.servlet.session.cookie.secure=true",
    "no-domain": "server.servlet.session.cookie.domain=",
    "root-path": "server.servlet.session.cookie.path=/",
    "http-only": "server.servlet.session.cookie.http-only=true",
  },
  aspnet: {
    secure: "options.Cookie.SecurePolicy = CookieSecurePolicy.Always;",
    "no-domain": "options.Cookie.Domain = null;",
    "root-path": 'options.Cookie.Path = "/";',
    "http-only": "options.Cookie.HttpOnly = true;",
  },
  wordpress: {
    secure: "define('FORCE_SSL_ADMIN', true); // wp-config.php",
    "no-domain": "define('COOKIE_DOMAIN', ''); // wp-config.php",
    "root-path": "define('COOKIEPATH', '/'); // wp-config.php",
  },
  phoenix: {
    secure: "@session_options [store: :cookie, secure: true]",
    "no-domain": "@session_options [store: :cookie, domain: nil]",
    "root-path": '@session_options [store: :cookie, path: "/"]',
    "http-only": "@session_options [store: :cookie, http_only: true]",
    smaller: "@session_options [store: :ets, table: :session]",
  },
  go: {
    secure: "cookie.Secure = true",
    "no-domain": 'cookie.Domain = ""',
    "root-path": 'cookie.Path = "/"',
    "http-only": "cookie.HttpOnly = true",
    smaller: 'store := sessions.NewFilesystemStore("", key) // gorilla/sessions',
  },
  php: {
    secure: "session.cookie_secure = 1 ; php.ini",
    "no-domain": 'session.cookie_domain = "" ; php.ini',
    "root-path": "session.cookie_path = / ; php.ini",
    "http-only": "session.cookie_httponly = 1 ; php.ini",
  },
};

/** Django has a group of settings for each of its cookies. */
function forCookie(setting: string, id: FrameworkId, cookie: string): string {
  return id === "django" && cookie === "csrftoken"
    ? setting.replace(/^SESSION_COOKIE/, "CSRF_COOKIE")
    : setting;
}

/** Whether the cookie lacks what a change would bring. */
function isMissing(change: Change, cookie: SetCookie | undefined): boolean {
  if (!cookie) return true;
  switch (change) {
    case "secure":
      return !cookie.secure;
    case "http-only":
      return !cookie.httpOnly;
    case "no-domain":
      return cookie.domain !== "";
    case "root-path":
      return cookie.path !== "/";
    default:
      return true;
  }
}

/**
 * The settings that make a cookie acceptable, ready to paste; of the most common frameworks when
 * it is not known which one it is. Empty for what is no matter of settings.
 * @param cookie undefined where it could not be read
 */
export function cookieFixes(
  rule: RuleId,
  name: string,
  cookie: SetCookie | undefined,
  framework: Framework | undefined,
): string[] {
  const changes = (CHANGES[rule] ?? []).filter((change) => isMissing(change, cookie));
  const ids = framework ? [framework.id] : MOST_COMMON;
  return ids.flatMap((id) =>
    changes.flatMap((change) => {
      const setting = SETTINGS[id][change];
      return setting === undefined ? [] : forCookie(setting, id, name);
    }),
  );
}

/** One change for one cookie, ready to paste; of the most common frameworks when it is unknown. */
export function settingFor(
  change: Change,
  name: string,
  framework: Framework | undefined,
): string[] {
  const ids = framework ? [framework.id] : MOST_COMMON;
  return ids.flatMap((id) => {
    const setting = SETTINGS[id][change];
    return setting === undefined ? [] : forCookie(setting, id, name);
  });
}
