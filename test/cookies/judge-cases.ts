/** Set-Cookie lines, where they come from, and what a browser does with them. */
import type { Cookie } from "../../src/cookies/judge.js";
import type { RuleId } from "../../src/cookies/rules.js";

/** Without the exception for localhost unless the origin says "trusted". */
export type JudgeCase = readonly [
  line: string,
  origin: string,
  expected: RuleId | Partial<Omit<Cookie, "name" | "value">>,
];

const APP = "https://app.dev.test/a/b";
const PLAIN = "http://app.dev.test/a/b";
const LOCAL = "https://localhost/";
const LOCAL_PLAIN = "http://localhost/";
const TRUSTED = "trusted http://localhost/";

export const JUDGE_CASES: readonly JudgeCase[] = [
  // Path: given, or the request's folder.
  ["a=1", APP, { domain: "app.dev.test", hostOnly: true, path: "/a" }],
  ["a=1", "https://app.test/", { path: "/" }],
  ["a=1", "https://app.test/a", { path: "/" }],
  ["a=1", "https://app.test/a/", { path: "/a" }],
  ["a=1", "https://app.test/a//b", { path: "/a/" }],
  ["a=1", "https://app.test*", { path: "/" }],
  ["a=1; Path=/", APP, { path: "/" }],
  ["a=1; Path=x", APP, { path: "/a" }],
  ["a=1; Path=/elsewhere", APP, { path: "/elsewhere" }],

  // Domain.
  ["a=1; Domain=app.dev.test", APP, { domain: "app.dev.test", hostOnly: false }],
  ["a=1; Domain=.dev.test", APP, { domain: "dev.test", hostOnly: false }],
  ["a=1; Domain=DEV.test", APP, { domain: "dev.test", hostOnly: false }],
  ["a=1; Domain=", APP, { domain: "app.dev.test", hostOnly: true }],
  ["a=1; Domain=test", APP, "public-suffix"],
  ["a=1; Domain=other.dev.test", APP, "domain-mismatch"],
  ["a=1; Domain=x.app.dev.test", APP, "domain-mismatch"],
  ["a=1; Domain=v.test", APP, "domain-mismatch"],
  ["a=1; Domain=dev.test.", APP, "domain-mismatch"],
  ["a=1; Domain=dev.test:443", APP, "domain-mismatch"],
  ["a=1; Domain=*.dev.test", APP, "domain-mismatch"],
  ["a=1; Domain=https://dev.test", APP, "domain-mismatch"],
  ["a=1; Domain=d\u00e9v.test", APP, "domain-not-ascii"],
  ["a=1; Domain=xn--dv-bja.test", "https://www.xn--dv-bja.test/", { hostOnly: false }],
  ["a=1; Domain=localhost", LOCAL, { domain: "localhost", hostOnly: true }],
  ["a=1; Domain=.localhost", LOCAL, { domain: "localhost", hostOnly: true }],
  ["a=1; Domain=localhost", "https://app.localhost/", "public-suffix"],
  ["a=1; Domain=app.localhost", "https://app.localhost/", { hostOnly: false }],
  ["a=1; Domain=app.localhost", "https://x.app.localhost/", { domain: "app.localhost" }],
  ["a=1; Domain=example.com", LOCAL, "domain-mismatch"],
  ["a=1; Domain=co.uk", "https://shop.co.uk/", "public-suffix"],
  ["a=1; Domain=shop.co.uk", "https://www.shop.co.uk/", { domain: "shop.co.uk" }],
  ["a=1; Domain=herokuapp.com", "https://x.herokuapp.com/", "public-suffix"],
  ["a=1; Domain=ngrok-free.app", "https://x.ngrok-free.app/", "public-suffix"],
  ["a=1; Domain=home.arpa", "https://nas.home.arpa/", "public-suffix"],
  ["a=1; Domain=local", "https://mac.local/", "public-suffix"],
  ["a=1; Domain=mac.local", "https://mac.local/", { hostOnly: false }],
  ["a=1; Domain=127.0.0.1", "https://127.0.0.1/", { domain: "127.0.0.1", hostOnly: true }],
  ["a=1; Domain=.127.0.0.1", "https://127.0.0.1/", { hostOnly: true }],
  ["a=1; Domain=0.0.1", "https://127.0.0.1/", "domain-ip"],
  ["a=1; Domain=localhost", "https://127.0.0.1/", "domain-ip"],
  ["a=1; Domain=[::1]", "https://::1/", "domain-ip"],
  ["a=1; Domain=::1", "https://::1/", { domain: "::1", hostOnly: true }],
  ["a=1; Domain=127.0.0.1", LOCAL, "domain-mismatch"],

  // Secure.
  ["a=1; Secure", APP, { secure: true }],
  ["a=1; Secure", PLAIN, "secure-over-http"],
  ["a=1; Secure", LOCAL_PLAIN, "secure-over-http"],
  ["a=1; Secure", TRUSTED, { secure: true }],
  ["a=1; Secure", "trusted http://app.localhost/", { secure: true }],
  ["a=1; Secure", "trusted http://127.0.0.1/", { secure: true }],
  ["a=1; Secure", "trusted http://127.1.2.3/", { secure: true }],
  ["a=1; Secure", "trusted http://::1/", { secure: true }],
  ["a=1; Secure", "trusted http://192.168.1.7/", "secure-over-http"],
  ["a=1; Secure", "trusted http://app.dev.test/", "secure-over-http"],
  ["a=1; Secure", "trusted http://notlocalhost/", "secure-over-http"],
  ["a=1", PLAIN, { secure: false }],

  // SameSite and Partitioned.
  ["a=1; SameSite=None; Secure", APP, { sameSite: "none", secure: true }],
  ["a=1; SameSite=None", APP, "same-site-none-insecure"],
  ["a=1; SameSite=None", PLAIN, "same-site-none-insecure"],
  ["a=1; SameSite=None; Secure", PLAIN, "secure-over-http"],
  ["a=1; SameSite=None; Secure", TRUSTED, { sameSite: "none" }],
  ["a=1; SameSite=Lax", APP, { sameSite: "lax" }],
  ["a=1; Partitioned; Secure", APP, { partitioned: true }],
  ["a=1; Partitioned", APP, "partitioned-insecure"],
  ["a=1", `cross-site ${APP}`, "cross-site-response"],
  ["a=1; SameSite=Lax", `cross-site ${APP}`, "cross-site-response"],
  ["a=1; SameSite=Strict", `cross-site ${APP}`, "cross-site-response"],
  ["a=1; SameSite=None; Secure", `cross-site ${APP}`, { sameSite: "none" }],

  // Prefixes.
  ["__Secure-a=1; Secure", APP, { secure: true }],
  ["__Secure-a=1; Secure; Domain=dev.test; Path=/x", APP, { path: "/x" }],
  ["__Secure-a=1", APP, "secure-prefix"],
  ["__SECURE-a=1", APP, "secure-prefix"],
  ["__Secure-a=1", PLAIN, "secure-prefix"],
  ["__Secure-a=1; Secure", PLAIN, "secure-over-http"],
  ["__Secure-=1", APP, "secure-prefix"],
  ["__Secure=1", APP, {}],
  ["_Secure-a=1", APP, {}],
  ["x__Secure-a=1", APP, {}],
  ["__Host-a=1; Secure; Path=/", APP, { path: "/", hostOnly: true }],
  ["__Host-a=1; Path=/", APP, "host-prefix"],
  ["__Host-a=1; Secure", APP, "host-prefix"],
  ["__Host-a=1; Secure", "https://app.test/", "host-prefix"],
  ["__Host-a=1; Secure; Path=/a", APP, "host-prefix"],
  ["__Host-a=1; Secure; Path=/; Domain=app.dev.test", APP, "host-prefix"],
  ["__Host-a=1; Secure; Path=/; Domain=", APP, { hostOnly: true }],
  ["__Host-a=1; Secure; Path=/; Domain=localhost", LOCAL, { hostOnly: true }],
  ["__hOST-a=1", APP, "host-prefix"],
  ["__Host-a=1; Secure; Path=/", TRUSTED, { secure: true }],
  ["__Http-a=1; Secure; HttpOnly", APP, { httpOnly: true }],
  ["__Http-a=1; Secure", APP, "http-prefix"],
  ["__Http-a=1; HttpOnly", APP, "http-prefix"],
  ["__HTTP-a=1", APP, "http-prefix"],
  ["__Host-Http-a=1; Secure; HttpOnly; Path=/", APP, { httpOnly: true }],
  ["__Host-Http-a=1; Secure; Path=/", APP, "host-http-prefix"],
  ["__Host-Http-a=1; Secure; HttpOnly", APP, "host-http-prefix"],
  ["__Host-Http-a=1; HttpOnly; Path=/", APP, "host-http-prefix"],
  ["__Host-Http-a=1; Secure; HttpOnly; Path=/; Domain=dev.test", APP, "host-http-prefix"],
  ["__HostHttp-a=1", APP, {}],
  ["__Host-a", APP, "nameless-prefix"],
  ["=__Host-a=1", APP, "nameless-prefix"],
  ["=__sEcure-a", APP, "nameless-prefix"],
  ["__Http-a; Secure; HttpOnly", APP, "nameless-prefix"],
  ["=_Host-a", APP, {}],

  // What is no cookie at all, from anywhere.
  ["", APP, "empty-cookie"],
  ["a=\u0001", PLAIN, "control-character"],
  [`a=${"x".repeat(4096)}`, LOCAL, "too-large"],
];
