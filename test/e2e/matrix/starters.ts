/** The apps of the matrix: how each is started, and where the lines of a fix go. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FrameworkId } from "../../../src/diagnose/frameworks/index.js";
import { freePort, PROJECT } from "../../support/cli.js";
import { accepting } from "../../support/django.js";
import { folderUntilEnd, type Running, start } from "../../support/programs.js";
import { missing } from "../../support/tools.js";
import type { Applied } from "./fixes.js";

export interface App {
  readonly framework: FrameworkId;
  /** The folder below apps/. */
  readonly folder: string;
  /** The file that the lines of a fix are pasted into, unless they name another. */
  readonly file: string;
  /** It has a WebSocket at /live. */
  readonly live?: boolean;
  /** Why it cannot run here, or undefined. */
  readonly whyNot: () => string | undefined;
  readonly command: (port: number) => readonly string[];
}

/** Debian installs its packages for this interpreter; another one may come first on PATH. */
const PYTHON = "/usr/bin/python3";

const UVICORN = [PYTHON, "-m", "uvicorn"] as const;

function withoutModules(modules: string, packages: string): string | undefined {
  const { status } = spawnSync(PYTHON, ["-c", `import ${modules}`]);
  if (status === 0) return undefined;
  return `${modules} not for ${PYTHON}; sudo apt-get install ${packages}`;
}

const node = (folder: string) => ({
  folder,
  file: "app.cjs",
  whyNot: () => undefined,
  command: () => [process.execPath, "app.cjs"],
});

const django = {
  framework: "django",
  folder: "django",
  file: "settings.py",
  whyNot: () => withoutModules("django, gunicorn", "python3-django gunicorn"),
} as const;

export type AppName =
  | "django-runserver"
  | "django-gunicorn"
  | "flask"
  | "starlette"
  | "express"
  | "fastify"
  | "php";

export const APPS: Readonly<Record<AppName, App>> = {
  "django-runserver": {
    ...django,
    command: (port) => [
      ...[PYTHON, "-m", "django", "runserver", "--noreload"],
      `127.0.0.1:${port}`,
    ],
  },
  "django-gunicorn": {
    ...django,
    command: (port) => [PYTHON, "-m", "gunicorn", `--bind=127.0.0.1:${port}`, "pages"],
  },
  flask: {
    framework: "flask",
    folder: "flask",
    file: "app.py",
    whyNot: () => withoutModules("flask, flask_wtf", "python3-flask python3-flaskext.wtf"),
    command: () => [PYTHON, "app.py"],
  },
  starlette: {
    framework: "starlette",
    folder: "starlette",
    file: "app.py",
    live: true,
    whyNot: () =>
      withoutModules(
        "uvicorn, starlette, itsdangerous, websockets",
        "uvicorn python3-starlette python3-itsdangerous python3-websockets",
      ),
    command: (port) => [...UVICORN, "app:app", "--port", String(port)],
  },
  express: { ...node("express"), framework: "express", live: true },
  fastify: { ...node("fastify"), framework: "fastify" },
  php: {
    framework: "php",
    folder: "php",
    file: "index.php",
    whyNot: () => missing(["php"]),
    command: (port) => ["php", "-c", ".", "-S", `127.0.0.1:${port}`, "index.php"],
  },
};

export interface AppServer extends Running {
  readonly port: number;
}

/** The line of a fixture that a fix is pasted above; without it, at the end of the file. */
const MARK = /^(?:#|\/\/) The fix goes above\.$/m;

/**
 * Starts a fresh copy of an app.
 * @param configuration "forced" and the like, see the fixture
 * @param applied lines are pasted into it as they are; one that makes the app replaces the one
 *   that does
 */
export async function startApp(
  name: AppName,
  configuration: string,
  { app: lines, env, command }: Omit<Applied, "edge" | "upgrades">,
): Promise<AppServer> {
  const app = APPS[name];
  const cwd = folderUntilEnd(`devtls-${name}-`);
  cpSync(join(import.meta.dirname, "apps", app.folder), cwd, { recursive: true });
  symlinkSync(join(PROJECT, "node_modules"), join(cwd, "node_modules"));
  for (const line of lines) {
    const file = join(cwd, / ; (php\.ini)$/.exec(line)?.[1] ?? app.file);
    writeFileSync(file, paste(existsSync(file) ? readFileSync(file, "utf8") : "", line));
  }
  const port = await freePort();
  const [program = "", ...args] = command
    ? [...UVICORN, ...command, "--port", String(port)]
    : app.command(port);
  const server = start(program, args, {
    cwd,
    env: {
      CONFIGURATION: configuration,
      PORT: String(port),
      PYTHONPATH: cwd,
      DJANGO_SETTINGS_MODULE: "settings",
      PYTHONDONTWRITEBYTECODE: "1",
      // Who sets it decides what gunicorn believes, which is what the tests look at.
      FORWARDED_ALLOW_IPS: "",
      ...env,
    },
  });
  await accepting(port, server);
  return { ...server, port };
}

function paste(source: string, line: string): string {
  const [maker] = /^const app = \w+\(/.exec(line) ?? [];
  if (maker !== undefined) {
    const made = source.split("\n");
    const at = made.findIndex((each) => each.startsWith(maker));
    if (at < 0) throw new Error(`no place for ${line}`);
    made[at] = line;
    return made.join("\n");
  }
  if (!MARK.test(source)) return `${source}${line}\n`;
  return source.replace(MARK, (mark) => `${line}\n${mark}`);
}
