/** The servers that the load runs against: one backend, and every proxy that is installed before it. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { listening } from "./apps.mjs";
import { firstByte, freePort, LAUNCHER, PROJECT, runOnce, start, stop, which } from "./measure.mjs";

/** What the backend answers: 36 octets. */
export const BODY = "hello from the backend, 36 octets ok";
export const LARGE_MIB = 100;

/**
 * @typedef {object} Peer
 * @property {string} name
 * @property {number} port
 * @property {number[]} pids every process of it
 * @property {boolean} http2
 * @property {boolean} webSocket
 * @property {() => Promise<void>} stop
 */

/** @typedef {{ folder: string, cert: string, key: string, backend: number, sockets: number, env: Record<string, string> }} Place */

/**
 * nginx with 36 octets at / and 100 MiB at /large; a program of its own echoes WebSocket messages and
 * reads uploads to their end, below /socket.
 * @param {string} folder
 */
export async function startBackend(folder) {
  const env = { DEVTLS_HOME: join(folder, "state"), HOME: folder };
  runOnce([process.execPath, LAUNCHER, "cert", "localhost"], { cwd: folder, env });
  const backend = await freePort();
  const sockets = await freePort();
  writeFileSync(join(folder, "small"), BODY);
  writeFileSync(join(folder, "large"), Buffer.alloc(LARGE_MIB * 1024 * 1024, "devtls "));
  const nginx = which("nginx");
  if (!nginx) throw new Error("nginx is not installed; sudo test/install-debian-packages.sh");
  const conf = nginxConfiguration(
    folder,
    "backend",
    `server {
      listen 127.0.0.1:${backend};
      root ${folder};
      keepalive_requests 1000000;
      client_max_body_size 0;
      location = / { try_files /small =404; }
      location = /large { }
    }`,
  );
  const server = start([nginx, "-c", conf], { cwd: folder });
  const echo = start([process.execPath, "-e", ECHO, String(sockets)], { cwd: PROJECT });
  await listening(backend);
  await listening(sockets);
  /** @type {Place} */
  const place = {
    folder,
    cert: join(folder, "localhost.pem"),
    key: join(folder, "localhost-key.pem"),
    backend,
    sockets,
    env,
  };
  return { place, stop: () => Promise.all([stop(server), stop(echo)]) };
}

const ECHO = `
const { WebSocketServer } = require("ws");
const server = require("node:http").createServer((request, response) => {
  request.resume().on("end", () => response.end());
});
server.listen(Number(process.argv[1]), "127.0.0.1");
new WebSocketServer({ server, perMessageDeflate: false })
  .on("connection", (socket) => socket.on("message", (data, binary) => socket.send(data, { binary })));`;

const HTTP_PROXY = `
const { readFileSync } = require("node:fs");
const { Agent } = require("node:http");
const [port, backend, sockets, cert, key] = process.argv.slice(1);
const { createProxyServer } = require("http-proxy");
const agent = new Agent({ keepAlive: true, maxSockets: 256 });
const proxy = createProxyServer({ target: "http://127.0.0.1:" + backend, agent });
const upgrades = createProxyServer({ target: "http://127.0.0.1:" + sockets });
require("node:https")
  .createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (request, response) =>
    (request.url.startsWith("/socket") ? upgrades : proxy).web(request, response))
  .on("upgrade", (request, socket, head) => upgrades.ws(request, socket, head))
  .listen(port, "127.0.0.1");`;

const CEILING = `
const { readFileSync } = require("node:fs");
const [port, cert, key] = process.argv.slice(1);
const options = { cert: readFileSync(cert), key: readFileSync(key), allowHTTP1: true };
const answer = (request, response) => response.end(${JSON.stringify(BODY)});
const http2 = process.env.HTTP2 === "1";
(http2 ? require("node:http2").createSecureServer(options, answer) : require("node:https").createServer(options, answer))
  .listen(port, "127.0.0.1");`;

/** @typedef {Pick<Peer, "http2" | "webSocket"> & { argv: string[] | undefined, env?: Record<string, string> }} Recipe */

/** @param {string[]} more @returns {(place: Place, port: number) => Recipe} */
const devtls =
  (...more) =>
  ({ backend, sockets, env }, port) => ({
    argv: [
      ...[process.execPath, LAUNCHER, "serve", "--quiet", "--target", `127.0.0.1:${backend}`],
      ...["--route", `/socket=127.0.0.1:${sockets}`, "--port", String(port), ...more],
    ],
    env,
    http2: true,
    webSocket: true,
  });

/** @type {Record<string, (place: Place, port: number) => Recipe>} */
const PEERS = {
  devtls: devtls(),
  "devtls --simulate heroku": devtls("--simulate", "heroku"),
  Caddy: ({ folder, cert, key, backend, sockets }, port) => {
    const path = join(folder, `Caddyfile-${port}`);
    writeFileSync(
      path,
      `{\n admin off\n auto_https off\n log {\n  level ERROR\n }\n}\nhttps://localhost:${port} {\n tls ${cert} ${key}\n reverse_proxy /socket* 127.0.0.1:${sockets}\n reverse_proxy 127.0.0.1:${backend}\n}\n`,
    );
    const caddy = which("caddy");
    return {
      argv: caddy && [caddy, "run", "--config", path, "--adapter", "caddyfile"],
      env: { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
      http2: true,
      webSocket: true,
    };
  },
  nginx: ({ folder, cert, key, backend, sockets }, port) => {
    const nginx = which("nginx");
    const conf = nginxConfiguration(
      folder,
      `proxy-${port}`,
      `map $http_upgrade $to_backend { default upgrade; "" ""; }
      upstream backend { server 127.0.0.1:${backend}; keepalive 64; }
      server {
        listen 127.0.0.1:${port} ssl http2;
        ssl_certificate ${cert};
        ssl_certificate_key ${key};
        ssl_session_cache shared:s:1m;
        keepalive_requests 1000000;
        client_max_body_size 0;
        location / { proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_request_buffering off; }
        location /socket { proxy_pass http://127.0.0.1:${sockets}; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $to_backend; proxy_request_buffering off; }
      }`,
    );
    return { argv: nginx && [nginx, "-c", conf], http2: true, webSocket: true };
  },
  // One connection for each request, which is what an app server with few workers bears best.
  "nginx, as in its guide": ({ folder, cert, key, backend }, port) => {
    const nginx = which("nginx");
    const conf = nginxConfiguration(
      folder,
      `guide-${port}`,
      `server {
        listen 127.0.0.1:${port} ssl http2;
        ssl_certificate ${cert};
        ssl_certificate_key ${key};
        location / { proxy_pass http://127.0.0.1:${backend}; proxy_set_header Host $host; }
      }`,
    );
    return { argv: nginx && [nginx, "-c", conf], http2: true, webSocket: false };
  },
  HAProxy: ({ folder, cert, key, backend, sockets }, port) => {
    const path = join(folder, `haproxy-${port}.cfg`);
    const pem = join(folder, `haproxy-${port}.pem`);
    writeFileSync(pem, runOnce(["cat", cert, key], { cwd: folder, env: {} }));
    writeFileSync(
      path,
      `global\n maxconn 4000\ndefaults\n mode http\n timeout connect 5s\n timeout client 60s\n timeout server 60s\nfrontend f\n bind 127.0.0.1:${port} ssl crt ${pem} alpn h2,http/1.1\n use_backend s if { path_beg /socket }\n default_backend b\nbackend b\n server b 127.0.0.1:${backend}\nbackend s\n server s 127.0.0.1:${sockets}\n`,
    );
    const haproxy = which("haproxy");
    return { argv: haproxy && [haproxy, "-db", "-f", path], http2: true, webSocket: true };
  },
  "http-proxy": ({ cert, key, backend, sockets }, port) => ({
    argv: [process.execPath, "-e", HTTP_PROXY, ...[port, backend, sockets, cert, key].map(String)],
    http2: false,
    webSocket: true,
  }),
  "local-ssl-proxy": ({ backend, cert, key }, port) => ({
    argv: [
      ...[process.execPath, join(PROJECT, "node_modules/local-ssl-proxy/build/main.js")],
      ...["--source", String(port), "--target", String(backend), "--cert", cert, "--key", key],
    ],
    http2: false,
    webSocket: false,
  }),
  "Node's https, no proxy": ({ cert, key }, port) => ({
    argv: [process.execPath, "-e", CEILING, String(port), cert, key],
    http2: false,
    webSocket: false,
  }),
  "Node's http2, no proxy": ({ cert, key }, port) => ({
    argv: [process.execPath, "-e", CEILING, String(port), cert, key],
    env: { HTTP2: "1" },
    http2: true,
    webSocket: false,
  }),
};

export const PEER_NAMES = Object.keys(PEERS).filter((name) => !name.includes("guide"));

/**
 * Starts a peer; undefined when its program is not installed.
 * @param {string} name @param {Place} place @param {boolean} [warmed] it has answered once
 * @returns {Promise<Peer | undefined>}
 */
export async function startPeer(name, place, warmed = true) {
  const port = await freePort();
  const { argv, env, http2, webSocket } = PEERS[name](place, port);
  if (!argv) return undefined;
  const child = start(argv, { cwd: PROJECT, env });
  await (warmed ? firstByte(port) : listening(port));
  const pid = /** @type {number} */ (child.pid);
  return { name, port, http2, webSocket, pids: [pid], stop: () => stop(child) };
}

/** @param {string} folder @param {string} name @param {string} servers */
function nginxConfiguration(folder, name, servers) {
  const own = join(folder, name);
  mkdirSync(own, { recursive: true });
  const path = join(own, "nginx.conf");
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (kind) => `${kind}_temp_path ${own}/${kind};`,
  );
  writeFileSync(
    path,
    `daemon off; master_process off; worker_processes 1; pid ${own}/pid; error_log /dev/null;
events { worker_connections 4096; }
http { access_log off; ${paths.join(" ")}
${servers}
}
`,
  );
  return path;
}
