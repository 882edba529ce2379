/** What goes wrong behind edges, and what is to be said of it. */
import { gzipSync } from "node:zlib";
import { DONE, type Flow, get, page, SECURE, to, withLogin } from "./flow.js";

const EXPRESS = { "X-Powered-By": "Express" };

/** Forces https as apps do that know of it only by X-Forwarded-Proto. */
const forcing =
  (isSecure: (proto: string | undefined) => boolean): Flow["app"] =>
  ({ path, headers, root }) => {
    const proto = headers["x-forwarded-proto"];
    return isSecure(typeof proto === "string" ? proto : undefined)
      ? page()
      : to(`${root}${path}`, 301);
  };

const listening = forcing((proto) => proto === "https");
const deaf = forcing(() => false);

export const SICK: readonly Flow[] = [
  {
    name: "an app that forces https and does not listen",
    app: deaf,
    ...{ steps: get("/"), endless: true },
    findings: ["redirect-loop app-ignores-forwarded-proto proved"],
  },
  {
    name: "the same without replays",
    app: deaf,
    ...{ steps: get("/"), endless: true, options: { noProbe: true } },
    findings: ["redirect-loop app-ignores-forwarded-proto likely"],
  },
  {
    name: "the same on two pages, and again",
    app: deaf,
    ...{ steps: get("/a", "/b", "/a"), endless: true },
    findings: [
      "redirect-loop app-ignores-forwarded-proto proved",
      "redirect-loop app-ignores-forwarded-proto proved",
    ],
  },
  {
    name: "an edge that says nothing",
    app: listening,
    ...{ steps: get("/"), endless: true, options: { simulate: "none" } },
    findings: ["redirect-loop edge-sends-no-proto proved"],
  },
  {
    name: "nginx without a word of the scheme",
    app: listening,
    ...{ steps: get("/"), endless: true, options: { simulate: "nginx" } },
    findings: ["insecure-location internal-location proved"],
  },
  {
    name: "an inner proxy that says how it was reached itself",
    app: listening,
    ...{ steps: get("/"), endless: true, options: { forwardedProto: "http" } },
    findings: ["redirect-loop edge-sends-no-proto proved"],
  },
  {
    name: "a list of schemes that is read from the wrong end",
    app: forcing((proto) => proto?.split(",").at(-1)?.trim() === "https"),
    ...{ steps: get("/"), endless: true, options: { forwardedProto: "https, http" } },
    findings: ["redirect-loop proto-value-not-understood proved"],
  },
  {
    name: "a scheme in capitals",
    app: listening,
    ...{ steps: get("/"), endless: true, options: { forwardedProto: "HTTPS" } },
    findings: ["redirect-loop proto-value-not-understood proved"],
  },
  {
    name: "a redirect to the same page that no header explains",
    app: () => to("./"),
    ...{ steps: get("/"), endless: true },
    findings: ["redirect-loop unknown likely"],
  },
  {
    name: "a slash that one side adds and the other takes away",
    app: ({ path, root }) => to(path.endsWith("/") ? `${root}/blog` : `${root}/blog/`, 301),
    ...{ steps: get("/blog"), endless: true },
    findings: ["redirect-loop slash-ping-pong proved"],
  },
  {
    name: "two host names that redirect to each other",
    app: ({ headers, root }) => {
      const { host = "" } = headers;
      const other = host.startsWith("www.") ? host.slice(4) : `www.${host}`;
      return to(`https://${other}/${root.split("/").at(-1)}/`, 301);
    },
    ...{ steps: get("/"), endless: true, options: { host: ["localhost", "www.localhost"] } },
    findings: ["redirect-loop host-ping-pong proved"],
  },
  {
    name: "pages that send round and round",
    app: ({ path, root }) => to(`${root}/${(Number(path.slice(1)) + 1) % 3}`),
    ...{ steps: get("/0"), endless: true },
    findings: ["redirect-loop unknown proved"],
  },
  {
    name: "a login whose cookie names a host that browsers do not take",
    app: withLogin(
      to("./", 302, { "Set-Cookie": "sid=1; Path=/; Secure; Domain=app.example" }),
      "sid",
    ),
    steps: DONE,
    findings: ["cookie-rejected domain-mismatch proved", "redirect-loop login-cookie-lost proved"],
  },
  {
    name: "a login whose cookie is for another path",
    app: withLogin(to("./", 302, { "Set-Cookie": "sid=1; Path=/internal; Secure" }), "sid"),
    steps: DONE,
    findings: ["redirect-loop login-cookie-lost proved"],
  },
  {
    name: "a login that sets no cookie, as express-session behind an edge it does not trust",
    app: withLogin(to("./", 302, EXPRESS), "connect.sid"),
    steps: DONE,
    findings: ["cookie-missing app-ignores-forwarded-proto likely"],
  },
  {
    name: "a session that is begun only when the scheme is known",
    app: ({ headers, cookies, path, method, root }) => {
      const isSecure = headers["x-forwarded-proto"] === "https";
      const session = isSecure ? { "Set-Cookie": `connect.sid=1; ${SECURE}` } : {};
      if (path === "/login" && method !== "POST") return page("form", session);
      if (path === "/login") return to(`${root}/`, 302, session);
      return cookies["connect.sid"] ? page() : to(`${root}/login`, 302, session);
    },
    ...{ steps: DONE, options: { simulate: "none" } },
    findings: ["cookie-missing edge-sends-no-proto proved"],
  },
  {
    name: "a login of a script that sets no cookie",
    app: ({ path }) =>
      path === "/login" ? page("{}", EXPRESS) : { status: 401, body: "who?", headers: EXPRESS },
    steps: [{ path: "/login", form: { user: "ada" } }, { path: "/me" }],
    findings: ["cookie-missing app-ignores-forwarded-proto likely"],
  },
  {
    name: "a session cookie without Secure",
    app: () => page("page", { "Set-Cookie": "connect.sid=1; Path=/; HttpOnly", ...EXPRESS }),
    steps: get("/", "/again"),
    findings: ["cookie-not-secure no-secure-attribute proved"],
  },
  {
    name: "a session cookie that is Secure once the scheme is known",
    app: ({ headers }) => {
      const secure = headers["x-forwarded-proto"] === "https" ? "; Secure" : "";
      return page("page", { "Set-Cookie": `connect.sid=1; Path=/${secure}`, ...EXPRESS });
    },
    ...{ steps: get("/"), options: { simulate: "none" } },
    findings: ["cookie-not-secure edge-sends-no-proto proved"],
  },
  {
    name: "SameSite=None without Secure",
    app: () => page("page", { "Set-Cookie": "a=1; Path=/; SameSite=None" }),
    steps: get("/"),
    findings: ["cookie-rejected same-site-none-insecure proved"],
  },
  {
    name: "__Host- with a path of its own",
    app: () => page("page", { "Set-Cookie": "__Host-a=1; Path=/a; Secure" }),
    steps: get("/"),
    findings: ["cookie-rejected host-prefix proved"],
  },
  {
    name: "HSTS",
    app: () => page("page", { "Strict-Transport-Security": "max-age=31536000" }),
    steps: get("/", "/other"),
    findings: ["hsts-lock-in host likely"],
  },
  {
    name: "an API that wants a slash and loses what was posted",
    app: ({ path, root }) => (path.endsWith("/") ? page() : to(`${root}${path}/`, 301)),
    steps: [{ path: "/api", form: { a: "1" } }],
    findings: ["redirect-drops-body slash proved"],
  },
  {
    name: "a POST over plain HTTP that the edge redirects with 301",
    app: () => page(),
    options: { httpPort: 0, redirectStatus: 301 },
    steps: [{ path: "/form", form: { a: "1" }, plain: true }],
    findings: ["redirect-drops-body scheme proved"],
  },
  {
    name: "an edge that redirects to https and an app that redirects back",
    app: ({ path, headers, root }) =>
      headers["x-forwarded-proto"] === "https"
        ? to(`http://localhost:${headers["x-plain-port"]}/${root.split("/").at(-1)}${path}`)
        : page(),
    ...{ steps: [{ path: "/", plain: true }], endless: true, options: { httpPort: 0 } },
    findings: ["insecure-location http-location likely", "redirect-loop scheme-ping-pong proved"],
  },
  {
    name: "a form that Django refuses, with its reason",
    app: ({ method }) =>
      method === "POST"
        ? {
            status: 403,
            body: `${"x".repeat(70_000)} Origin checking failed - https://localhost does not match any trusted origins.`,
          }
        : page(),
    steps: [{ path: "/form", form: { a: "1" } }],
    findings: ["csrf-origin-mismatch origin-not-listed likely"],
  },
  {
    name: "a form that Django refuses in production, behind an edge that says nothing",
    app: ({ method }) =>
      method === "POST"
        ? { status: 403, body: "CSRF verification failed. Request aborted." }
        : page(),
    steps: [{ path: "/form", form: { a: "1" } }],
    options: { simulate: "nginx" },
    findings: ["csrf-origin-mismatch host likely"],
  },
  {
    name: "a form that Rails refuses",
    app: () => ({
      status: 422,
      body: "HTTP Origin header (https://localhost) didn't match request.base_url (http://localhost)",
      headers: { "X-Runtime": "0.1", "X-Request-Id": "1" },
    }),
    options: { simulate: "none" },
    steps: [{ path: "/form", form: { a: "1" } }],
    findings: ["csrf-origin-mismatch scheme likely"],
  },
  {
    name: "headers that say both, which the server refuses",
    app: ({ headers }) =>
      headers["x-forwarded-ssl"] === "off"
        ? { status: 400, body: "<h1>Bad Request</h1>Contradictory scheme headers" }
        : page(),
    options: { setHeader: "X-Forwarded-Ssl: off" },
    steps: get("/"),
    findings: ["contradictory-scheme-headers contradictory-values proved"],
  },
  {
    name: "headers that say both, which the server refuses without a word",
    app: ({ headers }) => (headers["x-forwarded-ssl"] === "off" ? { status: 400 } : page()),
    options: { setHeader: "X-Forwarded-Ssl: off" },
    steps: get("/"),
    findings: ["contradictory-scheme-headers contradictory-values proved"],
  },
  {
    name: "a page that loads a script over http, because the app was not told of https",
    app: ({ headers }) => {
      const scheme = headers["x-forwarded-proto"] === "https" ? "https" : "http";
      const url = `${scheme}://${headers.host}/app.js`;
      return page(`<!doctype html><script src="${url}"></script>`, { "Content-Type": "text/html" });
    },
    ...{ steps: get("/", "/other"), options: { simulate: "none" } },
    findings: ["mixed-content blocked proved", "mixed-content blocked proved"],
  },
  {
    name: "the same, compressed",
    app: ({ headers }) => ({
      headers: { "Content-Type": "text/html; charset=utf-8", "Content-Encoding": "gzip" },
      body: gzipSync(`<script src="http://${headers.host}/app.js"></script>`),
    }),
    ...{ steps: get("/"), options: { simulate: "none" } },
    findings: ["mixed-content blocked likely"],
  },
  {
    name: "links to the internal address in JSON",
    app: ({ headers }) =>
      page(`{"next": "http://${headers.host}/items?page=2"}`, {
        "Content-Type": "application/json",
      }),
    ...{ steps: get("/items"), options: { simulate: "nginx" } },
    findings: ["mixed-content internal-url proved"],
  },
  {
    name: "a redirect to plain http, because the app was not told of https",
    app: ({ path, headers }) => {
      const scheme = headers["x-forwarded-proto"] === "https" ? "https" : "http";
      return path === "/" ? to(`${scheme}://${headers.host}/there`) : page();
    },
    ...{ steps: get("/"), options: { simulate: "none" } },
    findings: ["insecure-location http-location proved"],
  },
];
