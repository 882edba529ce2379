import { fromForwarded } from "./python.js";
import { type Framework, lines } from "./record.js";

const PROXY_FIX = [
  "from werkzeug.middleware.proxy_fix import ProxyFix",
  "app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1, x_port=1)",
] as const;

export const flask: Framework = {
  name: "flask",
  title: "Flask",
  id: "flask",
  where: "Flask, where the app is made",
  matches: ({ header, cookieNames }) =>
    header("server").startsWith("Werkzeug/") ||
    (header("server") === "gunicorn" && cookieNames.includes("session")),
  sessions: /^session$/,
  settings: {
    trustProto: lines(...PROXY_FIX),
    trustHost: lines(...PROXY_FIX),
    trustForwarded: lines(
      ...PROXY_FIX,
      "import re",
      `app.wsgi_app = (lambda inner: lambda environ, start: inner({**environ, **${fromForwarded("environ")}}, start))(app.wsgi_app)`,
    ),
    baseUrl: lines(
      'app.config["PREFERRED_URL_SCHEME"] = "https"; app.config["SERVER_NAME"] = "{host}"',
    ),
    httpsRedirect: lines(
      "from flask import redirect, request",
      'app.before_request(lambda: None if request.is_secure else redirect(request.url.replace("http://", "https://", 1), 308))',
    ),
    header: lines(
      'app.after_request(lambda response: (response.headers.set("{name}", "{value}"), response)[1])',
    ),
    "same-site": lines("app.config['SESSION_COOKIE_SAMESITE'] = 'Lax'"),
    noHsts: lines("Talisman(app, strict_transport_security=False)"),
    keepPort: lines("return redirect(request.url.replace('http://', 'https://', 1))"),
    secure: lines("app.config['SESSION_COOKIE_SECURE'] = True"),
    "no-domain": lines("app.config['SESSION_COOKIE_DOMAIN'] = None"),
    "root-path": lines("app.config['SESSION_COOKIE_PATH'] = '/'"),
    "http-only": lines("app.config['SESSION_COOKIE_HTTPONLY'] = True"),
    smaller: lines("app.config['SESSION_TYPE'] = 'cachelib'; Session(app)  # Flask-Session"),
  },
  refusals: [
    // Flask-WTF, which looks at secure requests only.
    { text: "The referrer does not match the host", says: "origin" },
    { text: "The referrer header is missing", says: "no-referer" },
    { text: "The CSRF session token is missing", says: "token" },
    { text: "The CSRF token is missing", says: "token" },
    { text: "The CSRF tokens do not match", says: "token" },
  ],
};
