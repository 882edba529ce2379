/** What README.md and CONTRIBUTING.md promise of themselves. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { TOPIC_NAMES } from "../src/cli/commands.js";
import { PROJECT } from "./support/cli.js";

const read = (file: string): string => readFileSync(join(PROJECT, file), "utf8");

describe("README.md", () => {
  const readme = read("README.md");

  it("has at most 200 lines", () => {
    expect(readme.trimEnd().split("\n").length).toBeLessThanOrEqual(200);
  });

  it("names topics of devtls help that there are", () => {
    const named = [...readme.matchAll(/devtls help ([a-z]+)/g)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(3);
    expect(
      named.filter((name) => !(TOPIC_NAMES as readonly string[]).includes(name ?? "")),
    ).toEqual([]);
  });
});

it.each(["README.md", "CONTRIBUTING.md", "src/library/README.md", "test/bench/README.md"])(
  "every file that %s links to is there",
  (file) => {
    const links = [...read(file).matchAll(/\]\((?!https?:|#)([^)]+)\)/g)].map(([, path]) => path);
    const folder = join(PROJECT, file, "..");
    expect(links.filter((path) => !existsSync(join(folder, path ?? "")))).toEqual([]);
  },
);

it("the map of CONTRIBUTING.md has a line for every room of src/", () => {
  const [, map = ""] = read("CONTRIBUTING.md").split("## The map of `src/`");
  const rooms = readdirSync(join(PROJECT, "src"), { withFileTypes: true }).map((entry) =>
    entry.isDirectory() ? `${entry.name}/` : entry.name,
  );
  expect(rooms.filter((room) => !map.includes(`\`${room}\``))).toEqual([]);
});
