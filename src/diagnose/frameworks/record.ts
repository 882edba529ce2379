/**
 * What is known of one framework, or of an application that many run: how its responses give it
 * and its version away, what it is configured with, and how its refusals read. One file each.
 */

/** As events name them; a record whose software is none of them belongs to one, or to none. */
export type FrameworkId =
  | "django"
  | "flask"
  | "starlette"
  | "rails"
  | "express"
  | "fastify"
  | "nest"
  | "next"
  | "laravel"
  | "symfony"
  | "spring"
  | "aspnet"
  | "wordpress"
  | "phoenix"
  | "go"
  | "php";

/** What a setting is there for. */
export type Purpose =
  /** Takes the scheme from what the edge says. */
  | "trustProto"
  /** Takes scheme and host from Forwarded (RFC 7239), or knows them, where an edge says no more. */
  | "trustForwarded"
  /** Takes the host from X-Forwarded-Host, or knows its own. */
  | "trustHost"
  /** Its own address, where it is written down. */
  | "baseUrl"
  /** Origins whose forms it takes. */
  | "origins"
  /** Origins whose WebSockets it takes. */
  | "socketOrigins"
  /** Names that it answers to. */
  | "hosts"
  /** Builds a redirect to https with the port that the browser used. */
  | "keepPort"
  /** How the page's script finds the server that it talks to. */
  | "socketUrl"
  /** No redirect to the path with a slash. */
  | "slash"
  /** No Strict-Transport-Security while developing. */
  | "noHsts"
  /** Redirects plain http to https. */
  | "httpsRedirect"
  /** Any response header: `{name}` and `{value}` stand for it. */
  | "header"
  /** Strict-Transport-Security, where it has a setting of its own. */
  | "hsts"
  /** X-Content-Type-Options. */
  | "nosniff"
  /** X-Frame-Options. */
  | "frames"
  /** Referrer-Policy. */
  | "referrer"
  /** Content-Security-Policy. */
  | "csp"
  /** SameSite on its session's cookie. */
  | "same-site"
  /** No pages for developers. */
  | "noDebug"
  | CookieChange;

/** What has to change in a cookie. */
export type CookieChange = "secure" | "no-domain" | "root-path" | "http-only" | "smaller";

export interface Setting {
  /**
   * Ready to paste. In braces are parts of the public URL: `{origin}`, `{host}` with the port,
   * `{hostname}`, `{port}`; `{peer}` is the address that the edge connects from.
   */
  readonly line: string;
  /** Where it goes, if not where most of this framework's lines go. */
  readonly where?: string;
  /** The first version that knows it: "4.0". */
  readonly since?: string;
  /** The first version that does not know it any more. */
  readonly before?: string;
}

/** What a page of refusal gives as the reason. */
export type Reason =
  /** The Origin, or the Referer in its place, is not the one that the app takes for its own. */
  | "origin"
  /** There is no Referer. */
  | "no-referer"
  /** The token of the form, or the cookie that belongs to it, is missing or another one. */
  | "token"
  /** The Host is none that it answers to. */
  | "host"
  /** A cookie for https only was not sent, because the request was taken for plain http. */
  | "withheld"
  /** Headers that say http and https at once. */
  | "contradiction";

export interface RefusalPage {
  /** What stands on the page, word for word. */
  readonly text: string;
  readonly says: Reason;
  /** Others write the same for other reasons. */
  readonly vague?: true;
}

/** The parts of an exchange that fingerprints look at. */
export interface Traits {
  /** The first value of a response header by its lower-case name, "" where it is absent. */
  header(name: string): string;
  readonly cookieNames: readonly string[];
  /** Of the URL that was asked for, with its query. */
  readonly path: string;
  /** The text of a refusal or an error page; "" for others. */
  readonly page: string;
}

export interface Framework {
  /** Its own name, one for each record. */
  readonly name: string;
  readonly title: string;
  /** As events say it. */
  readonly id: FrameworkId | null;
  /** Where most of its lines go: "settings.py". */
  readonly where: string;
  /** Whether a response can only be, or most likely is, this framework's. */
  readonly matches: (seen: Traits) => boolean;
  /** Other records may say it better: of the language, or the server below. */
  readonly general?: true;
  /** The version that a response betrays: "3.2", or the first one that behaves so. */
  readonly versionIn?: (seen: Traits) => string | undefined;
  /** Names of its session's cookies. */
  readonly sessions?: RegExp;
  /** Adds Secure to its cookies when it takes the request for a secure one. */
  readonly secureFollows?: true;
  readonly settings: Readonly<Partial<Record<Purpose, readonly Setting[]>>>;
  readonly refusals?: readonly RefusalPage[];
}

/** One setting, or several that go together. */
export const lines = (...all: readonly (string | Setting)[]): Setting[] =>
  all.map((each) => (typeof each === "string" ? { line: each } : each));
