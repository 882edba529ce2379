/** Who is told https in Forwarded (RFC 7239) alone, and who is only told so by a browser. */
import { expect, it } from "vitest";
import { ONLY_IF_SET } from "../../src/diagnose/forwarded.js";
import { PROFILES } from "../../src/edge/profiles/index.js";
import { findingsOf } from "../support/diagnosis.js";
import { forcing } from "./app-models.js";

const URL_ = "https://app.test/page";
const EXPRESS = ["X-Powered-By", "Express"];
const HTTPS = ["Forwarded", "for=192.0.2.7;host=app.test;proto=https"];

const isOwn = ({ headers }: (typeof PROFILES)[number]): boolean =>
  headers.some(({ name, op }) => name === "Forwarded" && /^(?:set|append)/.test(op));

async function loop(
  edge: string,
  told: readonly string[],
  { framework = EXPRESS, isAsked = true } = {},
) {
  const { ask, answer } = forcing("deaf", URL_, framework);
  const observation = { method: "GET", url: URL_, told, target: "http://127.0.0.1:8000" };
  const seen = { ...observation, ...answer({ told, from: "edge" }) };
  const [finding] = await findingsOf([seen], { edge, ...(isAsked && { ask }) });
  return {
    lines: finding?.fix.join("\n") ?? "",
    says: finding?.explanation.includes(ONLY_IF_SET) ?? false,
  };
}

const HOST = ["Host", "app.test"];

it.each([true, false])(
  "the edge's own word is read, whether the app was asked: %s",
  async (isAsked) => {
    const { lines, says } = await loop("aws-api-gateway", [...HOST, ...HTTPS], { isAsked });
    expect(lines).toMatch(/^app\.set\('trust proxy', 1\)\napp\.use\(\(\{ headers \}, res, next\)/);
    expect(says).toBe(true);
  },
);

it.each([
  ["Django", ["Server", "WSGIServer/0.2 CPython/3.11.2"], "forwarded = lambda get_response"],
  ["Rails", ["X-Runtime", "0.1", "X-Request-Id", "1"], "config.middleware.insert_before 0"],
  ["Redmine", ["Set-Cookie", "_redmine_session=1"], "config.middleware.insert_before 0"],
  ["Tomcat", ["Server", "Apache-Coyote/1.1"], 'proxyName="app.test" proxyPort="443"'],
])("%s has a line of its own", async (_, framework, line) => {
  const { lines, says } = await loop("aws-api-gateway", [...HOST, ...HTTPS], { framework });
  expect(lines).toContain(line);
  expect(says).toBe(true);
});

it("an app that has no line for it keeps the one that it has", async () => {
  const framework = ["X-Sveltekit-Page", "true"];
  const { lines, says } = await loop("aws-api-gateway", [...HOST, ...HTTPS], { framework });
  expect({ lines, says }).toEqual({ lines: "ORIGIN=https://app.test", says: false });
});

it.each([
  ["http", [...HOST, "Forwarded", "proto=http"]],
  ["https before the edge's http", [...HOST, "Forwarded", "proto=https, proto=http"]],
  ["X-Forwarded-Proto as well", [...HOST, ...HTTPS, "X-Forwarded-Proto", "https"]],
])("no line is for an edge that says %s", async (_, told) => {
  const { lines, says } = await loop("aws-api-gateway", told);
  expect(lines).not.toContain("forwarded");
  expect(says).toBe(false);
});

// A visitor could have a developer believe what the next visitor writes.
it.each(PROFILES.filter((profile) => !isOwn(profile)).map(({ name }) => name))(
  "%s, which never sets it, is not believed for a browser's own",
  async (edge) => {
    const { lines, says } = await loop(edge, [...HOST, ...HTTPS]);
    expect(lines).not.toContain("headers.forwarded");
    expect(says).toBe(false);
  },
);

it("where the app is not known, its lines are several, and the warning is one", async () => {
  const told = ["Host", "127.0.0.1:8000", ...HTTPS];
  const seen = { method: "GET", url: URL_, told, target: "http://127.0.0.1:8000", status: 301 };
  const response = ["Location", "https://127.0.0.1:8000/page"];
  const [finding] = await findingsOf([{ ...seen, response }], { edge: "aws-api-gateway" });
  expect(finding?.code).toBe("insecure-location");
  expect(finding?.fixes.length).toBeGreaterThan(1);
  expect(finding?.explanation.split(ONLY_IF_SET)).toHaveLength(2);
});
