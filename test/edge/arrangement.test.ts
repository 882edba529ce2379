/** Every field of a profile that says how lines are arranged does so when it is the only one. */
import { describe, expect, it } from "vitest";
import { compileHead } from "../../src/edge/head.js";
import type { EdgeRequest, ToApp } from "../../src/edge/profile.js";
import { DEFAULT_PROFILE } from "../../src/edge/profiles/index.js";
import { edgeRequest } from "./request.js";

const LINES = ["x-twice", "1", "Cookie", "a=1", "Content-Length", "2", "x-twice", "2"];

function told(toApp: Partial<ToApp>, request: Partial<EdgeRequest> = {}, lines = LINES): string[] {
  const plain = { ...DEFAULT_PROFILE, headers: [] };
  const rewrite = compileHead({ ...plain, toApp: { ...DEFAULT_PROFILE.toApp, ...toApp } });
  return rewrite(lines, edgeRequest({ method: "POST", framing: "2", ...request }));
}

const HTTP2 = { protocol: "HTTP/2" } as const;
const EMPTY = { framing: undefined } as const;

describe("A profile whose only difference is", () => {
  it.each<[string, Partial<ToApp>, Partial<EdgeRequest>, string[], string[]]>([
    [
      "mergesLines puts lines of a name together",
      { mergesLines: true },
      {},
      LINES,
      ["Host", "app.test:8443", "x-twice", "1, 2", "Cookie", "a=1", "Content-Length", "2"],
    ],
    [
      "movesLength moves the length",
      { movesLength: true },
      {},
      LINES,
      [
        "Host",
        "app.test:8443",
        "x-twice",
        "1",
        "Cookie",
        "a=1",
        "x-twice",
        "2",
        "Content-Length",
        "2",
      ],
    ],
    [
      "sendsEmptyLength says that there is no body",
      { sendsEmptyLength: true },
      EMPTY,
      ["A", "b"],
      ["Host", "app.test:8443", "A", "b", "Content-Length", "0"],
    ],
    [
      "names writes them so",
      { names: "lower" },
      {},
      ["Aa", "b"],
      ["host", "app.test:8443", "aa", "b"],
    ],
    [
      "http2Names writes those of HTTP/2 so",
      { http2Names: "canonical" },
      HTTP2,
      ["a-b", "c"],
      ["Host", "app.test:8443", "A-B", "c"],
    ],
    [
      "http2Cookie puts it last",
      { http2Cookie: "last" },
      HTTP2,
      ["cookie", "a=1", "b", "c"],
      ["Host", "app.test:8443", "b", "c", "cookie", "a=1"],
    ],
    [
      "order follows it",
      { order: ["client", "host"] },
      {},
      ["A", "b"],
      ["A", "b", "Host", "app.test:8443"],
    ],
    [
      "hopByHop in place keeps Host where it was",
      { hopByHop: "in-place" },
      {},
      ["A", "b", "Host", "x", "C", "d"],
      ["A", "b", "Host", "app.test:8443", "C", "d"],
    ],
  ])("%s", (_, toApp, request, lines, expected) => {
    expect(told(toApp, request, lines)).toEqual(expected);
    expect(told({}, request, lines)).not.toEqual(expected);
  });
});
