/** Web frameworks in Perl. */
import { type Framework, lines } from "./record.js";

export const mojolicious: Framework = {
  name: "mojolicious",
  title: "Mojolicious",
  id: null,
  where: "Mojolicious, in the app's startup",
  matches: ({ header, cookieNames }) =>
    header("server") === "Mojolicious (Perl)" || cookieNames.includes("mojolicious"),
  sessions: /^mojolicious$/,
  settings: {
    trustProto: lines({ line: "MOJO_REVERSE_PROXY=1", where: "Mojolicious, environment" }),
    secure: lines("app->sessions->secure(1);"),
    "no-domain": lines("app->sessions->cookie_domain(undef);"),
    "root-path": lines("app->sessions->cookie_path('/');"),
    "same-site": lines("app->sessions->samesite('Lax');"),
  },
};

export const dancer: Framework = {
  name: "dancer",
  title: "Dancer2",
  id: null,
  where: "Dancer2, config.yml",
  matches: ({ header, cookieNames }) =>
    header("server").startsWith("Perl Dancer2") || cookieNames.includes("dancer.session"),
  sessions: /^dancer\.session$/,
  settings: {
    trustProto: lines("behind_proxy: 1"),
    trustHost: lines("behind_proxy: 1"),
    secure: lines({
      line: "engines: { session: { Simple: { is_secure: 1 } } }",
      where: "Dancer2, config.yml, with the name of its session engine",
    }),
  },
};

const config = (setting: string) => lines(`__PACKAGE__->config(${setting});`);

export const catalyst: Framework = {
  name: "catalyst",
  title: "Catalyst",
  id: null,
  where: "Catalyst, the application class, before setup",
  matches: ({ header, page }) =>
    header("x-catalyst") !== "" ||
    // Catalyst::Plugin::Session calls it after the application, and its id is a SHA-1.
    /^[a-z0-9_]+_session=[0-9a-f]{40}; path=\//.test(header("set-cookie")) ||
    page.includes("powered by Catalyst"),
  sessions: /^[a-z0-9]\w*_session$/,
  settings: {
    trustProto: config("using_frontend_proxy => 1"),
    trustHost: config("using_frontend_proxy => 1"),
    secure: config("'Plugin::Session' => { cookie_secure => 1 }"),
    "no-domain": config("'Plugin::Session' => { cookie_domain => undef }"),
    "root-path": config("'Plugin::Session' => { cookie_path => '/' }"),
    "http-only": config("'Plugin::Session' => { cookie_httponly => 1 }"),
  },
};
