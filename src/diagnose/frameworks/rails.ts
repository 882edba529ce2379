import { type Framework, lines, type Traits } from "./record.js";

const PRODUCTION = "Rails, config/environments/production.rb";
const DEVELOPMENT = "Rails, config/environments/development.rb";
const SESSION = "Rails, config/initializers/session_store.rb";

const session = (option: string) =>
  lines({
    line: `Rails.application.config.session_store :cookie_store, ${option}`,
    where: SESSION,
  });

/** From the last element, the edge's own, and nothing where it says X-Forwarded-Proto. */
const FROM_FORWARDED =
  'env["HTTP_FORWARDED"].to_s.split(",").last.to_s.scan(/\\b(proto|host)="?([^\\s;"]+)/i) { |name, value| env["HTTP_X_FORWARDED_#{name.upcase}"] ||= value } unless env["HTTP_X_FORWARDED_PROTO"]';

/** The headers that come with every response, by the release whose defaults they are. */
function byDefaultHeaders({ header, page }: Traits): string | undefined {
  const [, shown] = /Rails (?:version)?\D{0,20}(\d+\.\d+)\.\d/.exec(page) ?? [];
  if (shown !== undefined) return shown;
  if (/\b1\b/.test(header("x-xss-protection"))) return "6.1";
  // 7.1 leaves it out, and knows assume_ssl.
  if (header("x-download-options") === "noopen") return "7.0";
  return header("x-permitted-cross-domain-policies") === "none" ? "7.1" : undefined;
}

export const rails: Framework = {
  name: "rails",
  title: "Rails",
  id: "rails",
  where: PRODUCTION,
  matches: ({ header, cookieNames, page }) =>
    (header("x-runtime") !== "" && header("x-request-id") !== "") ||
    cookieNames.some((name) => /^_\w+_session$/.test(name)) ||
    // ActionDispatch::SSL answers before the middleware that adds the headers above.
    header("strict-transport-security") === "max-age=63072000; includeSubDomains" ||
    page.includes("ActionController::InvalidAuthenticityToken"),
  versionIn: byDefaultHeaders,
  sessions: /^_\w+_session$/,
  settings: {
    // Before 7.1 Rails believes X-Forwarded-Proto, and has no other setting: the edge has to send it.
    trustProto: lines({ line: "config.assume_ssl = true", since: "7.1" }),
    // Rack reads Forwarded from 3 on by itself, and Rails runs on 2 as well.
    trustForwarded: lines(
      `config.middleware.insert_before 0, Struct.new(:app) { def call(env) ${FROM_FORWARDED}; app.call(env) end }`,
    ),
    baseUrl: lines({
      line: 'Rails.application.routes.default_url_options = { protocol: "https", host: "{host}" }',
      where: "Rails, config/environment.rb",
    }),
    origins: lines({ line: "config.assume_ssl = true", since: "7.1" }),
    socketOrigins: lines('config.action_cable.allowed_request_origins = ["{origin}"]'),
    hosts: lines({ line: 'config.hosts << "{hostname}"', where: DEVELOPMENT }),
    noHsts: lines({ line: "config.ssl_options = { hsts: false }", where: DEVELOPMENT }),
    secure: session("secure: true"),
    "no-domain": session("domain: nil"),
    "root-path": session('path: "/"'),
    "http-only": session("httponly: true"),
    smaller: lines({
      line: "Rails.application.config.session_store :cache_store",
      where: SESSION,
    }),
  },
  refusals: [
    { text: "match request.base_url", says: "origin" },
    { text: "Can&#39;t verify CSRF token authenticity", says: "token" },
    { text: "Can't verify CSRF token authenticity", says: "token" },
    { text: "ActionController::InvalidAuthenticityToken", says: "origin", vague: true },
    { text: "Blocked host", says: "host" },
  ],
};

/** A project management application on Rails; 5 runs on Rails 6.1, 6 on 7.2. */
export const redmine: Framework = {
  ...rails,
  name: "redmine",
  title: "Redmine",
  matches: ({ cookieNames }) => cookieNames.includes("_redmine_session"),
  where: "Redmine, config/additional_environment.rb",
  sessions: /^(?:_redmine_session|autologin)$/,
  settings: {
    ...rails.settings,
    trustProto: lines({
      line: "config.assume_ssl = true",
      where: "Redmine, config/additional_environment.rb",
      since: "7.1",
    }),
    noHsts: lines({
      line: "config.ssl_options = { hsts: false }",
      where: "Redmine, config/additional_environment.rb",
    }),
    secure: lines({
      line: "config.session_store :cookie_store, key: '_redmine_session', secure: true",
      where: "Redmine, config/additional_environment.rb",
    }),
  },
};
