import { type Framework, lines } from "./record.js";

const isAuth = (name: string): boolean =>
  /^(?:__Secure-|__Host-)?(?:next-auth|authjs)\./.test(name);

const CONFIG = "Next.js, next.config.js";

export const next: Framework = {
  name: "next",
  title: "Next.js",
  id: "next",
  where: "Next.js, environment",
  matches: ({ header, path, page }) =>
    header("x-powered-by") === "Next.js" ||
    header("x-nextjs-cache") !== "" ||
    path.startsWith("/_next/") ||
    page.includes("Invalid Server Actions request"),
  settings: {
    baseUrl: lines({
      line: "NextResponse.redirect(new URL(path, 'https://' + request.headers.get('host')))",
      where: "Next.js, middleware.ts, in place of new URL(path, request.url)",
    }),
    origins: lines({
      line: 'experimental: { serverActions: { allowedOrigins: ["{host}"] } }',
      where: CONFIG,
    }),
    hosts: lines({ line: 'allowedDevOrigins: ["{hostname}"]', where: CONFIG }),
    socketOrigins: lines({ line: 'allowedDevOrigins: ["{hostname}"]', where: CONFIG }),
    noHsts: lines({ line: "headers: async () => []", where: CONFIG }),
    secure: lines({
      line: "(await cookies()).set(name, value, { secure: true })",
      where: "Next.js, where the cookie is set",
    }),
    "no-domain": lines({
      line: "(await cookies()).set(name, value, { domain: undefined })",
      where: "Next.js, where the cookie is set",
    }),
    "root-path": lines({
      line: "(await cookies()).set(name, value, { path: '/' })",
      where: "Next.js, where the cookie is set",
    }),
    "http-only": lines({
      line: "(await cookies()).set(name, value, { httpOnly: true })",
      where: "Next.js, where the cookie is set",
    }),
    smaller: lines({
      line: "(await cookies()).set(name, id) // and the data on the server",
      where: "Next.js, where the cookie is set",
    }),
  },
  refusals: [{ text: "Invalid Server Actions request", says: "origin" }],
};

/** Next.js with Auth.js, which builds the addresses of its own. */
export const authjs: Framework = {
  ...next,
  name: "authjs",
  title: "Next.js with Auth.js",
  matches: ({ cookieNames }) => cookieNames.some(isAuth),
  where: "Auth.js, environment",
  sessions: /^(?:next-auth|authjs)\.session-token$/,
  secureFollows: true,
  settings: {
    ...next.settings,
    trustProto: lines("AUTH_TRUST_HOST=true"),
    trustHost: lines("AUTH_TRUST_HOST=true"),
    baseUrl: lines("AUTH_URL={origin}"),
    smaller: lines({
      line: "session: { strategy: 'database' }",
      where: "Auth.js, its options",
    }),
  },
};
