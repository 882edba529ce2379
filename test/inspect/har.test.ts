/** HAR 1.2: out without secrets, in without trust, and the same requests after both. */
import { describe, expect, it } from "vitest";
import { harOf } from "../../src/inspect/har.js";
import { readHar } from "../../src/inspect/har-import.js";
import { redactedLines, redactedUrl } from "../../src/inspect/secrets.js";
import { draft, recorded } from "./records.js";

const SECRETS = [
  ...["Cookie", "a=S3CRET; b=S3CRET", "Authorization", "Bearer S3CRET", "X-Api-Key", "S3CRET"],
  ...["Referer", "https://u:S3CRET@localhost/?token=S3CRET&page=2", "X-CSRF-Token", "S3CRET"],
];
const RECORD = recorded({
  asked: { headers: SECRETS, target: "/in?code=S3CRET&page=2" },
  told: SECRETS,
  sent: ["Set-Cookie", "sid=S3CRET; Path=/; HttpOnly", "Location", "/next?access_token=S3CRET"],
  responseBody: { octets: Buffer.from("S3CRET"), total: 6 },
});

describe("A HAR file", () => {
  it("has no secrets unless they are asked for", () => {
    const text = JSON.stringify(harOf([RECORD], "1", false));
    expect(text).not.toContain("S3CRET");
    expect(text).toContain("page=2");
    expect(text).toContain("Path=/; HttpOnly");
    expect(JSON.stringify(harOf([RECORD], "1", true)).match(/S3CRET/g)?.length).toBeGreaterThan(10);
  });

  it("read again has the same requests and answers", () => {
    const original = recorded({
      asked: { target: "/a?b=c" },
      sent: ["Content-Type", "text/plain"],
    });
    const [read] = readHar(
      JSON.parse(JSON.stringify(harOf([original], "1", true))),
      "http://localhost:1",
    );
    expect(read).toMatchObject({
      source: "har",
      url: original.url,
      target: "http://localhost:1",
      status: 200,
      sent: original.sent,
      asked: {
        method: "GET",
        target: "/a?b=c",
        host: "localhost:8443",
        headers: ["Accept", "text/html"],
      },
    });
  });

  it("says where the time went, and the parts make the whole", () => {
    const opening = { dns: 1, tcp: 2, tls: 3 };
    const har = harOf([recorded({ opening }), recorded()], "1", true) as {
      log: { entries: { time: number; timings: object }[] };
    };
    const [opened, reused] = har.log.entries;
    expect(opened).toMatchObject({
      ...{ time: 12, timings: { dns: 1, connect: 5, ssl: 3, send: 0, wait: 4, receive: 2 } },
    });
    expect(reused).toMatchObject({
      ...{ time: 12, timings: { dns: -1, connect: -1, ssl: -1, send: 0, wait: 10, receive: 2 } },
    });
  });

  it.each([
    ["no object", 5],
    ["no log", {}],
    ["no entries", { log: { entries: 5 } }],
    ["an entry without URL", { log: { entries: [{ request: { method: "GET" } }] } }],
    [
      "a file URL",
      { log: { entries: [{ request: { method: "GET", url: "file:///etc/passwd" } }] } },
    ],
    [
      "a method that is none",
      { log: { entries: [{ request: { method: "G T", url: "http://a/" } }] } },
    ],
    ["too many entries", { log: { entries: Array.from({ length: 10_001 }, () => ({})) } }],
  ])("is refused with %s", (_, value) => {
    expect(() => readHar(value, "http://localhost:1")).toThrow(/^could not read the HAR file: /);
  });

  it("brings no header line that could not be sent, and no other target", () => {
    const headers = [
      { name: "X: y\r\nEvil", value: "1" },
      { name: "Good", value: "a\r\nEvil: 1" },
      { name: 5, value: "x" },
      { name: ":authority", value: "x" },
    ];
    const entry = { request: { method: "GET", url: "http://169.254.169.254/", headers } };
    const [read] = readHar({ log: { entries: [entry] } }, "http://localhost:1");
    expect(read?.asked.headers).toEqual(["Good", "a Evil: 1"]);
    expect(read?.target).toBe("http://localhost:1");
  });
});

describe("Redaction", () => {
  it("keeps names, schemes and attributes", () => {
    expect(redactedLines(["Authorization", "Basic dTpw"])).toEqual([
      "Authorization",
      "Basic [redacted]",
    ]);
    expect(redactedLines(["Authorization", "dTpw"])).toEqual(["Authorization", "[redacted]"]);
    expect(redactedUrl("/a?password=x&q=1#token=y")).toBe(
      "/a?password=[redacted]&q=1#token=[redacted]",
    );
  });

  it("leaves what is none as it is", () => {
    const lines = ["Accept", "text/html", "Host", "localhost", "X-Forwarded-Proto", "https"];
    expect(redactedLines(lines)).toEqual(lines);
    expect(draft().told).toContain("https");
  });
});
