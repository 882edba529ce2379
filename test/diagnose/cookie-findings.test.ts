/** Which cookies are reported as rejected, with what explanation and which fix. */
import { describe, expect, it } from "vitest";
import { RULES, type RuleId } from "../../src/cookies/rules.js";
import { cookieRejected as detector } from "../../src/diagnose/detectors/cookie-rejected.js";
import type { DiagnosisContext } from "../../src/diagnose/diagnosis.js";
import type { Finding, Observation } from "../../src/diagnose/finding.js";
import { diagnosed, findingsOf, lookAt } from "../support/diagnosis.js";

const URL_HTTPS = "https://localhost:8443/login?next=%2F";

function response(lines: readonly string[], url = URL_HTTPS, other: string[] = []): Observation {
  const cookies = lines.flatMap((line) => ["Set-Cookie", line]);
  return {
    ...{ method: "POST", url, told: ["Host", "localhost:8443"], status: 200 },
    ...{ response: [...other, ...cookies], target: "http://localhost:8000" },
  };
}

const cookieRejected = (seen: Observation, context: DiagnosisContext = {}): Finding | undefined =>
  lookAt(detector, seen, { context });

const cookieRejections = async (...seen: Observation[]): Promise<Finding[]> =>
  (await findingsOf(seen)).filter(({ code }) => code === "cookie-rejected");

describe("A cookie that a browser drops", () => {
  it.each<[RuleId, string, string?]>([
    ["same-site-none-insecure", "sid=1; SameSite=None"],
    ["secure-prefix", "__Secure-sid=1"],
    ["host-prefix", "__Host-sid=1; Secure; Path=/app"],
    ["http-prefix", "__Http-sid=1; Secure"],
    ["host-http-prefix", "__Host-Http-sid=1; Secure; HttpOnly"],
    ["nameless-prefix", "__Host-sid"],
    ["partitioned-insecure", "sid=1; Partitioned"],
    ["domain-mismatch", "sid=1; Domain=example.com"],
    ["domain-ip", "sid=1; Domain=localhost", "https://127.0.0.1:8443/"],
    ["domain-ip", "sid=1; Domain=localhost", "https://[::1]:8443/"],
    ["domain-not-ascii", "sid=1; Domain=b\u00fccher.test"],
    ["public-suffix", "sid=1; Domain=localhost", "https://app.localhost:8443/"],
    ["public-suffix", "sid=1; Domain=herokuapp.com", "https://app.herokuapp.com/"],
    ["secure-over-http", "sid=1; Secure", "http://app.test:8080/"],
    ["secure-over-http", "sid=1; Secure", "http://localhost:8080/"],
    ["too-large", `sid=${"x".repeat(4094)}`],
    ["control-character", "sid=\u0001"],
    ["empty-cookie", "="],
  ])("is reported by its rule, %s: %.40s", (rule, line, url) => {
    const finding = cookieRejected(response(["fine=1", line], url));
    expect(finding).toMatchObject({ code: "cookie-rejected", cause: rule });
    expect(finding?.explanation).toContain(`${RULES[rule].sentence} (${RULES[rule].section}).`);
    expect(finding?.chain.at(-1)).toBe(`browser  ${rule}: not stored`);
  });

  it("is shown without its value, which may be a secret", async () => {
    const finding = cookieRejected(response(["sid=s3cret; SameSite=None; Path=/"]));
    expect(finding?.chain).toEqual([
      `browser  POST ${URL_HTTPS}`,
      "app      Set-Cookie: sid=…; SameSite=None; Path=/",
      "browser  same-site-none-insecure: not stored",
    ]);
    expect(
      JSON.stringify(
        await cookieRejections(response(["s3cret; Domain=a.b", "=s3cret;Domain=a.b"])),
      ),
    ).not.toContain("s3cret");
  });

  it("cannot send control characters to a terminal", () => {
    const finding = cookieRejected(response(["s\u001b[2Jid=1; x=\u009b"]));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(JSON.stringify(finding)).not.toMatch(/\\u00|[\u0000-\u001f\u007f-\u009f]/);
  });

  it("is likely only, where two browsers make an exception for localhost", () => {
    const local = cookieRejected(response(["sid=1; Secure"], "http://localhost:8080/"));
    expect(local).toMatchObject({ confidence: "likely" });
    expect(local?.explanation).toContain("Chromium and Firefox make an exception");
    const remote = cookieRejected(response(["sid=1; Secure"], "http://app.test:8080/"));
    expect(remote).toMatchObject({ confidence: "proved" });
  });

  it("is pointed to the https address of the page", () => {
    const seen = response(["sid=1; Secure"], "http://app.test:8080/a?b");
    expect(cookieRejected(seen)?.fix).toEqual([]);
    const context = { httpsUrl: () => "https://app.test:8443" };
    expect(cookieRejected(seen, context)?.fix).toEqual(["https://app.test:8443/a?b"]);
  });

  it("is found by what browsers have stored before", async () => {
    const before = response(["sid=1; Secure; Path=/"], "https://app.test/");
    const seen = response(["sid=2; Path=/"], "http://app.test:8080/");
    expect(await cookieRejections(seen)).toEqual([]);
    const [finding] = await cookieRejections(before, seen);
    expect(finding).toMatchObject({ cause: "leave-secure-alone" });
  });

  it("is one finding for each cookie, by whatever rule", async () => {
    const lines = ["a=1; SameSite=None", "b=1; Domain=x.test", "a=2; SameSite=None"];
    const more = ["c=1; SameSite=None", "d=1; SameSite=None"];
    const findings = await cookieRejections(response([...lines, ...more]));
    expect(
      findings.map(({ cause, explanation }) => `${cause} ${explanation.split(" ")[2]}`),
    ).toEqual([
      "same-site-none-insecure a",
      "domain-mismatch b",
      "same-site-none-insecure c",
      "same-site-none-insecure d",
    ]);
  });

  it("is one finding for all pages that set it", async () => {
    const pages = ["/a", "/b"].map((path) =>
      response(["sid=1; SameSite=None"], `https://app.test:8443${path}`),
    );
    expect(await cookieRejections(...pages)).toHaveLength(1);
  });

  it("is mended when the same page sets it acceptably", async () => {
    const { diagnosis } = await diagnosed([
      response(["sid=1; SameSite=None"]),
      response(["sid=1; SameSite=None; Secure"]),
    ]);
    expect(diagnosis.open).toEqual([]);
  });
});

describe("The fix", () => {
  it("is the setting of the framework that the response betrays", () => {
    const seen = response(["sessionid=1; SameSite=None"]);
    expect(cookieRejected(seen)).toMatchObject({
      framework: "django",
      fixes: [
        {
          where: "Django, settings.py",
          lines: ["SESSION_COOKIE_SECURE = True", "CSRF_COOKIE_SECURE = True"],
        },
      ],
    });
  });

  it("names the settings of the cookie that it is about", () => {
    const seen = response(["csrftoken=1; SameSite=None; Domain=x.test"]);
    expect(cookieRejected(seen)?.fix).toEqual(["CSRF_COOKIE_DOMAIN = None"]);
  });

  it("asks only for what is missing", () => {
    const flask = ["Server", "Werkzeug/3.1"];
    const seen = response(["__Host-session=1; Secure; Path=/x; HttpOnly"], undefined, flask);
    expect(cookieRejected(seen)?.fix).toEqual(["app.config['SESSION_COOKIE_PATH'] = '/'"]);
  });

  it.each([
    ["x=1; SameSite=None; Path=/", "Set-Cookie: x=...; Path=/; Secure; SameSite=None"],
    ["x=1; Domain=x.test; HttpOnly", "Set-Cookie: x=...; HttpOnly"],
    ["__Host-x=1; Secure; Path=/a", "Set-Cookie: __Host-x=...; Path=/; Secure"],
  ])("is the line as it should be for %s, which is no session of a framework", (line, fix) => {
    const where = `where the app sets the cookie ${line.split("=")[0]}`;
    expect(cookieRejected(response([line]))?.fixes).toEqual([{ where, lines: [fix] }]);
    const express = ["X-Powered-By", "Express"];
    expect(cookieRejected(response([line], undefined, express))?.fixes).toEqual([
      { where, lines: [fix] },
    ]);
  });
});

describe("Nothing is reported of", () => {
  it.each<[string, string[], string?]>([
    ["no cookies", []],
    ["an ordinary session", ["sid=1; Path=/; HttpOnly; Secure; SameSite=Lax"]],
    ["a cookie for embedding", ["sid=1; SameSite=None; Secure; Partitioned"]],
    ["prefixes in order", ["__Host-sid=1; Secure; Path=/", "__Secure-a=1; Secure"]],
    ["the domain above", ["sid=1; Domain=dev.test"], "https://app.dev.test/"],
    ["localhost for itself", ["sid=1; Domain=localhost"]],
    ["an address for itself", ["sid=1; Domain=127.0.0.1"], "https://127.0.0.1/"],
    ["a path that is elsewhere", ["sid=1; Path=/elsewhere"]],
    ["a deletion everywhere", ["sid=; Max-Age=0", "sid=; Max-Age=0; Domain=example.com"]],
    ["a deletion by date", ["sid=; Domain=old.test; Expires=Thu, 01 Jan 1970 00:00:00 GMT"]],
    ["a deletion of a Secure cookie", ["sid=; Secure; Max-Age=0"], "http://app.test/"],
    ["a cookie for two domains", ["sid=1; Domain=prod.test", "sid=1"]],
    ["an attribute nobody knows", ["sid=1; Priority=High; Version=1"]],
    ["plain http", ["sid=1; HttpOnly"], "http://app.test/"],
  ])("%s", async (_what, lines, url) => {
    expect(await cookieRejections(response(lines, url))).toEqual([]);
  });
});
