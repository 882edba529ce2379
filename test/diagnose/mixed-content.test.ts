import { describe, expect, it } from "vitest";
import { type BodyHead, contentCodingOf, startBodyScan } from "../../src/diagnose/body-reading.js";
import { mixedContent } from "../../src/diagnose/detectors/mixed-content.js";
import type { Ask, Finding } from "../../src/diagnose/finding.js";
import { findingOf, lookAt } from "../support/diagnosis.js";
import { type Body, HEALTHY, SICK } from "./bodies.js";

const HTML_TYPE = "text/html; charset=utf-8";
const TOLD = ["Host", "app.test:8443", "X-Forwarded-Proto", "https", "Cookie", "sid=s3cret"];

function headOf(body: Body, more: Partial<BodyHead> = {}): BodyHead {
  return {
    method: "GET",
    url: `${body.origin ?? "https://app.test:8443"}${body.path ?? "/page"}`,
    told: body.told ?? TOLD,
    status: 200,
    response: [...(body.type === "" ? [] : ["Content-Type", body.type]), ...(body.response ?? [])],
    target: body.target ?? "http://localhost:8000",
    ...more,
  };
}

function findingIn(head: BodyHead, chunks: readonly Buffer[]): Finding | undefined {
  const scan = startBodyScan(head);
  for (const chunk of chunks) scan?.push(chunk);
  return scan && lookAt(mixedContent, { ...head, body: scan.finish() });
}

/** What of a body makes up findings. */
function bodyOf(head: BodyHead, chunks: readonly Buffer[]) {
  const scan = startBodyScan(head);
  for (const chunk of chunks) scan?.push(chunk);
  const body = scan?.finish();
  if (!body) return undefined;
  const { found, local, sockets, upgrades, right, isTelling } = body;
  return { found, local, sockets, upgrades, right, isTelling };
}

const scanned = (body: Body): Finding | undefined =>
  findingIn(headOf(body), [Buffer.from(body.text)]);

describe("a body is a finding", () => {
  it.each(SICK)("for $name", (body) => {
    const finding = scanned(body);
    expect(finding).toMatchObject({ code: "mixed-content", cause: body.cause });
    expect(finding?.chain[2]).toMatch(/^app {6}200, line \d+: /);
    expect(finding?.chain[2]?.replace(/^.*?: /, "")).toBe(body.shown);
    if (body.line) expect(finding?.explanation).toContain(`in line ${body.line}: ${body.shown}.`);
    expect(finding?.fix).not.toEqual([]);
    expect(JSON.stringify(finding)).not.toContain("s3cret");
  });
});

describe("a body is no finding", () => {
  it.each(HEALTHY)("for $name", (body) => {
    expect(scanned(body)).toBeUndefined();
  });
});

describe("the finding", () => {
  const page = (text: string): Body => ({ name: "", type: HTML_TYPE, text });
  const SCRIPT = '<script src="http://app.test:8443/a.js"></script>';
  const LINK = '<a href="http://app.test:8443/b">';

  it("is the gravest, and counts the others", () => {
    const finding = scanned(page(`${LINK}\n${LINK}\n${SCRIPT}`));
    expect(finding).toMatchObject({ cause: "blocked", confidence: "likely" });
    expect(finding?.explanation).toContain("in line 3: <script");
    expect(finding?.explanation).toContain(" 2 more of its URLs are like that.");
  });

  it("says what the browser does", () => {
    expect(scanned(page(SCRIPT))?.chain).toEqual([
      "browser  GET https://app.test:8443/page",
      "app told Host: app.test:8443, X-Forwarded-Proto: https",
      'app      200, line 1: <script src="http://app.test:8443/a.js',
      "browser  mixed content: not loaded",
    ]);
  });

  it("says where the browser makes an exception", () => {
    const exception = "Chromium and Firefox make an exception";
    expect(scanned(page(SCRIPT))?.explanation).not.toContain(exception);
    const local = page(SCRIPT.replace("app.test:8443", "localhost:8000"));
    expect(scanned(local)?.explanation).toContain(exception);
  });

  it("has the fix of the framework that the response betrays", () => {
    const response = ["X-Powered-By", "Express"];
    expect(scanned({ ...page(SCRIPT), response })).toMatchObject({
      framework: "express",
      fixes: [{ where: "Express, before the first app.use", lines: ["app.set('trust proxy', 1)"] }],
    });
  });

  it("is proved when the page that is asked for again is cured", async () => {
    const head = headOf({ ...page(""), told: ["Host", "app.test:8443", "Accept-Encoding", "br"] });
    const ask: Ask = async ({ told, body }) => {
      expect(told).not.toContain("Accept-Encoding");
      const scheme = told.includes("https") ? "https" : "http";
      const html = SCRIPT.replace("http:", `${scheme}:`);
      return { status: 200, response: head.response, ...(body && { page: html }) };
    };
    expect(await findingOf("mixed-content", { ...head, text: SCRIPT }, { ask })).toMatchObject({
      confidence: "proved",
      fix: ["proxy_set_header X-Forwarded-Proto $scheme;"],
    });
  });

  it("is no matter of the configuration where the page's other URLs are right", () => {
    const right = '<a href="https://app.test:8443/">';
    const finding = scanned(page(`${right}<a href="http://localhost:8000/~ada">`));
    expect(finding?.explanation).toContain("this one stands in its content");
    expect(finding?.fix).toEqual(["Replace http://localhost:8000 with https://app.test:8443"]);
  });

  it("shows 200 printable characters at most", () => {
    const long = `<a href="http://app.test:8443/\u00e9\u0007${"x".repeat(900)}">`;
    const shown = scanned(page(long))?.chain[2]?.replace(/^.*?: /, "");
    expect(shown).toMatch(/^[\x20-\x7e]{200}$/);
  });
});

describe("a body is not looked through", () => {
  const body: Body = { name: "", type: HTML_TYPE, text: "" };

  it.each<[why: string, more: Partial<BodyHead>]>([
    ["of a redirect", { status: 302 }],
    ["of an error page", { status: 404 }],
    ["of a failure", { status: 500 }],
    ["that is only a part", { status: 206 }],
    ["over plain http", { url: "http://app.test:8080/page" }],
    ["that no app was asked for", { told: [] }],
    ["without a type", { response: [] }],
    ["that is a picture", { response: ["Content-Type", "image/png"] }],
  ])("%s", (_why, more) => {
    expect(startBodyScan(headOf(body, more))).toBeUndefined();
    expect(startBodyScan(headOf(body))).toBeDefined();
  });

  const LINK = Buffer.from('<a href="http://app.test:8443/b">');
  const MIB = Buffer.alloc(1024 * 1024, " ");

  it("beyond 4 MiB", () => {
    const head = headOf(body);
    const rest = MIB.subarray(LINK.length);
    expect(findingIn(head, [MIB, MIB, MIB, rest, LINK])).toBeDefined();
    expect(findingIn(head, [MIB, MIB, MIB, MIB, LINK])).toBeUndefined();
    expect(findingIn(head, [Buffer.concat([MIB, MIB, MIB, MIB, LINK])])).toBeUndefined();
  });

  it("when enough was found", () => {
    const scan = startBodyScan(headOf(body));
    for (let count = 0; count < 150; count++) scan?.push(LINK);
    expect(scan?.isDone).toBe(false);
    for (let count = 0; count < 150; count++) scan?.push(LINK);
    expect(scan?.isDone).toBe(true);
    expect(scan?.finish().found).toHaveLength(200);
  });

  it.each([
    [[], ""],
    [["Content-Encoding", "identity"], ""],
    [["content-encoding", " GZIP "], "gzip"],
    [["Content-Encoding", "gzip, br"], "gzip, br"],
  ])("as long as it is encoded: %j is %j", (response, coding) => {
    expect(contentCodingOf(response)).toBe(coding);
  });
});

describe("the chunks of a body make no difference", () => {
  const around = "<p>lorem ipsum &amp; <b title='>'>dolor</b></p>\n<!-- - -->\n".repeat(40);
  const bodies = [...SICK, ...HEALTHY].map((body) => ({
    ...body,
    whole: bodyOf(headOf(body), [Buffer.from(body.text)]),
  }));

  it.each(bodies)("cut once, anywhere, or into single octets: $name", (body) => {
    const octets = Buffer.from(body.text);
    const head = headOf(body);
    for (let at = 1; at < octets.length; at++) {
      const parts = [octets.subarray(0, at), octets.subarray(at)];
      expect(bodyOf(head, parts)).toEqual(body.whole);
    }
    const single = [...octets].map((octet) => Buffer.of(octet));
    expect(bodyOf(head, single)).toEqual(body.whole);
  });

  it.each(SICK.filter(({ type }) => type === HTML_TYPE))(
    "in a long page, in pieces of many sizes: $name",
    (body) => {
      const octets = Buffer.from(around + body.text + around);
      const head = headOf(body);
      const whole = bodyOf(head, [octets]);
      expect(whole?.found.length).toBeGreaterThan(0);
      for (const size of [1, 7, 61, 255, 256, 511, 512, 767, 768, 769, 1500]) {
        expect(bodyOf(head, cut(octets, size))).toEqual(whole);
      }
    },
  );

  it("for pages put together at random, cut at random", () => {
    const random = generator(4);
    const texts = [...SICK, ...HEALTHY].filter(({ type }) => type === HTML_TYPE).map((b) => b.text);
    const noise = [
      "<",
      ">",
      '"',
      "'",
      "<!--",
      "-->",
      "<script>",
      "</script>",
      "http://",
      "=",
      "\n",
    ];
    const head = headOf({ name: "", type: HTML_TYPE, text: "" });
    let found = 0;
    for (let round = 0; round < 300; round++) {
      const pieces = Array.from({ length: 1 + random(20) }, () =>
        random(3) === 0 ? noise[random(noise.length)] : texts[random(texts.length)],
      );
      const octets = Buffer.from(pieces.join(" ".repeat(random(120))));
      const whole = bodyOf(head, [octets]);
      if (whole?.isTelling) found++;
      expect(bodyOf(head, cutAtRandom(octets, random))).toEqual(whole);
    }
    expect(found).toBeGreaterThan(50);
  });
});

function cut(octets: Buffer, size: number): Buffer[] {
  const count = Math.ceil(octets.length / size);
  return Array.from({ length: count }, (_, index) =>
    octets.subarray(index * size, (index + 1) * size),
  );
}

function cutAtRandom(octets: Buffer, random: (below: number) => number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < octets.length; ) {
    const size = 1 + random(random(4) === 0 ? 2000 : 40);
    chunks.push(octets.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

/** Numbers that are the same in every run (mulberry32). */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
