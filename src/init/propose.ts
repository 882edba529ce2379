/**
 * What a project needs to start on https: its dev script, a configuration, and the settings that
 * https asks of its framework. Pure: it reads files through what it is given and writes none.
 */
import { type Framework, type FrameworkId, frameworkOf } from "../diagnose/frameworks/index.js";

/** Reads a file of the project by its name; undefined when it is not there. */
export type ReadFile = (name: string) => string | undefined;

export interface Change {
  readonly file: string;
  /** undefined for a new file. */
  readonly before: string | undefined;
  readonly after: string;
  /** In one line. */
  readonly what: string;
}

export interface Proposal {
  /** "Django" */
  readonly title: string;
  /** Empty when everything is there already. */
  readonly changes: readonly Change[];
  /** Lines for the app's own configuration, which is not touched. */
  readonly settings: readonly string[];
  /** The command that starts it on https afterwards. */
  readonly start: string;
  /** What the script needs and the project does not have: a command that gets it. */
  readonly missing?: string;
}

interface Kind {
  readonly title: string;
  readonly framework?: FrameworkId;
  /** Tells the kind by a dependency of package.json, or by a file that matches. */
  readonly dependency?: string;
  readonly file?: readonly [name: string, content: RegExp];
  /** The dev server where no npm script starts it. */
  readonly command?: readonly string[];
  /** npm scripts that start it, besides the usual ones. */
  readonly scripts?: readonly string[];
}

// The most telling first: SvelteKit and Astro depend on Vite, and anything may on Express.
const KINDS: readonly Kind[] = [
  { title: "Next.js", framework: "next", dependency: "next", command: ["next", "dev"] },
  { title: "Nuxt", dependency: "nuxt", command: ["nuxt", "dev"] },
  { title: "Astro", dependency: "astro", command: ["astro", "dev"] },
  { title: "SvelteKit", dependency: "@sveltejs/kit", command: ["vite", "dev"] },
  { title: "React Router", dependency: "@react-router/dev", command: ["react-router", "dev"] },
  { title: "Angular", dependency: "@angular/cli", command: ["ng", "serve"] },
  {
    title: "Nest",
    framework: "nest",
    dependency: "@nestjs/core",
    scripts: ["start:dev"],
    command: ["nest", "start", "--watch"],
  },
  { title: "Vite", dependency: "vite", command: ["vite"] },
  {
    title: "Eleventy",
    dependency: "@11ty/eleventy",
    command: ["eleventy", "--serve", "--port={port}"],
  },
  {
    title: "webpack-dev-server",
    dependency: "webpack-dev-server",
    command: ["webpack", "serve", "--port", "{port}"],
  },
  { title: "Parcel", dependency: "parcel", command: ["parcel", "--port", "{port}"] },
  { title: "Express", framework: "express", dependency: "express" },
  {
    title: "Storybook",
    dependency: "storybook",
    scripts: ["storybook"],
    command: ["storybook", "dev", "-p", "{port}"],
  },
  {
    title: "Django",
    framework: "django",
    file: ["manage.py", /django/i],
    command: ["python3", "manage.py", "runserver", "{port}"],
  },
  {
    title: "FastAPI",
    framework: "starlette",
    file: ["pyproject.toml", /["'\s]fastapi\b/i],
    command: ["fastapi", "dev", "--port", "{port}"],
  },
  {
    title: "Flask",
    framework: "flask",
    file: ["pyproject.toml", /["'\s]flask\b/i],
    command: ["flask", "run", "--port", "{port}"],
  },
  {
    title: "FastAPI",
    framework: "starlette",
    file: ["requirements.txt", /^fastapi\b/im],
    command: ["fastapi", "dev", "--port", "{port}"],
  },
  {
    title: "Flask",
    framework: "flask",
    file: ["requirements.txt", /^flask\b/im],
    command: ["flask", "run", "--port", "{port}"],
  },
  {
    title: "Flask",
    framework: "flask",
    file: ["app.py", /^\s*(?:from|import)\s+flask\b/im],
    command: ["flask", "run", "--port", "{port}"],
  },
  {
    title: "Rails",
    framework: "rails",
    file: ["Gemfile", /^\s*gem\s+["']rails["']/m],
    command: ["bin/rails", "server", "-p", "{port}"],
  },
  {
    title: "Laravel",
    framework: "laravel",
    file: ["composer.json", /"laravel\/framework"/],
    command: ["php", "artisan", "serve", "--port={port}"],
  },
];

const CONFIG = "devtls.config.json";

/**
 * Proposes what to change; undefined for a project of no known kind and without a dev script.
 * @param devtls how this devtls would be made a dependency, or undefined when the shell finds it
 * @throws SyntaxError for a package.json that is not JSON
 */
export function propose(read: ReadFile, devtls = "devtls"): Proposal | undefined {
  const packageText = read("package.json");
  const manifest = packageText === undefined ? undefined : (JSON.parse(packageText) as Manifest);
  const known = KINDS.find((each) => isOf(each, read, manifest));
  const kind = known ?? { title: "an npm project" };
  const settings = settingsOf(kind.framework && frameworkOf(kind.framework));
  const script = packageText && manifest && scriptOf(kind, manifest);
  if (script) {
    const proposal = proposeScript(kind.title, packageText, manifest, script, settings);
    return { ...proposal, ...missingIn(read, manifest, devtls) };
  }
  return kind.command && proposeConfig(kind.title, kind.command, settings, read);
}

/** Lock files by the command that adds a development dependency. */
const MANAGERS: readonly (readonly [file: string, add: string])[] = [
  ["pnpm-lock.yaml", "pnpm add --save-dev"],
  ["yarn.lock", "yarn add --dev"],
  ["bun.lock", "bun add --dev"],
  ["bun.lockb", "bun add --dev"],
];

/** A script finds devtls where it is a dependency of the project. */
function missingIn(read: ReadFile, manifest: Manifest, devtls: string): Pick<Proposal, "missing"> {
  if ("devtls" in { ...manifest.dependencies, ...manifest.devDependencies }) return {};
  const manager = MANAGERS.find(([file]) => read(file) !== undefined);
  return { missing: `${manager?.[1] ?? "npm install --save-dev"} ${devtls}` };
}

interface Manifest {
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function isOf({ dependency, file }: Kind, read: ReadFile, manifest: Manifest | undefined): boolean {
  if (dependency !== undefined) {
    return dependency in { ...manifest?.dependencies, ...manifest?.devDependencies };
  }
  return file?.[1].test(read(file[0]) ?? "") ?? false;
}

function settingsOf(framework: Framework | undefined): readonly string[] {
  return framework?.settings.trustProto?.map(({ line }) => line) ?? [];
}

function proposeConfig(
  title: string,
  command: readonly string[],
  settings: readonly string[],
  read: ReadFile,
): Proposal {
  const before = read(CONFIG);
  const after = `${JSON.stringify({ command }, null, 2)}\n`;
  const change = { file: CONFIG, before, after, what: `command: ${command.join(" ")}` };
  return { title, changes: before === undefined ? [change] : [], settings, start: "devtls serve" };
}

/** Scripts that start dev servers, by custom. */
const SCRIPTS = ["dev", "start", "serve"];

function scriptOf({ scripts = [] }: Kind, manifest: Manifest): string | undefined {
  const written = manifest.scripts ?? {};
  return [...scripts, ...SCRIPTS].find((name) => typeof written[name] === "string");
}

function proposeScript(
  title: string,
  text: string,
  manifest: Manifest,
  name: string,
  settings: readonly string[],
): Proposal {
  const { scripts = {} } = manifest;
  const start = name === "start" ? "npm start" : `npm run ${name}`;
  const old = scripts[name] as string;
  if (/\bdevtls\b/.test(old)) return { title, changes: [], settings, start };
  // What a shell has to read stays a script of its own, which a shell reads.
  const simple = /^[\w@%+=:,./ -]+$/.test(old) && !/^\w+=/.test(old);
  const inner = `${name}:app`;
  const wrapped = simple ? `devtls serve -- ${old}` : `devtls serve -- npm run ${inner}`;
  const changed = {
    ...manifest,
    scripts: { ...scripts, [name]: wrapped, ...(simple ? {} : { [inner]: old }) },
  };
  const indent = /^([ \t]+)"/m.exec(text)?.[1] ?? "  ";
  const after = JSON.stringify(changed, null, indent) + (text.endsWith("\n") ? "\n" : "");
  const what = `"${name}": "${wrapped}"`;
  return { title, changes: [{ file: "package.json", before: text, after, what }], settings, start };
}
