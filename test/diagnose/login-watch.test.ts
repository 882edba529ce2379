/** Whose login is lost, and who has none to lose. */
import { expect, it } from "vitest";
import type { Observation } from "../../src/diagnose/finding.js";
import { LoginWatch } from "../../src/diagnose/login-watch.js";

const SELF = "https://app.test:8443";
const TOLD = ["Host", "app.test:8443"];
const BASIC = [...TOLD, "Authorization", "Basic dXNlcjpwYXNz"];

function seen(method: string, path: string, more: Partial<Observation>): Observation {
  return {
    ...{ method, url: SELF + path, told: TOLD, status: 200, response: [] },
    ...{ target: "http://localhost:8000", ...more },
  };
}

const login = (more: Partial<Observation> = {}): Observation =>
  seen("POST", "/login", { status: 302, response: ["Location", "/home"], ...more });
const refused = (more: Partial<Observation> = {}): Observation =>
  seen("GET", "/home", { status: 401, ...more });

function isLost(...exchanges: Observation[]): boolean {
  const watch = new LoginWatch();
  return exchanges.map((each, at) => watch.observe(each, at)).some((lost) => lost !== undefined);
}

it("is lost when the page after it is refused", () => {
  expect(isLost(login(), refused())).toBe(true);
  expect(isLost(login(), refused({ status: 403 }))).toBe(true);
});

it("is lost when the page after it asks for it again", () => {
  const again = seen("GET", "/home", { status: 302, response: ["Location", "/login"] });
  expect(isLost(login(), again)).toBe(true);
});

it.each([
  ["who logs in says who it is by itself", [login({ told: BASIC }), refused()]],
  ["the page is refused to somebody who says who it is", [login(), refused({ told: BASIC })]],
  ["the page is there", [login(), seen("GET", "/home", {})]],
  ["the page is missing", [login(), refused({ status: 404 })]],
  ["another page is refused", [login(), refused({ url: `${SELF}/other` })]],
  ["another app refuses it", [login(), refused({ target: "http://localhost:9000" })]],
  ["the edge answered the login", [login({ byEdge: true }), refused()]],
  ["the login was refused", [login({ status: 401 }), refused()]],
  ["there was no login", [seen("POST", "/comment", {}), refused()]],
])("is not lost when %s", (_, exchanges) => {
  expect(isLost(...exchanges)).toBe(false);
});

it("is forgotten after half a minute", () => {
  const watch = new LoginWatch();
  watch.observe(login(), 0);
  expect(watch.observe(refused(), 30_001)).toBeUndefined();
  watch.observe(login(), 40_000);
  expect(watch.observe(refused(), 69_999)).toBeDefined();
});
