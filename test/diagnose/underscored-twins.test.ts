/** X_Forwarded_Proto: what an app of WSGI, Rack or PHP takes for the edge's own word. */
import { describe, expect, it } from "vitest";
import type { Ask, Observation } from "../../src/diagnose/finding.js";
import { findingsOf } from "../support/diagnosis.js";

const EDGE = ["Host", "localhost:8443", "X-Forwarded-Proto", "http"];
const TWIN = [...EDGE, "X_Forwarded_Proto", "https"];
const DJANGO = ["Server", "WSGIServer/0.2 CPython/3.11.2"];
const EXPRESS = ["X-Powered-By", "Express"];

const observation = (told: readonly string[], more: Partial<Observation> = {}): Observation => ({
  method: "GET",
  url: "http://localhost:8443/",
  told,
  status: 200,
  response: DJANGO,
  target: "http://127.0.0.1:8000",
  ...more,
});

describe("An underscored twin that reaches the app", () => {
  it("is a finding, once a route, with the lines for the edge and the server", async () => {
    const findings = await findingsOf([observation(TWIN), observation(TWIN)], {
      edge: "haproxy",
    });
    expect(findings).toMatchObject([
      {
        code: "contradictory-scheme-headers",
        cause: "underscored-twin",
        confidence: "likely",
        framework: "django",
        fix: ["http-request del-header X_Forwarded_Proto", 'header_map = "drop"'],
      },
    ]);
    expect(findings[0]?.explanation).toContain(
      "X_Forwarded_Proto: https beside X-Forwarded-Proto: http",
    );
  });

  it.each([
    ["apache", "RequestHeader unset X_Forwarded_Proto"],
    ["caddy", "header_up -X_Forwarded_Proto"],
  ])("at %s is kept out by %s", async (edge, line) => {
    const [finding] = await findingsOf([observation(TWIN)], { edge });
    expect(finding?.fix[0]).toBe(line);
  });

  it("has nothing asked again, as nothing failed", async () => {
    const ask: Ask = () => Promise.reject(new Error("asked"));
    expect(await findingsOf([observation(TWIN)], { ask })).toHaveLength(1);
  });

  it.each([
    ["that says what the edge says", [...EDGE, "X_Forwarded_Proto", "http"], DJANGO],
    ["of a header that nobody believes", [...EDGE, "X_Request_Start", "1"], DJANGO],
    ["at an app that tells the names apart", TWIN, EXPRESS],
  ])("is none %s", async (_, told, response) => {
    expect(await findingsOf([observation(told, { response })])).toEqual([]);
  });

  it("is found however much of it is underscored, and where the edge says nothing", async () => {
    for (const name of ["x-forwarded_proto", "X_FORWARDED-PROTO", "X_Forwarded_For"]) {
      const told = ["Host", "localhost", name, "x"];
      const [finding] = await findingsOf([observation(told)]);
      expect(finding?.cause).toBe("underscored-twin");
      expect(finding?.explanation).toMatch(/beside no x-forwarded-(?:proto|for)/i);
    }
  });
});
