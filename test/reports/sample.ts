/** A report with everything in it, and with text that tries to break out of every format. */
import type { Report, Result } from "../../src/reports/model.js";

export const HOSTILE =
  "</pre><script>alert(1)</script>]]>\u0000\u001b[31m\u009b\ud800 | `````\n::error::x\r\n@everyone & \"quoted\" 'single' %0A $x [link](javascript:1) <!-- -->";

export function result(changes: Partial<Result> = {}): Result {
  return {
    rule: "redirect-loop",
    level: "error",
    fingerprint: "redirect-loop app-ignores-forwarded-proto /login",
    title: "redirect-loop: app-ignores-forwarded-proto (proved)",
    message: "GET https://localhost/login answered 301 to the same URL.",
    url: "https://localhost/login",
    chain: [
      "browser  GET https://localhost/login",
      "app told Host: localhost, X-Forwarded-Proto: https",
      "app      301, Location: https://localhost/login",
      "browser  the same request again: a loop",
    ],
    fix: ["app.set('trust proxy', 1);"],
    ...changes,
  };
}

export const SAMPLE: Report = {
  version: "1.2.3",
  command: "devtls rehearse",
  subject: "http://localhost:8000",
  summary: "survived 1 of 3 edges",
  unit: "edge",
  rules: [
    { id: "redirect-loop", description: "The app redirects to itself.", help: "It looks at …" },
    { id: "hostile", description: HOSTILE, help: HOSTILE },
    { id: "cookie-not-secure", description: "Without Secure.", help: "It decides by …" },
  ],
  common: [
    result({
      rule: "cookie-not-secure",
      level: "warning",
      fingerprint: "cookie-not-secure /",
      title: "cookie-not-secure: no-secure-attribute (likely)",
    }),
  ],
  cases: [
    { name: "devtls", status: "passed", results: [], milliseconds: 12.3 },
    {
      name: "heroku",
      status: "failed",
      results: [result({ location: { file: "src/a pp#1.js", line: 7 } })],
      milliseconds: 1234.5,
    },
    {
      name: HOSTILE,
      status: "failed",
      detail: HOSTILE,
      results: [
        result({
          ...{ rule: "hostile", title: HOSTILE, message: HOSTILE, fingerprint: HOSTILE },
          ...{ url: HOSTILE, chain: [HOSTILE], fix: [HOSTILE] },
        }),
      ],
    },
    { name: "fly", status: "skipped", detail: "the app stopped answering", results: [] },
  ],
  fixes: [
    { fix: "app.set('trust proxy', 1);", framework: "express", cures: ["heroku"] },
    { fix: HOSTILE, framework: null, cures: [HOSTILE, "heroku"] },
  ],
};
