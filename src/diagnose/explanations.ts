/** What each finding code means, for `devtls explain`: found in search engines by its code. */
import type { FindingCode } from "./finding.js";
import type { Purpose } from "./frameworks/record.js";

export interface Explanation {
  /** One sentence. */
  readonly what: string;
  /** How it shows in the browser and on the terminal. */
  readonly looks: string;
  readonly why: string;
  /** What ends it, whatever the app is written in; settings of frameworks come besides. */
  readonly fixes: readonly string[];
  /** The setting of frameworks that helps, and what it is there for. */
  readonly setting?: { readonly purpose: Purpose; readonly title: string };
}

const TRUST_PROTO = { purpose: "trustProto", title: "So that the app believes the edge" } as const;

export const EXPLANATIONS: Readonly<Record<FindingCode, Explanation>> = {
  "redirect-loop": {
    what: "The app redirects the browser to the URL that it has just asked for, again and again.",
    looks: 'The browser gives up after 20 rounds: "too many redirects", ERR_TOO_MANY_REDIRECTS.',
    why: "The edge ends TLS and speaks plain HTTP to the app. An app that forces https looks at the scheme it sees, finds http, and redirects to https, where the browser already is. Either the edge does not say that the browser came over https (edge-sends-no-proto), or the app does not listen to it: it has no setting for it (app-ignores-forwarded-proto), believes it from other addresses only (peer-not-trusted), or cannot read the value (proto-value-not-understood). Where two parties redirect in opposite directions the browser goes to and fro (scheme-ping-pong, host-ping-pong, slash-ping-pong); a login whose cookie is lost sends it back to the login (login-cookie-lost).",
    fixes: [
      "nginx: proxy_set_header X-Forwarded-Proto $scheme;",
      "Apache: RequestHeader set X-Forwarded-Proto expr=%{REQUEST_SCHEME}",
      "HAProxy: http-request set-header X-Forwarded-Proto https if { ssl_fc }",
      "gunicorn behind another machine: --forwarded-allow-ips with the edge's address",
      "Cloudflare: encryption mode Full (strict) instead of Flexible",
    ],
    setting: TRUST_PROTO,
  },
  "port-dropped": {
    what: "The app redirects to its own host over https without the port that the browser used.",
    looks:
      "The address bar loses :8443, and the page cannot be reached, or another server answers there.",
    why: "Apps that force https often write https:// and the host name without a port. Where the site is on 443 that is right (harmless-on-443), and only the development port is in the way; or it is the page that was asked for, which in production is a redirect loop: then the cause is one of redirect-loop's, found by asking the app as an edge on 443 would.",
    fixes: ["devtls serve --stand-in, which stands in for port 443 whatever the port is"],
    setting: { purpose: "keepPort", title: "A redirect to https that keeps the port" },
  },
  "insecure-location": {
    what: "A response sends the browser from https to an http:// URL of the same site, or to an address that only the server knows.",
    looks:
      "The address bar shows http:// or an internal port after a redirect, or the page cannot be reached at all.",
    why: "The app builds absolute URLs from what it sees: plain HTTP, and the Host that the edge sent. Without X-Forwarded-Proto (or without believing it) the scheme is http; where the edge rewrites Host, the host is internal. The cause says which of both it is, and where: in a redirect (http-location, internal-location), in the redirect_uri of a login service (http-redirect-uri, internal-redirect-uri), or in Content-Location, Link, Refresh or Access-Control-Allow-Origin (http-header, internal-header). Where only the development port is missing it is harmless-on-443.",
    fixes: [
      "nginx: proxy_set_header Host $host; and proxy_set_header X-Forwarded-Proto $scheme;",
      "Apache: ProxyPreserveHost On",
      "The app's own address in its configuration: https, the public host, no internal port",
      "Redirect to a path instead of an absolute URL",
    ],
    setting: TRUST_PROTO,
  },
  "redirect-drops-body": {
    what: "A POST is redirected before anybody has read it, and the browser repeats it as a GET without its body.",
    looks:
      "A form is empty or an API says that a field is missing, after a redirect to https or to a URL with a slash.",
    why: "Browsers turn a POST into a GET at 301 and 302 (Fetch, HTTP-redirect fetch). 307 and 308 keep method and body. The answer to a form that was read (Post/Redirect/Get) is not meant.",
    fixes: [
      "Ask for the final URL at once: https, and with the slash that the app wants",
      "nginx: return 308 https://$host$request_uri;",
    ],
  },
  "cookie-not-secure": {
    what: "A session cookie is set without Secure although the browser came over https.",
    looks: "Nothing breaks. The cookie also travels over plain http, where others can read it.",
    why: "The app decides by the scheme that it sees, which behind an edge is http, or its setting for Secure is off. What counts as a session is known by its name, or goes by what it does: HttpOnly, random, kept for the session or set at a login; then it is likely, not proved.",
    fixes: ["Switch Secure on for session and CSRF cookies in production"],
    setting: TRUST_PROTO,
  },
  "cookie-rejected": {
    what: "The browser drops a cookie without a word, because its attributes contradict each other or the URL.",
    looks:
      "The login does nothing; the cookie is missing in the developer tools' storage and marked in their network panel.",
    why: "RFC 6265bis: Secure over http, SameSite=None without Secure, __Host- with a Domain, a Domain that is not the host's, and more. The finding's cause names the rule.",
    fixes: ["Set the cookie over https, with Secure, without Domain, with Path=/"],
    setting: TRUST_PROTO,
  },
  "cookie-missing": {
    what: "The app withholds a cookie that it would set over https.",
    looks:
      "The login is answered, but no Set-Cookie comes, and the next page asks for the login again.",
    why: "Session libraries that are told to set Secure cookies only set none at all, or fail with an error, when they take the request for plain http, which behind an edge they do until they trust it. A form's token then has no session to be compared with: 403 invalid csrf token.",
    fixes: ["Tell the session library that the proxy can be trusted"],
    setting: TRUST_PROTO,
  },
  "csrf-origin-mismatch": {
    what: "The app refuses a form because the browser's Origin is not the origin that the app thinks it has.",
    looks:
      '403 or 422 at a POST: "CSRF verification failed", "Origin checking failed", InvalidAuthenticityToken.',
    why: "The browser says Origin: https://host. The app compares that with scheme and host as it sees them: http, an internal host, or no port.",
    fixes: [
      'Django: CSRF_TRUSTED_ORIGINS = ["https://app.example"]',
      "nginx: proxy_set_header Host $host; (and devtls serve --stand-in while the port is not 443)",
    ],
    setting: TRUST_PROTO,
  },
  "host-refused": {
    what: "The app, or the dev server, answers to the names on its list only, and the Host is none of them.",
    looks:
      '403 or 400 on every page: "Blocked request. This host is not allowed" (Vite, Angular), "Invalid Host header" (webpack-dev-server), "Invalid HTTP_HOST header" (Django), "Blocked hosts" (Rails).',
    why: "A list of hosts keeps pages of other sites from reaching a dev server by a name that points to this machine (DNS rebinding). The name that devtls serves has to be on it (host-not-listed); where the edge replaces the Host it is that one which is refused (edge-replaces-host).",
    fixes: [
      "Put the name on the list; a dev server that devtls starts gets it by itself where it reads it from a variable (Vite, Rails)",
    ],
    setting: { purpose: "hosts", title: "The list of each" },
  },
  "websocket-refused": {
    what: "A WebSocket of the page is not opened.",
    looks:
      "Pages work, but nothing is live: no reload, no notifications, no kernel. Only the browser's console says so.",
    why: "Either the edge drops the upgrade, as nginx and Apache do until they are told otherwise (edge-drops-upgrade); or the app compares Origin with its own Host, or a list, and refuses it (origin-refused, host-refused); or the page connects past the edge, to the dev server's own port (socket-bypasses-proxy), or without TLS (socket-without-tls). Where only the port of the Origin is in the way it is harmless-on-443.",
    fixes: [
      'nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";',
      "Apache: ProxyPass / http://127.0.0.1:8000/ upgrade=websocket",
      "webpack-dev-server: --client-web-socket-url auto://0.0.0.0:0/ws",
      "Vite: server: { hmr: { clientPort: 8443 } }",
      "Storybook, .storybook/main.js: viteFinal: (config) => { config.server.hmr.clientPort = 8443; return config; }",
      "Parcel, whose client goes without TLS on localhost: devtls serve --host app.localhost",
    ],
    setting: { purpose: "socketOrigins", title: "So that the app takes the Origin" },
  },
  "mixed-content": {
    what: "A page that came over https loads something over http.",
    looks:
      "The browser's console says that mixed content was blocked; styles or scripts are missing.",
    why: "Absolute URLs in pages and data are built with the scheme and the Host that the app sees, which behind an edge are http and, where the edge replaces it, an internal one. Scripts, style sheets, fonts, frames, requests and images in srcset are blocked (blocked), WebSockets are not opened (websocket), forms wait for the user's consent (form-action). Links, data and single images do not break at once, but lead to http (leaked-url) or where nobody answers (internal-url). URLs of the site without its port are right on 443 (harmless-on-443). On localhost Chromium and Firefox make an exception, so it may show in production only.",
    fixes: [
      "Write URLs without scheme and host",
      "Content-Security-Policy: upgrade-insecure-requests",
    ],
    setting: TRUST_PROTO,
  },
  "local-network-url": {
    what: "A page loads something from localhost or the local network, and comes from another origin itself.",
    looks:
      'In production "Failed to fetch", or a question for permission; no server sees a request. On the desk everything works.',
    why: "Browsers ask before a page of a public address may reach this machine or its network (Local Network Access: Chromium from 142 on). Links that are followed are exempt. To see it here: devtls serve --address-space public, which makes pages count as public. On a phone (devtls serve --lan) localhost is the phone: cause localhost-on-another-device. A WebSocket of the same origin fails then, too, until the permission is given.",
    fixes: [
      "Ask for it on the page's own origin: devtls serve --route /local=PORT",
      'For what has to be local: an iframe with allow="loopback-network", and a page that says why it asks',
    ],
  },
  "hsts-lock-in": {
    what: "The app sends Strict-Transport-Security, which would lock every server of this host name to https.",
    looks:
      "With --hsts pass, other dev servers on localhost are asked over https from then on and cannot answer.",
    why: "HSTS knows no ports (RFC 6797 8.3). devtls strips it unless told otherwise.",
    fixes: [
      "Send it in production only",
      "To unlock a browser: devtls serve --hsts 0, or delete the host in chrome://net-internals/#hsts",
    ],
  },
  "contradictory-scheme-headers": {
    what: "The app is told both http and https, or a client's word beside the edge's.",
    looks:
      '400 "Contradictory scheme headers" from gunicorn; or X_Forwarded_Proto, with underscores, among what the app is sent.',
    why: "One proxy says X-Forwarded-Proto: https and another X-Forwarded-Ssl: off, or X-Forwarded-Protocol. Or a client sent X_Forwarded_Proto, which WSGI, Rack, PHP and CGI apps cannot tell from X-Forwarded-Proto, and the edge let it through: Apache, HAProxy and Caddy do, nginx does not.",
    fixes: [
      'Let one proxy set the header and drop the others: nginx proxy_set_header X-Forwarded-Ssl "";',
      "Drop names with underscores at the edge: Apache RequestHeader unset X_Forwarded_Proto, HAProxy http-request del-header X_Forwarded_Proto, Caddy header_up -X_Forwarded_Proto",
    ],
  },
};
