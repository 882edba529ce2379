/** URLs of the app in responses, as edges rewrite them. */
import { describe, expect, it } from "vitest";
import type { EdgeProfile, EdgeRequest, ResponseEdits } from "../../src/edge/profile.js";
import { findProfile } from "../../src/edge/profiles/index.js";
import { compileResponse } from "../../src/edge/response.js";

const REQUEST: EdgeRequest = {
  ...{ method: "GET", path: "/", protocol: "HTTP/1.1", scheme: "https", host: "app.test:8443" },
  ...{ clientAddress: "127.0.0.1", clientPort: 1, port: 8443, target: "127.0.0.1:3000" },
  ...{ framing: undefined, upgrade: undefined, connection: undefined, trailersWelcome: false },
};

function edited(response: ResponseEdits, name: string, value: string): string | undefined {
  const nginx = findProfile("nginx") as EdgeProfile;
  return compileResponse({ ...nginx, response })?.([name, value], REQUEST)[1];
}

describe.each<[string, ResponseEdits]>([
  ["the known rule", { location: "public", relocatesAlso: ["Refresh"] }],
  ["beginnings", { relocate: [["http://{target}", "http://{host}"]], relocatesAlso: ["Refresh"] }],
])("A Refresh by %s", (_, rule) => {
  it.each([
    ["5; url=http://127.0.0.1:3000/next", "5; url=/next"],
    ["5;URL=http://127.0.0.1:3000/", "5;URL=/"],
    ["5; url=https://elsewhere.test/next", "5; url=https://elsewhere.test/next"],
    ["5; url=/next", "5; url=/next"],
    ["5", "5"],
  ])("%s", (value, expected) => {
    expect(edited(rule, "Refresh", value)).toBe(expected);
  });
});

it("of the other headers none is touched that is not named", () => {
  const url = "http://127.0.0.1:3000/next";
  expect(edited({ location: "public" }, "Refresh", `5; url=${url}`)).toBe(`5; url=${url}`);
  expect(edited({ location: "public" }, "Content-Location", url)).toBe(url);
  expect(edited({ location: "public" }, "Location", url)).toBe("https://app.test:8443/next");
});
