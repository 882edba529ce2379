/** Header sets as the frameworks send them, and the settings that make them believe an edge. */
import { describe, expect, it } from "vitest";
import {
  type FrameworkId,
  frameworkOf,
  recognise,
  recogniseBy,
  traitsOf,
} from "../../src/diagnose/frameworks/index.js";

const idOf = (...response: string[]): FrameworkId | null | undefined => recognise(response)?.id;
const cookie = (value: string): [string, string] => ["Set-Cookie", value];

const SECURITY_MIDDLEWARE = ["X-Content-Type-Options", "nosniff", "Referrer-Policy", "same-origin"];

describe("a framework is recognised", () => {
  it.each<[FrameworkId, string, string[]]>([
    ["django", "runserver", ["Server", "WSGIServer/0.2 CPython/3.11.2"]],
    ["django", "its https redirect under gunicorn", ["Server", "gunicorn", ...SECURITY_MIDDLEWARE]],
    ["django", "its CSRF cookie", cookie("csrftoken=x; Max-Age=31449600; Path=/; SameSite=Lax")],
    ["django", "its session", cookie("sessionid=x; HttpOnly; Path=/; SameSite=Lax")],
    ["flask", "its own server", ["Server", "Werkzeug/3.1.9 Python/3.11.2"]],
    [
      "flask",
      "its session under gunicorn",
      ["Server", "gunicorn", ...cookie("session=eyJ; HttpOnly")],
    ],
    ["starlette", "uvicorn", ["server", "uvicorn", "content-length", "0"]],
    ["rails", "its runtime headers", ["X-Request-Id", "5f2c", "X-Runtime", "0.012"]],
    ["rails", "its session", cookie("_app_session=x; path=/; HttpOnly; SameSite=Lax")],
    ["rails", "its HSTS", ["Strict-Transport-Security", "max-age=63072000; includeSubDomains"]],
    ["express", "its name", ["X-Powered-By", "Express", "ETag", 'W/"c"']],
    ["express", "express-session", cookie("connect.sid=s%3Ax; Path=/; HttpOnly")],
    ["fastify", "@fastify/session", cookie("sessionId=x.y; Path=/; HttpOnly; Secure")],
    ["next", "its name", ["X-Powered-By", "Next.js"]],
    ["next", "Auth.js", cookie("__Host-authjs.csrf-token=x; Path=/; HttpOnly; Secure")],
    ["next", "Auth.js on plain http", cookie("authjs.session-token=x; Path=/")],
    ["next", "NextAuth", cookie("__Secure-next-auth.session-token=x; Path=/")],
    ["laravel", "its default session", cookie("laravel_session=x; path=/; httponly; samesite=lax")],
    [
      "laravel",
      "its two cookies, the session under the app's name",
      [...cookie("XSRF-TOKEN=x; path=/; samesite=lax"), ...cookie("shop_session=x; httponly")],
    ],
    ["symfony", "its profiler", ["X-Debug-Token", "d0a1", ...cookie("PHPSESSID=x; path=/")]],
    ["spring", "a servlet's session", cookie("JSESSIONID=A1; Path=/; HttpOnly")],
    ["spring", "its own session", cookie("SESSION=YTEyMw; Path=/; HttpOnly; SameSite=Lax")],
    ["aspnet", "Kestrel", ["Server", "Kestrel"]],
    ["aspnet", "its cookies", cookie(".AspNetCore.Antiforgery.x=y; path=/; samesite=strict")],
    ["wordpress", "its redirect", ["X-Redirect-By", "WordPress", "X-Powered-By", "PHP/8.2.7"]],
    ["wordpress", "its API", ["Link", '<https://app.test/wp-json/>; rel="https://api.w.org/"']],
    ["wordpress", "its login", cookie("wordpress_test_cookie=WP%20Cookie%20check; path=/")],
    ["phoenix", "Cowboy", ["server", "Cowboy", "x-request-id", "F1"]],
    ["phoenix", "its session", cookie("_app_key=x; path=/; HttpOnly")],
    ["go", "gorilla/csrf", cookie("_gorilla_csrf=x; HttpOnly; Secure")],
    ["php", "its name", ["X-Powered-By", "PHP/8.2.7"]],
    ["php", "its session", cookie("PHPSESSID=x; path=/")],
  ])("%s by %s", (id, _mark, response) => {
    expect(idOf(...response)).toBe(id);
  });

  it("by its page, where an edge between has replaced its headers: Fastify behind nginx", () => {
    const page = '{"message":"Route GET:/a not found","error":"Not Found","statusCode":404}';
    const headers = ["Server", "nginx", "Content-Type", "application/json; charset=utf-8"];
    expect(recogniseBy(traitsOf(headers, "https://app.test/a", page))?.name).toBe("fastify");
    const nest = '{"message":"Cannot GET /a","error":"Not Found","statusCode":404}';
    expect(recogniseBy(traitsOf(headers, "https://app.test/a", nest))).toBeUndefined();
  });

  it("by a cookie that is not the first", () => {
    expect(idOf(...cookie("theme=dark"), ...cookie("connect.sid=s%3Ax"))).toBe("express");
  });
});

describe("a framework is not mistaken", () => {
  it("for Django, by headers that any server can be told to send, when it gives its name", () => {
    expect(idOf("X-Powered-By", "Express", ...SECURITY_MIDDLEWARE)).toBe("express");
  });

  it("for Django, by half of what its middleware sends", () => {
    expect(idOf("X-Content-Type-Options", "nosniff")).toBeUndefined();
    const policy = "strict-origin-when-cross-origin"; // the default of Rails and Phoenix
    expect(idOf("X-Content-Type-Options", "nosniff", "Referrer-Policy", policy)).toBeUndefined();
  });

  it("for Laravel, by the token that Spring Security sends for Angular", () => {
    expect(idOf(...cookie("XSRF-TOKEN=x; Path=/"), ...cookie("JSESSIONID=A1; Path=/"))).toBe(
      "spring",
    );
  });

  it("for Laravel, by a Rails session beside such a token", () => {
    expect(idOf(...cookie("XSRF-TOKEN=x"), ...cookie("_app_session=x; path=/"))).toBe("rails");
  });

  it("for Fastify, by the session of Django, or the other way round", () => {
    expect(idOf(...cookie("sessionid=x"))).toBe("django");
    expect(idOf(...cookie("sessionId=x"))).toBe("fastify");
  });

  it("for anything, by a response that says nothing about it", () => {
    expect(idOf("Server", "nginx", "Content-Type", "text/html", ...cookie("id=1"))).toBeUndefined();
    expect(idOf()).toBeUndefined();
  });
});

describe("the setting that makes the app believe X-Forwarded-Proto", () => {
  it.each<[FrameworkId, string[]]>([
    ["django", ['SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")']],
    [
      "flask",
      [
        "from werkzeug.middleware.proxy_fix import ProxyFix",
        "app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1, x_port=1)",
      ],
    ],
    ["express", ["app.set('trust proxy', 1)"]],
    ["rails", ["config.assume_ssl = true"]],
    ["nest", ["app.getHttpAdapter().getInstance().set('trust proxy', 1)"]],
  ])("of %s is word for word", (id, expected) => {
    expect(frameworkOf(id).settings.trustProto?.map(({ line }) => line)).toEqual(expected);
  });
});
