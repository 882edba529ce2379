/** The dev servers of the table: what each is started with, and what it does when a file changes. */
import { whyNoDjango } from "../../support/django.js";
import { missing } from "../../support/tools.js";

export interface DevServer {
  /** The folder below projects/. */
  readonly name: string;
  /** The folder whose package.json brings it; Debian's Python packages need none. */
  readonly packages?: "quick" | "slow";
  /** The command with the arguments that choose a port, of which devtls is told nothing. */
  readonly command: (port: string) => readonly string[];
  /** The name that devtls serves it as; localhost unless told otherwise. */
  readonly host?: string;
  /** The page with the heading, below the root. */
  readonly page?: string;
  /** The file that says "first". */
  readonly file: string;
  /** Its WebSocket says nothing until something changes. */
  readonly isSilent?: true;
  /** What shows the change: the open page by itself, or the next one that is asked for. */
  readonly seen: "at once" | "when asked again";
  readonly whyNot?: () => string | undefined;
}

/** The script "dev" of the project's package.json. */
const npm =
  (...options: readonly string[]) =>
  (port: string) => ["npm", "run", "dev", "--", "--port", port, ...options];

/** Debian installs its packages for this interpreter; another one may come first on PATH. */
const PYTHON = "/usr/bin/python3";

/** Without it, the page's own client asks the dev server's port for a WebSocket over TLS. */
export const WEBPACK_CLIENT = ["--client-web-socket-url", "auto://0.0.0.0:0/ws"] as const;

/** Started as its documentation says, which is not enough behind anything that speaks TLS. */
export const PLAIN_WEBPACK: DevServer = {
  name: "webpack-dev-server",
  packages: "quick",
  command: npm(),
  file: "src/index.js",
  seen: "when asked again",
};

/** On localhost its page's client goes without TLS. */
export const PLAIN_PARCEL: DevServer = {
  name: "parcel",
  packages: "slow",
  command: npm(),
  file: "main.js",
  isSilent: true,
  seen: "when asked again",
};

/** Those that npm installs in a minute. */
const QUICK: readonly DevServer[] = [
  { name: "vite", command: npm(), file: "text.js", seen: "at once" },
  { name: "sveltekit", command: npm(), file: "src/routes/+page.svelte", seen: "at once" },
  { name: "react-router", command: npm(), file: "app/home.jsx", seen: "at once" },
  { name: "eleventy", command: npm(), file: "index.md", seen: "at once" },
  { ...PLAIN_WEBPACK, command: npm(...WEBPACK_CLIENT), seen: "at once" },
  {
    name: "nodemon",
    command: (port) => ["npm", "run", "dev", "--", port],
    file: "server.js",
    seen: "when asked again",
  },
];

/** Those that take minutes to install, and long to start. */
const SLOW: readonly DevServer[] = [
  { name: "astro", command: npm(), file: "src/pages/index.astro", seen: "at once" },
  { ...PLAIN_PARCEL, host: "app.localhost", seen: "at once" },
  {
    name: "nest",
    command: (port) => ["env", `PORT=${port}`, "npm", "run", "dev"],
    file: "src/app.controller.ts",
    seen: "when asked again",
  },
  { name: "next", command: npm(), file: "app/page.js", seen: "at once" },
  { name: "nuxt", command: npm(), file: "app.vue", seen: "at once" },
  { name: "angular", command: npm(), file: "src/main.ts", seen: "at once" },
  {
    name: "storybook",
    command: npm(),
    page: "iframe.html?id=title--plain&viewMode=story",
    file: "stories/Title.stories.js",
    seen: "at once",
  },
];

const DEBIAN: readonly DevServer[] = [
  {
    name: "django",
    command: (port) => [PYTHON, "manage.py", "runserver", port],
    file: "manage.py",
    seen: "when asked again",
    whyNot: whyNoDjango,
  },
  {
    name: "flask",
    command: (port) => [PYTHON, "-m", "flask", "--debug", "run", "--port", port],
    file: "app.py",
    seen: "when asked again",
    whyNot: () => missing(["flask"]),
  },
];

/** @param slow those as well that take minutes to install */
export function devServers(slow: boolean): readonly DevServer[] {
  return [
    ...DEBIAN,
    ...QUICK.map((server) => ({ ...server, packages: "quick" }) as const),
    ...(slow ? SLOW.map((server) => ({ ...server, packages: "slow" }) as const) : []),
  ];
}
