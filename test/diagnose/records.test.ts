/** Every record of a framework: what a newcomer's row has to keep to. */
import { describe, expect, it } from "vitest";
import { DETECTORS } from "../../src/diagnose/detectors/index.js";
import { EXPLANATIONS } from "../../src/diagnose/explanations.js";
import { FINDING_CODES } from "../../src/diagnose/finding.js";
import {
  FRAMEWORKS,
  likelyBy,
  recogniseBy,
  traitsOf,
} from "../../src/diagnose/frameworks/index.js";
import type { Framework, Purpose } from "../../src/diagnose/frameworks/record.js";
import { compare, settingsFor } from "../../src/diagnose/frameworks/settings.js";
import { saysIn } from "../../src/diagnose/refusals.js";
import { PROFILES } from "../../src/edge/profiles/index.js";

const URL_ = "https://app.test:8443/a";

const named = FRAMEWORKS.map((framework) => [framework.name, framework] as const);

function named1(name: string): Framework {
  return FRAMEWORKS.find((framework) => framework.name === name) as Framework;
}

const versionIn = (name: string, response: readonly string[], page = "") =>
  named1(name).versionIn?.(traitsOf(response, URL_, page));

describe("the record of", () => {
  it.each(named)("%s fills in every line, and says where it goes", (_name, framework) => {
    for (const purpose of Object.keys(framework.settings) as Purpose[]) {
      for (const version of [undefined, "1.0", "99.0"]) {
        for (const { where, lines } of settingsFor(
          purpose,
          { framework, version },
          { url: URL_ },
        )) {
          expect(where).toMatch(/^\S.*\S$/);
          expect(lines.length).toBeGreaterThan(0);
          expect(lines.join()).not.toMatch(/\{(?:origin|host|hostname|port|peer)\}/);
        }
      }
    }
  });

  it.each(named)("%s has a name of its own, and refusals in its own words", (name, framework) => {
    expect(FRAMEWORKS.filter((each) => each.name === name)).toHaveLength(1);
    for (const { text, says } of framework.refusals ?? []) {
      expect(saysIn(`<p>${text}</p>`, framework)?.refusal.says).toBe(says);
    }
  });
});

describe("the version decides on the line", () => {
  const lines = (name: string, purpose: Purpose, version?: string) =>
    settingsFor(purpose, { framework: named1(name), version }, { url: URL_ });

  it("of Django: origins have a scheme from 4.0 on", () => {
    const where = "Django, settings.py";
    expect(lines("django", "origins", "3.2")).toEqual([
      { where, lines: ['CSRF_TRUSTED_ORIGINS = ["app.test:8443"]'] },
    ]);
    expect(lines("django", "origins", "5.2")).toEqual([
      { where, lines: ['CSRF_TRUSTED_ORIGINS = ["https://app.test:8443"]'] },
    ]);
    expect(lines("django", "origins")).toEqual([
      {
        where: `${where} (from version 4.0 on)`,
        lines: ['CSRF_TRUSTED_ORIGINS = ["https://app.test:8443"]'],
      },
    ]);
  });

  it("of Rails: before 7.1 there is no assume_ssl, the edge has to say it", () => {
    expect(lines("rails", "trustProto", "6.1")).toEqual([]);
    expect(lines("redmine", "trustProto", "6.1")).toEqual([]);
    expect(lines("rails", "trustProto", "7.1").flatMap((fix) => fix.lines)).toEqual([
      "config.assume_ssl = true",
    ]);
  });

  it("which is compared by its numbers", () => {
    expect(["3.10", "3.9", "4.0", "4"].sort(compare)).toEqual(["3.9", "3.10", "4.0", "4"]);
  });
});

describe("the version is read from", () => {
  const SECURE = ["X-Content-Type-Options", "nosniff", "Referrer-Policy", "same-origin"];

  it.each<[name: string, from: string, version: string, response: string[], page?: string]>([
    ["django", "its debug page", "3.2", [], "<th>Django Version:</th><td>3.2.19</td>"],
    ["django", "words that 4.0 brought", "4.0", [], "Origin checking failed - https://a does not"],
    [
      "django",
      "a refused Referer",
      "3.2",
      [],
      "Referer checking failed - a does not match any trusted origins.",
    ],
    ["django", "its headers", "3.2", SECURE],
    [
      "django",
      "headers that 4.0 brought",
      "4.0",
      [...SECURE, "Cross-Origin-Opener-Policy", "same-origin"],
    ],
    [
      "rails",
      "headers of old",
      "6.1",
      ["X-XSS-Protection", "1; mode=block", "X-Download-Options", "noopen"],
    ],
    ["rails", "headers of 7.0", "7.0", ["X-XSS-Protection", "0", "X-Download-Options", "noopen"]],
    [
      "rails",
      "headers of today",
      "7.1",
      ["X-XSS-Protection", "0", "X-Permitted-Cross-Domain-Policies", "none"],
    ],
  ])("%s by %s: %s", (name, _from, version, response, page) => {
    expect(versionIn(name, response, page)).toBe(version);
  });
});

describe("an application is recognised by", () => {
  const cookie = (value: string): string[] => ["Set-Cookie", value];

  it.each<[name: string, mark: string, response: string[], url?: string]>([
    ["wordpress", "its login page", [], "https://a.test/wp-login.php"],
    ["mediawiki", "its first redirect", ["Location", "http://a.test:8000/index.php/Main_Page"]],
    ["mediawiki", "its session", cookie("wiki_session=x; path=/; HttpOnly")],
    [
      "mediawiki",
      "its styles",
      [],
      "https://a.test/load.php?lang=en&modules=skins.vector&only=styles",
    ],
    ["dokuwiki", "its script", [], "https://a.test/doku.php?id=start"],
    ["phpmyadmin", "its session", cookie("phpMyAdmin=x; path=/; HttpOnly")],
    ["roundcube", "its session", cookie("roundcube_sessid=x; path=/; HttpOnly")],
    ["redmine", "its session", cookie("_redmine_session=x; path=/; HttpOnly")],
    [
      "verdaccio",
      "the name that it hides",
      ["X-Powered-By", "hidden", "Content-Security-Policy", "connect-src 'self'"],
    ],
    ["verdaccio", "its script", [], "https://a.test/-/static/main.aa2d6422f2db4f999cbf.js"],
    ["storybook", "its assets", [], "https://a.test/sb-preview/runtime.js"],
    ["node-red", "its assets", ["X-Powered-By", "Express"], "https://a.test/red/red.min.js"],
    [
      "jupyter",
      "its policy",
      ["Content-Security-Policy", "frame-ancestors 'self'; report-uri /api/security/csp-report"],
    ],
    ["authjs", "its cookies", cookie("authjs.csrf-token=x; Path=/; HttpOnly")],
    ["vite", "its client", [], "https://a.test/@vite/client"],
    ["mojolicious", "its server", ["Server", "Mojolicious (Perl)"]],
    ["dancer", "its server", ["Server", "Perl Dancer2 0.400001"]],
    [
      "catalyst",
      "its session, a SHA-1",
      cookie("shop_session=602e3144bc5cd85ae14eec24fe26069fb4e44936; path=/; HttpOnly"),
    ],
    ["cherrypy", "its server", ["Server", "CherryPy/18.8.0"]],
    ["tornado", "its server", ["Server", "TornadoServer/6.2"]],
    ["aiohttp", "its server", ["Server", "Python/3.11 aiohttp/3.8.4"]],
    [
      "bottle",
      "how it writes its charset",
      ["Server", "WSGIServer/0.2 CPython/3.11.2", "Content-Type", "text/html; charset=UTF-8"],
    ],
    ["hapi", "what it seals", cookie("session=Fe26.2**4bf98b4792*pcX2S1BJ; HttpOnly; Path=/")],
    ["sveltekit", "its pages", ["x-sveltekit-page", "true"]],
    ["astro", "its assets", [], "https://a.test/_astro/index.DhY6kK2f.css"],
    ["cockpit", "its login page", [], "https://a.test/cockpit/static/login.js"],
    ["syncthing", "its version", ["X-Syncthing-Version", "v1.19.2"]],
    ["servlet", "its session", cookie("JSESSIONID=A1; Path=/; HttpOnly")],
  ])("%s by %s", (name, _mark, response, url) => {
    expect(recogniseBy(traitsOf(response, url))?.name).toBe(name);
  });
});

describe("a framework is recognised by its page of refusal or error", () => {
  it.each([
    ["tomcat", "<!doctype html><title>HTTP Status 404 – Not Found</title>"],
    ["spring", '{"timestamp":"2026-11-21T22:00:00.000+00:00","status":404,"error":"Not Found"}'],
    ["hapi", '{"statusCode":404,"error":"Not Found","message":"Not Found"}'],
    ["express", "<pre>Cannot GET /nowhere</pre>"],
    ["syncthing", "Host check error\n"],
  ])("%s", (name, body) => {
    expect(recogniseBy(traitsOf([], "https://a.test/nowhere", body))?.name).toBe(name);
  });
});

describe("of an app that gives nothing away but what it runs on, the lines are of what runs there", () => {
  it.each([
    ["Node", ["Keep-Alive", "timeout=5"], ["express", "fastify", "koa"]],
    ["Python", ["Server", "gunicorn"], ["django", "flask"]],
    ["Java", ["Server", "Jetty(9.4.57.v20241219)"], ["spring", "tomcat"]],
    [
      "a servlet container, by its way to https",
      ["Cache-Control", "private", "Location", "https://a.test:8443/secret/"],
      ["tomcat", "spring"],
    ],
    ["anybody else on its way to https", ["Location", "https://a.test:8443/secret/"], undefined],
    ["Apache, whose word is another", ["Keep-Alive", "timeout=5, max=100"], undefined],
  ] as const)("%s", (_runtime, response, likely) => {
    expect(likelyBy(traitsOf(response))?.map(({ name }) => name)).toEqual(likely);
  });
});

describe("nothing is forgotten:", () => {
  it("every code has a detector and an explanation", () => {
    const codes = new Set(DETECTORS.map(({ code }) => code));
    expect(FINDING_CODES.filter((code) => !codes.has(code))).toEqual([]);
    expect(Object.keys(EXPLANATIONS).sort()).toEqual([...FINDING_CODES].sort());
  });

  it("every detector wants something", () => {
    const idle = DETECTORS.filter(
      ({ wants }) =>
        !(wants.headers?.length || wants.unusual || wants.body || wants.next || wants.told),
    );
    expect(idle).toEqual([]);
  });

  it("no edge advises $http_host, which is whatever the client sent", () => {
    for (const { fixes } of PROFILES)
      expect(JSON.stringify(fixes ?? {})).not.toContain("$http_host");
  });

  it("every edge that drops upgrades and is a server says how it is told to pass them", () => {
    const mute = PROFILES.filter(({ toApp, fixes }) => !toApp.passesUpgrade && !fixes?.upgrade);
    expect(mute.map(({ name }) => name)).toEqual([]);
  });
});
