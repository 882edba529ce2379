/** Platforms that run an app behind an edge of their own, and CDNs. */
import {
  append,
  documented,
  doubtful,
  MIB,
  passing,
  profile,
  proxied,
  redirect,
  SECOND,
  set,
  strip,
  unverified,
} from "./build.js";

const KIB = 1024;

export const heroku = profile({
  name: "heroku",
  title: "Heroku Router 2.0: For appended, Proto and Port set, 30 s to the first byte",
  headers: [
    append("X-Forwarded-For", "{client}"),
    set("X-Forwarded-Proto", "{scheme}"),
    set("X-Forwarded-Port", "{port}"),
    set("X-Request-Start", "{unix-ms}"),
    set("X-Request-Id", "{uuid}"),
    set("Via", "1.1 heroku-router"),
    ...passing("X-Forwarded-Host", "X-Real-IP", "Forwarded"),
  ],
  plain: proxied,
  limits: {
    target: { max: 8192, status: 414 },
    header: { max: 8192, status: 400 },
    headerLines: { max: 1000, status: 400 },
    firstByte: { max: 30 * SECOND, status: 503, code: "H12" },
    idleMs: 55 * SECOND,
  },
  response: {
    add: [
      ["Via", "1.1 heroku-router"],
      ["Nel", '{{"report_to":"heroku-nel","max_age":3600}'],
      ["Report-To", '{{"group":"heroku-nel","endpoints":[],"max_age":3600}'],
      ["Reporting-Endpoints", 'heroku-nel="https://{hostname}/"'],
    ],
  },
  proof: {
    ...documented("devcenter.heroku.com: http-routing"),
    limits: documented("devcenter.heroku.com: http-routing, request-timeout; vegur README"),
  },
});

export const pythonanywhere = profile({
  name: "pythonanywhere",
  title: "PythonAnywhere: For, Proto and X-Real-IP set; its uWSGI makes the app secure by itself",
  headers: [
    append("X-Forwarded-For", "{client}"),
    set("X-Forwarded-Proto", "{scheme}"),
    set("X-Real-IP", "{client}"),
    ...passing("X-Forwarded-Host", "X-Forwarded-Port", "Forwarded"),
  ],
  // A redirect carries no body, so a POST is let through on plain HTTP.
  plain: { mode: "redirect", status: 301, methods: ["GET", "HEAD"] },
  limits: {
    body: { max: 100 * MIB, status: 413 },
    firstByte: { max: 300 * SECOND, status: 504 },
  },
  proof: {
    ...unverified("general knowledge; uWSGI maps X-Forwarded-Proto by itself (zulip#25668)"),
    plain: documented("blog.pythonanywhere.com: Force HTTPS; the status is general knowledge"),
  },
});

const CLOUDFLARE_HEADERS = [
  append("X-Forwarded-For", "{client}"),
  set("X-Forwarded-Proto", "{scheme}"),
  set("CF-Connecting-IP", "{client}"),
  set("CF-Visitor", '{{"scheme":"{scheme}"}'),
  set("CF-Ray", "{hex16}-DEV"),
  set("CF-IPCountry", "XX"),
  set("CDN-Loop", "cloudflare"),
  set("Accept-Encoding", "br, gzip"),
  strip("X-Real-IP"),
  ...passing("X-Forwarded-Host", "X-Forwarded-Port", "Forwarded"),
];

const CLOUDFLARE_LIMITS = {
  body: { max: 100 * MIB, status: 413 },
  target: { max: 16 * KIB, status: 414 },
  header: { max: 16 * KIB, status: 431 },
  headers: { max: 32 * KIB, status: 431 },
  firstByte: { max: 120 * SECOND, status: 524 },
} as const;

const CLOUDFLARE = documented(
  "developers.cloudflare.com: HTTP headers, connection limits, error 524; the body limit from others",
);

export const cloudflare = profile({
  name: "cloudflare",
  title: "Cloudflare with SSL mode Full: Proto set, CF-Visitor beside it",
  headers: CLOUDFLARE_HEADERS,
  toApp: { connection: "Keep-Alive" },
  plain: redirect(301),
  limits: CLOUDFLARE_LIMITS,
  response: {
    set: [["Server", "cloudflare"]],
    add: [["CF-Ray", "{hex16}-DEV"]],
    remove: ["X-Accel-Redirect", "X-Accel-Expires", "X-Accel-Buffering"],
  },
  proof: CLOUDFLARE,
});

export const cloudflareFlexible = profile({
  name: "cloudflare-flexible",
  title: "Cloudflare with SSL mode Flexible: the origin is asked on plain HTTP, port 80",
  headers: CLOUDFLARE_HEADERS,
  toApp: { connection: "Keep-Alive" },
  plain: proxied,
  limits: CLOUDFLARE_LIMITS,
  response: {
    set: [["Server", "cloudflare"]],
    add: [["CF-Ray", "{hex16}-DEV"]],
    remove: ["X-Accel-Redirect", "X-Accel-Expires", "X-Accel-Buffering"],
  },
  proof: {
    ...CLOUDFLARE,
    plain: documented("developers.cloudflare.com: ERR_TOO_MANY_REDIRECTS"),
  },
});

export const fly = profile({
  name: "fly",
  title: "Fly.io: For appended, Proto set, X-Forwarded-SSL on or off; 301 for every method",
  headers: [
    append("X-Forwarded-For", "{client}, 127.0.0.1"),
    set("X-Forwarded-Proto", "{scheme}"),
    set("X-Forwarded-SSL", "{on-or-off}"),
    set("Fly-Client-IP", "{client}"),
    set("Fly-Forwarded-Port", "{port}"),
    set("Fly-Region", "dev"),
    set("Via", "2 fly.io"),
    ...passing("X-Forwarded-Port", "X-Forwarded-Host", "X-Real-IP", "Forwarded"),
  ],
  plain: redirect(301),
  response: {
    set: [["Server", "Fly/devtls"]],
    add: [
      ["Via", "2 fly.io"],
      ["Fly-Request-Id", "{hex32}"],
    ],
  },
  proof: documented("superfly/docs 2026-08"),
});

export const render = profile({
  name: "render",
  title: "Render: Cloudflare's headers, For with three addresses, Proto https",
  headers: [
    append("X-Forwarded-For", "{client}, 127.0.0.1, 127.0.0.1"),
    set("X-Forwarded-Proto", "https"),
    set("CF-Connecting-IP", "{client}"),
    set("CF-IPCountry", "XX"),
    set("CF-Ray", "{hex16}-DEV"),
    set("CF-Visitor", '{{"scheme":"https"}'),
    set("CDN-Loop", "cloudflare; loops=1"),
    set("True-Client-IP", "{client}"),
    set("Rndr-Id", "{uuid}"),
    set("Render-Proxy-TTL", "4"),
    set("X-Request-Start", "{unix-us}"),
    set("Accept-Encoding", "gzip, br"),
  ],
  plain: redirect(301),
  limits: { firstByte: { max: 6000 * SECOND, status: 504 } },
  response: { add: [["Rndr-Id", "{uuid}"]] },
  proof: unverified("two request dumps of an onrender.com app, 2025-08"),
});

export const railway = profile({
  name: "railway",
  title: "Railway: Proto is always https, the client only in X-Real-IP",
  headers: [
    set("X-Real-IP", "{client}"),
    set("X-Forwarded-Proto", "https"),
    set("X-Forwarded-Host", "{host}"),
    set("X-Railway-Edge", "railway/devtls"),
    set("X-Railway-Request-Id", "{hex32}"),
    set("X-Request-Start", "{unix-ms}"),
    ...passing("X-Forwarded-For", "X-Forwarded-Port", "Forwarded"),
  ],
  plain: redirect(301),
  limits: {
    headers: { max: 32 * KIB, status: 431 },
    firstByte: { max: 900 * SECOND, status: 504 },
  },
  response: { add: [["X-Railway-Edge", "railway/devtls"]] },
  proof: {
    ...documented("docs.railway.com: specs-and-limits"),
    plain: documented("railwayapp/docs; the status is general knowledge"),
  },
});

export const vercel = profile({
  name: "vercel",
  title: "Vercel: For is overwritten, Proto and Host set, HSTS on, 308 to https",
  headers: [
    set("X-Forwarded-For", "{client}"),
    set("X-Forwarded-Proto", "{scheme}"),
    set("X-Forwarded-Host", "{host}"),
    doubtful(set("X-Forwarded-Port", "{port}")),
    set("X-Real-Ip", "{client}"),
    set("X-Vercel-Forwarded-For", "{client}"),
    set("X-Vercel-Id", "dev1::{hex24}"),
    set("X-Vercel-Deployment-Url", "{hostname}"),
    set("X-Vercel-Ip-Country", "XX"),
    doubtful(set("X-Vercel-Proxied-For", "{client}")),
    doubtful(set("Forwarded", "for={client};host={host};proto={scheme}")),
  ],
  plain: redirect(308),
  limits: {
    body: { max: 4_718_592, status: 413, code: "FUNCTION_PAYLOAD_TOO_LARGE" },
    header: { max: 16 * KIB, status: 431 },
    headers: { max: 32 * KIB, status: 431 },
  },
  response: { hsts: "max-age=63072000", set: [["Server", "Vercel"]] },
  proof: {
    ...documented("vercel.com/docs: request headers, 2025-12"),
    plain: documented("vercel.com/docs: cdn-security"),
    limits: documented("vercel.com/docs: errors"),
    response: unverified("probes of two sites"),
  },
});

export const netlify = profile({
  name: "netlify",
  title: "Netlify: For and Proto set, HSTS on, the client in X-Nf-Client-Connection-Ip",
  headers: [
    set("X-Forwarded-For", "{client}"),
    set("X-Forwarded-Proto", "https"),
    set("X-Nf-Client-Connection-Ip", "{client}"),
    set("X-Nf-Request-Id", "{hex24}"),
    set("X-Country", "XX"),
    ...passing("X-Forwarded-Host", "X-Forwarded-Port", "X-Real-IP", "Forwarded"),
  ],
  plain: redirect(301),
  limits: {
    body: { max: 6 * MIB, status: 413 },
    firstByte: { max: 26 * SECOND, status: 504 },
  },
  response: {
    hsts: "max-age=31536000",
    set: [["Server", "Netlify"]],
    add: [["X-Nf-Request-Id", "{hex24}"]],
  },
  proof: {
    ...unverified("request dumps of others; the rest general knowledge"),
    limits: documented("docs.netlify.com: functions configuration, rewrites"),
  },
});

export const digitalocean = profile({
  name: "digitalocean",
  title: "DigitalOcean App Platform: For is the ingress, not the client; do-connecting-ip is",
  headers: [
    set("X-Forwarded-For", "127.0.0.1"),
    set("X-Forwarded-Proto", "https"),
    set("Do-Connecting-Ip", "{client}"),
    set("CF-Connecting-IP", "{client}"),
    set("CF-Ray", "{hex16}-DEV"),
    set("CF-IPCountry", "XX"),
    ...passing("X-Forwarded-Host", "X-Forwarded-Port", "X-Real-IP", "Forwarded"),
  ],
  plain: redirect(301),
  proof: unverified(
    "firewall-node#696 quoting DigitalOcean's support, request-ip#68; the rest general knowledge",
  ),
});

export const codespaces = profile({
  name: "codespaces",
  title:
    "GitHub Codespaces port forwarding: Host and Origin say localhost, Host of the client in X-Forwarded-Host",
  headers: [
    set("X-Forwarded-For", "{client}"),
    set("X-Forwarded-Proto", "https"),
    set("X-Forwarded-Host", "{host}"),
    { ...set("Origin", "http://{target-localhost}"), when: "own-origin" },
    ...passing("X-Forwarded-Port", "X-Real-IP", "Forwarded"),
  ],
  toApp: { host: "localhost" },
  plain: redirect(302),
  proof: unverified("symfony/demo#1542, epicshop#636; mastodon#26400 reports another Host"),
});

export const ngrok = profile({
  name: "ngrok",
  title:
    "ngrok: Proto is appended to the client's, X-Forwarded-Host kept where the client sent one",
  headers: [
    append("X-Forwarded-For", "{client}"),
    append("X-Forwarded-Proto", "{scheme}"),
    { ...set("X-Forwarded-Host", "{host}"), unless: ["x-forwarded-host"] },
    ...passing("X-Forwarded-Port", "X-Real-IP", "Forwarded"),
  ],
  plain: proxied,
  fixes: {
    where: "ngrok, how it is started",
    proto: ["ngrok http 8000 --request-header-remove X-Forwarded-Proto"],
  },
  proof: {
    ...documented("ngrok-docs: upstream headers, host header"),
    plain: unverified("general knowledge"),
  },
});
