/** Names that a variable of CGI cannot tell from those of the edge's own headers. */
import { describe, expect, it } from "vitest";
import { compileHead } from "../../src/edge/head.js";
import type { EdgeProfile } from "../../src/edge/profile.js";
import { findProfile } from "../../src/edge/profiles/index.js";
import { edgeRequest, headers, linesOf } from "./request.js";

const edge = (name: string): EdgeProfile => findProfile(name) as EdgeProfile;

/** Every way to write a name with at least one underscore for a hyphen. */
function twinsOf(name: string): string[] {
  const parts = name.split("-");
  const ways = 2 ** (parts.length - 1);
  return Array.from({ length: ways - 1 }, (_, way) =>
    parts.reduce((sum, part, at) => `${sum}${((way + 1) >> (at - 1)) & 1 ? "_" : "-"}${part}`),
  );
}

const names = edge("devtls")
  .headers.map(({ name }) => name)
  .filter((name) => name.includes("-"));

describe.each(["devtls", "none"])("The edge %s", (name) => {
  const rewrite = compileHead(edge(name));
  const told = (...lines: string[]): string[] => linesOf(rewrite(headers(...lines), edgeRequest()));

  it.each(names.flatMap(twinsOf).flatMap((twin) => [twin, twin.toLowerCase()]))(
    "drops %s",
    (twin) => {
      expect(told("A: 1", `${twin}: https`, "B: 2")).toEqual(told("A: 1", "B: 2"));
    },
  );

  it("passes other names with underscores", () => {
    expect(told("X_Request_Id: 1", "X_Forwarded_Prefix: /a")).toEqual(
      expect.arrayContaining(["X_Request_Id: 1", "X_Forwarded_Prefix: /a"]),
    );
  });
});

describe("What the command line sets or drops", () => {
  it("has no twin either", () => {
    const rewrite = compileHead(edge("devtls"), { set: [["X-User", "ada"]], drop: ["X-Admin"] });
    const told = linesOf(
      rewrite(headers("X_User: eve", "x-admin: 1", "X_ADMIN: 1"), edgeRequest()),
    );
    expect(told.filter((line) => /user|admin/i.test(line))).toEqual(["X-User: ada"]);
  });
});

describe("As the real ones do (measured in fidelity.test.ts)", () => {
  it.each([
    ["nginx", false],
    ["ingress-nginx", false],
    ["apache", true],
    ["haproxy", true],
    ["caddy", true],
  ])("%s lets them through: %s", (name, through) => {
    const rewrite = compileHead(edge(name));
    const told = linesOf(rewrite(headers("X_Forwarded_Proto: https"), edgeRequest()));
    expect(told.some((line) => /^x_forwarded_proto/i.test(line))).toBe(through);
  });
});
