/** The home folder: HOME where that is a folder's whole path, else the one of the user. */
import { userInfo } from "node:os";
import { afterEach, expect, it } from "vitest";
import { homeFolder, stateDirectory } from "../../src/paths.js";

const { HOME, DEVTLS_HOME, XDG_DATA_HOME } = process.env;
afterEach(() => {
  for (const [name, value] of Object.entries({ HOME, DEVTLS_HOME, XDG_DATA_HOME })) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

it("is HOME", () => {
  process.env.HOME = "/home/ada";
  expect(homeFolder()).toBe("/home/ada");
});

// The authority's key would be made in whatever folder the command runs in.
it.each(["", "home", "./home"])("is the user's where HOME is %j", (home) => {
  process.env.HOME = home;
  delete process.env.DEVTLS_HOME;
  delete process.env.XDG_DATA_HOME;
  expect(homeFolder()).toBe(userInfo().homedir);
  expect(stateDirectory().startsWith(userInfo().homedir)).toBe(true);
});
