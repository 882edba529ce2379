/** Configuration files: found, checked, and beaten by flags. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { resolveApps } from "../../src/settings/apps.js";
import { CONFIG_WORDS, findConfig } from "../../src/settings/config.js";
import { configSchema } from "../../src/settings/schema.js";
import { readServeOptions } from "../../src/settings/serve-options.js";
import { temporaryFolder } from "../support/cli.js";

function folderWith(files: Readonly<Record<string, unknown>>): string {
  const folder = temporaryFolder("devtls-config-");
  for (const [name, value] of Object.entries(files)) {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

describe("A configuration", () => {
  it("is found in a folder above", () => {
    const folder = folderWith({ "devtls.config.json": { target: 8000 }, "a/b/c.txt": "" });
    expect(findConfig(join(folder, "a/b"))).toMatchObject({ folder, shared: { target: 8000 } });
  });

  it("is found in package.json, and beaten by a file beside it", () => {
    const packageJson = { name: "app", devtls: { target: 3000 } };
    const folder = folderWith({ "package.json": packageJson, "sub/package.json": { name: "sub" } });
    expect(findConfig(join(folder, "sub"))?.shared).toEqual({ target: 3000 });
    writeFileSync(join(folder, "devtls.config.json"), '{ "target": 4000 }');
    expect(findConfig(folder)?.shared).toEqual({ target: 4000 });
  });

  it("names files from its own folder on", () => {
    const folder = folderWith({ "devtls.config.json": { "edge-file": "edges/own.json" } });
    expect(findConfig(folder)?.shared).toEqual({ edgeFile: join(folder, "edges/own.json") });
  });

  it.each<[string, unknown, string]>([
    ["that is not JSON", "{ target: 8000 }", "it is not JSON: "],
    ["that is a list", [], "it holds no object"],
    ["with a slip", { taget: 8000 }, 'there is no key "taget" (did you mean "target"?)'],
    ["with an option for one run", { json: true }, 'there is no key "json"'],
    [
      "with a flag that is a text",
      { "insecure-target": "yes" },
      '"insecure-target" is not true or false',
    ],
    [
      "with a list where one text stands",
      { port: [1, 2] },
      '"port" is not a text or a whole number',
    ],
    ["with half a port", { port: 8443.5 }, '"port" is not a text or a whole number'],
    ["with a command as one text", { command: "npm run dev" }, '"command" is not a list of words'],
    ["with services as a list", { services: [] }, '"services" is not an object of services'],
    ["with a service that is a port", { services: { web: 1 } }, '"services.web" is not an object'],
    ["with a service of no name", { services: { "a b": {} } }, '"a b" is no name for a service'],
    [
      "with a slip in a service",
      { services: { web: { hosts: [] } } },
      'there is no key "services.web.hosts" (did you mean "host"?)',
    ],
  ])("%s is refused", (_what, value, cause) => {
    const folder = folderWith({ "devtls.config.json": value });
    const path = join(folder, "devtls.config.json");
    expect(() => findConfig(folder)).toThrow(`could not use ${path}: ${cause}`);
  });
});

describe("What is in force", () => {
  const config = (value: unknown) => findConfig(folderWith({ "devtls.config.json": value }));

  it("comes from flags, then the file", () => {
    const [app] = resolveApps(
      { port: "9000" },
      [],
      config({ target: 1, port: 2, host: ["a.test"] }),
    );
    expect(app?.options).toEqual({ target: 1, host: ["a.test"], port: "9000" });
    expect([...(app?.sources ?? [])]).toEqual([
      ["target", "file"],
      ["host", "file"],
      ["port", "command line"],
    ]);
  });

  it("names options as they were written", () => {
    const [app] = resolveApps({ port: "x" }, [], config({ host: "a..b" }));
    expect(app?.origin.name("port")).toBe("--port");
    expect(app?.origin.name("host")).toBe('"host"');
    expect(app?.origin.problem("host")).toMatch(/^could not use .*devtls\.config\.json$/);
    expect(app?.origin.name("httpPort")).toBe("--http-port");
  });

  it.each([
    [
      { edgeFile: "own.json" },
      { simulate: "heroku", target: 1 },
      { edgeFile: "own.json", target: 1 },
    ],
    [{ target: "8000" }, { command: ["npm", "start"] }, { target: "8000" }],
    [{ command: ["x"] }, { target: 1, command: ["y"] }, { command: ["x"] }],
  ])("of flags %j over %j is %j", (flags, file, expected) => {
    expect(resolveApps(flags, [], config(file))[0]?.options).toEqual(expected);
  });

  const two = {
    simulate: "nginx",
    services: { web: { target: 1 }, api: { target: 2, simulate: "none" } },
  };

  it.each([
    [[], ["web", "api"]],
    [["api"], ["api"]],
    [
      ["api", "web", "api"],
      ["api", "web"],
    ],
  ])("of services %j is %j", (names, expected) => {
    const apps = resolveApps({}, names, config(two));
    expect(apps.map(({ name }) => name)).toEqual(expected);
    expect(apps.find(({ name }) => name === "api")?.options).toEqual({
      target: 2,
      simulate: "none",
    });
  });

  it("of a target of one's own is no service", () => {
    const apps = resolveApps({ target: "9" }, [], config(two));
    expect(apps.map(({ name, options }) => [name, options])).toEqual([
      [undefined, { simulate: "nginx", target: "9" }],
    ]);
  });

  it.each([
    [["wbe"], two, "there is no service 'wbe' (did you mean web?)"],
    [["web"], { target: 1 }, "there is no service 'web'"],
  ])("of service %j in %j is an error", (names, file, cause) => {
    expect(() => resolveApps({}, names, config(file))).toThrow(cause);
  });
});

describe("The JSON Schema", () => {
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(configSchema());

  it("describes every key", () => {
    const { properties } = configSchema() as { properties: Record<string, unknown> };
    expect(Object.keys(properties).sort()).toEqual(
      [...CONFIG_WORDS.map(({ name }) => name), "$schema", "command", "services"].sort(),
    );
  });

  it.each<[unknown, boolean]>([
    [{}, true],
    [{ $schema: "./schema.json", target: 8000, host: ["a.test", "b.test"] }, true],
    [{ target: "unix:/run/app.sock", simulate: "heroku", limits: false, open: "/a" }, true],
    [{ route: { "/api": 3001, "api.localhost": "3002" }, "set-header": { "X-A": "b" } }, true],
    [{ services: { web: { target: 1, command: ["npm", "start"] } } }, true],
    [{ "http-port": 8080, "redirect-status": 301 }, true],
    [{ "redirect-status": 303 }, false],
    [{ http: "redirects" }, false],
    [{ taget: 1 }, false],
    [{ services: { web: { services: {} } } }, false],
    [{ command: "npm start" }, false],
    [{ demo: true }, false],
    [{ "insecure-target": "yes" }, false],
  ])("and the checks agree on %j", (value, good) => {
    expect(validate(value)).toBe(good);
    const read = () => {
      const config = findConfig(folderWith({ "devtls.config.json": value }));
      // Values are checked when they are used.
      for (const app of resolveApps({}, [], config)) readValues(app);
    };
    if (good) expect(read).not.toThrow();
    else expect(read).toThrow(/could not/);
  });
});

function readValues(app: ReturnType<typeof resolveApps>[number]): void {
  readServeOptions(app.options, app.origin);
}
