/** What goes wrong on a development port, and whether production would have it, too. */
import { type Asked, type Flow, get, page, to } from "./flow.js";

const EXPRESS = { "X-Powered-By": "Express" };

const hostname = ({ headers }: Asked): string => (headers.host ?? "").replace(/:\d+$/, "");

const isHttps = ({ headers }: Asked): boolean => headers["x-forwarded-proto"] === "https";

/** The most copied line: the host without its port, in front of what was asked for. */
const forcing =
  (isSecure: (asked: Asked) => boolean): Flow["app"] =>
  (asked) =>
    isSecure(asked)
      ? page()
      : to(`https://${hostname(asked)}${asked.prefix}${asked.path}`, 302, EXPRESS);

const STAND_IN = { "devtls, beside its other options": "devtls serve --stand-in" };

const deaf: Partial<Flow> = {
  app: forcing(() => false),
  ...{ steps: get("/"), endless: true },
  findings: ["port-dropped app-ignores-forwarded-proto proved"],
  fixes: { "Express, before the first app.use": "app.set('trust proxy', 1)" },
};

export const PORTS: readonly Flow[] = [
  { ...(deaf as Flow), name: "Express that forces https without the port and does not listen" },
  { ...(deaf as Flow), name: "the same on a name of its own", host: "app.test" },
  { ...(deaf as Flow), name: "the same behind Heroku", options: { simulate: "heroku" } },
  {
    ...(deaf as Flow),
    name: "the same where nobody may ask again",
    options: { noProbe: true },
    findings: ["port-dropped app-ignores-forwarded-proto likely"],
  },
  {
    name: "Express that forces https without the port behind an edge that says nothing",
    app: forcing(isHttps),
    ...{ steps: get("/"), endless: true, options: { simulate: "none" } },
    findings: ["port-dropped edge-sends-no-proto proved"],
    fixes: {
      "nginx, at the edge in production": "proxy_set_header X-Forwarded-Proto $scheme;",
    },
  },
  {
    name: "a login on the site without its port, which is right on 443",
    host: "app.test",
    app: (asked) =>
      asked.path === "/" ? to(`https://${hostname(asked)}${asked.prefix}/login`) : page(),
    ...{ steps: get("/"), endless: true },
    findings: ["port-dropped harmless-on-443 proved"],
    fixes: STAND_IN,
  },
  {
    name: "the same once devtls stands in for 443",
    host: "app.test",
    app: (asked) =>
      asked.path === "/" ? to(`https://${hostname(asked)}${asked.prefix}/login`) : page(),
    ...{ steps: get("/"), options: { standIn: true } },
    findings: [],
  },
  {
    name: "an app behind Debian's proxy_params, which is told no port",
    app: (asked) => (asked.path === "/" ? to(`${asked.root}/login`) : page()),
    ...{ steps: get("/"), endless: true, options: { simulate: "nginx-proxy-params" } },
    findings: ["port-dropped harmless-on-443 proved"],
    fixes: STAND_IN,
  },
  {
    name: "the same once devtls stands in for 443 there",
    app: (asked) => (asked.path === "/" ? to(`${asked.root}/login`) : page()),
    ...{ steps: get("/"), options: { simulate: "nginx-proxy-params", standIn: true } },
    findings: [],
  },
  {
    name: "an address with the port, which the edge leaves out: round and round",
    host: "app.test",
    app: ({ headers, path, prefix, tlsPort }) =>
      headers.host === `app.test:${tlsPort}`
        ? page()
        : to(`https://app.test:${tlsPort}${prefix}${path}`, 301, { "X-Redirect-By": "WordPress" }),
    ...{ steps: get("/"), endless: true, options: { simulate: "nginx-proxy-params" } },
    findings: ["redirect-loop harmless-on-443 proved"],
  },
  {
    name: "a loop that shows where devtls stands in for 443",
    host: "app.test",
    app: forcing(() => false),
    ...{ steps: get("/"), endless: true, options: { standIn: true } },
    findings: ["redirect-loop app-ignores-forwarded-proto proved"],
  },
  {
    name: "a page that names the site without a port, where devtls stands in for 443",
    host: "app.test",
    app: ({ root }) =>
      page(`<link rel="canonical" href="${root}/">`, { "Content-Type": "text/html" }),
    ...{ steps: get("/"), options: { standIn: true } },
    findings: ["mixed-content harmless-on-443 likely"],
  },
  {
    name: "a form that Django refuses, because the port is missing",
    app: ({ method }) =>
      method === "POST"
        ? {
            status: 403,
            body: "Origin checking failed - https://localhost:1 does not match any trusted origins.",
          }
        : page(),
    steps: [{ path: "/form", form: { a: "1" } }],
    options: { simulate: "nginx-proxy-params" },
    findings: ["csrf-origin-mismatch harmless-on-443 likely"],
    fixes: STAND_IN,
  },
  {
    name: "a server action that Next.js refuses, because the port is missing",
    app: ({ method, headers }) => {
      const { origin = "", host } = headers;
      return method === "POST" && new URL(origin).host !== host
        ? {
            status: 500,
            body: "Invalid Server Actions request.",
            headers: { "X-Powered-By": "Next.js" },
          }
        : page();
    },
    steps: [{ path: "/", form: { a: "1" } }],
    options: { simulate: "nginx-proxy-params" },
    findings: ["csrf-origin-mismatch harmless-on-443 likely"],
    fixes: STAND_IN,
  },
  {
    name: "the same where devtls stands in for 443",
    app: ({ method, headers }) => {
      const { origin = "", host } = headers;
      return method === "POST" && new URL(origin).host !== host
        ? { status: 500, body: "Invalid Server Actions request." }
        : page();
    },
    steps: [{ path: "/", form: { a: "1" } }],
    options: { simulate: "nginx-proxy-params", standIn: true },
    findings: [],
  },
  {
    name: "a redirect to https that keeps the port of plain http",
    app: ({ prefix, plainPort, headers }) =>
      headers["x-forwarded-proto"] === "https"
        ? page()
        : to(`https://localhost:${plainPort}${prefix}/`),
    steps: [{ path: "/", plain: true }],
    ...{ options: { httpPort: 0, http: "proxy" }, endless: true },
    findings: ["insecure-location harmless-on-443 likely"],
  },
];
