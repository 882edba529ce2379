/** Frameworks on Node's own HTTP server. */
import { type Framework, lines } from "./record.js";

const session = (attribute: string) =>
  lines(`app.use(session({ ...options, cookie: { ...options.cookie, ${attribute} } }))`);

const ON_SERVER =
  "app.use(session(options)) // of express-session, which keeps the data on the server";

/** The headers by whose names the frameworks go, from the edge's own element: the last one. */
const FROM_FORWARDED =
  "if (!headers['x-forwarded-proto']) for (const [, name, value] of (headers.forwarded ?? '').split(',').pop().matchAll(/\\b(proto|host)=\"?([^\\s;\"]+)/gi)) headers['x-forwarded-' + name.toLowerCase()] = value";

const EXPRESS_FORWARDED = `app.use(({ headers }, res, next) => { ${FROM_FORWARDED}; next() })`;

const SOCKET_IO = {
  line: "new Server(server, { cors: { origin: '{origin}' } })",
  where: "Socket.IO, where its server is made",
} as const;

/** What the libraries of Express say, whose sessions and forms Nest and others use as well. */
const EXPRESS_REFUSALS = [
  { text: "invalid csrf token", says: "token" },
  // lusca
  { text: "CSRF token mismatch", says: "token" },
  { text: "CSRF token missing", says: "token" },
  { text: "Cannot send secure cookie over unencrypted connection", says: "withheld" },
] as const;

export const express: Framework = {
  name: "express",
  title: "Express",
  id: "express",
  where: "Express, before the first app.use",
  matches: ({ header, cookieNames, page }) =>
    header("x-powered-by") === "Express" ||
    cookieNames.includes("connect.sid") ||
    page.includes("ForbiddenError: invalid csrf token") ||
    // Its last word to what nobody handles, also where it hides its name.
    /<pre>Cannot [A-Z]{3,7} \//.test(page),
  sessions: /^(?:connect\.sid|express:sess|session)$/,
  secureFollows: true,
  settings: {
    trustProto: lines("app.set('trust proxy', 1)"),
    trustHost: lines("app.set('trust proxy', 1)"),
    trustForwarded: lines("app.set('trust proxy', 1)", EXPRESS_FORWARDED),
    keepPort: lines({
      line: "res.redirect('https://' + req.get('host') + req.originalUrl)",
      where: "Express, in place of the redirect to https",
    }),
    socketOrigins: lines(SOCKET_IO),
    noHsts: lines("app.use(helmet({ strictTransportSecurity: false }))"),
    httpsRedirect: lines(
      "app.use((req, res, next) => (req.secure ? next() : res.redirect(308, 'https://' + req.get('host') + req.originalUrl)))",
    ),
    header: lines('app.use((req, res, next) => { res.set("{name}", "{value}"); next(); })'),
    "same-site": session("sameSite: 'lax'"),
    secure: session("secure: true"),
    "no-domain": session("domain: undefined"),
    "root-path": session("path: '/'"),
    "http-only": session("httpOnly: true"),
    smaller: lines(ON_SERVER),
  },
  refusals: EXPRESS_REFUSALS,
};

/** Its responses are those of Express or Fastify; it is never told from them. */
export const nest: Framework = {
  ...express,
  name: "nest",
  title: "NestJS",
  id: "nest",
  where: "NestJS, main.ts",
  matches: () => false,
  settings: {
    ...express.settings,
    trustProto: lines("app.getHttpAdapter().getInstance().set('trust proxy', 1)"),
    trustHost: lines("app.getHttpAdapter().getInstance().set('trust proxy', 1)"),
    trustForwarded: lines(
      "app.getHttpAdapter().getInstance().set('trust proxy', 1)",
      EXPRESS_FORWARDED,
    ),
  },
};

const registered = (attribute: string) =>
  lines(`app.register(session, { ...options, cookie: { ...options.cookie, ${attribute} } })`);

export const fastify: Framework = {
  name: "fastify",
  title: "Fastify",
  id: "fastify",
  where: "Fastify, where the app is made",
  matches: ({ header, cookieNames, page }) =>
    cookieNames.includes("sessionId") ||
    // Its own keepAliveTimeout, in seconds, where Node's is 5.
    header("keep-alive") === "timeout=72" ||
    /"code":"FST_\w+"|"message":"Route [A-Z]+:\S* not found"/.test(page),
  sessions: /^sessionId$/,
  secureFollows: true,
  settings: {
    trustProto: lines("const app = Fastify({ trustProxy: true })"),
    trustHost: lines("const app = Fastify({ trustProxy: true })"),
    trustForwarded: lines(
      "const app = Fastify({ trustProxy: true })",
      `app.addHook('onRequest', async ({ headers }) => { ${FROM_FORWARDED} })`,
    ),
    keepPort: lines({
      line: "reply.redirect('https://' + request.headers.host + request.url)",
      where: "Fastify, in place of the redirect to https",
    }),
    noHsts: lines("app.register(helmet, { strictTransportSecurity: false })"),
    httpsRedirect: lines(
      "app.addHook('onRequest', async (request, reply) => { if (request.protocol === 'http') return reply.redirect('https://' + request.headers.host + request.url, 308) })",
    ),
    header: lines(
      'app.addHook("onSend", async (request, reply) => { reply.header("{name}", "{value}") })',
    ),
    "same-site": registered("sameSite: 'lax'"),
    secure: registered("secure: true"),
    "no-domain": registered("domain: undefined"),
    "root-path": registered("path: '/'"),
    "http-only": registered("httpOnly: true"),
    smaller: lines(
      "app.register(session, options) // of @fastify/session, which keeps the data on the server",
    ),
  },
  refusals: [{ text: "Invalid csrf token", says: "token" }, ...EXPRESS_REFUSALS],
};

/** It sends nothing that tells it from Node's bare server, but for the text of its errors. */
export const koa: Framework = {
  name: "koa",
  title: "Koa",
  id: null,
  where: "Koa, where the app is made",
  matches: ({ cookieNames }) =>
    cookieNames.includes("koa.sess") || cookieNames.includes("koa.sess.sig"),
  sessions: /^koa[.:]sess$/,
  secureFollows: true,
  settings: {
    trustProto: lines("app.proxy = true"),
    trustHost: lines("app.proxy = true"),
    trustForwarded: lines(
      "app.proxy = true",
      `app.use(({ headers }, next) => { ${FROM_FORWARDED}; return next() })`,
    ),
    keepPort: lines({
      line: "ctx.redirect('https://' + ctx.host + ctx.url)",
      where: "Koa, in place of the redirect to https",
    }),
    secure: lines("app.use(session({ ...options, secure: true }, app))"),
    "no-domain": lines("app.use(session({ ...options, domain: undefined }, app))"),
    "root-path": lines("app.use(session({ ...options, path: '/' }, app))"),
    "http-only": lines("app.use(session({ ...options, httpOnly: true }, app))"),
  },
  refusals: [{ text: "Invalid CSRF token", says: "token" }, ...EXPRESS_REFUSALS],
};

/** What its `cors` refuses; its `allowRequest` says "Forbidden". */
export const socketIo: Framework = {
  name: "socket.io",
  title: "Socket.IO",
  id: null,
  where: SOCKET_IO.where,
  general: true,
  matches: ({ path, page }) =>
    /[?&]EIO=\d/.test(path) &&
    /^(?:Bad request|\{"code":3,"message":"Bad request"\})$/.test(page.trim()),
  settings: { socketOrigins: lines(SOCKET_IO) },
};
