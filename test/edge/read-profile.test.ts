/** `--edge-file`: what it takes, and how it names the field that is wrong. */
import { describe, expect, it } from "vitest";
import { compileHead } from "../../src/edge/head.js";
import { findProfile, PROFILES } from "../../src/edge/profiles/index.js";
import { readEdgeProfile } from "../../src/edge/read-profile.js";
import type { DevtlsError } from "../../src/errors.js";
import { BAD_PROFILES } from "./bad-profiles.js";
import { edgeRequest, headers, linesOf } from "./request.js";

const read = (file: unknown) => readEdgeProfile(JSON.stringify(file) ?? "", "edge.json");

it.each(BAD_PROFILES)("refuses %s", (_, file, message) => {
  let error: DevtlsError | undefined;
  try {
    read(file);
  } catch (thrown) {
    error = thrown as DevtlsError;
  }
  expect(error).toMatchObject({ code: "usage" });
  expect(error?.message).toContain("could not read edge.json: ");
  expect(error?.message).toContain(message);
});

describe("a profile of one's own", () => {
  it("is a plain HTTP/1.1 proxy when it says nothing", () => {
    const profile = read({});
    expect(profile).toMatchObject({ name: "custom", title: "from edge.json", limits: {} });
    expect(profile.plain).toEqual({ mode: "redirect" });
    expect(linesOf(compileHead(profile)(headers("A: 1"), edgeRequest()))).toEqual([
      "Host: app.test:8443",
      "A: 1",
    ]);
  });

  it("says that nobody has verified it", () => {
    for (const proof of Object.values(read({}).proof)) {
      expect(proof).toEqual({ evidence: "unverified", source: "edge.json" });
    }
  });

  it("takes from the profile it extends what it does not say itself", () => {
    const heroku = findProfile("heroku");
    const profile = read({
      extends: "heroku",
      name: "ours",
      toApp: { host: "target" },
      limits: { firstByte: { max: 5, status: 503, code: "H12" } },
    });
    expect(profile).toMatchObject({
      name: "ours",
      headers: heroku?.headers,
      plain: heroku?.plain,
      response: heroku?.response,
      limits: { firstByte: { max: 5, status: 503, code: "H12" } },
    });
    expect(profile.limits.body).toBeUndefined();
    expect(profile.toApp).toEqual({ ...heroku?.toApp, host: "target" });
  });

  it("has every operation, condition and placeholder of the built-in ones", () => {
    const profile = read({
      headers: [
        { name: "X-Set", op: "set", value: "{client} {port} {scheme} {{braces}" },
        { name: "X-App", op: "append", value: "b" },
        { name: "X-Line", op: "append-line", value: "b" },
        { name: "X-Gone", op: "strip" },
        { name: "X-All-*", op: "strip" },
        { name: "X-Kept", op: "pass" },
        { name: "X-Http", op: "set", value: "1", when: "http" },
        { name: "X-Unless", op: "set", value: "1", unless: ["X-KEPT"] },
        { name: "X-Not", op: "set", value: "1", notFor: ["GET"] },
        { name: "X-Copy", op: "set", value: "<{sent}>", from: "X-Gone" },
      ],
    });
    const list = headers("X-App: a", "X-Line: a", "X-Gone: g", "X-All-One: 1", "X-Kept: k");
    expect(linesOf(compileHead(profile)(list, edgeRequest()))).toEqual([
      "Host: app.test:8443",
      "X-Line: a",
      "X-Kept: k",
      "X-Set: 203.0.113.7 8443 https {braces}",
      "X-App: a, b",
      "X-Line: b",
      "X-Copy: <g>",
    ]);
  });

  it.each(PROFILES.map((profile) => [profile.name, profile] as const))(
    "can say all that %s says",
    (name, profile) => {
      const own = read({ ...profile, evidence: "captured" });
      expect({ ...own, proof: profile.proof }).toEqual(profile);
      expect(own.proof.headers.evidence, name).toBe("unverified");
    },
  );
});
