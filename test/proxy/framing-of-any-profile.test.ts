/** Whatever a profile says of lines, the app can tell where a request ends (RFC 9112 6.3, 11.2). */
import { describe, expect, it } from "vitest";
import { compileHead } from "../../src/edge/head.js";
import type { EdgeProfile, ToApp } from "../../src/edge/profile.js";
import { profile, unverified } from "../../src/edge/profiles/build.js";
import type { Asked } from "../../src/proxy/heads.js";
import { toldHeaders } from "../../src/proxy/heads.js";
import { valuesIn } from "../edge/request.js";
import { Random, SEED } from "../x509/random.js";

const ROUNDS = 2_000;

const RULES = ["drop", "by-name", "in-place", "copied", "keep"] as const;

const LINES = [
  ["Connection", "keep-alive"],
  ["connection", "close, TE"],
  ["Connection", "X-Hop"],
  ["X-Hop", "1"],
  ["TE", "trailers"],
  ["Keep-Alive", "timeout=5"],
  ["Trailer", "X-Sum"],
  ["Cookie", "a=1"],
  ["User-Agent", "a"],
  ["X-Forwarded-For", "6.6.6.6"],
] as const;

function randomProfile(random: Random, hopByHop: ToApp["hopByHop"]): EdgeProfile {
  const flag = (): boolean => random.below(2) === 0;
  const connection = random.pick([undefined, "close", "keep-alive", "client"]);
  const toApp: Partial<ToApp> = {
    hopByHop,
    movesLength: flag(),
    mergesLines: flag(),
    appendsInPlace: flag(),
    sendsEmptyLength: flag(),
    buffersChunked: flag(),
    passesUpgrade: flag(),
    version: random.pick(["1.0", "1.1", "client"]),
    names: random.pick(["keep", "lower", "lower-client", "canonical"]),
    te: random.pick(["named", "bare", "drop"]),
    order: random.pick([
      ["host", "client", "edge", "framing", "connection"],
      ["host", "edge", "upgrade", "connection", "framing", "client"],
      ["host", "user-agent", "framing", "sorted"],
    ]),
    ...(connection !== undefined && { connection }),
  };
  return profile({
    name: "random",
    title: "",
    headers: [{ name: "X-Forwarded-For", op: "append", value: "{client}" }],
    toApp,
    plain: { mode: "proxy" },
    proof: unverified(""),
  });
}

/** A body with the length that the client said, one in chunks, one that was collected, or none. */
const BODIES = ["said", "chunked", "collected", "none"] as const;

function randomRequest(random: Random): { readonly asked: Asked; readonly kind: string } {
  const kind = random.pick(BODIES);
  const lines: string[] = LINES.filter(() => random.below(3) === 0).flat();
  const at = random.below(lines.length / 2 + 1) * 2;
  if (kind === "said") lines.splice(at, 0, "content-length", "5");
  if (kind === "chunked" || kind === "collected")
    lines.splice(at, 0, "Transfer-Encoding", "chunked");
  const bodies = { said: 5, collected: 5, chunked: undefined, none: undefined };
  return {
    kind,
    asked: {
      method: random.pick(["GET", "POST", "DELETE", "PATCH"]),
      target: "/",
      protocol: random.pick(["HTTP/1.1", "HTTP/2"]),
      connection: { scheme: "https", address: "203.0.113.7", clientPort: 50_000, port: 443 },
      host: "app.test",
      hostAt: 0,
      headers: lines,
      trailersWelcome: lines.includes("TE"),
      body:
        kind === "none"
          ? undefined
          : { chunked: kind === "chunked", length: bodies[kind] as number },
    } as Asked,
  };
}

describe.each(RULES)("hopByHop %s", (rule) => {
  it("says once where the body ends", () => {
    const random = new Random(SEED);
    const pool = { dialer: { target: { authority: "127.0.0.1:8000" } } };
    for (let round = 0; round < ROUNDS; round++) {
      const edge = randomProfile(random, rule);
      const { asked, kind } = randomRequest(random);
      const told = toldHeaders(asked, { edge, rewrite: compileHead(edge), pool });
      const length = valuesIn(told, "content-length").filter((value) => value !== "0");
      const coding = valuesIn(told, "transfer-encoding");
      const isLong = kind === "said" || kind === "collected";
      const framing = { length, coding, host: valuesIn(told, "host") };
      const wanted = {
        length: isLong ? ["5"] : [],
        coding: kind === "chunked" ? ["chunked"] : [],
        host: ["app.test"],
      };
      // What was asked is worth its text only where it goes wrong.
      if (JSON.stringify(framing) === JSON.stringify(wanted)) continue;
      expect({ ...framing, asked, toApp: edge.toApp, told }).toMatchObject(wanted);
    }
  });
});
