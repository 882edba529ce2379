import { type Framework, lines } from "./record.js";

export const go: Framework = {
  name: "go",
  title: "Go",
  id: "go",
  where: "Go, where the server is made (gorilla/handlers)",
  matches: ({ cookieNames, page }) =>
    cookieNames.includes("_gorilla_csrf") || /^Forbidden - (?:referer|origin) /.test(page),
  sessions: /^(?:session|session-name)$/,
  settings: {
    trustProto: lines("http.ListenAndServe(addr, handlers.ProxyHeaders(router))", {
      // It fills in the URL; the connection stays one without TLS.
      line: 'if r.URL.Scheme != "https"',
      where: "Go, in place of r.TLS == nil",
    }),
    trustHost: lines("http.ListenAndServe(addr, handlers.ProxyHeaders(router))"),
    origins: lines({
      line: 'csrf.TrustedOrigins([]string{"{host}"})',
      where: "Go, the options of csrf.Protect",
    }),
    keepPort: lines({
      line: 'http.Redirect(w, r, "https://"+r.Host+r.RequestURI, http.StatusPermanentRedirect)',
      where: "Go, in place of the redirect to https",
    }),
    socketOrigins: lines({
      line: 'upgrader.CheckOrigin = func(r *http.Request) bool { return r.Header.Get("Origin") == "{origin}" }',
      where: "Go, the gorilla/websocket Upgrader",
    }),
    secure: lines({ line: "cookie.Secure = true", where: "Go, where the cookie is set" }),
    "no-domain": lines({ line: 'cookie.Domain = ""', where: "Go, where the cookie is set" }),
    "root-path": lines({ line: 'cookie.Path = "/"', where: "Go, where the cookie is set" }),
    "http-only": lines({ line: "cookie.HttpOnly = true", where: "Go, where the cookie is set" }),
    smaller: lines({
      line: 'store := sessions.NewFilesystemStore("", key)',
      where: "Go, gorilla/sessions",
    }),
  },
  refusals: [
    { text: "origin invalid", says: "origin" },
    { text: "referer invalid", says: "origin" },
    { text: "cross-origin request detected", says: "origin" },
    { text: "CSRF token invalid", says: "token" },
    { text: "CSRF token not found", says: "token" },
    { text: "referer not supplied", says: "no-referer" },
  ],
};
