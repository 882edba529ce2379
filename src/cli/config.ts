/** `devtls config`: the configuration in force, and where each value comes from. */
import { relative } from "node:path";
import type { Command } from "commander";
import { DEFAULT_PROFILE } from "../edge/profiles/index.js";
import { type App, resolveApps, type Source } from "../settings/apps.js";
import { CONFIG_WORDS, type Config, findConfig } from "../settings/config.js";
import { DEFAULT_PORT, LOOPBACK, readServeOptions } from "../settings/serve-options.js";
import { camelCase, kebabCase } from "../settings/vocabulary.js";
import { note, paint, print, printJson, table } from "./output.js";
import { withExamples } from "./program.js";
import { addServeOptions, type ServeOptions } from "./serve-options.js";

export function define(program: Command): void {
  const command = addServeOptions(
    program
      .command("config")
      .description(
        "Show what devtls serve would do here: every option in force, and where it comes from. Takes the options of devtls serve.",
      )
      .argument("[service...]", "only these services"),
  ).action(config);
  withExamples(
    command,
    `devtls config
devtls config web --simulate heroku
devtls config --json`,
  );
}

interface Setting {
  readonly value: unknown;
  readonly from: Source;
}

/** What holds when nobody says anything. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  host: ["localhost"],
  port: DEFAULT_PORT,
  bind: LOOPBACK,
  simulate: DEFAULT_PROFILE.name,
};

function config(services: readonly string[], { json, ...flags }: ServeOptions): void {
  const file = findConfig(process.cwd());
  const apps = resolveApps({ ...flags }, services, file);
  for (const app of apps) readServeOptions(app.options, app.origin);
  const shown = apps.map((app) => ({ service: app.name ?? null, settings: settingsOf(app) }));
  if (json) {
    printJson({ file: file?.path ?? null, services: shown });
    return;
  }
  note(whereFrom(file));
  for (const { service, settings } of shown) {
    if (service !== null) print(paint("bold", service));
    const rows = Object.entries(settings).map(([name, { value, from }]) => [
      name,
      textOf(value),
      paint(from === "default" ? "dim" : "cyan", from),
    ]);
    print(table(rows, service === null ? "" : "  "));
  }
}

function settingsOf({ options, sources }: App): Record<string, Setting> {
  const names = [...CONFIG_WORDS.map(({ name }) => name), "command"];
  return Object.fromEntries(
    names.flatMap((name): [string, Setting][] => {
      const key = camelCase(name);
      const from = sources.get(key);
      if (from !== undefined) return [[kebabCase(name), { value: options[key], from }]];
      const replaced = key === "simulate" && sources.has("edgeFile");
      if (!(key in DEFAULTS) || replaced) return [];
      return [[name, { value: DEFAULTS[key], from: "default" }]];
    }),
  );
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(" ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function whereFrom(file: Config | undefined): string {
  if (!file) return "No configuration file here or in a folder above. To make one: devtls init";
  return `From ${relative(process.cwd(), file.path) || file.path}`;
}
