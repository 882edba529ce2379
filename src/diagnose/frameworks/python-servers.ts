/** Web frameworks in Python that are servers, too, and give their name. */
import { type Framework, lines } from "./record.js";

const PROXY = "cherrypy.config.update({'tools.proxy.on': True})";

const sessions = (name: string, value: string) =>
  lines(`cherrypy.config.update({'tools.sessions.${name}': ${value}})`);

export const cherrypy: Framework = {
  name: "cherrypy",
  title: "CherryPy",
  id: null,
  where: "CherryPy, before cherrypy.quickstart",
  matches: ({ header }) => header("server").startsWith("CherryPy/"),
  sessions: /^session_id$/,
  settings: {
    trustProto: lines(PROXY, {
      // The tool fills in the address, and leaves the scheme as it is.
      line: "cherrypy.request.base.startswith('https:')",
      where: "CherryPy, in place of cherrypy.request.scheme == 'https'",
    }),
    trustHost: lines(PROXY),
    secure: sessions("secure", "True"),
    "no-domain": sessions("domain", "None"),
    "root-path": sessions("path", "'/'"),
    "http-only": sessions("httponly", "True"),
  },
};

export const tornado: Framework = {
  name: "tornado",
  title: "Tornado",
  id: null,
  where: "Tornado, where the server is made",
  general: true,
  matches: ({ header }) => header("server").startsWith("TornadoServer/"),
  settings: {
    trustProto: lines("server = tornado.httpserver.HTTPServer(app, xheaders=True)"),
    socketOrigins: lines({
      line: "def check_origin(self, origin): return origin == '{origin}'",
      where: "Tornado, in the WebSocketHandler",
    }),
    secure: lines({
      line: "self.set_secure_cookie(name, value, secure=True, httponly=True)",
      where: "Tornado, where the cookie is set",
    }),
    "root-path": lines({
      line: "self.set_secure_cookie(name, value, path='/')",
      where: "Tornado, where the cookie is set",
    }),
  },
  refusals: [
    { text: "Cross origin websockets not allowed", says: "origin" },
    { text: "'_xsrf' argument missing from", says: "token" },
  ],
};

export const aiohttp: Framework = {
  name: "aiohttp",
  title: "aiohttp",
  id: null,
  where: "aiohttp, where the application is made",
  matches: ({ header, cookieNames }) =>
    /\baiohttp\//.test(header("server")) || cookieNames.includes("AIOHTTP_SESSION"),
  sessions: /^AIOHTTP_SESSION$/,
  settings: {
    // It has no setting of its own; aiohttp-remotes, which has, does the same.
    trustProto: lines(
      "@web.middleware",
      "async def forwarded(request, handler): return await handler(request.clone(scheme=request.headers.get('X-Forwarded-Proto', request.scheme)))",
      "app.middlewares.insert(0, forwarded)",
    ),
    secure: lines({
      line: "EncryptedCookieStorage(key, secure=True)",
      where: "aiohttp_session, where its storage is made",
    }),
    "root-path": lines({
      line: "EncryptedCookieStorage(key, path='/')",
      where: "aiohttp_session, where its storage is made",
    }),
  },
};

/** It believes X-Forwarded-Proto and X-Forwarded-Host by itself, from anybody. */
export const bottle: Framework = {
  name: "bottle",
  title: "Bottle",
  id: null,
  where: "Bottle, where the cookie is set",
  matches: ({ header }) =>
    header("server").startsWith("WSGIServer/") && header("content-type").includes("charset=UTF-8"),
  settings: {
    secure: lines("response.set_cookie(name, value, secure=True)"),
    "root-path": lines("response.set_cookie(name, value, path='/')"),
    "http-only": lines("response.set_cookie(name, value, httponly=True)"),
  },
};
