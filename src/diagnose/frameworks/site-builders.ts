/** Frameworks that build a site and a server for it, and compare the Origin of forms by themselves. */
import { type Framework, lines } from "./record.js";

const FORBIDDEN = [
  { text: "Cross-site POST form submissions are forbidden", says: "origin" },
  { text: "Cross-site PUT form submissions are forbidden", says: "origin" },
  { text: "Cross-site PATCH form submissions are forbidden", says: "origin" },
  { text: "Cross-site DELETE form submissions are forbidden", says: "origin" },
] as const;

const isForbidden = (page: string): boolean => FORBIDDEN.some(({ text }) => page === text);

const set = (attribute: string) =>
  lines({
    line: `cookies.set(name, value, { ...options, ${attribute} })`,
    where: "SvelteKit, where the cookie is set",
  });

/** Its server takes every request for one over https unless it is told otherwise. */
export const sveltekit: Framework = {
  name: "sveltekit",
  title: "SvelteKit",
  id: null,
  where: "SvelteKit with adapter-node, environment",
  matches: ({ header, path, page }) =>
    header("x-sveltekit-page") !== "" ||
    path.startsWith("/_app/immutable/") ||
    // Astro gives the same words a type.
    (isForbidden(page) && header("content-type") === ""),
  settings: {
    baseUrl: lines("ORIGIN={origin}"),
    origins: lines("ORIGIN={origin}"),
    trustProto: lines("ORIGIN={origin}"),
    trustHost: lines("ORIGIN={origin}"),
    secure: set("secure: true"),
    "root-path": set("path: '/'"),
    "http-only": set("httpOnly: true"),
  },
  refusals: FORBIDDEN,
};

/** It believes X-Forwarded-Proto by itself, and X-Forwarded-Host for the domains of its list. */
export const astro: Framework = {
  name: "astro",
  title: "Astro",
  id: null,
  where: "Astro, astro.config.mjs",
  matches: ({ path, page, header }) =>
    path.startsWith("/_astro/") ||
    (isForbidden(page) && header("content-type").startsWith("text/plain")),
  settings: {
    trustHost: lines(
      "security: { allowedDomains: [{ hostname: '{hostname}', protocol: 'https' }] }",
    ),
    secure: lines({
      line: "Astro.cookies.set(name, value, { secure: true })",
      where: "Astro, where the cookie is set",
    }),
  },
  refusals: FORBIDDEN,
};
