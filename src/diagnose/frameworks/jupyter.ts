import { type Framework, lines } from "./record.js";

const CONFIG = "Jupyter, jupyter_notebook_config.py (ServerApp in place of NotebookApp from 7 on)";

export const jupyter: Framework = {
  name: "jupyter",
  title: "Jupyter",
  id: null,
  where: CONFIG,
  matches: ({ header, cookieNames }) =>
    /report-uri \/[^;]*api\/security\/csp-report/.test(header("content-security-policy")) ||
    header("x-jupyterhub-version") !== "" ||
    (header("server").startsWith("TornadoServer/") &&
      cookieNames.some((name) => /^username-/.test(name))),
  sessions: /^username-/,
  secureFollows: true,
  settings: {
    trustProto: lines("c.NotebookApp.trust_xheaders = True"),
    socketOrigins: lines("c.NotebookApp.allow_origin = '{origin}'"),
    origins: lines("c.NotebookApp.allow_origin = '{origin}'"),
    hosts: lines("c.NotebookApp.allow_remote_access = True"),
    secure: lines("c.NotebookApp.cookie_options = {'secure': True}"),
  },
  refusals: [
    { text: "Blocking Cross Origin", says: "origin" },
    { text: "Cross Origin API request", says: "origin" },
    { text: "Blocking request with non-local", says: "host" },
    // The reason stands in the log only: a refused Host gets this page for every path.
    { text: "403 : Forbidden", says: "host", vague: true },
    // And a refused Origin gets this from every API, whatever is there.
    { text: '"message": "Not Found", "reason": null', says: "origin", vague: true },
    { text: "_xsrf' argument missing", says: "token" },
    { text: "XSRF cookie does not match", says: "token" },
  ],
};
