/** Which frameworks it may be, where a response shows no more than what it runs on. */
import { django } from "./django.js";
import { flask } from "./flask.js";
import { spring, tomcat } from "./jvm-dotnet.js";
import { express, fastify, koa } from "./node.js";
import { catalyst, dancer, mojolicious } from "./perl.js";
import { rails } from "./rails.js";
import type { Framework, Traits } from "./record.js";

interface Runtime {
  readonly runs: (seen: Traits) => boolean;
  readonly likely: readonly Framework[];
}

const serverIs =
  (pattern: RegExp) =>
  ({ header }: Traits): boolean =>
    pattern.test(header("server"));

const RUNTIMES: readonly Runtime[] = [
  // A servlet container that is asked for confidentiality; it says nothing else of itself.
  {
    runs: ({ header }) =>
      /^https:\/\/[^/]*:8443\//.test(header("location")) && header("cache-control") === "private",
    likely: [tomcat, spring],
  },
  // What Node's own server adds; others write it in another way, or with another number.
  { runs: ({ header }) => header("keep-alive") === "timeout=5", likely: [express, fastify, koa] },
  {
    runs: serverIs(/^(?:gunicorn|WSGIServer|waitress|hypercorn|daphne|Cheroot|Python)\b/i),
    likely: [django, flask],
  },
  { runs: serverIs(/^(?:WEBrick|thin|Phusion Passenger|Falcon)\b/i), likely: [rails] },
  { runs: serverIs(/^(?:Jetty|Undertow|WildFly|GlassFish)\b/i), likely: [spring, tomcat] },
  {
    runs: serverIs(/^(?:HTTP::Server::PSGI|Starman|Twiggy)/i),
    likely: [mojolicious, dancer, catalyst],
  },
];

/** Shown when nothing is known: the three that ask most often. */
export const MOST_COMMON: readonly Framework[] = [django, express, rails];

/** Those that run on what the response betrays; undefined where it betrays nothing. */
export function likelyBy(seen: Traits): readonly Framework[] | undefined {
  return RUNTIMES.find(({ runs }) => runs(seen))?.likely;
}
