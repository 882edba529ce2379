import { type Framework, lines } from "./record.js";

/** Ruby's small one, whose Rack::Protection compares the Origin with what Rack takes for its own. */
export const sinatra: Framework = {
  name: "sinatra",
  title: "Sinatra",
  id: null,
  where: "Sinatra, in the application class",
  matches: ({ header, cookieNames }) =>
    cookieNames.includes("rack.session") ||
    /^WEBrick\/.*Ruby\//.test(header("server")) ||
    (header("x-xss-protection") === "1; mode=block" &&
      header("x-frame-options") === "SAMEORIGIN" &&
      header("x-content-type-options") === "nosniff" &&
      header("x-runtime") === "" &&
      header("x-download-options") === ""),
  sessions: /^rack\.session$/,
  settings: {
    origins: lines("set :protection, permitted_origins: ['{origin}']"),
    hosts: lines("set :host_authorization, { permitted_hosts: ['{hostname}'] }"),
    secure: lines("set :sessions, secure: true"),
    "no-domain": lines("set :sessions, domain: nil"),
    "root-path": lines("set :sessions, path: '/'"),
    "http-only": lines("set :sessions, httponly: true"),
  },
  refusals: [{ text: "Host not permitted", says: "host" }],
};
