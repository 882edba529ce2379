/** Addresses that apps have of themselves, and where they have them from. */
import { type Flow, get, page, to } from "./flow.js";

const HTML = { "Content-Type": "text/html; charset=utf-8" };
const SCRIPT = { "Content-Type": "application/javascript; charset=utf-8" };
const PARCEL =
  "var HMR_HOST = null;var HMR_PORT = null;var HMR_SERVER_PORT = 1234;var HMR_SECURE = false;var HMR_USE_SSE = false;";
const WORDPRESS = { "X-Redirect-By": "WordPress" };
const WP_CONFIG = "WordPress, wp-config.php, above the line that loads wp-settings.php";

export const ADDRESSES: readonly Flow[] = [
  {
    name: "MediaWiki with its own port under the served name, as its installer writes it",
    host: "wiki.test",
    app: ({ path, port, prefix }) =>
      path === "/"
        ? to(`http://wiki.test:${port}${prefix}/index.php/Main_Page`, 301, {
            "Set-Cookie": "wiki_session=0123456789abcdefghij0123456789ab; Path=/; Secure; HttpOnly",
          })
        : page(),
    steps: get("/"),
    findings: ["insecure-location internal-location likely"],
  },
  {
    name: "WordPress with its own port under the served name, and https",
    host: "blog.test",
    app: ({ path, port, prefix }) =>
      path === "/" ? to(`https://blog.test:${port}${prefix}/a`, 301, WORDPRESS) : page(),
    ...{ steps: get("/"), endless: true, options: { simulate: "heroku" } },
    findings: ["insecure-location internal-location likely"],
  },
  {
    name: "WordPress that puts the port of its address behind the Host that the edge made up",
    host: "blog.test",
    app: ({ headers, tlsPort, prefix, path }) =>
      headers.host === `blog.test:${tlsPort}` || path !== "/"
        ? page()
        : to(`http://localhost:${tlsPort}${prefix}/a`, 301, WORDPRESS),
    ...{ steps: get("/"), options: { simulate: "apache" } },
    findings: ["insecure-location internal-location proved"],
  },
  {
    name: "an address that is written down, behind an edge that replaces the Host",
    host: "blog.test",
    app: ({ port, headers }) =>
      page(`<link rel="stylesheet" href="http://localhost:${port}/a.css">${headers.host}`, {
        ...HTML,
        Link: `<http://localhost:${port}/wp-json/>; rel="https://api.w.org/"`,
      }),
    ...{ steps: get("/"), options: { simulate: "apache" } },
    findings: ["insecure-location internal-header likely", "mixed-content blocked likely"],
    fixes: {
      "Apache, in the VirtualHost": "RequestHeader set X-Forwarded-Proto expr=%{REQUEST_SCHEME}",
      [WP_CONFIG]: [
        "if (($_SERVER['HTTP_X_FORWARDED_PROTO'] ?? '') === 'https') $_SERVER['HTTPS'] = 'on';",
        "define('WP_HOME', 'https://blog.test:PORT'); define('WP_SITEURL', 'https://blog.test:PORT');",
      ],
    },
  },
  {
    name: "WordPress on the address of its installer behind Apache, which no Host and no scheme change",
    host: "blog.test",
    app: ({ port, headers }) => {
      const scheme = headers["x-forwarded-proto"] === "https" ? "https" : "http";
      if (headers.host !== `localhost:${port}`) return to(`${scheme}://blog.test:${port}/`, 301);
      const own = `${scheme}://localhost:${port}`;
      return page(`<link rel="stylesheet" href="${own}/a.css">`, {
        ...HTML,
        Link: `<${own}/wp-json/>; rel="https://api.w.org/"`,
      });
    },
    ...{ steps: get("/"), options: { simulate: "apache" } },
    findings: ["insecure-location internal-header likely", "mixed-content blocked likely"],
    fixes: {
      "Apache, in the VirtualHost": "RequestHeader set X-Forwarded-Proto expr=%{REQUEST_SCHEME}",
      [WP_CONFIG]: [
        "if (($_SERVER['HTTP_X_FORWARDED_PROTO'] ?? '') === 'https') $_SERVER['HTTPS'] = 'on';",
        "define('WP_HOME', 'https://blog.test:PORT'); define('WP_SITEURL', 'https://blog.test:PORT');",
      ],
    },
  },
  {
    name: "Next.js, whose middleware redirects to its own address whatever the Host is",
    host: "app.test",
    app: ({ path, port }) =>
      path === "/"
        ? to(`https://localhost:${port}/login`, 307, { "X-Powered-By": "Next.js" })
        : page(),
    ...{ steps: get("/"), endless: true },
    findings: ["insecure-location internal-location likely"],
    fixes: {
      "Next.js, middleware.ts, in place of new URL(path, request.url)":
        "NextResponse.redirect(new URL(path, 'https://' + request.headers.get('host')))",
    },
  },
  {
    name: "a redirect to the port of plain HTTP",
    app: ({ path, prefix, plainPort }) =>
      path === "/" ? to(`http://localhost:${plainPort}${prefix}/b`) : page(),
    ...{ steps: get("/"), options: { httpPort: 0, http: "proxy" } },
    findings: ["insecure-location http-location likely"],
  },
  {
    name: "DokuWiki, whose login is answered with http and the same page",
    host: "doku.test",
    app: ({ method, headers, prefix }) =>
      method === "POST"
        ? to(`http://${headers.host}${prefix}/doku.php?id=start`, 302, {
            "Set-Cookie": "DW68700bfd16c2027de7de74a5a8202a6f=x; Path=/; Secure; HttpOnly",
          })
        : page(),
    steps: [{ path: "/doku.php?id=start", form: { u: "ada", p: "x" } }],
    options: { simulate: "none" },
    findings: ["insecure-location http-location likely"],
  },
  {
    name: "DokuWiki behind Apache, which mends the redirect",
    host: "doku.test",
    app: ({ method, port, prefix }) =>
      method === "POST" ? to(`http://localhost:${port}${prefix}/doku.php?id=start`, 302) : page(),
    steps: [{ path: "/doku.php?id=start", form: { u: "ada", p: "x" } }],
    ...{ options: { simulate: "apache" } },
    findings: [],
  },
  {
    name: "a news item that Redmine takes, and answers with http and the same page",
    app: ({ method, headers, prefix }) =>
      method === "POST"
        ? to(`http://${headers.host}${prefix}/projects/1/news`, 302, {
            "X-Runtime": "0.1",
            "X-Request-Id": "1",
            "X-XSS-Protection": "1; mode=block",
          })
        : page(),
    steps: [{ path: "/projects/1/news", form: { title: "a" } }],
    options: { simulate: "none" },
    findings: ["insecure-location http-location likely"],
    // Rails before 7.1 has no assume_ssl.
    fixes: { "nginx, at the edge in production": "proxy_set_header X-Forwarded-Proto $scheme;" },
  },
  {
    name: "a profile with an address of before, on a page that is right",
    host: "blog.test",
    app: ({ root, port }) =>
      page(`<a href="${root}/">home</a><a href="http://blog.test:${port}/">ada</a>`, HTML),
    steps: get("/author/ada"),
    findings: ["mixed-content internal-url likely"],
  },
  {
    name: "a user's website in JSON, as it was entered, beside links that are right",
    host: "blog.test",
    app: ({ root, port }) =>
      page(`{"url": "http://localhost:${port}", "link": "${root}/author/ada"}`, {
        "Content-Type": "application/json",
      }),
    steps: get("/wp-json/wp/v2/users/me"),
    findings: [],
  },
  {
    name: "a page that asks a machine of the local network",
    host: "app.test",
    app: () => page('<script>fetch("https://192.168.1.20/api")</script>', HTML),
    steps: get("/"),
    findings: ["local-network-url local-network likely"],
  },
  {
    name: "a page that asks another port of this machine, and counts as public",
    app: () => page('<script>fetch("http://127.0.0.1:9/api")</script>', HTML),
    ...{ steps: get("/"), options: { addressSpace: "public" } },
    findings: ["local-network-url loopback likely"],
  },
  {
    name: "Parcel, whose client goes without TLS on localhost",
    app: () => page(PARCEL, SCRIPT),
    steps: get("/main.js", "/main.js"),
    findings: ["websocket-refused socket-without-tls likely"],
    fixes: { "devtls, beside its other options": "devtls serve --host app.localhost" },
  },
  {
    name: "Parcel on another name than localhost",
    host: "app.localhost",
    app: () => page(PARCEL, SCRIPT),
    ...{ steps: get("/main.js"), findings: [] },
  },
  {
    name: "Storybook, whose Vite listens on the port of Storybook",
    app: ({ path }) =>
      path === "/sb-addons/a.js" ? page() : page("const hmrPort = 6006;", SCRIPT),
    steps: get("/sb-addons/a.js", "/@vite/client"),
    findings: ["websocket-refused socket-bypasses-proxy likely"],
    fixes: {
      "Storybook, .storybook/main.js":
        "viteFinal: (config) => { config.server.hmr.clientPort = PORT; return config; }",
    },
  },
  {
    name: "webpack-dev-server, whose client has a port of its own",
    app: () =>
      page(
        'a("/webpack-dev-server/client/index.js?protocol=ws%3A&hostname=0.0.0.0&port=8080&x=1")',
        {
          "Content-Type": "application/javascript; charset=utf-8",
        },
      ),
    steps: get("/main.js", "/main.js"),
    findings: ["websocket-refused socket-bypasses-proxy likely"],
    fixes: {
      "webpack-dev-server, how it is started": "--client-web-socket-url auto://0.0.0.0:0/ws",
    },
  },
];
