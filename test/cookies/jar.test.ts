/** What a browser keeps and sends. */
import { describe, expect, it } from "vitest";
import { CookieJar } from "../../src/cookies/jar.js";
import { JAR_CASES } from "./jar-cases.js";

function requestTo(text: string) {
  const [, scheme, host, path] = /(https?):\/\/([^/]+)(.*)$/.exec(text) ?? [];
  return { scheme: scheme as "https" | "http", host: host ?? "", path: path ?? "" };
}

const APP = requestTo("https://app.dev.test/");

describe("A jar", () => {
  it.each(JAR_CASES)("$name", ({ given, sent }) => {
    let now = 1_000_000;
    const trustLocalhost = given.some(([origin]) => origin.startsWith("trusted "));
    const jar = new CookieJar({ trustLocalhost, now: () => now });
    for (const [origin, line, wait = 0] of given) {
      now += wait * 1000;
      jar.store(line, requestTo(origin));
    }
    const asked = sent.map(([origin, , options]) => [
      origin,
      jar.cookieHeader({ ...requestTo(origin), ...options }) ?? "",
    ]);
    expect(asked).toEqual(sent.map(([origin, cookies]) => [origin, cookies]));
  });

  it("says which rule keeps http from overwriting a Secure cookie", () => {
    const jar = new CookieJar();
    jar.store("a=1; Secure", APP);
    expect(jar.store("a=2", { ...APP, scheme: "http" })).toEqual({
      kind: "rejected",
      rule: "leave-secure-alone",
    });
  });

  it("lists what has not expired", () => {
    let now = 0;
    const jar = new CookieJar({ now: () => now });
    jar.store("a=1; Max-Age=1", APP);
    jar.store("b=2", APP);
    now = 1000;
    expect(jar.cookies.map(({ name }) => name)).toEqual(["b"]);
  });
});

describe("A jar that is full", () => {
  const names = (jar: CookieJar): string => jar.cookies.map(({ name }) => name).join("");

  it("drops the cookie of the domain that was used least recently", () => {
    const jar = new CookieJar({ perDomain: 2 });
    for (const line of ["a=1; Path=/a", "b=2"]) jar.store(line, APP);
    jar.cookieHeader({ ...APP, path: "/a" });
    jar.cookieHeader({ ...APP, path: "/" });
    jar.store("c=3", APP);
    expect(names(jar)).toBe("bc");
  });

  it("drops those without Secure before those with", () => {
    const jar = new CookieJar({ perDomain: 2 });
    for (const line of ["a=1; Secure", "b=2", "c=3; Secure"]) jar.store(line, APP);
    expect(names(jar)).toBe("ac");
    jar.store("d=4; Secure", APP);
    expect(names(jar)).toBe("cd");
  });

  it("drops expired ones before all others", () => {
    let now = 0;
    const jar = new CookieJar({ perDomain: 2, now: () => now });
    for (const line of ["a=1", "b=2; Max-Age=1"]) jar.store(line, APP);
    now = 1000;
    jar.store("c=3", APP);
    expect(names(jar)).toBe("ac");
  });

  it("counts hosts of one registrable domain together", () => {
    const jar = new CookieJar({ perDomain: 2 });
    for (const host of ["a.dev.test", "b.dev.test", "a.localhost", "c.dev.test", "b.localhost"]) {
      jar.store(`${host}=1`, { ...APP, host });
    }
    expect(jar.cookies.map(({ name }) => name)).toEqual([
      ...["b.dev.test", "a.localhost", "c.dev.test", "b.localhost"],
    ]);
  });

  it("drops from other domains when there are too many in all", () => {
    const jar = new CookieJar({ total: 2 });
    for (const host of ["a.test", "b.test", "c.test"]) jar.store("x=1; Secure", { ...APP, host });
    expect(jar.cookies.map(({ domain }) => domain)).toEqual(["b.test", "c.test"]);
  });

  it("holds 180 of a domain and 3,000 in all", () => {
    const jar = new CookieJar();
    for (let number = 0; number < 200; number++) jar.store(`a${number}=1`, APP);
    expect(jar.cookies).toHaveLength(180);
    for (let number = 0; number < 3000; number++) {
      jar.store("a=1", { ...APP, host: `h${number}.test` });
    }
    expect(jar.cookies).toHaveLength(3000);
  });
});
