/** What `devtls init` proposes for which project. */
import { describe, expect, it } from "vitest";
import { type Proposal, propose } from "../../src/init/propose.js";

type Files = Readonly<Record<string, string>>;

const of = (files: Files): Proposal | undefined => propose((name) => files[name]);

const npm = (dependency: string, scripts: Files, more: object = {}): Files => ({
  "package.json": `${JSON.stringify({ name: "app", scripts, devDependencies: { [dependency]: "1" }, ...more }, null, 2)}\n`,
});

describe("A project with an npm script", () => {
  it.each([
    ["Next.js", npm("next", { dev: "next dev" }), "devtls serve -- next dev"],
    ["Astro", npm("astro", { dev: "astro dev", start: "astro dev" }), "devtls serve -- astro dev"],
    [
      "SvelteKit",
      npm("@sveltejs/kit", { dev: "vite dev" }, { dependencies: { vite: "8" } }),
      "devtls serve -- vite dev",
    ],
    ["Vite", npm("vite", { dev: "vite --open" }), "devtls serve -- vite --open"],
    ["Nuxt", npm("nuxt", { dev: "nuxt dev" }), "devtls serve -- nuxt dev"],
    [
      "React Router",
      npm("@react-router/dev", { dev: "react-router dev" }),
      "devtls serve -- react-router dev",
    ],
    ["Angular", npm("@angular/cli", { start: "ng serve" }), "devtls serve -- ng serve"],
    [
      "Nest",
      npm("@nestjs/core", { start: "nest start", "start:dev": "nest start --watch" }),
      "devtls serve -- nest start --watch",
    ],
    [
      "Eleventy",
      npm("@11ty/eleventy", { start: "eleventy --serve" }),
      "devtls serve -- eleventy --serve",
    ],
    [
      "Storybook",
      npm("storybook", { storybook: "storybook dev -p 6006" }),
      "devtls serve -- storybook dev -p 6006",
    ],
    [
      "webpack-dev-server",
      npm("webpack-dev-server", { start: "webpack serve" }),
      "devtls serve -- webpack serve",
    ],
    ["an npm project", npm("left-pad", { dev: "node x" }), "devtls serve -- node x"],
    ["Express", npm("express", { start: "node server.js" }), "devtls serve -- node server.js"],
  ])("of %s starts through devtls", (title, files, expected) => {
    const proposal = of(files);
    expect(proposal).toMatchObject({ title, changes: [{ file: "package.json" }] });
    const { scripts } = JSON.parse(proposal?.changes[0]?.after ?? "");
    expect(Object.values(scripts)).toContain(expected);
  });

  it("keeps what only a shell can read as a script of its own", () => {
    const old = "NODE_ENV=development concurrently 'vite' \"tsc -w\" && echo done";
    const { scripts } = JSON.parse(of(npm("vite", { dev: old }))?.changes[0]?.after ?? "");
    expect(scripts).toEqual({ dev: "devtls serve -- npm run dev:app", "dev:app": old });
  });

  it("keeps the form of package.json", () => {
    const text =
      '{\n\t"scripts": {\n\t\t"dev": "vite"\n\t},\n\t"dependencies": {\n\t\t"vite": "8"\n\t}\n}';
    expect(of({ "package.json": text })?.changes[0]?.after).toBe(
      text.replace('"vite"\n', '"devtls serve -- vite"\n'),
    );
  });

  it.each([
    ["nothing else", {}, "npm install --save-dev devtls"],
    ["pnpm's lock file", { "pnpm-lock.yaml": "" }, "pnpm add --save-dev devtls"],
    ["yarn's lock file", { "yarn.lock": "" }, "yarn add --dev devtls"],
    ["bun's lock file", { "bun.lock": "" }, "bun add --dev devtls"],
  ])("is told how devtls becomes a dependency of it: %s", (_what, more: Files, command) => {
    expect(of({ ...npm("vite", { dev: "vite" }), ...more })?.missing).toBe(command);
  });

  it("that has devtls lacks nothing", () => {
    const files = npm("vite", { dev: "vite" }, { dependencies: { devtls: "1" } });
    expect(of(files)?.missing).toBeUndefined();
  });

  it.each([
    ["Eleventy", "@11ty/eleventy", "eleventy --serve --port={port}"],
    ["Vite", "vite", "vite"],
  ])("but without one, of %s, gets a configuration", (title, dependency, command) => {
    const proposal = of(npm(dependency, {}));
    expect(proposal).toMatchObject({ title, start: "devtls serve" });
    const written = JSON.parse(proposal?.changes[0]?.after ?? "");
    expect(written.command.join(" ")).toBe(command);
  });

  it("that goes through devtls already is left alone", () => {
    expect(of(npm("vite", { dev: "devtls serve -- vite" }))?.changes).toEqual([]);
  });
});

describe("A project of another language", () => {
  it.each([
    [
      "Django",
      { "manage.py": "import django\n" },
      "manage.py runserver {port}",
      "SECURE_PROXY_SSL_HEADER",
    ],
    ["Flask", { "requirements.txt": "Flask==3.1\n" }, "flask run --port {port}", "ProxyFix"],
    [
      "Flask",
      { "pyproject.toml": 'dependencies = ["flask>=3"]' },
      "flask run --port {port}",
      "ProxyFix",
    ],
    [
      "Flask",
      { "app.py": "import os\nfrom flask import Flask\n" },
      "flask run --port {port}",
      "ProxyFix",
    ],
    [
      "FastAPI",
      { "pyproject.toml": 'dependencies = ["fastapi[standard]"]' },
      "fastapi dev --port {port}",
      "--proxy-headers",
    ],
    [
      "FastAPI",
      { "requirements.txt": "uvicorn\nfastapi\n" },
      "fastapi dev --port {port}",
      "--proxy-headers",
    ],
    [
      "Rails",
      { Gemfile: 'source "https://rubygems.org"\ngem "rails", "~> 8"\n' },
      "bin/rails server -p {port}",
      "config.assume_ssl",
    ],
    [
      "Laravel",
      { "composer.json": '{"require":{"laravel/framework":"^12"}}' },
      "php artisan serve --port={port}",
      "trustProxies",
    ],
  ])(
    "of %s gets a configuration, and is told what https needs",
    (title, files: Files, command, setting) => {
      const proposal = of(files);
      expect(proposal).toMatchObject({ title, start: "devtls serve" });
      const written = JSON.parse(proposal?.changes[0]?.after ?? "");
      expect(written.command.join(" ")).toContain(command);
      expect(proposal?.settings.join("\n")).toContain(setting);
    },
  );

  it("with a configuration is left alone", () => {
    const files = { "manage.py": "import django", "devtls.config.json": "{}" };
    expect(of(files)?.changes).toEqual([]);
  });
});

it.each<[string, Files]>([
  ["nothing", {}],
  ["no script of a known name", npm("left-pad", { test: "node x" })],
  ["a script that is no text", { "package.json": '{"scripts":{"dev":7}}' }],
  ["a Gemfile without Rails", { Gemfile: 'gem "sinatra"' }],
])("there is no proposal for a folder with %s", (_what, files) => {
  expect(of(files)).toBeUndefined();
});
