import { type Framework, lines } from "./record.js";

const ENDPOINT = "Phoenix, the endpoint in config/runtime.exs";
const SESSION = "Phoenix, lib/APP_web/endpoint.ex";

const session = (option: string) => lines({ line: `@session_options [${option}]`, where: SESSION });

export const phoenix: Framework = {
  name: "phoenix",
  title: "Phoenix",
  id: "phoenix",
  where: ENDPOINT,
  matches: ({ header, cookieNames }) =>
    header("server") === "Cowboy" || cookieNames.some((name) => /^_\w+_key$/.test(name)),
  sessions: /^_\w+_key$/,
  settings: {
    trustProto: lines(
      "force_ssl: [rewrite_on: [:x_forwarded_host, :x_forwarded_port, :x_forwarded_proto]]",
    ),
    trustHost: lines(
      "force_ssl: [rewrite_on: [:x_forwarded_host, :x_forwarded_port, :x_forwarded_proto]]",
    ),
    baseUrl: lines('url: [scheme: "https", host: "{hostname}", port: {port}]'),
    keepPort: lines('url: [scheme: "https", host: "{hostname}", port: {port}]'),
    socketOrigins: lines('check_origin: ["{origin}"]'),
    noHsts: lines("force_ssl: [hsts: false]"),
    secure: session("store: :cookie, secure: true"),
    "no-domain": session("store: :cookie, domain: nil"),
    "root-path": session('store: :cookie, path: "/"'),
    "http-only": session("store: :cookie, http_only: true"),
    smaller: session("store: :ets, table: :session"),
  },
};
