/** What apps refuse, with which words, and what of it is a matter of the edge. */
import { type Asked, type Flow, get, page, SECURE, to } from "./flow.js";

const TEXT = { "Content-Type": "text/plain; charset=utf-8" };
const EXPRESS = { "X-Powered-By": "Express" };

const isHttps = ({ headers }: Asked): boolean => headers["x-forwarded-proto"] === "https";

/** express-session with `secure`, and csurf. */
const csurf =
  (isSecure: (asked: Asked) => boolean): Flow["app"] =>
  (asked) => {
    const session = isSecure(asked) ? { "Set-Cookie": `connect.sid=s%3A1; ${SECURE}` } : {};
    if (asked.method !== "POST") return page("form", { ...EXPRESS, ...session });
    return asked.cookies["connect.sid"]
      ? page("welcome")
      : { status: 403, body: "ForbiddenError: invalid csrf token", headers: EXPRESS };
  };

const LOGIN: Flow["steps"] = [{ path: "/login" }, { path: "/login", form: { user: "ada" } }];

export const REFUSALS: readonly Flow[] = [
  {
    name: "csurf, whose session was withheld, behind an edge that says nothing",
    app: csurf(isHttps),
    ...{ steps: LOGIN, options: { simulate: "none" } },
    findings: ["cookie-missing edge-sends-no-proto proved"],
    fixes: { "nginx, at the edge in production": "proxy_set_header X-Forwarded-Proto $scheme;" },
  },
  {
    name: "csurf, and a client that keeps no cookies",
    app: csurf(isHttps),
    steps: [{ path: "/login", form: { user: "ada" } }],
    // Asked again, the page of the form sets the cookie as it is.
    findings: [],
  },
  {
    name: "Koa, whose session fails with an error, at a page",
    app: (asked) =>
      isHttps(asked)
        ? page("form", { "Set-Cookie": `koa.sess=1; ${SECURE}` })
        : { status: 500, body: "Internal Server Error", headers: TEXT },
    ...{ steps: get("/login"), options: { simulate: "none" } },
    findings: ["cookie-missing edge-sends-no-proto proved"],
  },
  {
    name: "Koa, whose session fails with an error, at the login",
    app: ({ method }) =>
      method === "POST" ? { status: 500, body: "Internal Server Error", headers: TEXT } : page(),
    steps: [{ path: "/login", form: { user: "ada" } }],
    findings: ["cookie-missing app-ignores-forwarded-proto likely"],
    fixes: { "Koa, where the app is made": "app.proxy = true" },
  },
  {
    name: "an error of a page that no header mends",
    app: () => ({ status: 500, body: "Internal Server Error", headers: TEXT }),
    steps: get("/", "/", "/", "/", "/"),
    findings: [],
  },
  {
    name: "Sinatra, which refuses an Origin that is not its own",
    app: (asked) =>
      asked.method === "POST" && !isHttps(asked)
        ? {
            ...{ status: 403, body: "Forbidden" },
            headers: { ...TEXT, Server: "WEBrick/1.8.1 (Ruby/3.1.2/2022-04-12)" },
          }
        : page(),
    steps: [{ path: "/", form: { a: "1" } }],
    options: { simulate: "none" },
    findings: ["csrf-origin-mismatch scheme likely"],
  },
  {
    name: "Django that wants a Referer, and a client that sends none",
    app: () => ({
      status: 403,
      body: "Reason given for failure: Referer checking failed - no Referer.",
    }),
    // No browser sends a form so.
    steps: [{ path: "/form", form: { a: "1" }, headers: { "Sec-Fetch-Site": "none" } }],
    findings: [],
  },
  {
    name: "Django 3.2, which has seen the Referer and takes origins without a scheme",
    app: () => ({
      status: 403,
      body: "CSRF verification failed. Request aborted. Referer checking failed - https://localhost:1/form does not match any trusted origins.",
    }),
    steps: [{ path: "/form", form: { a: "1" } }],
    options: { simulate: "nginx", host: "app.test" },
    host: "app.test",
    findings: ["csrf-origin-mismatch host likely"],
  },
  {
    name: "a refused form with a wrong token",
    app: () => ({ status: 403, body: "CSRF verification failed. CSRF token from POST incorrect." }),
    steps: [{ path: "/form", form: { a: "1" }, headers: { Cookie: "csrftoken=1" } }],
    findings: [],
  },
  {
    name: "Vite, which does not know the host",
    host: "app.test",
    app: ({ headers }) =>
      headers.host?.startsWith("localhost")
        ? page()
        : {
            status: 403,
            body: 'Blocked request. This host ("app.test") is not allowed.\nTo allow this host, add "app.test" to `server.allowedHosts` in vite.config.js.',
            headers: TEXT,
          },
    steps: get("/", "/src/main.js"),
    findings: ["host-refused host-not-listed proved"],
    fixes: { "Vite, vite.config.js": "server: { allowedHosts: ['app.test'] }" },
  },
  {
    name: "webpack-dev-server, which does not know the host",
    host: "app.test",
    app: ({ headers }) =>
      headers.host?.startsWith("localhost")
        ? page()
        : { status: 403, body: "Invalid Host header", headers: EXPRESS },
    steps: get("/"),
    findings: ["host-refused host-not-listed proved"],
    fixes: { "webpack, webpack.config.js": "devServer: { allowedHosts: ['app.test'] }" },
  },
  {
    name: "Jupyter, which refuses the host and does not say so",
    host: "lab.test",
    app: ({ headers }) =>
      headers.host?.startsWith("localhost")
        ? to("/login?next=%2Ftree")
        : {
            status: 403,
            body: "<title>403 : Forbidden</title>",
            headers: {
              Server: "TornadoServer/6.2",
              "Content-Security-Policy":
                "frame-ancestors 'self'; report-uri /api/security/csp-report",
            },
          },
    steps: get("/tree?", "/static/style.css", "/favicon.ico"),
    findings: ["host-refused host-not-listed proved"],
  },
  {
    name: "Jupyter behind Debian's proxy_params, which refuses the host with and without its port",
    host: "lab.test",
    app: ({ headers }) =>
      headers.host?.startsWith("localhost")
        ? to("/login?next=%2Ftree")
        : {
            status: 403,
            body: "<title>403 : Forbidden</title>",
            headers: { "Content-Security-Policy": "report-uri /api/security/csp-report" },
          },
    ...{ steps: get("/tree?"), options: { simulate: "nginx-proxy-params" } },
    findings: ["host-refused host-not-listed proved"],
  },
  {
    name: "Jupyter behind Apache, which refuses the Origin and does not say so",
    host: "lab.test",
    app: ({ headers }) => {
      const { host, origin } = headers;
      return origin === undefined || new URL(origin).host === host
        ? {
            status: 404,
            body: '{"message": "No such file or directory: notes.txt", "reason": null}',
          }
        : {
            status: 404,
            body: '{"message": "Not Found", "reason": null}',
            headers: {
              "Content-Type": "application/json",
              "Content-Security-Policy":
                "frame-ancestors 'self'; report-uri /api/security/csp-report",
            },
          };
    },
    steps: [{ path: "/api/contents/notes.txt", method: "PUT", form: { a: "1" } }],
    options: { simulate: "apache" },
    findings: ["csrf-origin-mismatch host proved"],
  },
  {
    name: "the same with a login, whose cookie has the name of the Host that the edge made up",
    host: "lab.test",
    app: ({ headers: { host, origin } }) => {
      const isOwn = origin === undefined || new URL(origin).host === host;
      return {
        status: isOwn ? 403 : 404,
        body: `{"message": "${isOwn ? "Forbidden" : "Not Found"}", "reason": null}`,
        headers: {
          "Content-Type": "application/json",
          "Content-Security-Policy": "frame-ancestors 'self'; report-uri /api/security/csp-report",
        },
      };
    },
    steps: [{ path: "/api/contents/notes.txt", method: "PUT", form: { a: "1" } }],
    options: { simulate: "apache" },
    findings: ["csrf-origin-mismatch host proved"],
  },
  {
    name: "Django that does not know the Host that the edge made up",
    host: "app.test",
    app: ({ headers }) =>
      headers.host?.startsWith("app.test")
        ? page()
        : {
            status: 400,
            body: "Invalid HTTP_HOST header: '127.0.0.1:8000'. You may need to add '127.0.0.1' to ALLOWED_HOSTS.",
          },
    ...{ steps: get("/"), options: { simulate: "nginx" } },
    findings: ["host-refused edge-replaces-host proved"],
  },
  {
    name: "five cookies of one response that no browser takes",
    app: () =>
      page("page", {
        "Set-Cookie": ["a=1; SameSite=None", "b=1; SameSite=None", "c=1; Domain=x.example; Secure"],
      }),
    steps: get("/", "/other"),
    findings: [
      "cookie-rejected same-site-none-insecure proved",
      "cookie-rejected same-site-none-insecure proved",
      "cookie-rejected domain-mismatch proved",
    ],
  },
  {
    name: "sessions of applications by what their cookies do",
    app: ({ path }) =>
      page("page", {
        "Set-Cookie":
          {
            "/wiki": "mw_session=k3f09a8s7d6f5g4h3j2k1l0q9w8e7r6t; path=/; HttpOnly",
            "/pma": "phpMyAdmin=4r5t6y7u8i9o0p1a2s3d4f5g6h; path=/; HttpOnly; SameSite=Strict",
            "/mail": "roundcube_sessid=9s8d7f6g5h4j3k2l1q0w9e8r7t; path=/; HttpOnly",
            "/own": "visit=Zk3x9-QpT7_aLm2Wn8RvB1cY; HttpOnly",
          }[path] ?? "",
      }),
    steps: get("/wiki", "/pma", "/mail", "/own"),
    findings: [
      "cookie-not-secure no-secure-attribute proved",
      "cookie-not-secure no-secure-attribute proved",
      "cookie-not-secure no-secure-attribute proved",
      "cookie-not-secure no-secure-attribute likely",
    ],
  },
];
