/** Whatever a server sends: nothing throws, and what was read stays the same when read again. */
import { describe, expect, it } from "vitest";
import { CookieJar } from "../../src/cookies/jar.js";
import { type CookieOrigin, judge } from "../../src/cookies/judge.js";
import { addSecure, removeSecure, withoutCookies } from "../../src/cookies/rewrite.js";
import { RULES } from "../../src/cookies/rules.js";
import { parseSetCookie, type SetCookie } from "../../src/cookies/set-cookie.js";
import { FACTOR, Random, SEED } from "../x509/random.js";

const PIECES = [
  ...[
    "a",
    "sid",
    "=",
    ";",
    "; ",
    " ",
    "\t",
    ",",
    '"',
    "%",
    "-",
    ".",
    "/",
    ":",
    "0",
    "60",
    "\u00e9",
  ],
  ...["__Host-", "__Secure-", "__http-", "__HOST-HTTP-", "Secure", "secure=", "HttpOnly", "Path="],
  ...["Path=/", "Domain=", "Domain=.app.test", "domain=test", "Max-Age=", "Max-Age=-1", "Expires="],
  ...["Wed, 21 Oct 2099 07:28:00 GMT", "21-Oct-15 7:8:9", "SameSite=", "SameSite=None", "Strict"],
  ...["Partitioned", "\u0000", "\u007f", "\u0001", "\r\n", "x".repeat(1024), "x".repeat(4096)],
];

const ORIGINS: readonly CookieOrigin[] = [
  { scheme: "https", host: "app.test", path: "/a/b" },
  { scheme: "http", host: "app.test", path: "" },
  { scheme: "http", host: "localhost", path: "*" },
  { scheme: "https", host: "::1", path: "/" },
  { scheme: "http", host: "127.0.0.1", path: "/a", crossSite: true },
];

function lines(count: number): string[] {
  const random = new Random(SEED);
  return Array.from({ length: count * FACTOR }, () =>
    random.chance(0.1)
      ? random.bytes(random.below(60)).toString("latin1")
      : Array.from({ length: random.between(1, 12) }, () => random.pick(PIECES)).join(""),
  );
}

/** A line that says what was read, and nothing else. */
function write(cookie: SetCookie): string {
  return [
    `${cookie.name}=${cookie.value}`,
    ...(cookie.domain
      ? [`Domain=${cookie.domain.startsWith(".") ? "." : ""}${cookie.domain}`]
      : []),
    ...(cookie.path === undefined ? [] : [`Path=${cookie.path}`]),
    ...(cookie.expires === undefined ? [] : [`Expires=${new Date(cookie.expires).toUTCString()}`]),
    ...(cookie.maxAge === undefined ? [] : [`Max-Age=${BigInt(cookie.maxAge)}`]),
    ...(cookie.secure ? ["Secure"] : []),
    ...(cookie.httpOnly ? ["HttpOnly"] : []),
    ...(cookie.partitioned ? ["Partitioned"] : []),
    ...(cookie.sameSite === "default" ? [] : [`SameSite=${cookie.sameSite}`]),
  ].join("; ");
}

const LINES = lines(4_000);

describe(`Of ${LINES.length} lines (seed ${SEED})`, () => {
  it("none makes the parser throw, and what it read is read again from what it means", () => {
    let read = 0;
    for (const line of LINES) {
      const parsed = parseSetCookie(line);
      if (typeof parsed === "string") continue;
      read++;
      expect(parseSetCookie(write(parsed)), line).toEqual(parsed);
    }
    expect(read).toBeGreaterThan(LINES.length / 5);
  });

  it("each is stored within its bounds or rejected by a rule of the catalogue", () => {
    const now = Date.UTC(2026, 0, 1);
    const counts = new Map<string, number>();
    for (const [index, line] of LINES.entries()) {
      const origin = ORIGINS[index % ORIGINS.length] as CookieOrigin;
      const verdict = judge(line, origin, { now });
      const outcome = verdict.kind === "stored" ? "stored" : verdict.rule;
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
      if (verdict.kind === "rejected") {
        expect(RULES).toHaveProperty([verdict.rule]);
        continue;
      }
      const { cookie } = verdict;
      expect(cookie.path.startsWith("/"), line).toBe(true);
      expect(cookie.name.length + cookie.value.length).toBeLessThanOrEqual(4096);
      expect(cookie.secure && origin.scheme === "http", line).toBe(false);
      expect(`.${origin.host}`.endsWith(`.${cookie.domain}`), line).toBe(true);
      expect(cookie.expires ?? now).toBeLessThanOrEqual(now + 400 * 86_400_000);
    }
    expect(counts.size, [...counts.keys()].join()).toBeGreaterThan(12);
  });

  it("each can be put into one jar, which sends no Secure cookie over http", () => {
    const jar = new CookieJar({ perDomain: 20, total: 50 });
    for (const [index, line] of LINES.entries()) {
      const origin = ORIGINS[index % ORIGINS.length] as CookieOrigin;
      jar.store(line, origin);
      if (index % 50 === 0) {
        const sent = jar.matching({ ...origin, scheme: "http" });
        expect(sent.filter(({ secure }) => secure)).toEqual([]);
        expect(jar.cookies.length).toBeLessThanOrEqual(50);
      }
    }
  });

  it("each can be made Secure or not, once and for all, and stays the same otherwise", () => {
    for (const line of LINES) {
      const secure = addSecure(line);
      expect(addSecure(secure)).toBe(secure);
      const insecure = removeSecure(line);
      expect(removeSecure(insecure)).toBe(insecure);
      const [before, after, plain] = [line, secure, insecure].map(parseSetCookie);
      if (typeof before !== "object" || typeof after !== "object" || typeof plain !== "object") {
        continue;
      }
      expect(after, line).toEqual({ ...before, secure: true });
      expect(plain.secure, line).toBe(
        before.secure && /^[\t ]*__(?:host|secure|http)-[^;=]*=/i.test(line),
      );
      expect([plain.name, plain.value, plain.path]).toEqual([
        before.name,
        before.value,
        before.path,
      ]);
    }
  });

  it("each is a Cookie line that loses exactly the names it should", () => {
    const trimmed = (text: string): string => text.replace(/^[\t ]+|[\t ]+$/g, "");
    const named = (line: string): string[] =>
      line
        .split(";")
        .filter((pair) => trimmed(pair) !== "")
        .map((pair) => (pair.includes("=") ? trimmed(pair.split("=")[0] ?? "") : ""));
    for (const line of LINES) {
      const rest = withoutCookies(line, (name) => name === "sid");
      const kept = named(line).filter((name) => name !== "sid");
      expect(rest === undefined ? [] : named(rest), line).toEqual(kept);
    }
  });
});
