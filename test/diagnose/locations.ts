/** Responses of an app at http://localhost:8000 that browsers reach as https://app.test:8443. */

import type { InsecureLocationCause } from "../../src/diagnose/detectors/insecure-location.js";
import type { Observation } from "../../src/diagnose/finding.js";

export interface Case {
  readonly name: string;
  readonly response: readonly string[];
  readonly more?: Partial<Observation>;
}

export interface SickCase extends Case {
  readonly cause: InsecureLocationCause;
}

const LOCAL = {
  url: "https://localhost:8443/page",
  told: ["Host", "localhost:8443", "X-Forwarded-Proto", "https"],
};
const REWRITTEN = { told: ["Host", "app:3000", "X-Forwarded-Proto", "https"] };
const IDP = "https://idp.example/authorize?client_id=a&redirect_uri=";
const OK = { status: 200 };

const to = (location: string): string[] => ["Location", location];

export const SICK: readonly SickCase[] = [
  {
    name: "a slash is added (Flask, Starlette)",
    response: to("http://app.test:8443/page/"),
    cause: "http-location",
  },
  {
    name: "a login",
    response: to("http://app.test:8443/login?next=/page"),
    cause: "http-location",
  },
  {
    name: "the same page over http",
    response: to("http://app.test:8443/page"),
    cause: "http-location",
  },
  { name: "the port is lost", response: to("http://app.test/page/"), cause: "http-location" },
  {
    name: "the name of the header is in small letters",
    response: ["location", "http://app.test:8443/"],
    cause: "http-location",
  },
  { name: "the URL is in capitals", response: to("HTTP://APP.TEST:8443/"), cause: "http-location" },
  {
    name: "a user name stands before the host",
    response: to("http://ada@app.test:8443/"),
    cause: "http-location",
  },
  {
    name: "the public port is the default one",
    response: to("http://app.test/b"),
    cause: "http-location",
    more: { url: "https://app.test/a", told: ["Host", "app.test"] },
  },
  {
    name: "the app says port 443 without TLS",
    response: to("http://app.test:443/b"),
    cause: "http-location",
    more: { url: "https://app.test/a", told: ["Host", "app.test"] },
  },
  {
    name: "localhost was told without its port",
    response: to("http://localhost/b"),
    cause: "http-location",
    more: { ...LOCAL, told: ["Host", "localhost"] },
  },
  {
    name: "a POST is answered",
    response: to("http://app.test:8443/done"),
    cause: "http-location",
    more: { method: "POST", status: 303 },
  },
  {
    name: "something was created",
    response: to("http://app.test:8443/items/1"),
    cause: "http-location",
    more: { method: "POST", status: 201 },
  },
  {
    name: "the target is named",
    response: to("http://localhost:8000/login"),
    cause: "internal-location",
  },
  {
    name: "the target is named by its address",
    response: to("http://127.0.0.1:8000/login"),
    cause: "internal-location",
  },
  {
    name: "the target is named over https",
    response: to("https://localhost:8000/login"),
    cause: "internal-location",
    more: LOCAL,
  },
  {
    name: "the target is named without a scheme",
    response: to("//localhost:8000/login"),
    cause: "internal-location",
  },
  {
    name: "the Host that the edge sent is named",
    response: to("http://app:3000/login"),
    cause: "internal-location",
    more: REWRITTEN,
  },
  {
    name: "the Host that the edge sent is named over https",
    response: to("https://app:3000/login"),
    cause: "internal-location",
    more: REWRITTEN,
  },
  {
    name: "another target is named",
    response: to("http://10.0.0.5:8080/"),
    cause: "internal-location",
    more: { target: "http://10.0.0.5:8080" },
  },
  {
    name: "a host of Forwarded is named",
    response: to("http://inner:81/"),
    cause: "internal-location",
    more: {
      told: ["Host", "app.test:8443", "Forwarded", 'for=1.2.3.4;host="inner:81";proto=https'],
    },
  },
  {
    name: "a login service is to come back over http",
    response: to(`${IDP}http%3A%2F%2Fapp.test%3A8443%2Fcb&state=s3cret`),
    cause: "http-redirect-uri",
  },
  {
    name: "a login service is to come back to the target",
    response: to(`${IDP}http%3A%2F%2Flocalhost%3A8000%2Fcb`),
    cause: "internal-redirect-uri",
  },
  {
    name: "a logout is to come back over http",
    response: to("https://idp.example/logout?post_logout_redirect_uri=http://app.test:8443/"),
    cause: "http-redirect-uri",
  },
  {
    name: "Content-Location",
    response: ["Content-Location", "http://app.test:8443/page.html"],
    cause: "http-header",
    more: OK,
  },
  {
    name: "Link",
    response: ["Link", '</a.css>; rel=preload, <http://app.test:8443/items?page=2>; rel="next"'],
    cause: "http-header",
    more: OK,
  },
  {
    name: "a second line of Link",
    response: ["Link", "</a>; rel=next", "Link", "<http://localhost:8000/b>; rel=last"],
    cause: "internal-header",
    more: OK,
  },
  {
    name: "Refresh",
    response: ["Refresh", "0; url=http://app.test:8443/next"],
    cause: "http-header",
    more: OK,
  },
  {
    name: "Refresh with quotation marks",
    response: ["Refresh", "5;URL='http://app.test:8443/next'"],
    cause: "http-header",
    more: OK,
  },
  {
    name: "Access-Control-Allow-Origin, and a page of the same host asks",
    response: ["Access-Control-Allow-Origin", "http://app.test:8443"],
    cause: "http-header",
    more: { ...OK, told: ["Host", "app.test:8443", "Origin", "https://app.test:9443"] },
  },
  {
    name: "Access-Control-Allow-Origin of the target, and a page of this machine asks",
    response: ["Access-Control-Allow-Origin", "http://localhost:8000"],
    cause: "internal-header",
    more: { ...OK, told: ["Host", "app.test:8443", "Origin", "https://localhost:9443"] },
  },
];

export const HEALTHY: readonly Case[] = [
  { name: "a path", response: to("/login") },
  { name: "a file name", response: to("login") },
  { name: "a correct URL", response: to("https://app.test:8443/login") },
  { name: "a correct URL without its port", response: to("https://app.test/login") },
  { name: "a URL without scheme", response: to("//app.test:8443/login") },
  { name: "the very same URL, which is a loop", response: to("https://app.test:8443/page") },
  { name: "another site over http", response: to("http://example.com/") },
  { name: "another site over https", response: to("https://example.com/") },
  { name: "a host below the public one", response: to("http://www.app.test:8443/") },
  { name: "a host that begins like the public one", response: to("http://app.test.example.com/") },
  { name: "a port that begins like the public one", response: to("http://app.test:84430/") },
  { name: "another port of this machine", response: to("http://localhost:9000/") },
  { name: "another port of the public host", response: to("http://app.test:9000/") },
  { name: "this machine without a port", response: to("http://localhost/"), more: LOCAL },
  { name: "a login with ?next=", response: to("/login?next=http%3A%2F%2Fapp.test%3A8443%2Fpage") },
  {
    name: "a login elsewhere with ?next=",
    response: to("https://sso.example/?next=http://localhost:8000/"),
  },
  {
    name: "a login service with a correct address",
    response: to(`${IDP}https%3A%2F%2Fapp.test%3A8443%2Fcb`),
  },
  {
    name: "a login service with another app's address",
    response: to(`${IDP}http%3A%2F%2Flocalhost%3A3000%2Fcb`),
  },
  {
    name: "an address that the browser itself asked to come back to",
    response: to("/login?redirect_uri=http://localhost:8000/cb"),
    more: { url: "https://app.test:8443/authorize?redirect_uri=http://localhost:8000/cb" },
  },
  {
    name: "plain http to plain http",
    response: to("http://app.test:8080/b"),
    more: { url: "http://app.test:8080/a", told: ["Host", "app.test:8080"] },
  },
  { name: "a Location without a redirect", response: to("http://app.test:8443/"), more: OK },
  { name: "what is no URL", response: to("http://[::1") },
  { name: "an empty Location", response: to("") },
  { name: "no header at all", response: [], more: OK },
  {
    name: "a relation that is named by a URL",
    response: ["Link", '</a>; rel="http://app.test:8443/rel"'],
    more: OK,
  },
  { name: "any origin", response: ["Access-Control-Allow-Origin", "*"], more: OK },
  { name: "no origin", response: ["Access-Control-Allow-Origin", "null"], more: OK },
  {
    name: "an origin of the site over http, which none of its own pages asks about",
    response: ["Access-Control-Allow-Origin", "http://app.test:8443"],
    more: OK,
  },
  {
    name: "another app's origin",
    response: ["Access-Control-Allow-Origin", "http://localhost:3000"],
    more: OK,
  },
  {
    name: "the origin that asked",
    response: ["Access-Control-Allow-Origin", "http://localhost:8000"],
    more: { ...OK, told: ["Host", "app.test:8443", "Origin", "http://localhost:8000"] },
  },
  { name: "a refresh of the page itself", response: ["Refresh", "30"], more: OK },
  { name: "a correct refresh", response: ["Refresh", "0; url=/next"], more: OK },
  {
    name: "a target that is a socket",
    response: to("http://localhost/"),
    more: { ...LOCAL, target: "unix:/run/app.sock" },
  },
  { name: "a redirect of the edge", response: to("http://app.test:8443/"), more: { byEdge: true } },
];
