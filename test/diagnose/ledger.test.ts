/** What is still so: every finding is forgotten when the same request is answered as it should be. */
import { describe, expect, it } from "vitest";
import { Diagnosis } from "../../src/diagnose/diagnosis.js";
import type { Observation } from "../../src/diagnose/finding.js";
import { diagnosed, type Exchanged } from "../support/diagnosis.js";

const TOLD = ["Host", "app.test:8443", "X-Forwarded-Proto", "https"];
const HTML = ["Content-Type", "text/html"];

function seen(path: string, more: Partial<Exchanged> = {}): Exchanged {
  return {
    ...{ method: "GET", url: `https://app.test:8443${path}`, told: TOLD, status: 200 },
    ...{ response: [], target: "http://localhost:8000", ...more },
  };
}

const open = async (...exchanges: Exchanged[]): Promise<string[]> =>
  (await diagnosed(exchanges)).diagnosis.open.map(({ finding }) => finding.code);

const to = (location: string) => ({ status: 302, response: ["Location", location] });
const SELF = "https://app.test:8443";

interface Case {
  readonly code: string;
  readonly sick: Exchanged;
  readonly healthy: Exchanged;
  /** Says nothing of it. */
  readonly silent?: Exchanged;
}

const post = (more: Partial<Exchanged>): Exchanged => seen("/form", { method: "POST", ...more });
const REFUSED = { status: 403, page: "Origin checking failed - does not match" };
const FORM = { told: [...TOLD, "Origin", SELF] };
const SOCKET = {
  told: [...TOLD, "Upgrade", "websocket", "Connection", "Upgrade", "Origin", SELF],
  asked: ["Upgrade", "websocket"],
};

const CASES: readonly Case[] = [
  {
    code: "redirect-loop",
    sick: seen("/a?b=1", to(`${SELF}/a?b=1`)),
    healthy: seen("/a?b=1"),
    silent: seen("/a?b=2"),
  },
  {
    code: "port-dropped",
    sick: seen("/a", to("https://app.test/login")),
    healthy: seen("/a"),
    silent: seen("/a", { status: 503 }),
  },
  {
    code: "insecure-location",
    sick: seen("/a", to("http://app.test:8443/b")),
    healthy: seen("/a", to("https://app.test:8443/b")),
    silent: seen("/a", { told: [...TOLD, "Cookie", "sid=1"] }),
  },
  {
    code: "redirect-drops-body",
    sick: post({ status: 301, response: ["Location", `${SELF}/form/`] }),
    healthy: post({ status: 201 }),
    silent: post({ status: 500 }),
  },
  {
    code: "cookie-rejected",
    sick: seen("/a", { response: ["Set-Cookie", "a=1; SameSite=None"] }),
    healthy: seen("/a", { response: ["Set-Cookie", "a=1; SameSite=None; Secure"] }),
    silent: seen("/a"),
  },
  {
    code: "cookie-not-secure",
    sick: seen("/a", { response: ["Set-Cookie", "connect.sid=1; HttpOnly"] }),
    healthy: seen("/a", { response: ["Set-Cookie", "connect.sid=1; HttpOnly; Secure"] }),
    silent: seen("/a"),
  },
  {
    code: "csrf-origin-mismatch",
    sick: post({ ...FORM, ...REFUSED }),
    healthy: post({ ...FORM, ...to("/done") }),
    silent: post({ ...FORM, status: 500 }),
  },
  {
    code: "host-refused",
    sick: seen("/a", { status: 403, page: "Blocked request. This host (x) is not allowed." }),
    healthy: seen("/a"),
    silent: seen("/a", { status: 502 }),
  },
  {
    code: "websocket-refused",
    sick: seen("/ws", { ...SOCKET, status: 403, page: "Blocking Cross Origin request" }),
    healthy: seen("/ws", { ...SOCKET, status: 101 }),
    silent: seen("/ws", { status: 426 }),
  },
  {
    code: "hsts-lock-in",
    sick: seen("/a", { response: ["Strict-Transport-Security", "max-age=60"] }),
    healthy: seen("/a"),
    silent: seen("/a", { status: 404 }),
  },
  {
    code: "mixed-content",
    sick: seen("/a", { response: HTML, text: '<script src="http://app.test:8443/a.js"></script>' }),
    healthy: seen("/a", { response: HTML, text: '<script src="/a.js"></script>' }),
    silent: seen("/a", { status: 304 }),
  },
  {
    code: "local-network-url",
    sick: seen("/a", { response: HTML, text: '<script src="http://192.168.0.9/a.js"></script>' }),
    healthy: seen("/a", { response: HTML, text: "<p>" }),
    silent: seen("/a", { status: 304 }),
  },
  {
    code: "contradictory-scheme-headers",
    sick: seen("/a", { status: 400, page: "Contradictory scheme headers" }),
    healthy: seen("/a"),
    silent: seen("/a", { status: 503 }),
  },
];

describe("a finding is forgotten once it is mended:", () => {
  it.each(CASES)("$code", async ({ code, sick, healthy }) => {
    expect(await open(sick)).toContain(code);
    expect(await open(sick, healthy)).not.toContain(code);
    expect(await open(sick, healthy, sick)).toContain(code);
  });
});

describe("a finding stays as long as nothing says that it is mended:", () => {
  it.each(CASES)("$code", async ({ code, sick, silent }) => {
    if (silent) expect(await open(sick, silent)).toContain(code);
  });
});

describe("the quick path", () => {
  const PLAIN: Observation = seen("/plain");
  const quick = (
    diagnosis: Diagnosis,
    { method, status, told, response, target, url }: Observation,
  ) => diagnosis.isUneventful(method, status, told, response, target, () => url);

  function learnt(): Diagnosis {
    const diagnosis = new Diagnosis({}, () => undefined);
    const response = ["X-Powered-By", "Express"];
    for (let look = 0; look < 30; look++) diagnosis.observe({ ...PLAIN, response });
    return diagnosis;
  }

  it("takes pages like others, once the app is known", () => {
    expect(quick(new Diagnosis({}, () => undefined), PLAIN)).toBe(false);
    expect(quick(learnt(), PLAIN)).toBe(true);
  });

  it.each(CASES.filter(({ sick }) => sick.text === undefined))(
    "never takes what a detector of $code looks at",
    ({ sick }) => {
      expect(quick(learnt(), sick)).toBe(false);
    },
  );

  it("takes other pages while something is wrong with one, but not that one", async () => {
    const diagnosis = learnt();
    diagnosis.observe({ ...PLAIN, response: ["Strict-Transport-Security", "max-age=60"] });
    await diagnosis.idle();
    expect(quick(diagnosis, PLAIN)).toBe(false);
    expect(quick(diagnosis, seen("/other"))).toBe(true);
  });
});
