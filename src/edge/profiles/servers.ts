/** Servers that people run in front of an app themselves. */
import {
  append,
  captured,
  documented,
  doubtful,
  GO_CACHE_CONTROL,
  GO_PROXY,
  MIB,
  NGINX_FIXES,
  NGINX_PROXY,
  passing,
  profile,
  proxied,
  redirect,
  SECOND,
  set,
  strip,
  unverified,
} from "./build.js";

const NGINX_1_22 = captured("nginx 1.22.1 (Debian 12)");

/** `client_max_body_size`, `large_client_header_buffers`, `proxy_read_timeout` as shipped. */
const NGINX_LIMITS = {
  body: { max: MIB, status: 413 },
  target: { max: 8192, status: 414 },
  header: { max: 8192, status: 400 },
  headers: { max: 32_768, status: 400 },
  firstByte: { max: 60 * SECOND, status: 504 },
  idleMs: 60 * SECOND,
} as const;

const NGINX_RESPONSE = {
  set: [["Server", "nginx/1.22.1"]],
  remove: ["X-Pad", "X-Accel-Redirect", "X-Accel-Expires", "X-Accel-Buffering"],
  location: "public",
  relocatesAlso: ["Refresh"],
} as const;

const NGINX_TO_APP = {
  ...NGINX_PROXY,
  version: "1.0",
  connection: "close",
  passesUpgrade: false,
} as const;

const FORWARDED = [
  "X-Forwarded-For",
  "X-Forwarded-Proto",
  "X-Forwarded-Host",
  "X-Forwarded-Port",
  "X-Real-IP",
  "Forwarded",
] as const;

/** `return 301 https://…`, which is how most configurations force https. */
const NGINX_REDIRECT = redirect(301);

export const nginx = profile({
  name: "nginx",
  title: "nginx up to 1.28 with a bare proxy_pass: passes what the client sent, rewrites Host",
  headers: passing(...FORWARDED),
  toApp: { ...NGINX_TO_APP, host: "target" },
  plain: NGINX_REDIRECT,
  limits: NGINX_LIMITS,
  response: NGINX_RESPONSE,
  fixes: NGINX_FIXES,
  proof: NGINX_1_22,
});

export const nginx130 = profile({
  name: "nginx-1.30",
  title: "nginx from 1.29.7 on with a bare proxy_pass: HTTP/1.1 with keep-alive",
  headers: passing(...FORWARDED),
  toApp: { ...NGINX_PROXY, host: "target", passesUpgrade: false },
  plain: NGINX_REDIRECT,
  limits: NGINX_LIMITS,
  response: { ...NGINX_RESPONSE, set: [["Server", "nginx/1.30.0"]] },
  fixes: NGINX_FIXES,
  proof: {
    ...documented("nginx 1.29.7 change log; the rest as captured from 1.22.1"),
    headers: NGINX_1_22,
    limits: NGINX_1_22,
  },
});

export const nginxProxyParams = profile({
  name: "nginx-proxy-params",
  title: "nginx with Debian's proxy_params: X-Forwarded-Proto set, Host without its port",
  headers: [
    set("X-Real-IP", "{client}"),
    append("X-Forwarded-For", "{client}"),
    set("X-Forwarded-Proto", "{scheme}"),
    ...passing("X-Forwarded-Host", "X-Forwarded-Port", "Forwarded"),
  ],
  toApp: { ...NGINX_TO_APP, host: "hostname" },
  plain: NGINX_REDIRECT,
  limits: NGINX_LIMITS,
  response: NGINX_RESPONSE,
  fixes: NGINX_FIXES,
  proof: captured("nginx 1.22.1-9+deb12u10 with /etc/nginx/proxy_params (Debian 12)"),
});

export const apache = profile({
  name: "apache",
  title: "Apache mod_proxy_http: no X-Forwarded-Proto, Host is the backend's",
  headers: [
    append("X-Forwarded-For", "{client}"),
    append("X-Forwarded-Host", "{host}"),
    append("X-Forwarded-Server", "{hostname}"),
    ...passing("X-Forwarded-Proto", "X-Forwarded-Port", "X-Real-IP", "Forwarded"),
  ],
  toApp: {
    host: "target",
    connection: "Keep-Alive",
    order: ["host", "client", "edge", "framing", "connection"],
    http2Names: "canonical",
    movesLength: true,
    mergesLines: true,
    appendsInPlace: true,
    buffersChunked: true,
    te: "drop",
    target: "normalize",
    passesUpgrade: false,
  },
  plain: redirect(301),
  limits: {
    target: { max: 8190, status: 414 },
    header: { max: 8190, status: 400 },
    // 100 with Host.
    headerLines: { max: 99, status: 400 },
    firstByte: { max: 300 * SECOND, status: 502 },
  },
  response: {
    fill: [["Server", "Apache/2.4.71 (Debian)"]],
    location: "public",
    relocatesAlso: ["Content-Location"],
  },
  fixes: {
    where: "Apache, in the VirtualHost",
    proto: ["RequestHeader set X-Forwarded-Proto expr=%{REQUEST_SCHEME}"],
    host: ["ProxyPreserveHost On"],
    drop: ["RequestHeader unset {name}"],
    upgrade: ["ProxyPass / http://{target}/ upgrade=websocket"],
    redirect: ["RewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R=308,L]"],
  },
  proof: captured(
    "Apache 2.4.71 (Debian 12), ProxyPass, ProxyPassReverse and Redirect permanent; Timeout as Debian sets it",
  ),
});

export const haproxy = profile({
  name: "haproxy",
  title: "HAProxy with option forwardfor: a second X-Forwarded-For line, no X-Forwarded-Proto",
  headers: [
    { name: "X-Forwarded-For", op: "append-line", value: "{client}" },
    ...passing(
      "X-Forwarded-Proto",
      "X-Forwarded-Host",
      "X-Forwarded-Port",
      "X-Real-IP",
      "Forwarded",
    ),
  ],
  toApp: {
    version: "client",
    names: "lower",
    hopByHop: "in-place",
    keepsAbsolute: true,
    http2Cookie: "last",
  },
  plain: redirect(302),
  limits: {
    headers: { max: 15_360, status: 400 },
    // tune.http.maxhdr is 101, with the request line and Host.
    headerLines: { max: 99, status: 400 },
  },
  fixes: {
    where: "HAProxy, in the frontend",
    proto: ["http-request set-header X-Forwarded-Proto https if { ssl_fc }"],
    drop: ["http-request del-header {name}"],
    redirect: ["http-request redirect scheme https code 308 unless { ssl_fc }"],
  },
  proof: captured("HAProxy 2.6.12 (Debian 12)"),
});

export const traefik = profile({
  name: "traefik",
  title: "Traefik 3: everything set, and X-Forwarded-Proto says wss on a WebSocket upgrade",
  headers: [
    set("X-Forwarded-For", "{client}"),
    set("X-Forwarded-Host", "{host}"),
    set("X-Forwarded-Port", "{host-port}"),
    set("X-Forwarded-Proto", "{scheme-or-ws}"),
    set("X-Forwarded-Server", "traefik"),
    set("X-Real-Ip", "{client}"),
    GO_CACHE_CONTROL,
    ...[
      "X-Forwarded-Method",
      "X-Forwarded-Prefix",
      "X-Forwarded-Tls-Client-Cert",
      "X-Forwarded-Tls-Client-Cert-Info",
      "X-Forwarded-Uri",
      "X_Forwarded_*",
      "Proxy-Authorization",
    ].map(strip),
  ],
  toApp: GO_PROXY,
  plain: { ...redirect(302, 307), otherForHead: true },
  fixes: {
    where: "Traefik, labels of the app's container",
    proto: ["traefik.http.middlewares.https.headers.customrequestheaders.X-Forwarded-Proto=https"],
    host: ["traefik.http.services.app.loadbalancer.passhostheader=true"],
    redirect: ["traefik.http.middlewares.tls.redirectscheme.permanent=true"],
  },
  proof: {
    ...documented("traefik v3 source: pkg/middlewares/forwardedheaders, pkg/middlewares/redirect"),
    toApp: documented("Go's net/http/httputil, captured from Caddy 2.6.2, which has its code too"),
    limits: documented("traefik v3 source: static_config.go; none on responses"),
  },
});

export const caddy = profile({
  name: "caddy",
  title: "Caddy reverse_proxy: For, Proto and Host set, Port passed from the client",
  headers: [
    set("X-Forwarded-For", "{client}"),
    set("X-Forwarded-Proto", "{scheme}"),
    set("X-Forwarded-Host", "{host}"),
    GO_CACHE_CONTROL,
    ...passing("X-Forwarded-Port", "X-Real-IP", "Forwarded"),
    strip("Proxy-Authorization"),
    {
      name: "Accept-Encoding",
      op: "set",
      value: "gzip",
      unless: ["accept-encoding", "range"],
      notFor: ["HEAD"],
    },
  ],
  toApp: { ...GO_PROXY, order: [...GO_PROXY.order, "late"] },
  plain: redirect(308),
  response: { add: [["Server", "Caddy"]] },
  fixes: {
    where: "Caddy, in the reverse_proxy block",
    proto: ["header_up X-Forwarded-Proto {scheme}"],
    host: ["header_up Host {host}"],
    drop: ["header_up -{name}"],
  },
  proof: captured("Caddy 2.6.2 (Debian 12)"),
});

export const httpProxy = profile({
  name: "http-proxy",
  title: "node-http-proxy: what Vite, webpack-dev-server and http-proxy-middleware are built on",
  headers: passing(...FORWARDED),
  toApp: {
    names: "lower",
    mergesLines: true,
    hopByHop: "copied",
    connection: "close",
    target: "parse",
  },
  plain: proxied,
  // http.maxHeaderSize of Node, for the request line and all headers together.
  limits: { target: { max: 16_384, status: 431 }, headers: { max: 16_384, status: 431 } },
  fixes: {
    where: "the proxy's options (server.proxy of Vite, devServer.proxy of webpack)",
    proto: ["xfwd: true"],
    host: ["changeOrigin: false"],
    upgrade: ["ws: true"],
  },
  proof: captured("http-proxy 1.18.1 on Node 20, without options but target"),
});

export const envoy = profile({
  name: "envoy",
  title: "Envoy or Istio with use_remote_address: For appended, Proto set, no Host or Port",
  headers: [
    append("X-Forwarded-For", "{client}"),
    set("X-Forwarded-Proto", "{scheme}"),
    set("X-Request-Id", "{uuid}"),
    set("X-Envoy-External-Address", "{client}"),
    doubtful(set("X-Envoy-Expected-Rq-Timeout-Ms", "15000")),
    strip("X-Forwarded-Client-Cert"),
  ],
  toApp: { names: "lower" },
  plain: redirect(301),
  limits: {
    headers: { max: 60 * 1024, status: 431 },
    firstByte: { max: 15 * SECOND, status: 504 },
    idleMs: 300 * SECOND,
  },
  response: { set: [["Server", "envoy"]], add: [["X-Envoy-Upstream-Service-Time", "1"]] },
  proof: documented("envoyproxy.io: HTTP header manipulation, header sanitizing, timeouts"),
});

export const ingressNginx = profile({
  name: "ingress-nginx",
  title: "Kubernetes ingress-nginx: everything set, 308 to https, HSTS on",
  headers: [
    { ...set("X-Request-ID", "{hex32}"), unless: ["x-request-id"] },
    set("X-Real-IP", "{client}"),
    set("X-Forwarded-For", "{client}"),
    set("X-Forwarded-Host", "{host}"),
    set("X-Forwarded-Port", "{port}"),
    set("X-Forwarded-Proto", "{scheme}"),
    set("X-Forwarded-Scheme", "{scheme}"),
    set("X-Scheme", "{scheme}"),
    { ...set("X-Original-Forwarded-For", "{sent}"), from: "x-forwarded-for" },
    // nginx sends no line whose value is empty (CVE-2016-5385).
    strip("Proxy"),
    ...passing("Forwarded"),
  ],
  toApp: NGINX_PROXY,
  plain: { ...redirect(308), exceptPaths: ["/.well-known/acme-challenge"] },
  limits: {
    body: { max: MIB, status: 413 },
    firstByte: { max: 60 * SECOND, status: 504 },
    idleMs: 60 * SECOND,
  },
  response: { hsts: "max-age=15724800; includeSubDomains", remove: ["Server"] },
  fixes: {
    where: "ingress-nginx, its ConfigMap",
    innerProto: ['use-forwarded-headers: "true"'],
  },
  proof: documented("kubernetes/ingress-nginx: nginx.tmpl, configmap.md"),
});

export const dokku = profile({
  name: "dokku",
  title: "Dokku's nginx: For, Proto and Port set, 301 to https on port 443, HSTS on",
  headers: [
    set("X-Forwarded-For", "{client}"),
    set("X-Forwarded-Port", "{port}"),
    set("X-Forwarded-Proto", "{scheme}"),
    set("X-Request-Start", "{unix-s.ms}"),
    ...passing("X-Forwarded-Host", "X-Real-IP", "Forwarded"),
  ],
  toApp: NGINX_PROXY,
  plain: redirect(301),
  limits: {
    body: { max: MIB, status: 413 },
    firstByte: { max: 60 * SECOND, status: 504 },
    idleMs: 60 * SECOND,
  },
  response: { hsts: "max-age=15724800", set: [["Server", "nginx"]] },
  fixes: {
    where: "Dokku, on its host",
    innerProto: ["dokku nginx:set APP x-forwarded-proto-value '$http_x_forwarded_proto'"],
  },
  proof: documented("dokku nginx template, 2026-08"),
});

export const iisArr = profile({
  name: "iis-arr",
  title: "IIS Application Request Routing: For with a port, no X-Forwarded-Proto, Host rewritten",
  headers: [
    append("X-Forwarded-For", "{client-port}"),
    { ...set("X-ARR-SSL", "2048|256|CN=devtls|CN=localhost"), when: "https" },
    set("X-ARR-LOG-ID", "{uuid}"),
    set("X-Original-URL", "{path}"),
    ...passing("X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "Forwarded"),
  ],
  toApp: { host: "target" },
  plain: redirect(301),
  limits: {
    body: { max: 30_000_000, status: 413 },
    firstByte: { max: 120 * SECOND, status: 502 },
  },
  response: { location: "public" },
  fixes: {
    where: "IIS, web.config",
    proto: ['<set name="HTTP_X_FORWARDED_PROTO" value="https" />'],
    host: ['<proxy enabled="true" preserveHostHeader="true" />'],
  },
  proof: {
    ...unverified("general knowledge of ARR 3"),
    limits: unverified("other people's reports; blogs.iis.net for the 502"),
  },
});
