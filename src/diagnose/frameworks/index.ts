/** All records, and how one is found by what a response looks like. */

import { cockpit, syncthing } from "./admin-pages.js";
import { angular, gunicorn, parcel, storybook, vite, webpack } from "./dev-servers.js";
import { django } from "./django.js";
import { flask } from "./flask.js";
import { go } from "./go.js";
import { hapi } from "./hapi.js";
import { jupyter } from "./jupyter.js";
import { aspnet, servlet, spring, tomcat } from "./jvm-dotnet.js";
import { authjs, next } from "./next.js";
import { express, fastify, koa, nest, socketIo } from "./node.js";
import { nodeRed, verdaccio } from "./node-apps.js";
import { catalyst, dancer, mojolicious } from "./perl.js";
import { phoenix } from "./phoenix.js";
import { laravel, php, symfony } from "./php.js";
import { dokuwiki, mediawiki, phpmyadmin, roundcube, wordpress } from "./php-apps.js";
import { aiohttp, bottle, cherrypy, tornado } from "./python-servers.js";
import { rails, redmine } from "./rails.js";
import type { Framework, FrameworkId, Traits } from "./record.js";
import { sinatra } from "./sinatra.js";
import { astro, sveltekit } from "./site-builders.js";
import { starlette } from "./starlette.js";

export { likelyBy, MOST_COMMON } from "./likely.js";
export type { Framework, FrameworkId, Traits } from "./record.js";

// In this order: applications before what they are made with, and the most telling marks first.
export const FRAMEWORKS: readonly Framework[] = [
  ...[wordpress, mediawiki, dokuwiki, phpmyadmin, roundcube, redmine, jupyter, verdaccio, nodeRed],
  ...[
    cockpit,
    syncthing,
    mojolicious,
    dancer,
    cherrypy,
    aiohttp,
    bottle,

    hapi,
    sveltekit,
    astro,
  ],
  ...[authjs, next, flask, django, starlette, laravel, symfony, spring, tomcat, aspnet, phoenix],
  ...[rails, catalyst],
  ...[
    angular,
    storybook,
    vite,
    webpack,
    parcel,
    fastify,
    express,
    nest,
    koa,
    go,
    sinatra,
    tornado,
    servlet,
    php,
    socketIo,
    gunicorn,
  ],
];

/** The record that events call by this name. */
export function frameworkOf(id: FrameworkId): Framework {
  const own = FRAMEWORKS.find(({ name }) => name === id);
  return own ?? (FRAMEWORKS.find((framework) => framework.id === id) as Framework);
}

/**
 * What fingerprints look at.
 * @param url of the request, or ""
 * @param page the text of a refusal or an error
 */
export function traitsOf(response: readonly string[], url = "", page = ""): Traits {
  const first = new Map<string, string>();
  const cookieNames: string[] = [];
  for (let index = 0; index < response.length; index += 2) {
    const name = (response[index] as string).toLowerCase();
    const value = response[index + 1] as string;
    if (!first.has(name)) first.set(name, value);
    if (name === "set-cookie") cookieNames.push((value.split(/[=;]/)[0] ?? "").trim());
  }
  const path = url === "" ? "" : url.slice(url.indexOf("/", url.indexOf("//") + 2));
  return { header: (name) => first.get(name) ?? "", cookieNames, path, page };
}

/** The framework that a response betrays, or undefined. */
export function recognise(response: readonly string[], url?: string): Framework | undefined {
  return recogniseBy(traitsOf(response, url));
}

export function recogniseBy(seen: Traits): Framework | undefined {
  return FRAMEWORKS.find((framework) => framework.matches(seen));
}
