/** What goes wrong with apps whatever they are made with: told by what they do, not by who they are. */
import { type Asked, type Flow, get, page, SECURE, to } from "./flow.js";

const TEXT = { "Content-Type": "text/plain; charset=utf-8" };
const EXPRESS = { "X-Powered-By": "Express" };

const isHttps = ({ headers }: Asked): boolean => headers["x-forwarded-proto"] === "https";

/** A token with a cookie of its own, beside a session that is set for https only. */
const tokenBesideSession =
  (isSecure: (asked: Asked) => boolean, text: string): Flow["app"] =>
  (asked) => {
    const session = isSecure(asked) ? [`connect.sid=s%3A1; ${SECURE}`] : [];
    const cookies = [`x-csrf=4f1c.9a2Bd; ${SECURE}`, ...session];
    if (asked.method !== "POST") return page("form", { ...EXPRESS, "Set-Cookie": cookies });
    return asked.cookies["connect.sid"]
      ? page("welcome")
      : { status: 403, body: text, headers: EXPRESS };
  };

/** Compares the Origin of a form with what it takes for its own. */
const comparing =
  (text: string): Flow["app"] =>
  (asked) => {
    const { origin, host } = asked.headers;
    if (asked.method !== "POST") return page("form");
    const own = `${isHttps(asked) ? "https" : "http"}://${host}`;
    return origin === own ? page("saved") : { status: 403, body: text, headers: TEXT };
  };

/** Forces https by a redirect to where it would speak TLS itself, as servlet containers do. */
const confidential =
  (isSecure: (asked: Asked) => boolean): Flow["app"] =>
  (asked) => {
    const { hostname } = new URL(asked.root);
    if (isSecure(asked)) return page("secret");
    return to(`https://${hostname}:8443${asked.prefix}${asked.path}`);
  };

/** Knows its own address, and sends whoever asks otherwise there. */
const wordpress: Flow["app"] = (asked) => {
  const own = `localhost:${asked.tlsPort}`;
  if (isHttps(asked) && asked.headers.host === own) return page("blog");
  return to(`https://${own}${asked.prefix}${asked.path}`, 301, { "X-Redirect-By": "WordPress" });
};

const WP_CONFIG = "WordPress, wp-config.php, above the line that loads wp-settings.php";

const FORM: Flow["steps"] = [{ path: "/login" }, { path: "/login", form: { user: "ada" } }];

export const UNRECORDED: readonly Flow[] = [
  {
    name: "a token whose own cookie is there, and the session's is withheld",
    app: tokenBesideSession(isHttps, "ForbiddenError: invalid csrf token"),
    ...{ steps: FORM, options: { simulate: "none" } },
    findings: ["cookie-missing edge-sends-no-proto proved"],
    fixes: { "nginx, at the edge in production": "proxy_set_header X-Forwarded-Proto $scheme;" },
  },
  {
    name: "the same in words of nobody's",
    app: tokenBesideSession(isHttps, "Oops: the CSRF check has failed, please try again."),
    ...{ steps: FORM, options: { simulate: "none" } },
    findings: ["cookie-missing edge-sends-no-proto proved"],
  },
  {
    name: "the same, of an app that does not listen",
    app: tokenBesideSession(() => false, "Error: CSRF token mismatch"),
    ...{ steps: FORM, options: { simulate: "heroku" } },
    findings: ["cookie-missing app-ignores-forwarded-proto likely"],
    fixes: { "Express, before the first app.use": "app.set('trust proxy', 1)" },
  },
  {
    name: "SvelteKit or Astro, to whom the edge gives another Host",
    app: comparing("Cross-site POST form submissions are forbidden"),
    ...{ steps: FORM, options: { simulate: "apache" } },
    findings: ["csrf-origin-mismatch host likely"],
  },
  {
    name: "a form that is refused in words of nobody's, and nobody says https",
    app: comparing("Blocked: a cross-origin request."),
    ...{ steps: FORM, options: { simulate: "none" } },
    findings: ["csrf-origin-mismatch scheme likely"],
    fixes: { "nginx, at the edge in production": "proxy_set_header X-Forwarded-Proto $scheme;" },
  },
  {
    name: "a redirect to the port on which the app would speak TLS, where nobody says https",
    app: confidential(isHttps),
    ...{ host: "app.test", steps: get("/secret"), options: { simulate: "none" }, endless: true },
    findings: ["insecure-location internal-location proved"],
    fixes: { "nginx, at the edge in production": "proxy_set_header X-Forwarded-Proto $scheme;" },
  },
  {
    name: "the same of Tomcat, which does not listen",
    app: (asked) => {
      const { status, headers } = confidential(() => false)(asked);
      return { ...(status && { status }), headers: { ...headers, Server: "Apache-Coyote/1.1" } };
    },
    ...{ host: "app.test", steps: get("/secret"), endless: true },
    findings: ["insecure-location internal-location likely"],
    fixes: {
      "Tomcat, conf/server.xml, in <Host>":
        '<Valve className="org.apache.catalina.valves.RemoteIpValve"/>',
    },
  },
  {
    name: "an app that fills in the port of its own socket where the Host has none",
    app: ({ headers: { host = "" }, path, port, prefix }) =>
      path === "/"
        ? to(`http://${host.includes(":") ? host : `${host}:${port}`}${prefix}/login`)
        : page(),
    ...{ host: "app.test", steps: get("/"), options: { standIn: true } },
    findings: ["insecure-location internal-location proved"],
  },
  {
    name: "WordPress behind an edge that says Forwarded alone, and a Host of its own",
    app: wordpress,
    ...{ steps: get("/"), options: { simulate: "aws-api-gateway" }, endless: true },
    findings: ["redirect-loop edge-sends-no-proto proved"],
    fixes: {
      [WP_CONFIG]: [
        "if (preg_match('/\\bproto=\"?https\\b[^,]*$/i', $_SERVER['HTTP_FORWARDED'] ?? '')) $_SERVER['HTTPS'] = 'on';",
        "$_SERVER['HTTP_HOST'] = 'localhost:PORT';",
      ],
    },
  },
  {
    name: "WordPress behind an edge that can be told no Host",
    app: wordpress,
    ...{ steps: get("/"), options: { simulate: "codespaces" }, endless: true },
    findings: ["redirect-loop host-ping-pong proved"],
    fixes: { [WP_CONFIG]: "$_SERVER['HTTP_HOST'] = 'localhost:PORT';" },
  },
  {
    name: "a host that is not on the list of an app that gives no reason",
    host: "app.test",
    app: ({ headers: { host } }) =>
      host?.startsWith("localhost") ? page() : { status: 403, body: "No.", headers: TEXT },
    steps: get("/", "/app.js"),
    findings: ["host-refused host-not-listed proved"],
  },
  {
    name: "Syncthing, which looks at the Host",
    host: "sync.test",
    app: ({ headers: { host } }) =>
      host?.startsWith("localhost")
        ? page()
        : { status: 403, body: "Host check error\n", headers: TEXT },
    steps: get("/"),
    findings: ["host-refused host-not-listed proved"],
    fixes: {
      "Syncthing, config.xml, in <gui>": "<insecureSkipHostcheck>true</insecureSkipHostcheck>",
    },
  },
  {
    name: "phpLDAPadmin, whose session has a digest for a name, and lacks HttpOnly, too",
    app: () =>
      page("page", {
        "X-Powered-By": "PHP/8.2.36",
        "Set-Cookie": "5d89dac18813e15aa2f75788275e3588=iavnhhp39o8d7eobal1htt147l; path=/",
      }),
    steps: get("/"),
    findings: ["cookie-not-secure no-secure-attribute likely"],
  },
  {
    name: "a login that is sent to plain http, where its Secure cookie stays behind",
    host: "app.test",
    app: ({ path, method, headers: { host }, prefix, plainPort, cookies, root }) => {
      if (path === "/login") {
        if (method !== "POST") return page("form");
        const plain = `http://${host?.replace(/:\d+$/, "")}:${plainPort}${prefix}/private`;
        return to(plain, 303, { "Set-Cookie": `sid=Zk3x9QpT7aLm2Wn8; ${SECURE}` });
      }
      return cookies.sid ? page("private") : to(`${root.replace("https:", "http:")}/login`);
    },
    ...{ steps: FORM, options: { http: "proxy", httpPort: 0 } },
    findings: ["insecure-location http-location likely", "redirect-loop login-cookie-lost proved"],
  },
];

/** What resembles the above, and is right. */
export const RIGHT: readonly Flow[] = [
  {
    name: "what is forbidden for everybody, under whatever name",
    host: "app.test",
    app: () => ({ status: 403, body: "No.", headers: TEXT }),
    steps: get("/", "/admin"),
  },
  {
    name: "a form that is refused with a reason that has nothing to do with its origin",
    app: ({ method }) =>
      method === "POST" ? { status: 403, body: "Wrong password, original or not." } : page(),
    steps: FORM,
  },
  {
    name: "a token that has run out, and its session is there",
    app: ({ method }) =>
      method === "POST"
        ? { status: 403, body: "ForbiddenError: invalid csrf token", headers: EXPRESS }
        : page("form", { ...EXPRESS, "Set-Cookie": `connect.sid=s%3AZk3x9QpT7aLm2Wn8; ${SECURE}` }),
    steps: FORM,
  },
  {
    name: "another app of this host, over https on its own port",
    host: "app.test",
    app: () => to("https://app.test:9443/console"),
    ...{ steps: get("/tools"), endless: true },
  },
  {
    name: "an API that allows the page of before by its name, which no page of this site asks about",
    app: ({ port }) =>
      page("{}", {
        "Content-Type": "application/json",
        "Access-Control-Allow-Origin": `http://localhost:${port}`,
      }),
    steps: get("/api"),
  },
];
