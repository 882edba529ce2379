/** What healthy apps do that resembles a failure. */
import { DONE, type Flow, get, page, SECURE, to, withLogin } from "./flow.js";

export const HEALTHY: readonly Flow[] = [
  {
    name: "a language redirect by Accept-Language",
    app: ({ path, root }) => (path === "/" ? to(`${root}/en/`) : page()),
    steps: get("/", "/", "/en/"),
  },
  {
    name: "a language redirect that remembers the choice in a cookie",
    app: ({ path, root, cookies }) =>
      path === "/" && !cookies.lang
        ? to(`${root}/`, 302, { "Set-Cookie": `lang=en; ${SECURE}` })
        : page(),
    steps: get("/", "/"),
  },
  {
    name: "a language that is switched and leads back",
    app: ({ path, root }) =>
      path === "/set" ? to(`${root}/`, 302, { "Set-Cookie": `lang=de; ${SECURE}` }) : page(),
    steps: get("/", "/set", "/", "/set"),
  },
  {
    name: "a slash that is added with 301",
    app: ({ path, root }) => (path.endsWith("/") ? page() : to(`${root}${path}/`, 301)),
    steps: get("/blog", "/blog/", "/blog"),
  },
  {
    name: "a slash that is added with 308",
    app: ({ path, root }) => (path.endsWith("/") ? page() : to(`${root}${path}/`, 308)),
    steps: [{ path: "/api", form: { a: "1" } }, { path: "/api" }],
  },
  {
    name: "a slash that is taken away",
    app: ({ path, root }) =>
      path !== "/" && path.endsWith("/") ? to(root + path.slice(0, -1), 301) : page(),
    steps: get("/blog/", "/blog", "/blog/"),
  },
  {
    name: "a slash that a relative Location adds",
    app: ({ path }) => (path.endsWith("/") ? page() : to("blog/", 301)),
    steps: get("/blog", "/blog"),
  },
  {
    name: "a login with a redirect and ?next=",
    app: withLogin(to("./", 302, { "Set-Cookie": `sid=1; ${SECURE}` }), "sid"),
    steps: DONE,
  },
  {
    name: "a login with 303",
    app: withLogin(to("./", 303, { "Set-Cookie": `sid=1; ${SECURE}` }), "sid"),
    steps: DONE,
  },
  {
    name: "a login of a script, with JSON",
    app: withLogin(page("{}", { "Set-Cookie": `sid=1; ${SECURE}` }), "sid"),
    steps: DONE,
  },
  {
    name: "a login of a script that gets a token",
    app: ({ path, headers }) => {
      if (path === "/login") return page('{"token":"t"}', { "X-Powered-By": "Express" });
      return headers.authorization ? page("private") : { status: 401, body: "no token" };
    },
    steps: [
      { path: "/login", form: { user: "ada" } },
      { path: "/me", headers: { Authorization: "Bearer t" } },
    ],
  },
  {
    name: "a login with a wrong password, which leads back to the form",
    app: ({ path, method, root }) =>
      path === "/login" && method === "POST" ? to(`${root}/login?error=1`) : page("form"),
    steps: [
      { path: "/login", form: { user: "eve" } },
      { path: "/login", form: { user: "eve" } },
    ],
  },
  {
    name: "a login with a wrong password, answered with 401",
    app: ({ method }) => (method === "POST" ? { status: 401, body: "wrong" } : page("form")),
    steps: [{ path: "/login", form: { user: "eve" } }, { path: "/login" }],
  },
  {
    name: "a login of somebody who may not see the page",
    app: ({ path, method, cookies, root }) => {
      if (path === "/login") {
        return method === "POST"
          ? to(`${root}/admin`, 302, { "Set-Cookie": `sid=1; ${SECURE}` })
          : page();
      }
      return to(`${root}/login?denied=${cookies.sid ?? ""}`);
    },
    steps: [{ path: "/admin" }, { path: "/login", form: { user: "ada" } }],
  },
  {
    name: "a login into a session that there was before",
    app: ({ path, method, root }) => {
      if (path === "/login" && method === "POST") return to(`${root}/`, 303);
      return page("page", { "Set-Cookie": `sid=1; ${SECURE}` });
    },
    steps: DONE,
  },
  {
    name: "a logout that deletes the session's cookie",
    app: ({ path, root }) =>
      path === "/logout"
        ? to(`${root}/`, 302, { "Set-Cookie": "sid=; Max-Age=0; Path=/" })
        : page(),
    steps: [{ path: "/logout", form: { out: "1" } }, { path: "/" }],
  },
  {
    name: "a logout that leads to the login",
    app: ({ path, root }) => (path === "/login" ? page() : to(`${root}/login`)),
    steps: [{ path: "/logout", form: { out: "1" } }, { path: "/" }, { path: "/login" }],
  },
  {
    name: "a round trip to an identity provider on another host",
    app: ({ path, root, cookies }) => {
      if (path === "/callback") return to(`${root}/`, 302, { "Set-Cookie": `sid=1; ${SECURE}` });
      return cookies.sid ? page() : to(`${root}/start`);
    },
    steps: get("/callback?code=x&state=y", "/"),
  },
  {
    name: "a round trip to an identity provider of the same host",
    app: ({ path, root, cookies }) => {
      if (path === "/idp") return to(`${root}/callback?code=1`);
      if (path === "/callback") return to(`${root}/`, 302, { "Set-Cookie": `sid=1; ${SECURE}` });
      return cookies.sid
        ? page()
        : to(`${root}/idp?redirect_uri=${encodeURIComponent(`${root}/callback`)}`);
    },
    steps: get("/", "/"),
  },
  {
    name: "OAuth whose state is kept in a SameSite=None cookie",
    app: ({ path, root }) =>
      path === "/start"
        ? to(`${root}/callback`, 302, { "Set-Cookie": "state=x; Path=/; Secure; SameSite=None" })
        : page(),
    steps: get("/start"),
  },
  {
    name: "a test whether cookies come back, with a query",
    app: ({ path, query, root, cookies }) => {
      if (cookies.probe) return query.has("cookie-test") ? to(`${root}${path}`) : page();
      return to(`${root}${path}?cookie-test=1`, 302, { "Set-Cookie": `probe=1; ${SECURE}` });
    },
    steps: get("/", "/"),
  },
  {
    name: "a test whether cookies come back, on the same URL",
    app: ({ path, root, cookies }) =>
      cookies.probe ? page() : to(`${root}${path}`, 307, { "Set-Cookie": `probe=1; ${SECURE}` }),
    steps: get("/", "/"),
  },
  {
    name: "post, redirect, get",
    app: ({ path, method, root }) => (method === "POST" ? to(`${root}${path}`, 303) : page()),
    steps: [{ path: "/guestbook", form: { text: "hello" } }],
  },
  {
    name: "post, redirect, get with 302 to the same page",
    app: ({ path, method, root }) => (method === "POST" ? to(`${root}${path}`) : page()),
    steps: [
      { path: "/guestbook", form: { text: "hello" } },
      { path: "/guestbook", form: { text: "again" } },
    ],
  },
  {
    name: "post, redirect, get to what was made",
    app: ({ method, root }) => (method === "POST" ? to(`${root}/items/7`, 302) : page()),
    steps: [{ path: "/items", form: { text: "hello" } }],
  },
  {
    name: "a form whose answer adds a query",
    app: ({ path, method, root }) => (method === "POST" ? to(`${root}${path}?saved=1`) : page()),
    steps: [{ path: "/settings", form: { a: "1" } }],
  },
  {
    name: "an old address that moved",
    app: ({ path, root }) => (path === "/old" ? to(`${root}/new`, 301) : page()),
    steps: get("/old", "/old"),
  },
  {
    name: "a chain of moves",
    app: ({ path, root }) => {
      const step = Number(path.slice(1));
      return step < 8 ? to(`${root}/${step + 1}`) : page();
    },
    steps: get("/1", "/1"),
  },
  {
    name: "a wizard that goes to and fro",
    app: ({ path, root, query }) => {
      if (path === "/back") return to(`${root}/step?n=1`);
      return query.get("n") === "0" ? to(`${root}/back`) : page();
    },
    steps: get("/step?n=0", "/step?n=1"),
  },
  {
    name: "pagination that redirects an empty page to the last one",
    app: ({ query, root }) => (query.get("page") === "99" ? to(`${root}/?page=3`) : page()),
    steps: get("/?page=99", "/?page=3"),
  },
  {
    name: "a redirect to a page of another host over https",
    app: ({ path }) =>
      path === "/out" ? page("", { Refresh: "0; url=https://example.com/" }) : page(),
    steps: get("/out"),
  },
  {
    name: "a conditional request that is answered 304",
    app: () => ({ status: 304, headers: { ETag: '"1"' } }),
    steps: [{ path: "/", headers: { "If-None-Match": '"1"' } }],
  },
  {
    name: "304 with a Location, as some caches send",
    app: ({ root }) => ({ status: 304, headers: { Location: `${root}/` } }),
    steps: get("/"),
  },
  {
    name: "201 with a Location",
    app: ({ root }) => ({ status: 201, headers: { Location: `${root}/items` } }),
    steps: [{ path: "/items", form: { a: "1" } }],
  },
  {
    name: "300 with a Location of its own",
    app: ({ root, path }) => ({ status: 300, headers: { Location: `${root}${path}` } }),
    steps: get("/choices"),
  },
  {
    name: "a form that is refused for want of a token",
    app: () => ({ status: 403, body: "CSRF verification failed. CSRF token missing." }),
    steps: [{ path: "/form", form: { a: "1" } }],
  },
  {
    name: "a form that is refused for want of the cookie",
    app: () => ({ status: 403, body: "CSRF verification failed. CSRF cookie not set." }),
    steps: [{ path: "/form", form: { a: "1" } }],
  },
  {
    name: "a form of another site that is refused",
    app: () => ({ status: 403, body: "Origin checking failed - https://evil.example" }),
    steps: [{ path: "/form", form: { a: "1" }, headers: { Origin: "https://evil.example" } }],
  },
  {
    name: "a form whose fields are wrong",
    app: () => ({
      status: 422,
      body: "name can't be blank",
      headers: { "X-Runtime": "0.1", "X-Request-Id": "1" },
    }),
    steps: [{ path: "/users", form: { name: "" } }],
  },
  {
    name: "a page that may not be seen",
    app: () => ({ status: 403, body: "Forbidden" }),
    steps: get("/secret", "/secret"),
  },
  {
    name: "Basic authentication",
    app: ({ headers }) =>
      headers.authorization
        ? page()
        : { status: 401, headers: { "WWW-Authenticate": 'Basic realm="x"' } },
    steps: [{ path: "/" }, { path: "/", headers: { Authorization: "Basic eDp5" } }],
  },
  {
    name: "a bad request",
    app: () => ({ status: 400, body: "missing field" }),
    steps: [{ path: "/api" }, { path: "/api", form: { a: "1" } }],
  },
  {
    name: "preferences in a cookie without Secure",
    app: () => page("page", { "Set-Cookie": "theme=dark; Path=/; Max-Age=31536000" }),
    steps: get("/", "/"),
  },
  {
    name: "cookies of every healthy kind",
    app: () =>
      page("page", {
        "Set-Cookie": [
          "__Host-sid=1; Path=/; Secure; HttpOnly",
          "__Secure-id=1; Path=/; Secure",
          "csrftoken=x; Path=/; Secure; SameSite=Lax",
          "embed=1; Path=/; Secure; SameSite=None; Partitioned",
          "old=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        ],
      }),
    steps: get("/", "/"),
  },
  {
    name: "a deletion of a cookie wherever it may be",
    app: () =>
      page("page", {
        "Set-Cookie": [
          "sid=; Path=/; Max-Age=0",
          "sid=; Path=/; Domain=example.com; Max-Age=0",
          "connect.sid=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        ],
      }),
    steps: get("/"),
  },
  {
    name: "HSTS that is switched off",
    app: () => page("page", { "Strict-Transport-Security": "max-age=0" }),
    steps: get("/"),
  },
  {
    name: "a health check that is redirected to a page",
    app: ({ path, root }) => (path === "/healthz" ? to(`${root}/status`) : page("ok")),
    steps: get("/healthz", "/healthz"),
  },
  {
    name: "a redirect that ends the moment it is asked again",
    app: (() => {
      let asked = 0;
      return ({ path, root }) => (asked++ === 0 ? to(`${root}${path}`) : page());
    })(),
    steps: get("/", "/"),
  },
  {
    name: "an app that forces https and listens to the edge",
    app: ({ path, headers, root }) =>
      headers["x-forwarded-proto"] === "https" ? page() : to(`${root}${path}`, 301),
    steps: get("/", "/a", "/b"),
  },
  {
    name: "a page that polls until the work is done",
    app: (() => {
      let asked = 0;
      return ({ path, root }) =>
        path === "/wait" && asked++ < 2 ? to(`${root}/wait?n=${asked}`, 303) : page();
    })(),
    steps: get("/wait"),
  },
  {
    name: "a block editor that saves by script, and an upload",
    app: ({ method, root }) =>
      method === "POST"
        ? {
            status: 201,
            headers: {
              Location: `${root}/wp-json/wp/v2/media/7`,
              "Content-Type": "application/json",
            },
            body: `{"link": "${root}/?p=7", "guid": {"rendered": "${root}/?p=7"}}`,
          }
        : page("{}", { "Content-Type": "application/json" }),
    steps: [
      { path: "/wp-json/wp/v2/posts/7", form: { content: "a" } },
      { path: "/wp-json/wp/v2/media", form: { file: "a" } },
      { path: "/wp-json/wp/v2/posts/7" },
    ],
  },
  {
    name: "a notebook that is saved by PUT, and one that is not there",
    app: ({ method, path }) =>
      method === "PUT" || path.endsWith("a.ipynb")
        ? page("{}", { "Content-Type": "application/json" })
        : {
            status: 404,
            body: '{"message": "No such file or directory: b.ipynb", "reason": null}',
          },
    steps: [
      { path: "/api/contents/a.ipynb", method: "PUT", form: { a: "1" } },
      { path: "/api/contents/b.ipynb", method: "DELETE", form: {} },
    ],
  },
  {
    name: "an admin interface that answers 401 until somebody logs in",
    app: ({ headers }) =>
      headers.authorization ? page("{}") : { status: 401, body: "Unauthorized" },
    steps: [
      { path: "/settings" },
      { path: "/auth/token", form: { user: "ada" }, headers: { Authorization: "Bearer t" } },
      { path: "/settings", headers: { Authorization: "Bearer t" } },
    ],
  },
  {
    name: "a form whose token has expired",
    app: ({ method }) =>
      method === "POST"
        ? { status: 403, body: "Forbidden" }
        : page("form", { "Set-Cookie": `s=1; ${SECURE}` }),
    steps: [{ path: "/form" }, { path: "/form", form: { token: "old" } }],
  },
];
