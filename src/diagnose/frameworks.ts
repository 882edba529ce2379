/**
 * Web frameworks: how a response gives one away, and the setting that makes it believe the edge.
 * The lines are what the framework's own documentation asks for.
 */

export type FrameworkId =
  | "django"
  | "flask"
  | "starlette"
  | "rails"
  | "express"
  | "fastify"
  | "nest"
  | "next"
  | "laravel"
  | "symfony"
  | "spring"
  | "aspnet"
  | "wordpress"
  | "phoenix"
  | "go"
  | "php";

export interface Framework {
  readonly id: FrameworkId;
  readonly title: string;
  /** Makes the app take the scheme from X-Forwarded-Proto. */
  readonly trustProto: readonly string[];
  /** Whether these header lines can only be, or most likely are, this framework's. */
  readonly matches: (response: ResponseTraits) => boolean;
}

/** The parts of a response that fingerprints look at. */
export interface ResponseTraits {
  /** The first value of a header by its lower-case name, "" where it is absent. */
  header(name: string): string;
  readonly cookieNames: readonly string[];
}

// In this order: the most telling marks first.
export const FRAMEWORKS: readonly Framework[] = [
  {
    id: "wordpress",
    title: "WordPress",
    trustProto: [
      "if (($_SERVER['HTTP_X_FORWARDED_PROTO'] ?? '') === 'https') $_SERVER['HTTPS'] = 'on'; // wp-config.php, above the line that loads wp-settings.php",
    ],
    matches: (r) =>
      r.header("x-redirect-by") === "WordPress" ||
      r.header("link").includes("https://api.w.org/") ||
      r.cookieNames.some((name) => /^wordpress_/.test(name)),
  },
  {
    id: "next",
    title: "Next.js",
    trustProto: ["AUTH_TRUST_HOST=true"],
    matches: (r) =>
      r.header("x-powered-by") === "Next.js" ||
      r.cookieNames.some((name) => /^(?:__Secure-|__Host-)?(?:next-auth|authjs)\./.test(name)),
  },
  {
    id: "flask",
    title: "Flask",
    trustProto: [
      "from werkzeug.middleware.proxy_fix import ProxyFix",
      "app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1, x_port=1)",
    ],
    matches: (r) =>
      r.header("server").startsWith("Werkzeug/") ||
      (r.header("server") === "gunicorn" && r.cookieNames.includes("session")),
  },
  {
    id: "django",
    title: "Django",
    trustProto: ['SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")'],
    matches: (r) =>
      r.header("server").startsWith("WSGIServer/") ||
      r.cookieNames.some((name) => name === "csrftoken" || name === "sessionid") ||
      // What SecurityMiddleware adds to every response, its own redirect included. Others can be
      // told to send the same; unlike Django, they mostly give their name as well.
      (r.header("x-powered-by") === "" &&
        /\bsame-origin\b/.test(r.header("referrer-policy")) &&
        r.header("x-content-type-options") === "nosniff"),
  },
  {
    id: "starlette",
    title: "Starlette or FastAPI",
    trustProto: ["uvicorn app:app --proxy-headers --forwarded-allow-ips='*'"],
    matches: (r) => r.header("server") === "uvicorn",
  },
  {
    id: "laravel",
    title: "Laravel",
    trustProto: ["$middleware->trustProxies(at: '*'); // bootstrap/app.php, withMiddleware"],
    matches: (r) =>
      // Spring, ASP.NET and others send an XSRF-TOKEN as well, for Angular; the session is its own.
      r.cookieNames.some((name) => /laravel[_-]session$/.test(name)) ||
      (r.cookieNames.includes("XSRF-TOKEN") &&
        r.cookieNames.some((name) => /^[^_].*[_-]session$/.test(name))),
  },
  {
    id: "symfony",
    title: "Symfony",
    trustProto: [
      "framework: { trusted_proxies: 'private_ranges', trusted_headers: ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port'] }",
    ],
    matches: (r) => r.header("x-debug-token") !== "",
  },
  {
    id: "spring",
    title: "Spring Boot",
    trustProto: ["server.forward-headers-strategy=framework"],
    matches: (r) => r.cookieNames.includes("JSESSIONID"),
  },
  {
    id: "aspnet",
    title: "ASP.NET Core",
    trustProto: ["ASPNETCORE_FORWARDEDHEADERS_ENABLED=true"],
    matches: (r) =>
      r.header("server") === "Kestrel" ||
      r.cookieNames.some((name) => name.startsWith(".AspNetCore.")),
  },
  {
    id: "phoenix",
    title: "Phoenix",
    trustProto: [
      "force_ssl: [rewrite_on: [:x_forwarded_host, :x_forwarded_port, :x_forwarded_proto]]",
    ],
    matches: (r) =>
      r.header("server") === "Cowboy" || r.cookieNames.some((name) => /^_\w+_key$/.test(name)),
  },
  {
    id: "rails",
    title: "Rails",
    trustProto: ["config.assume_ssl = true", "config.force_ssl = true"],
    matches: (r) =>
      (r.header("x-runtime") !== "" && r.header("x-request-id") !== "") ||
      r.cookieNames.some((name) => /^_\w+_session$/.test(name)) ||
      // ActionDispatch::SSL answers before the middleware that adds the headers above.
      r.header("strict-transport-security") === "max-age=63072000; includeSubDomains",
  },
  {
    id: "fastify",
    title: "Fastify",
    trustProto: ["const app = Fastify({ trustProxy: true })"],
    // Its own keepAliveTimeout, in seconds, where Node's is 5.
    matches: (r) => r.cookieNames.includes("sessionId") || r.header("keep-alive") === "timeout=72",
  },
  {
    id: "express",
    title: "Express",
    trustProto: ["app.set('trust proxy', 1)"],
    matches: (r) => r.header("x-powered-by") === "Express" || r.cookieNames.includes("connect.sid"),
  },
  {
    id: "nest",
    title: "NestJS",
    trustProto: ["app.getHttpAdapter().getInstance().set('trust proxy', 1)"],
    // Its responses are those of Express or Fastify; it is never told from them.
    matches: () => false,
  },
  {
    id: "go",
    title: "Go",
    trustProto: ["http.ListenAndServe(addr, handlers.ProxyHeaders(router)) // gorilla/handlers"],
    matches: (r) => r.cookieNames.includes("_gorilla_csrf"),
  },
  {
    id: "php",
    title: "PHP",
    trustProto: [
      "if (($_SERVER['HTTP_X_FORWARDED_PROTO'] ?? '') === 'https') $_SERVER['HTTPS'] = 'on';",
    ],
    matches: (r) =>
      r.header("x-powered-by").startsWith("PHP/") || r.cookieNames.includes("PHPSESSID"),
  },
];

/** Shown when the framework was not recognised: the three that ask most often. */
export const MOST_COMMON: readonly FrameworkId[] = ["django", "express", "rails"];

/** The framework that a response betrays, or undefined. */
export function recognise(response: readonly string[]): Framework | undefined {
  const first = new Map<string, string>();
  const cookieNames: string[] = [];
  for (let index = 0; index < response.length; index += 2) {
    const name = (response[index] as string).toLowerCase();
    const value = response[index + 1] as string;
    if (!first.has(name)) first.set(name, value);
    if (name === "set-cookie") cookieNames.push((value.split(/[=;]/)[0] ?? "").trim());
  }
  const traits: ResponseTraits = { header: (name) => first.get(name) ?? "", cookieNames };
  return FRAMEWORKS.find((framework) => framework.matches(traits));
}

export function frameworkOf(id: FrameworkId): Framework {
  return FRAMEWORKS.find((framework) => framework.id === id) as Framework;
}
