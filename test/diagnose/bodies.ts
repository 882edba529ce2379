/** Bodies of an app at http://localhost:8000 that browsers reach as https://app.test:8443. */
import type { MixedContentCause } from "../../src/diagnose/detectors/mixed-content.js";

export interface Body {
  readonly name: string;
  readonly type: string;
  readonly text: string;
  readonly path?: string;
  /** What the app was told; the public host and https unless it says otherwise. */
  readonly told?: readonly string[];
  readonly response?: readonly string[];
  /** Another public address, or another target. */
  readonly origin?: string;
  readonly target?: string;
}

export interface SickBody extends Body {
  readonly cause: MixedContentCause;
  /** What is shown of it. */
  readonly shown: string;
  readonly line?: number;
}

const HTML = "text/html; charset=utf-8";
const JSON_ = "application/json";
const SCRIPT = "text/javascript";
const XML = "application/xml";
const LOCAL = {
  origin: "https://localhost:8443",
  told: ["Host", "localhost:8443", "X-Forwarded-Proto", "https"],
};

export const SICK: readonly SickBody[] = [
  ...[
    [
      "a script",
      '<script src="http://app.test:8443/a.js"></script>',
      '<script src="http://app.test:8443/a.js',
    ],
    [
      "a style sheet",
      '<link rel="stylesheet" href="http://app.test:8443/a.css">',
      '<link rel="stylesheet" href="http://app.test:8443/a.css',
    ],
    [
      "a style sheet whose rel comes last",
      '<link href="http://app.test:8443/a.css" rel=stylesheet>',
      '<link rel="stylesheet" href="http://app.test:8443/a.css',
    ],
    [
      "a module that is preloaded",
      "<link rel=modulepreload href=http://app.test:8443/a.js>",
      '<link rel="modulepreload" href="http://app.test:8443/a.js',
    ],
    [
      "a frame",
      "<iframe src='http://app.test:8443/f'></iframe>",
      '<iframe src="http://app.test:8443/f',
    ],
    ["an object", '<object data="http://app.test:8443/o">', '<object data="http://app.test:8443/o'],
    ["a base", '<base href="http://app.test:8443/">', '<base href="http://app.test:8443/'],
    [
      "a request by htmx",
      '<div hx-get="http://app.test:8443/part">',
      '<div hx-get="http://app.test:8443/part',
    ],
    [
      "fetch()",
      '<script>fetch("http://app.test:8443/api")</script>',
      'fetch("http://app.test:8443/api',
    ],
    [
      "XMLHttpRequest",
      "<script>x.open('GET', 'http://app.test:8443/api')</script>",
      'open("http://app.test:8443/api',
    ],
    [
      "an import",
      '<script type=module>import a from "http://app.test:8443/a.js"</script>',
      'from "http://app.test:8443/a.js',
    ],
    [
      "EventSource",
      "<script>new EventSource(`http://app.test:8443/e`)</script>",
      'EventSource("http://app.test:8443/e',
    ],
    [
      "an imported style sheet",
      "<style>@import url(http://app.test:8443/a.css);</style>",
      "@import http://app.test:8443/a.css",
    ],
    [
      "a script of an internal host",
      '<script src="http://localhost:8000/a.js"></script>',
      '<script src="http://localhost:8000/a.js',
    ],
    [
      "a second image of a set",
      '<img srcset="/a.png 1x, http://app.test:8443/b.png 2x">',
      '<img srcset="http://app.test:8443/b.png',
    ],
    [
      "a source of a picture",
      '<source srcset="http://app.test:8443/b.webp">',
      '<source srcset="http://app.test:8443/b.webp',
    ],
    [
      "a font",
      '<style>@font-face { font-family: "f"; src: url("http://app.test:8443/f.woff2") }</style>',
      "url(http://app.test:8443/f.woff2",
    ],
    [
      "subtitles",
      '<track src="http://app.test:8443/en.vtt">',
      '<track src="http://app.test:8443/en.vtt',
    ],
    [
      "a script in capitals",
      '<SCRIPT SRC="http://app.test:8443/a.js"></SCRIPT>',
      '<script src="http://app.test:8443/a.js',
    ],
    [
      "a script below comments and texts",
      '<!-- > -->\n<textarea><script src="x"></textarea>\n<p title="<">\n<script src="http://app.test:8443/a.js">',
      '<script src="http://app.test:8443/a.js',
    ],
  ].map(([name, text, shown]) => ({
    name: name as string,
    type: HTML,
    text: text as string,
    cause: "blocked" as const,
    shown: shown as string,
  })),
  {
    ...{ name: "a script without the port that the app lost", type: HTML, cause: "blocked" },
    ...{ text: '<script src="http://app.test/a.js">', shown: '<script src="http://app.test/a.js' },
  },
  {
    ...{
      name: "a script of localhost where the app was told no port",
      type: HTML,
      cause: "blocked",
    },
    ...{ ...LOCAL, told: ["Host", "localhost"] },
    ...{
      text: '<script src="http://localhost/a.js">',
      shown: '<script src="http://localhost/a.js',
    },
  },
  {
    ...{ name: "a request of a script file", type: SCRIPT, cause: "blocked" },
    ...{
      text: 'axios.post("http://app.test:8443/api", {})',
      shown: 'axios.post("http://app.test:8443/api',
    },
  },
  {
    ...{ name: "a form", type: HTML, cause: "form-action", line: 3 },
    text: '<!doctype html>\n<body>\n<form method=post action="http://app.test:8443/login">',
    shown: '<form action="http://app.test:8443/login',
  },
  {
    ...{ name: "a button with another action", type: HTML, cause: "form-action" },
    ...{
      text: '<button formaction="http://app.test:8443/x">',
      shown: '<button formaction="http://app.test:8443/x',
    },
  },
  {
    ...{ name: "a WebSocket", type: HTML, cause: "websocket" },
    ...{
      text: '<script>new WebSocket("ws://app.test:8443/ws")</script>',
      shown: 'WebSocket("ws://app.test:8443/ws',
    },
  },
  {
    ...{ name: "a WebSocket in a data attribute", type: HTML, cause: "websocket" },
    ...{
      text: '<div data-url="ws://app.test:8443/ws">',
      shown: '<div data-url="ws://app.test:8443/ws',
    },
  },
  {
    ...{
      name: "a WebSocket of the target in a script file",
      type: "application/javascript",
      cause: "websocket",
    },
    ...{
      text: "s = new WebSocket('ws://127.0.0.1:8000/ws')",
      shown: 'WebSocket("ws://127.0.0.1:8000/ws',
    },
  },
  {
    ...{ name: "a WebSocket in data", type: JSON_, cause: "websocket" },
    ...{ text: '{"ws":"ws://app.test:8443/ws"}', shown: '"ws": "ws://app.test:8443/ws' },
  },
  ...[
    [
      "an image that is preloaded",
      '<link rel="preload" href="http://app.test:8443/i.png" as="image">',
      '<link rel="preload" href="http://app.test:8443/i.png',
    ],
    ["a link", '<a href="http://app.test:8443/next">', '<a href="http://app.test:8443/next'],
    ["an image", '<img src="http://app.test:8443/i.png">', '<img src="http://app.test:8443/i.png'],
    [
      "the canonical URL",
      '<link rel="canonical" href="http://app.test:8443/">',
      '<link rel="canonical" href="http://app.test:8443/',
    ],
    [
      "og:url",
      '<meta property="og:url" content="http://app.test:8443/p">',
      '<meta content="http://app.test:8443/p',
    ],
    [
      "a refresh",
      '<meta http-equiv=refresh content="0; url=http://app.test:8443/p">',
      '<meta content="http://app.test:8443/p',
    ],
    [
      "a background",
      "<div style=\"background: url('http://app.test:8443/b.png')\">",
      "url(http://app.test:8443/b.png",
    ],
    [
      "__NEXT_DATA__",
      '<script id="__NEXT_DATA__" type="application/json">{"props":{"url":"http://app.test:8443/p"}}</script>',
      '"url": "http://app.test:8443/p',
    ],
    [
      "data of PHP, whose slashes are escaped",
      '<script>var app = {"url":"http:\\/\\/app.test:8443\\/p"};</script>',
      '"url": "http://app.test:8443/p',
    ],
    [
      "data with slashes as code points",
      '<script>window.__NUXT__={"url":"http:\\u002F\\u002Fapp.test:8443\\u002Fp"}</script>',
      '"url": "http://app.test:8443/p',
    ],
    [
      "data in an attribute",
      '<div data-page="{&quot;url&quot;:&quot;http:\\/\\/app.test:8443\\/p&quot;}">',
      '<div data-page="http://app.test:8443/p',
    ],
    [
      "data of a stream",
      '<script>self.__next_f.push([1,"{\\"url\\":\\"http://app.test:8443/p\\"}"])</script>',
      '"url": "http://app.test:8443/p',
    ],
    [
      "a login service that is to come back",
      '<a href="https://idp.example/auth?redirect_uri=http%3A%2F%2Fapp.test%3A8443%2Fcb&amp;state=s3cret">',
      '<a href="...redirect_uri=http://app.test:8443/cb',
    ],
  ].map(([name, text, shown]) => ({
    name: name as string,
    type: HTML,
    text: text as string,
    cause: "leaked-url" as const,
    shown: shown as string,
  })),
  {
    ...{ name: "the next page of an API", type: JSON_, cause: "leaked-url" },
    ...{
      text: '{"count":9,"next":"http://app.test:8443/items?page=2&token=s3cret"}',
      shown: '"next": "http://app.test:8443/items?...',
    },
  },
  {
    ...{
      name: "an API of another type of JSON",
      type: "application/vnd.api+json",
      cause: "leaked-url",
    },
    ...{
      text: '{"links":{"self":"http:\\/\\/app.test:8443\\/a"}}',
      shown: '"self": "http://app.test:8443/a',
    },
  },
  {
    ...{ name: "the servers of OpenAPI", type: JSON_, cause: "internal-url" },
    ...{
      text: '{"servers": [\n{"url": "http://localhost:8000"}]}',
      shown: '"url": "http://localhost:8000',
      line: 2,
    },
  },
  {
    ...{
      name: "a link to the address that the server listens on",
      type: HTML,
      cause: "internal-url",
    },
    ...{ text: '<a href="http://0.0.0.0:8000/">', shown: '<a href="http://0.0.0.0:8000/' },
  },
  {
    ...{ name: "a link to the Host that the edge sent", type: HTML, cause: "internal-url" },
    ...{ told: ["Host", "app:3000", "X-Forwarded-Host", "app.test:8443"] },
    ...{ text: '<a href="https://app:3000/">', shown: '<a href="https://app:3000/' },
  },
  {
    ...{ name: "a sitemap", type: XML, cause: "leaked-url" },
    ...{
      text: "<urlset>\n<url>\n<loc>http://app.test:8443/</loc></url></urlset>",
      shown: "<loc>http://app.test:8443/",
      line: 3,
    },
  },
  {
    ...{ name: "a feed", type: "application/rss+xml; charset=utf-8", cause: "leaked-url" },
    ...{
      text: "<rss><link>\n<![CDATA[http://app.test:8443/p]]></link></rss>",
      shown: "<link>http://app.test:8443/p",
    },
  },
  {
    ...{ name: "a feed's own address", type: "application/atom+xml", cause: "leaked-url" },
    ...{
      text: '<feed><link rel="self" href="http://app.test:8443/feed"/></feed>',
      shown: '<link href="http://app.test:8443/feed',
    },
  },
  {
    ...{ name: "robots.txt", type: "text/plain", path: "/robots.txt", cause: "leaked-url" },
    ...{
      text: "User-agent: *\nSitemap: http://app.test:8443/sitemap.xml\n",
      shown: "Sitemap: http://app.test:8443/sitemap.xml",
    },
  },
  {
    ...{ name: "a table", type: "text/csv", cause: "leaked-url" },
    ...{ text: 'id,url\n1,"http://app.test:8443/1"\n', shown: "http://app.test:8443/1" },
  },
  {
    ...{ name: "a style sheet's background", type: "text/css", cause: "leaked-url" },
    ...{
      text: ".a { background: url(http://app.test:8443/b.png) }",
      shown: "url(http://app.test:8443/b.png",
    },
  },
  {
    ...{
      name: "the public host on its default port",
      type: HTML,
      cause: "leaked-url",
      origin: "https://app.test",
    },
    ...{
      told: ["Host", "app.test"],
      text: '<a href="http://app.test/p">',
      shown: '<a href="http://app.test/p',
    },
  },
  {
    ...{
      name: "the public host with port 443 and no TLS",
      type: HTML,
      cause: "leaked-url",
      origin: "https://app.test",
    },
    ...{
      told: ["Host", "app.test"],
      text: '<a href="http://app.test:443/p">',
      shown: '<a href="http://app.test:443/p',
    },
  },
  {
    ...{
      name: "an internal script that the browser would upgrade in vain",
      type: HTML,
      cause: "blocked",
    },
    response: ["Content-Security-Policy", "upgrade-insecure-requests"],
    text: '<script src="http://app.test:8443/a.js"></script><script src="http://localhost:8000/b.js">',
    shown: '<script src="http://localhost:8000/b.js',
  },
];

const html = (name: string, text: string): Body => ({ name, type: HTML, text });
const json = (name: string, text: string): Body => ({ name, type: JSON_, text });

export const HEALTHY: readonly Body[] = [
  html("links to other sites", '<a href="http://example.com/">'),
  html("scripts of other sites", '<script src="http://cdn.example.com/a.js"></script>'),
  html("a correct URL", '<script src="https://app.test:8443/a.js"></script>'),
  html("a URL without scheme", '<script src="//app.test:8443/a.js"></script>'),
  html("a relative URL", '<form action="/login"><a href="next">'),
  html("a correct WebSocket", '<script>new WebSocket("wss://app.test:8443/ws")</script>'),
  html("another port of this machine", '<a href="http://localhost:9000/">docs</a>'),
  html("this machine without a port", '<script src="http://localhost/a.js"></script>'),
  html(
    "a port that begins like the target's",
    '<a href="http://localhost:80000/"><a href="http://localhost:800/">',
  ),
  html(
    "a host that begins like the public one",
    '<a href="http://app.test.example.com/"><a href="http://app.test:84430/">',
  ),
  html("a host that ends like the public one", '<a href="http://www.app.test:8443/">'),
  html("a comment", '<!-- <script src="http://app.test:8443/a.js"></script> -->'),
  html(
    "a conditional comment",
    '<!--[if IE]><script src="http://app.test:8443/a.js"></script><![endif]-->',
  ),
  html("prose", "<p>Open http://app.test:8443/ or http://localhost:8000/ in the browser</p>"),
  html(
    "a sample in a page",
    '<pre>fetch("http://localhost:8000/api")\n$ curl http://localhost:8000</pre>',
  ),
  html("a text field's content", '<textarea><a href="http://app.test:8443/"></textarea>'),
  html("a title", '<title>"http://app.test:8443/"</title>'),
  html(
    "a value that somebody typed",
    '<input value="http://app.test:8443/" placeholder="http://localhost:8000">',
  ),
  html("a description", '<meta name="description" content="See http://app.test:8443/ for more">'),
  html("a page to come back to", '<a href="/login?next=http%3A%2F%2Fapp.test%3A8443%2F">'),
  html("a share button", '<a href="https://social.example/?u=http://app.test:8443/p">'),
  html(
    "name spaces",
    '<html xmlns="http://www.w3.org/1999/xhtml"><svg xmlns="http://www.w3.org/2000/svg"><use xlink:href="#a"/></svg>',
  ),
  html(
    "a document type",
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">',
  ),
  html(
    "schema.org",
    '<script type="application/ld+json">{"@context":"http://schema.org","@id":"http://app.test:8443/#org"}</script>',
  ),
  html(
    "a comment in a script",
    '<script>\n// see "http://localhost:8000/docs"\nlet a = 1;</script>',
  ),
  html("a sentence in a script", '<script>alert("http://localhost:8000 is down")</script>'),
  html(
    "an address that a script builds",
    "<script>new WebSocket('ws://' + location.host + '/ws')</script>",
  ),
  html(
    "a scheme that a script compares",
    '<script>if (u.startsWith("http://")) u = "https://" + u.slice(7)</script>',
  ),
  html("broken markup", '<a href="http://example.com <p title=\'>"<<<script'),
  {
    ...html(
      "URLs that the browser upgrades by a header",
      '<script src="http://app.test:8443/a.js">',
    ),
    response: ["Content-Security-Policy", "default-src 'self'; upgrade-insecure-requests"],
  },
  html(
    "URLs that the browser upgrades by a meta element",
    '<meta http-equiv="Content-Security-Policy" content="upgrade-insecure-requests"><img src="http://app.test:8443/a.png">',
  ),
  json(
    "a JSON schema",
    '{"$schema":"http://json-schema.org/draft-07/schema#","$id":"http://app.test:8443/a.json"}',
  ),
  json("a problem's type", '{"type":"http://app.test:8443/problems/1","status":400}'),
  json("a sentence", '{"help":"http://localhost:8000 is the address of the server"}'),
  json("a sentence that ends with a URL", '{"help":"Open http://localhost:8000"}'),
  json("a source file", '{"sourcesContent":["const a = \\"http://localhost:8000\\";"]}'),
  json(
    "other servers",
    '{"api":"http://localhost:3001","db":"http://db:5432","self":"https://app.test:8443/"}',
  ),
  json("a correct next page", '{"next":"https://app.test:8443/items?page=2"}'),
  {
    name: "a default in a library",
    type: SCRIPT,
    text: 'const base = env.URL ?? "http://localhost:8000";',
  },
  {
    name: "a comment in a script file",
    type: SCRIPT,
    text: '// fetch("http://localhost:8000/api")\n * import("http://localhost:8000/")',
  },
  {
    name: "a port that a script fills in",
    type: SCRIPT,
    text: `fetch(\`http://localhost:\${port}/a\`); fetch('http://localhost:' + port)`,
    ...{ ...LOCAL, told: ["Host", "localhost"], target: "http://localhost" },
  },
  {
    name: "XML name spaces",
    type: XML,
    text: '<a xmlns:b="http://app.test:8443/ns" xmlns="http://www.w3.org/2005/Atom"/>',
  },
  {
    name: "the schema of a document",
    type: XML,
    text: '<a xsi:schemaLocation="http://app.test:8443/ns http://app.test:8443/a.xsd"/>',
  },
  {
    name: "the names of a feed's entries",
    type: "application/atom+xml",
    text: "<id>http://app.test:8443/1</id><guid>http://app.test:8443/1</guid>",
  },
  {
    name: "an SVG image",
    type: "image/svg+xml",
    text: '<svg><image href="http://app.test:8443/a.png"/></svg>',
  },
  {
    name: "a plain text",
    type: "text/plain",
    text: "Server running at:\nhttp://localhost:8000\nhttp://app.test:8443/\n",
  },
  { name: "Markdown", type: "text/markdown", text: "[docs](http://localhost:8000/)" },
  {
    name: "a stream of events",
    type: "text/event-stream",
    text: 'data: {"url":"http://localhost:8000"}\n\n',
  },
  { name: "an image", type: "image/png", text: '"http://app.test:8443/"' },
  { name: "no type", type: "", text: '<script src="http://app.test:8443/a.js">' },
  {
    name: "a style sheet's other backgrounds",
    type: "text/css",
    text: "/* http://localhost:8000 */ a{background:url(http://example.com/a.png)}",
  },
  { name: "a table of other sites", type: "text/csv", text: "1,http://example.com/\n" },
  {
    ...html("a page over plain http", '<script src="http://app.test:8080/a.js">'),
    ...{ origin: "http://app.test:8080", told: ["Host", "app.test:8080"] },
  },
  {
    ...html("localhost on another port than the public one", '<a href="http://localhost:8000/">'),
    ...{ ...LOCAL, target: "http://localhost:5173" },
  },
  {
    ...html("localhost where the target is a socket", '<a href="http://localhost/">'),
    ...{ ...LOCAL, target: "unix:/run/app.sock" },
  },
  html("nothing", ""),
];
