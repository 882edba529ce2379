/** The test of the cookies that are set on the way to the page. */
import { valuesOf } from "../../lines.js";
import type { KeptCookie } from "./kept-cookies.js";
import { type OutcomeId, worse } from "./outcomes.js";
import { judgedWay, type Site } from "./site.js";

/** From bad to worst. */
const ORDER: readonly OutcomeId[] = [
  "cookies-without-secure-flag-but-protected-by-hsts",
  "cookies-without-secure-flag",
  "cookies-session-without-secure-flag-but-protected-by-hsts",
  "cookies-samesite-flag-invalid",
  "cookies-anticsrf-without-samesite-flag",
  "cookies-session-without-httponly-flag",
  "cookies-session-without-secure-flag",
];

/** Heroku sets it by itself, and it says nothing of the app. */
const IGNORED = "heroku-session-affinity";

/** The cookies that count. */
function judgedCookies(site: Site): readonly KeptCookie[] {
  return judgedWay(site).cookies.filter(({ name }) => name !== "" && name !== IGNORED);
}

/** @param hasHsts whether the test of HSTS passes */
export function testCookies(site: Site, hasHsts: boolean): OutcomeId {
  const { answer } = judgedWay(site);
  const cookies = judgedCookies(site);
  if (cookies.length === 0) return "cookies-not-found";
  const lines = answer ? valuesOf(answer.headers, "set-cookie") : [];
  const faults: OutcomeId[] = lines.some(hasUnknownSameSite)
    ? ["cookies-samesite-flag-invalid"]
    : [];
  for (const cookie of cookies) faults.push(...faultsOf(cookie, hasHsts));
  let worst: OutcomeId | undefined;
  for (const fault of faults) worst = worse(fault, worst, ORDER);
  if (worst) return worst;
  return cookies.every(({ sameSite }) => sameSite !== undefined)
    ? "cookies-secure-with-httponly-sessions-and-samesite"
    : "cookies-secure-with-httponly-sessions";
}

/** What is wrong with one cookie. */
export function faultsOf(
  { name, secure, httpOnly, sameSite }: KeptCookie,
  hasHsts: boolean,
): OutcomeId[] {
  const isSession = isSessionName(name);
  const faults: OutcomeId[] = [];
  if (!secure) {
    if (sameSite === "none") faults.push("cookies-samesite-flag-invalid");
    faults.push(
      hasHsts ? "cookies-without-secure-flag-but-protected-by-hsts" : "cookies-without-secure-flag",
    );
    if (isSession) {
      faults.push(
        hasHsts
          ? "cookies-session-without-secure-flag-but-protected-by-hsts"
          : "cookies-session-without-secure-flag",
      );
    }
  }
  if (isSession && !httpOnly) faults.push("cookies-session-without-httponly-flag");
  if (/csrf/i.test(name) && sameSite === undefined) {
    faults.push("cookies-anticsrf-without-samesite-flag");
  }
  return faults;
}

/** By the Observatory's rule: the name tells. */
export function isSessionName(name: string): boolean {
  return /login|sess/i.test(name);
}

/** Whether any part of a Set-Cookie line is a SameSite that says none of its three words. */
function hasUnknownSameSite(line: string): boolean {
  return line
    .trim()
    .split(";")
    .some((part) => {
      const [name = "", value = ""] = part.trim().split("=");
      if (name.trim().toLowerCase() !== "samesite") return false;
      return !/^(?:lax|strict|none)$/.test(value.trim().toLowerCase());
    });
}
