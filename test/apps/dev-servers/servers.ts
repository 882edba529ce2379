/** The dev servers of the table: what each is started with, and what it does when a file changes. */
import { whyNoDjango } from "../../support/django.js";
import { missing } from "../../support/tools.js";

export interface DevServer {
  /** The folder below projects/. */
  readonly name: string;
  /** The folder whose package.json brings it; Debian's Python packages need none. */
  readonly packages?: "quick" | "slow";
  readonly command: readonly string[];
  /** The page with the heading, below the root. */
  readonly page?: string;
  /** The file that says "first". */
  readonly file: string;
  /** What shows the change: the open page by itself, or the next one that is asked for. */
  readonly seen: "at once" | "when asked again";
  /** Without these arguments the page's own client does not find its server. */
  readonly needs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly whyNot?: () => string | undefined;
}

const NPM = ["npm", "run", "dev"] as const;

/** Debian installs its packages for this interpreter; another one may come first on PATH. */
const PYTHON = "/usr/bin/python3";

export const DEV_SERVERS: readonly DevServer[] = [
  { name: "vite", packages: "quick", command: NPM, file: "text.js", seen: "at once" },
  {
    name: "astro",
    packages: "quick",
    command: NPM,
    file: "src/pages/index.astro",
    seen: "at once",
  },
  {
    ...{ name: "sveltekit", packages: "quick", command: NPM },
    ...{ file: "src/routes/+page.svelte", seen: "at once" },
  },
  {
    ...{ name: "react-router", packages: "quick", command: NPM },
    ...{ file: "app/home.jsx", seen: "at once" },
  },
  { name: "parcel", packages: "quick", command: NPM, file: "main.js", seen: "at once" },
  { name: "eleventy", packages: "quick", command: NPM, file: "index.md", seen: "at once" },
  {
    ...{ name: "webpack-dev-server", packages: "quick", command: NPM },
    ...{ file: "src/index.js", seen: "at once" },
    needs: ["--", "--client-web-socket-url", "auto://0.0.0.0:0/ws"],
  },
  {
    ...{ name: "nest", packages: "quick", command: NPM },
    ...{ file: "src/app.controller.ts", seen: "when asked again" },
  },
  {
    ...{ name: "nodemon", packages: "quick", command: NPM },
    ...{ file: "server.js", seen: "when asked again" },
  },
  {
    ...{ name: "django", command: [PYTHON, "manage.py", "runserver"] },
    ...{ file: "manage.py", seen: "when asked again" },
    whyNot: whyNoDjango,
  },
  {
    ...{ name: "flask", command: [PYTHON, "-m", "flask", "run", "--debug"] },
    ...{ file: "app.py", seen: "when asked again" },
    whyNot: () => missing(["flask"]),
  },
  { name: "next", packages: "slow", command: NPM, file: "app/page.js", seen: "at once" },
  { name: "nuxt", packages: "slow", command: NPM, file: "app.vue", seen: "at once" },
  { name: "angular", packages: "slow", command: NPM, file: "src/main.ts", seen: "at once" },
  {
    ...{ name: "storybook", packages: "slow", command: NPM },
    ...{ page: "iframe.html?id=title--plain&viewMode=story" },
    ...{ file: "stories/Title.stories.js", seen: "at once" },
  },
];
