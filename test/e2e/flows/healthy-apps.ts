/** What the applications of test/apps do when they are well: each as it was seen on the wire. */
import { type Flow, get, page, SECURE, to, withLogin } from "./flow.js";

const json = (value: unknown, headers = {}) =>
  page(JSON.stringify(value), { "Content-Type": "application/json; charset=UTF-8", ...headers });

const WORDPRESS = { "X-Redirect-By": "WordPress" };

export const HEALTHY_APPS: readonly Flow[] = [
  {
    name: "WordPress: a test cookie, and a login into four cookies with paths of their own",
    app: ({ path, method, root, cookies }) => {
      if (path === "/wp-login.php" && method === "POST") {
        return to(`${root}/wp-admin/`, 302, {
          ...WORDPRESS,
          "Set-Cookie": [
            "wordpress_test_cookie=WP%20Cookie%20check; path=/; secure",
            "wordpress_sec_0=ada%7C1; path=/wp-content/plugins; secure; HttpOnly",
            "wordpress_sec_0=ada%7C1; path=/wp-admin; secure; HttpOnly",
            "wordpress_logged_in_0=ada%7C1; path=/; secure; HttpOnly",
          ],
        });
      }
      if (path === "/wp-login.php") {
        return page("form", {
          "Set-Cookie": "wordpress_test_cookie=WP%20Cookie%20check; path=/; secure",
        });
      }
      if (cookies.wordpress_logged_in_0) return page("admin");
      const back = encodeURIComponent(`${root}${path}`);
      return to(`${root}/wp-login.php?redirect_to=${back}&reauth=1`, 302, WORDPRESS);
    },
    steps: [
      { path: "/wp-admin/" },
      { path: "/wp-login.php", form: { log: "ada", pwd: "x" } },
      { path: "/wp-admin/" },
    ],
  },
  {
    name: "WordPress: a logout that empties a dozen cookies on three paths",
    app: ({ path, root }) =>
      path === "/wp-login.php"
        ? to(`${root}/wp-login.php/loggedout`, 302, {
            ...WORDPRESS,
            "Set-Cookie": ["/wp-admin", "/wp-content/plugins", "/"].flatMap((place) =>
              ["wordpress_0", "wordpress_sec_0", "wordpress_logged_in_0", "wordpresspass_0"].map(
                (name) =>
                  `${name}=%20; expires=Fri, 21 Nov 2025 15:00:00 GMT; Max-Age=0; path=${place}`,
              ),
            ),
          })
        : page(),
    steps: get("/wp-login.php"),
  },
  {
    name: "WordPress: the block editor saves, with a nonce that had run out",
    app: ({ path, method, query, headers }) => {
      if (query.get("action") === "rest-nonce") return page("fresh");
      if (path !== "/index.php") return page("editor");
      if (method === "OPTIONS") return json({}, { Allow: "GET, POST, PUT, PATCH, DELETE" });
      return headers["x-wp-nonce"] === "fresh"
        ? json({ id: 5, status: "draft" }, { "X-WP-Nonce": "fresh" })
        : {
            status: 403,
            headers: { "Content-Type": "application/json; charset=UTF-8" },
            body: '{"code":"rest_cookie_invalid_nonce","message":"Cookie check failed"}',
          };
    },
    steps: [
      { path: "/index.php?rest_route=%2Fwp%2Fv2%2Fposts%2F5", method: "OPTIONS" },
      { path: "/index.php?rest_route=%2Fwp%2Fv2%2Fposts%2F5", form: { title: "x" } },
      { path: "/wp-admin/admin-ajax.php?action=rest-nonce" },
      {
        path: "/index.php?rest_route=%2Fwp%2Fv2%2Fposts%2F5",
        form: { title: "x" },
        headers: { "X-WP-Nonce": "fresh", "X-HTTP-Method-Override": "PUT" },
      },
    ],
  },
  {
    name: "WordPress: an upload that leads to the library",
    app: ({ method, root }) =>
      method === "POST" ? to(`${root}/wp-admin/upload.php`, 302, WORDPRESS) : page("library"),
    steps: [
      {
        path: "/wp-admin/media-new.php",
        form: { "html-upload": "Upload" },
        headers: { "Content-Type": "multipart/form-data; boundary=x" },
      },
    ],
  },
  {
    name: "MediaWiki: a login that leaves a hint for http, which is not Secure on purpose",
    app: ({ path, method, root, cookies }) => {
      if (method === "POST") {
        return to(`${root}/index.php/Main_Page`, 302, {
          "Set-Cookie": [
            "wikiUserID=1; path=/; secure; HttpOnly",
            "wikiUserName=Ada; path=/; secure; HttpOnly",
            `wiki_session=0123456789abcdef0123456789abcdef; path=/; secure; HttpOnly`,
            "forceHTTPS=true; path=/; HttpOnly",
            "UseDC=master; expires=Sat, 21 Nov 2026 15:00:10 GMT; Max-Age=10; path=/; secure; HttpOnly",
          ],
        });
      }
      return path.includes("UserLogin") || cookies.wiki_session
        ? page("page")
        : to(`${root}/index.php/Special:UserLogin`);
    },
    steps: [
      { path: "/index.php/Special:UserLogin", form: { wpName: "Ada" } },
      { path: "/index.php/Special:Preferences" },
    ],
  },
  {
    name: "DokuWiki: a login that is answered by a redirect to the page it was on",
    app: ({ method, root }) =>
      method === "POST"
        ? to(`${root}/doku.php?id=start`, 302, {
            "Set-Cookie": [`DokuWiki=s1; ${SECURE}`, `DW0123=YWRh%7C0%7Cx; ${SECURE}`],
          })
        : page(),
    steps: [{ path: "/doku.php?id=start", form: { u: "ada", p: "x", do: "login" } }],
  },
  {
    name: "Redmine: a login with the way back in its query, and an upload by script",
    app: (asked) =>
      asked.path === "/uploads.js"
        ? { status: 201, headers: { "Content-Type": "text/javascript" }, body: "$('#a').val(1)" }
        : withLogin(
            to(`${asked.root}/my/page`, 302, {
              "X-Runtime": "0.1",
              "X-Request-Id": "1",
              "Set-Cookie": `_redmine_session=s1; ${SECURE}`,
            }),
            "_redmine_session",
          )(asked),
    steps: [
      { path: "/my/page" },
      { path: "/login", form: { username: "ada" } },
      {
        path: "/uploads.js?attachment_id=1&filename=notes.txt",
        form: { file: "x" },
        headers: { "Content-Type": "application/octet-stream" },
      },
      { path: "/my/page" },
    ],
  },
  {
    name: "Jupyter: a kernel is started, a notebook saved and an upload made, each with a Location",
    app: ({ path, method }) => {
      if (path.startsWith("/nbextensions/")) return { status: 404, body: "not there" };
      if (path === "/api/sessions") {
        return { status: 201, headers: { Location: "/api/sessions/6361f39f" }, body: "{}" };
      }
      return { status: method === "PUT" ? 201 : 200, headers: { Location: path }, body: "{}" };
    },
    steps: [
      { path: "/nbextensions/widgets/notebook/js/extension.js?v=2026" },
      { path: "/api/sessions", form: { name: "Saved.ipynb" } },
      { path: "/api/contents/Saved.ipynb", method: "PUT" },
      { path: "/api/contents/notes.txt", method: "PUT" },
      { path: "/api/contents/Saved.ipynb/checkpoints", form: { a: "1" } },
    ],
  },
  {
    name: "Node-RED: settings that are refused before the login, and flows somebody else changed",
    app: ({ path, method, headers }) => {
      if (path === "/auth/token") return json({ access_token: "t", token_type: "Bearer" });
      if (!headers.authorization) return { status: 401, body: "Unauthorized" };
      if (path === "/flows" && method === "POST" && headers["node-red-api-version"] === "v1") {
        return { status: 409, body: '{"code":"version_mismatch"}' };
      }
      return json({ rev: "1" });
    },
    steps: [
      { path: "/settings" },
      { path: "/auth/token", form: { client_id: "node-red-editor", grant_type: "password" } },
      { path: "/settings", headers: { Authorization: "Bearer t" } },
      {
        path: "/flows",
        form: { flows: "[]" },
        headers: { Authorization: "Bearer t", "Node-RED-API-Version": "v1" },
      },
      { path: "/flows", form: { flows: "[]" }, headers: { Authorization: "Bearer t" } },
    ],
  },
  {
    name: "OpenID Connect: the code flow over a provider on a host of its own, and back",
    options: { host: ["localhost", "idp.localhost"] },
    app: ({ path, query, root, cookies }) => {
      const site = root.replace("idp.localhost", "localhost");
      const provider = site.replace("localhost", "idp.localhost");
      if (path === "/authorize") {
        return to(`${query.get("redirect_uri")}?code=c&state=${query.get("state")}&iss=idp`, 303);
      }
      if (path === "/callback") {
        return cookies.oidc_state === query.get("state")
          ? to(`${site}/`, 302, {
              "Set-Cookie": [`sid=1; ${SECURE}`, "oidc_state=; Path=/; Max-Age=0"],
            })
          : { status: 400, body: "state mismatch" };
      }
      if (cookies.sid) return page("private");
      const back = encodeURIComponent(`${site}/callback`);
      return to(
        `${provider}/authorize?response_type=code&scope=openid&state=s1&nonce=n1&code_challenge=x&redirect_uri=${back}`,
        302,
        { "Set-Cookie": `oidc_state=s1; ${SECURE}` },
      );
    },
    steps: get("/", "/"),
  },
  {
    name: "OpenID Connect: the answer posted from the provider's page, with a cookie for that",
    app: ({ path, method, root, cookies }) => {
      if (path === "/callback" && method === "POST") {
        return to(`${root}/`, 303, { "Set-Cookie": `sid=1; ${SECURE}` });
      }
      return cookies.sid
        ? page("private")
        : page("to the provider", {
            "Set-Cookie": "nonce=n1; Path=/callback; Secure; HttpOnly; SameSite=None",
          });
    },
    steps: [
      { path: "/" },
      {
        path: "/callback",
        form: { code: "c", id_token: "t", state: "s1" },
        headers: {
          Origin: "https://idp.example",
          Referer: "https://idp.example/",
          "Sec-Fetch-Site": "cross-site",
        },
      },
      { path: "/" },
    ],
  },
  {
    name: "OpenID Connect: a renewal without a prompt, refused because nobody is logged in there",
    app: ({ path, root, query }) => {
      if (path === "/renew") return to(`${root}/callback?error=login_required&state=s1`);
      return query.has("error") ? page("<script>parent.postMessage('no')</script>") : page();
    },
    steps: get("/renew", "/renew"),
  },
];
