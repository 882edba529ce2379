/** Heads for random requests: whatever a client sends, no line is forged, doubled or lost. */
import { describe, expect, it } from "vitest";
import { compileHead } from "../../src/edge/head.js";
import type { EdgeRequest } from "../../src/edge/profile.js";
import { PROFILES } from "../../src/edge/profiles/index.js";
import { Random, SEED } from "../x509/random.js";
import { edgeRequest, headers, valuesIn } from "./request.js";

/** Any of these that is wrong is wrong for many requests. */
const ROUNDS = 300;

/** What `proxy/` has taken out before, or what comes only as it says: never a second time. */
const FRAMING = ["Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "Host", "TE"];

const NAMES = [
  ...["X-Forwarded-For", "x-forwarded-proto", "X-FORWARDED-HOST", "X-Forwarded-Port", "X-Real-IP"],
  ...["Forwarded", "Via", "Cookie", "Accept", "accept-encoding", "User-Agent", "Origin", "Expect"],
  ...["X_Under", "X.Dot", "Referer", "X-Amzn-Trace-Id", "X-Request-Id", "CF-Ray", "x", "Range"],
];

/** Every octet that Node's parser lets through in a value. */
const VALUE = [9, ...Array.from({ length: 224 }, (_, index) => index + 32)].filter(
  (c) => c !== 127,
);

interface Case {
  readonly list: string[];
  readonly request: EdgeRequest;
}

function randomCase(random: Random): Case {
  const list: string[] = [];
  for (let count = random.below(12); count > 0; count--) {
    const length = random.below(20);
    const octets = Array.from({ length }, () => random.pick(VALUE));
    list.push(random.pick(NAMES), String.fromCharCode(...octets).trim());
  }
  const framing = random.pick([undefined, "chunked", "0", "5"]);
  if (framing === "5") list.splice(random.below(list.length / 2 + 1) * 2, 0, "content-length", "5");
  return {
    list,
    request: edgeRequest({
      method: random.pick(["GET", "HEAD", "POST", "PUT", "OPTIONS", "DELETE"]),
      protocol: random.pick(["HTTP/1.0", "HTTP/1.1", "HTTP/2"] as const),
      scheme: random.pick(["https", "http"] as const),
      host: random.pick(["app.test:8443", "app.test", "[::1]:8443", "APP.test"]),
      clientAddress: random.pick(["203.0.113.7", "::1"]),
      framing: framing === "0" ? undefined : framing,
      upgrade: random.pick([undefined, undefined, "websocket"]),
      trailersWelcome: random.below(4) === 0,
    }),
  };
}

describe.each(PROFILES.map((profile) => [profile.name, profile] as const))("%s", (_, profile) => {
  const rewrite = compileHead(profile);
  const random = new Random(SEED);
  const cases = Array.from({ length: ROUNDS }, () => randomCase(random));
  const each = (check: (lines: readonly string[], one: Case) => void): void => {
    for (const one of cases) check(rewrite(one.list, one.request), one);
  };

  it("writes whole lines only", () => {
    each((lines) => {
      expect(lines.length % 2).toBe(0);
      for (const [index, text] of lines.entries()) {
        expect(text).toMatch(index % 2 === 0 ? /^[!-9;-~]+$/ : /^[^\r\n\0]*$/);
      }
    });
  });

  it("writes Host and what says where a message ends at most once", () => {
    each((lines) => {
      for (const name of FRAMING) expect(valuesIn(lines, name).length, name).toBeLessThan(2);
    });
  });

  it("says where the body ends exactly as it does", () => {
    each((lines, { request }) => {
      const coding = valuesIn(lines, "transfer-encoding");
      const [length] = valuesIn(lines, "content-length");
      if (request.framing === "chunked") {
        expect(coding).toEqual(["chunked"]);
        expect(length).toBeUndefined();
      } else {
        expect(coding).toEqual([]);
        expect(length ?? "0").toBe(request.framing ?? "0");
      }
    });
  });

  it("does not change what it was given, and needs nothing of the request before", () => {
    for (const { list, request } of cases) {
      const before = [...list];
      rewrite(list, request);
      expect(list).toEqual(before);
    }
  });

  it("lets every header of no interest to it through, in order", () => {
    const list = headers("X-One: 1", "X-Two: 2", "X-One: 3");
    const merged = profile.toApp.mergesLines ? ["1, 3"] : ["1", "3"];
    expect(valuesIn(rewrite(list, edgeRequest()), "x-one")).toEqual(merged);
    expect(valuesIn(rewrite(list, edgeRequest()), "x-two")).toEqual(["2"]);
  });

  it("has no placeholder left in what it writes", () => {
    each((lines, { list }) => {
      if (!list.some((text) => text.includes("{"))) {
        expect(lines.filter((text) => /\{[a-z]/.test(text))).toEqual([]);
      }
    });
  });
});

describe.each(PROFILES.map((profile) => [profile.name, profile] as const))(
  "the last word over %s",
  (_, profile) => {
    const sent = headers("X-Forwarded-For: 6.6.6.6", "X-Forwarded-Proto: ftp", "X-Own: a");

    it("is --set-header's, Host and X-Forwarded-For included", () => {
      const set = [
        ["Host", "set.test"],
        ["x-forwarded-for", "9.9.9.9"],
        ["X-Own", "{client}"],
      ] as const;
      const lines = compileHead(profile, { set })(sent, edgeRequest());
      for (const [name, value] of set) expect(valuesIn(lines, name)).toEqual([value]);
    });

    it("is --drop-header's, Host and X-Forwarded-For included", () => {
      const drop = ["host", "X-FORWARDED-FOR", "X-Own"];
      const lines = compileHead(profile, { drop })(sent, edgeRequest());
      for (const name of drop) expect(valuesIn(lines, name)).toEqual([]);
    });

    it("is --forwarded-proto's, unless --set-header says more", () => {
      const proto = (overrides: Parameters<typeof compileHead>[1]) =>
        valuesIn(compileHead(profile, overrides)(sent, edgeRequest()), "x-forwarded-proto");
      expect(proto({ forwardedProto: "https, http" })).toEqual(["https, http"]);
      expect(proto({ forwardedProto: "none" })).toEqual([]);
      expect(proto({ forwardedProto: "https", set: [["X-Forwarded-Proto", "x"]] })).toEqual(["x"]);
      expect(proto({ forwardedProto: "https", drop: ["X-Forwarded-Proto"] })).toEqual([]);
    });
  },
);
