/** Dev servers of front ends: what they refuse, and how their pages find them again. */
import { type Framework, lines } from "./record.js";

export const vite: Framework = {
  name: "vite",
  title: "Vite",
  id: null,
  where: "Vite, vite.config.js",
  matches: ({ path, page }) =>
    /^\/@(?:vite|id|fs)\//.test(path) || page.includes("in vite.config.js"),
  settings: {
    hosts: lines("server: { allowedHosts: ['{hostname}'] }"),
    socketOrigins: lines("server: { allowedHosts: ['{hostname}'] }"),
    socketUrl: lines("server: { hmr: { clientPort: {port} } }"),
  },
  refusals: [{ text: "Blocked request. This host", says: "host" }],
};

export const angular: Framework = {
  ...vite,
  name: "angular",
  title: "Angular",
  where: "Angular, angular.json, the options of serve",
  matches: ({ page }) => /Blocked request\. This host/.test(page) && page.includes("angular.json"),
  settings: {
    hosts: lines('"allowedHosts": ["{hostname}"]'),
    socketOrigins: lines('"allowedHosts": ["{hostname}"]'),
  },
};

export const webpack: Framework = {
  name: "webpack",
  title: "webpack-dev-server",
  id: null,
  where: "webpack, webpack.config.js",
  matches: ({ page, path }) =>
    page.trim() === "Invalid Host header" || path.startsWith("/webpack-dev-server/"),
  settings: {
    hosts: lines("devServer: { allowedHosts: ['{hostname}'] }"),
    socketOrigins: lines("devServer: { allowedHosts: ['{hostname}'] }"),
    socketUrl: lines({
      line: "--client-web-socket-url auto://0.0.0.0:0/ws",
      where: "webpack-dev-server, how it is started",
    }),
  },
  refusals: [{ text: "Invalid Host header", says: "host" }],
};

/** Vite serves its stories, with a configuration that Storybook makes. */
export const storybook: Framework = {
  ...vite,
  name: "storybook",
  title: "Storybook",
  where: "Storybook, .storybook/main.js",
  matches: ({ path }) =>
    /\/(?:sb-(?:addons|manager|preview|common-assets)\/|iframe\.html\?(?:.*&)?viewMode=)/.test(
      path,
    ),
  settings: {
    hosts: lines("core: { allowedHosts: ['{hostname}'] }"),
    socketOrigins: lines("core: { allowedHosts: ['{hostname}'] }"),
    socketUrl: lines(
      "viteFinal: (config) => { config.server.hmr.clientPort = {port}; return config; }",
    ),
  },
};

export const parcel: Framework = {
  name: "parcel",
  title: "Parcel",
  id: null,
  where: "Parcel, how it is started",
  // Nothing but its client tells it from others.
  matches: () => false,
  settings: {
    socketUrl: lines({
      line: "devtls serve --host app.localhost",
      where: "devtls, beside its other options",
    }),
  },
};

/** Servers that Python apps run on, which look at the headers before the app does. */
export const gunicorn: Framework = {
  name: "gunicorn",
  title: "gunicorn",
  id: null,
  where: "gunicorn, environment",
  general: true,
  matches: () => false,
  settings: {},
  refusals: [{ text: "Contradictory scheme headers", says: "contradiction" }],
};
