/** A Django project as `startproject` makes it, with https forced, on Debian's own Python. */
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Page, Response } from "playwright-core";
import { freePort, runProgram } from "./cli.js";
import { folderUntilEnd, type Running, start } from "./programs.js";

/** Debian installs its packages for this interpreter; another one may come first on PATH. */
const PYTHON = "/usr/bin/python3";

export const ADMIN = { name: "ada", password: "correct horse battery" } as const;

const SETTINGS = `\
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = "not a secret: it signs the sessions of one test"
DEBUG = True
ALLOWED_HOSTS = ["localhost"]
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "site1.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
WSGI_APPLICATION = "site1.wsgi.application"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "/static/"
SECURE_SSL_REDIRECT = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
`;

const URLS = `\
from django.contrib import admin
from django.urls import path

urlpatterns = [path("admin/", admin.site.urls)]
`;

const WSGI = `\
from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
`;

export interface DjangoServer extends Running {
  readonly port: number;
}

export interface DjangoProject {
  /** Adds lines to settings.py. */
  addSettings(lines: string): void;
  /** @param port a free one unless told otherwise, as after a restart */
  runserver(port?: number): Promise<DjangoServer>;
  gunicorn(): Promise<DjangoServer>;
}

/** Why there is no Django here, or undefined when there is. */
export function whyNoDjango(): string | undefined {
  const { status } = spawnSync(PYTHON, ["-c", "import django, gunicorn"]);
  if (status === 0) return undefined;
  return `no Django or gunicorn in ${PYTHON}; sudo apt-get install python3-django gunicorn`;
}

/** A project with its database made and an administrator in it. */
export async function djangoProject(): Promise<DjangoProject> {
  const folder = folderUntilEnd("devtls-django-");
  const settings = join(folder, "site1/settings.py");
  mkdirSync(join(folder, "site1"));
  writeFileSync(settings, SETTINGS);
  writeFileSync(join(folder, "site1/__init__.py"), "");
  writeFileSync(join(folder, "site1/urls.py"), URLS);
  writeFileSync(join(folder, "site1/wsgi.py"), WSGI);
  const env = {
    PYTHONPATH: folder,
    DJANGO_SETTINGS_MODULE: "site1.settings",
    DJANGO_SUPERUSER_PASSWORD: ADMIN.password,
    PYTHONUNBUFFERED: "1",
    // Who sets it decides what gunicorn believes, which is what the tests look at.
    FORWARDED_ALLOW_IPS: "",
  };
  const options = { cwd: folder, env };
  const manage = async (...args: string[]): Promise<void> => {
    const { status, stderr } = await runProgram(PYTHON, ["-m", "django", ...args], options);
    if (status !== 0) throw new Error(`django ${args[0]}: ${stderr}`);
  };
  await manage("migrate", "--verbosity=0");
  const who = [`--username=${ADMIN.name}`, "--email=ada@example.test"];
  await manage("createsuperuser", "--noinput", "--verbosity=0", ...who);
  return {
    addSettings: (lines) => appendFileSync(settings, `${lines}\n`),
    runserver: async (given) => {
      const port = given ?? (await freePort());
      const args = ["-m", "django", "runserver", "--noreload", `127.0.0.1:${port}`];
      const server = start(PYTHON, args, options);
      await accepting(port, server);
      return { ...server, port };
    },
    gunicorn: async () => {
      const args = ["-m", "gunicorn", "--bind=127.0.0.1:0", "site1.wsgi"];
      const server = start(PYTHON, args, options);
      const [, port] = await server.waitFor(/Listening at: http:\/\/127\.0\.0\.1:(\d+)/);
      return { ...server, port: Number(port) };
    },
  };
}

const POLL_MS = 20;
const START_TIMEOUT_MS = 20_000;

/** `runserver` says that it starts, not that it listens: asking is the only way to know. */
export async function accepting(port: number, server: Running): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await accepts(port))) {
    if (server.child.exitCode !== null || Date.now() > deadline) {
      throw new Error(`nothing listens on ${port}: ${server.stderr()}`);
    }
    await delay(POLL_MS);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** Fills the form of the admin site in. @returns the response that the form was answered with */
export async function logIn(page: Page): Promise<Response> {
  await page.fill("input[name=username]", ADMIN.name);
  await page.fill("input[name=password]", ADMIN.password);
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.request().method() === "POST"),
    page.click("input[type=submit]"),
  ]);
  await page.waitForURL("**/admin/");
  return answer;
}
