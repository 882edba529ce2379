import { type Framework, lines } from "./record.js";

export const starlette: Framework = {
  name: "starlette",
  title: "Starlette or FastAPI",
  id: "starlette",
  where: "uvicorn, how it is started",
  matches: ({ header }) => header("server") === "uvicorn",
  sessions: /^session$/,
  settings: {
    trustProto: lines("uvicorn app:app --proxy-headers --forwarded-allow-ips='*'"),
    httpsRedirect: lines(
      {
        line: "from starlette.middleware.httpsredirect import HTTPSRedirectMiddleware",
        where: "Starlette, where the app is made",
      },
      {
        line: "app.add_middleware(HTTPSRedirectMiddleware)",
        where: "Starlette, where the app is made",
      },
    ),
    hosts: lines({
      line: 'app.add_middleware(TrustedHostMiddleware, allowed_hosts=["{hostname}"])',
      where: "Starlette, where the app is made",
    }),
    secure: lines({
      line: "app.add_middleware(SessionMiddleware, secret_key=..., https_only=True)",
      where: "Starlette, where the app is made",
    }),
    "no-domain": lines({
      line: "app.add_middleware(SessionMiddleware, secret_key=..., domain=None)",
      where: "Starlette, where the app is made",
    }),
    "root-path": lines({
      line: 'app.add_middleware(SessionMiddleware, secret_key=..., path="/")',
      where: "Starlette, where the app is made",
    }),
  },
  refusals: [{ text: "Invalid host header", says: "host", vague: true }],
};
