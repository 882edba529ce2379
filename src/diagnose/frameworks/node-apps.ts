/** Applications on Node that many run as they come. */
import { express } from "./node.js";
import { type Framework, lines } from "./record.js";

export const verdaccio: Framework = {
  ...express,
  name: "verdaccio",
  title: "Verdaccio",
  id: "express",
  where: "Verdaccio, config.yaml",
  // It hides its name unless it is told to give it.
  matches: ({ header, path }) =>
    /^verdaccio\b/.test(header("x-powered-by")) ||
    (header("x-powered-by") === "hidden" &&
      header("content-security-policy") === "connect-src 'self'") ||
    /\/-\/(?:verdaccio|static\/(?:runtime|vendors|main)\.)/.test(path),
  // It believes X-Forwarded-Proto by itself.
  settings: {
    baseUrl: lines({ line: "VERDACCIO_PUBLIC_URL={origin}", where: "Verdaccio, environment" }),
  },
};

export const nodeRed: Framework = {
  ...express,
  name: "node-red",
  title: "Node-RED",
  id: "express",
  where: "Node-RED, settings.js",
  // It has no setting for a proxy, and needs none: its pages have no absolute URLs.
  settings: {},
  matches: ({ path, header }) =>
    header("x-powered-by") === "Express" &&
    /^\/(?:red\/|vendor\/|flows$|nodes$|comms$|library\/local\/)/.test(path),
};
