/** What a jar is given, in order, and what it sends then. */
import type { CookieRequest } from "../../src/cookies/jar.js";

export interface JarCase {
  readonly name: string;
  /** Set-Cookie lines and where they come from; seconds to wait before. */
  readonly given: readonly (readonly [origin: string, line: string, wait?: number])[];
  /** Where a request goes, and what goes along; "" for nothing. */
  readonly sent: readonly (readonly [
    origin: string,
    cookies: string,
    options?: Partial<CookieRequest>,
  ])[];
}

const A = "https://app.dev.test/a/b";
const PLAIN = "http://app.dev.test/a/b";
const ROOT = "https://app.dev.test/";

export const JAR_CASES: readonly JarCase[] = [
  { name: "nothing", given: [], sent: [[A, ""]] },
  {
    name: "older ones first",
    given: [
      [A, "b=1"],
      [A, "a=2"],
      [A, "c=3"],
    ],
    sent: [[A, "b=1; a=2; c=3"]],
  },
  {
    name: "longer paths before older ones",
    given: [
      [A, "root=1; Path=/"],
      [A, "deep=2; Path=/a/b"],
      [A, "mid=3; Path=/a"],
      [A, "deep2=4; Path=/a/b"],
    ],
    sent: [
      [A, "deep=2; deep2=4; mid=3; root=1"],
      [ROOT, "root=1"],
    ],
  },
  {
    name: "a new value at the old place",
    given: [
      [A, "a=1"],
      [A, "b=2"],
      [A, "a=3"],
    ],
    sent: [[A, "a=3; b=2"]],
  },
  {
    name: "one name on several paths",
    given: [
      [A, "a=1; Path=/"],
      [A, "a=2; Path=/a"],
    ],
    sent: [[A, "a=2; a=1"]],
  },
  {
    name: "host-only beside the domain's",
    given: [
      [A, "a=1; Path=/"],
      [A, "a=2; Path=/; Domain=app.dev.test"],
    ],
    sent: [
      [A, "a=1; a=2"],
      ["https://x.app.dev.test/", "a=2"],
    ],
  },
  {
    name: "names differ by case",
    given: [
      [A, "a=1"],
      [A, "A=2"],
    ],
    sent: [[A, "a=1; A=2"]],
  },
  {
    name: "hosts apart, and domains shared",
    given: [
      [A, "own=1; Path=/"],
      [A, "shared=2; Path=/; Domain=dev.test"],
    ],
    sent: [
      ["https://app.dev.test/", "own=1; shared=2"],
      ["https://other.dev.test/", "shared=2"],
      ["https://dev.test/", "shared=2"],
      ["https://x.app.dev.test/", "shared=2"],
      ["https://evildev.test/", ""],
      ["https://test/", ""],
    ],
  },
  {
    name: "paths by whole segments",
    given: [[A, "a=1; Path=/api"]],
    sent: [
      ["https://app.dev.test/api", "a=1"],
      ["https://app.dev.test/api/", "a=1"],
      ["https://app.dev.test/api/x", "a=1"],
      ["https://app.dev.test/apiary", ""],
      ["https://app.dev.test/API", ""],
      ["https://app.dev.test/", ""],
    ],
  },
  {
    name: "paths with a slash at the end",
    given: [[A, "a=1; Path=/api/"]],
    sent: [
      ["https://app.dev.test/api", ""],
      ["https://app.dev.test/api/", "a=1"],
      ["https://app.dev.test/api/x", "a=1"],
    ],
  },
  {
    name: "cookies without a name",
    given: [
      [A, "first"],
      [A, "a=1"],
      [A, "=second"],
    ],
    sent: [[A, "second; a=1"]],
  },
  { name: "a cookie without a value", given: [[A, "a="]], sent: [[A, "a="]] },
  {
    name: "Secure over https only",
    given: [
      [A, "a=1; Secure"],
      [A, "b=2"],
    ],
    sent: [
      [A, "a=1; b=2"],
      [PLAIN, "b=2"],
    ],
  },
  {
    name: "Secure on a localhost that nobody trusts",
    given: [["https://localhost/", "a=1; Secure"]],
    sent: [
      ["https://localhost/", "a=1"],
      ["http://localhost/", ""],
    ],
  },
  {
    name: "Secure on a localhost that is trusted",
    given: [["trusted http://localhost/", "a=1; Secure"]],
    sent: [
      ["http://localhost/", "a=1"],
      ["https://localhost/", "a=1"],
      ["http://app.localhost/", ""],
    ],
  },
  {
    name: "http leaves a Secure cookie alone",
    given: [
      [A, "a=1; Secure; Path=/"],
      [PLAIN, "a=2; Path=/"],
      [PLAIN, "a=; Path=/; Max-Age=0"],
      [PLAIN, "a=3; Path=/a"],
      [PLAIN, "a=4; Path=/; Domain=dev.test"],
      [PLAIN, "b=5; Path=/"],
    ],
    sent: [
      [A, "a=1; b=5"],
      [PLAIN, "b=5"],
    ],
  },
  {
    name: "http above the path of a Secure cookie",
    given: [
      [A, "a=1; Secure; Path=/a"],
      [PLAIN, "a=2; Path=/"],
    ],
    sent: [
      [A, "a=1; a=2"],
      [PLAIN, "a=2"],
    ],
  },
  {
    name: "http on a host beside a Secure cookie",
    given: [
      [A, "a=1; Secure; Path=/"],
      ["http://other.dev.test/", "a=2; Path=/"],
    ],
    sent: [
      [A, "a=1"],
      ["http://other.dev.test/", "a=2"],
    ],
  },
  {
    name: "http below the host of a Secure cookie",
    given: [
      ["https://dev.test/", "a=1; Secure; Path=/"],
      ["http://app.dev.test/", "a=2; Path=/"],
    ],
    sent: [["http://app.dev.test/", ""]],
  },
  {
    name: "https takes Secure away",
    given: [
      [A, "a=1; Secure; Path=/"],
      [A, "a=2; Path=/"],
      [PLAIN, "a=3; Path=/"],
    ],
    sent: [[PLAIN, "a=3"]],
  },
  {
    name: "trusted localhost overwrites a Secure cookie",
    given: [
      ["trusted https://localhost/", "a=1; Secure; Path=/"],
      ["trusted http://localhost/", "a=2; Path=/"],
    ],
    sent: [["http://localhost/", "a=2"]],
  },
  {
    name: "HttpOnly hides from scripts",
    given: [
      [A, "a=1; HttpOnly"],
      [A, "b=2"],
    ],
    sent: [
      [A, "a=1; b=2"],
      [A, "b=2", { script: true }],
    ],
  },
  {
    name: "expiry",
    given: [
      [A, "a=1; Max-Age=10"],
      [A, "b=2; Max-Age=20"],
      [A, "c=3", 10],
    ],
    sent: [[A, "b=2; c=3"]],
  },
  {
    name: "a deletion",
    given: [
      [A, "a=1"],
      [A, "b=2"],
      [A, "a=; Max-Age=0"],
    ],
    sent: [[A, "b=2"]],
  },
  {
    name: "a deletion on another path",
    given: [
      [A, "a=1; Path=/"],
      [A, "a=; Max-Age=0"],
    ],
    sent: [[A, "a=1"]],
  },
  {
    name: "a deletion by a date that is past",
    given: [
      [A, "a=1"],
      [A, "a=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT"],
    ],
    sent: [[A, ""]],
  },
  {
    name: "a life made longer",
    given: [
      [A, "a=1; Max-Age=10"],
      [A, "a=1; Max-Age=100"],
      [A, "b=2", 50],
    ],
    sent: [[A, "a=1; b=2"]],
  },
  {
    name: "a life no longer than 400 days",
    given: [
      [A, "a=1; Max-Age=999999999"],
      [A, "b=2", 400 * 86_400],
    ],
    sent: [[A, "b=2"]],
  },
  {
    name: "SameSite across sites",
    given: [
      [A, "strict=1; SameSite=Strict"],
      [A, "lax=2; SameSite=Lax"],
      [A, "default=3"],
      [A, "none=4; SameSite=None; Secure"],
    ],
    sent: [
      [A, "strict=1; lax=2; default=3; none=4"],
      [A, "none=4", { from: "cross-site" }],
      [A, "lax=2; default=3; none=4", { from: "cross-site-navigation" }],
      [A, "lax=2; default=3; none=4", { from: "cross-site-navigation", method: "HEAD" }],
      [A, "none=4", { from: "cross-site-navigation", method: "POST" }],
      [A, "none=4", { from: "cross-site", method: "POST" }],
    ],
  },
  {
    name: "addresses are hosts of their own",
    given: [
      ["http://127.0.0.1/", "a=1"],
      ["http://::1/", "b=2"],
    ],
    sent: [
      ["http://127.0.0.1/", "a=1"],
      ["http://::1/", "b=2"],
      ["http://localhost/", ""],
      ["http://x.127.0.0.1/", ""],
    ],
  },
  {
    name: "what is rejected changes nothing",
    given: [
      [A, "a=1"],
      [A, "a=2; SameSite=None"],
      [A, "a=3; Domain=wrong.test"],
    ],
    sent: [[A, "a=1"]],
  },
];
