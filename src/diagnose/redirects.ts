/** Redirects: what a browser makes of them (Fetch, HTTP-redirect fetch). */
import type { CookieOrigin } from "../cookies/judge.js";
import { first } from "../lines.js";

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Where a response sends the browser: the URL without fragment, or undefined. */
export function redirectOf(
  status: number,
  response: readonly string[],
  url: string,
): string | undefined {
  if (status < 300 || !REDIRECTS.has(status)) return undefined;
  const location = first(response, "location");
  return location === undefined ? undefined : normalUrl(location, url);
}

/** The URL in its normal form, without fragment; undefined for what is none. */
export function normalUrl(text: string, base?: string): string | undefined {
  try {
    const url = new URL(text, base);
    url.hash = "";
    return url.href;
  } catch {
    return undefined;
  }
}

/** Whether the browser follows with a GET, without the body. */
export function becomesGet(method: string, status: number): boolean {
  if (method === "GET" || method === "HEAD") return false;
  return status === 303 || ((status === 301 || status === 302) && method === "POST");
}

/** A browser goes round in its cache and never asks the app again (RFC 9110 15.4.2, 15.4.9). */
export function isRemembered(status: number, response: readonly string[]): boolean {
  if (status !== 301 && status !== 308) return false;
  return !/\bno-(?:store|cache)\b|\bmax-age=0\b/i.test(first(response, "cache-control") ?? "");
}

/** Where cookies of a URL come from and go to. */
export function originOf(url: string): CookieOrigin {
  const { protocol, hostname, pathname } = new URL(url);
  return {
    scheme: protocol === "https:" ? "https" : "http",
    host: hostname.replace(/^\[|\]$/g, ""),
    path: pathname,
  };
}
