/** The real servers that profiles were captured from, each with a configuration written here. */
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { credentials } from "../../../src/library/issue.js";
import { freePort } from "../../support/cli.js";
import { folderUntilEnd, type Running, start } from "../../support/programs.js";
import { frontHome } from "../../support/wire-front.js";

export interface Ports {
  /** TLS with HTTP/2 and HTTP/1.1, to the app. */
  readonly tls: number;
  /** Plain HTTP, to the app. */
  readonly plain: number;
  /** Plain HTTP, redirected to https as the server's documentation shows it. */
  readonly redirecting: number;
}

interface Setting extends Ports {
  /** "127.0.0.1:8000". */
  readonly app: string;
  readonly folder: string;
  readonly cert: string;
  readonly key: string;
}

export interface RealServer {
  /** The profile that is to behave like it. */
  readonly profile: string;
  /** The program on PATH, and its Debian package where that is called otherwise. */
  readonly program: string;
  /** It speaks HTTP/1.1 only. */
  readonly http1Only?: true;
  /** The configuration, written to a file. @returns the arguments */
  readonly configure: (setting: Setting, write: (text: string) => string) => string[];
}

export const nginx =
  (location: string): RealServer["configure"] =>
  ({ app, folder, cert, key, ...ports }, write) => {
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
      .join("\n  ");
    const file = write(`\
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr crit;
events {}
http {
  access_log off;
  ${temporary}
  server {
    listen 127.0.0.1:${ports.tls} ssl http2;
    listen 127.0.0.1:${ports.plain};
    ssl_certificate ${cert};
    ssl_certificate_key ${key};
    location / {
      proxy_pass http://${app};
      ${location}
    }
  }
  server {
    listen 127.0.0.1:${ports.redirecting};
    return 301 https://$host$request_uri;
  }
}
`);
    return ["-c", file, "-p", folder, "-e", "stderr"];
  };

const MODULES = "/usr/lib/apache2/modules";

/** @param extra lines for the hosts that pass requests on */
export const apache =
  (extra = "", upgrades = ""): RealServer["configure"] =>
  (setting, write) => {
    const { app, folder, cert, key, ...ports } = setting;
    const modules = {
      ...(extra !== "" && { headers_module: "mod_headers" }),
      mpm_event_module: "mod_mpm_event",
      authz_core_module: "mod_authz_core",
      proxy_module: "mod_proxy",
      proxy_http_module: "mod_proxy_http",
      http2_module: "mod_http2",
      ssl_module: "mod_ssl",
      alias_module: "mod_alias",
    };
    const file = write(`\
${Object.entries(modules)
  .map(([name, path]) => `LoadModule ${name} ${MODULES}/${path}.so`)
  .join("\n")}
ServerRoot ${folder}
DefaultRuntimeDir ${folder}
PidFile ${folder}/apache.pid
ErrorLog ${folder}/error.log
LogLevel crit
User nobody
Group nogroup
ServerName localhost
StartServers 1
Listen 127.0.0.1:${ports.tls}
Listen 127.0.0.1:${ports.plain}
Listen 127.0.0.1:${ports.redirecting}
Protocols h2 http/1.1
<VirtualHost 127.0.0.1:${ports.tls}>
  SSLEngine on
  SSLCertificateFile ${cert}
  SSLCertificateKeyFile ${key}
  ${extra}
  ProxyPass / http://${app}/ ${upgrades}
  ProxyPassReverse / http://${app}/
</VirtualHost>
<VirtualHost 127.0.0.1:${ports.plain}>
  ${extra}
  ProxyPass / http://${app}/ ${upgrades}
  ProxyPassReverse / http://${app}/
</VirtualHost>
<VirtualHost 127.0.0.1:${ports.redirecting}>
  Redirect permanent / https://localhost/
</VirtualHost>
`);
    return ["-f", file, "-DFOREGROUND"];
  };

/** @param extra lines of the frontend that passes requests on */
export const haproxy =
  (extra = ""): RealServer["configure"] =>
  ({ app, cert, ...ports }, write) => {
    const file = write(`\
defaults
  mode http
  timeout connect 5s
  timeout client 50s
  timeout server 50s
frontend front
  bind 127.0.0.1:${ports.tls} ssl crt ${cert} alpn h2,http/1.1
  bind 127.0.0.1:${ports.plain}
  option forwardfor
  ${extra}
  default_backend app
frontend redirecting
  bind 127.0.0.1:${ports.redirecting}
  http-request redirect scheme https
backend app
  server app ${app}
`);
    return ["-db", "-f", file];
  };

export const caddy: RealServer["configure"] = ({ app, cert, key, ...ports }, write) => {
  const file = write(`\
{
  admin off
  auto_https disable_redirects
}
:${ports.tls} {
  bind 127.0.0.1
  tls ${cert} ${key}
  reverse_proxy ${app}
}
http://:${ports.plain} {
  bind 127.0.0.1
  reverse_proxy ${app}
}
http://:${ports.redirecting} {
  bind 127.0.0.1
  redir https://{host}{uri} 308
}
`);
  return ["run", "--adapter", "caddyfile", "--config", file];
};

/** As Vite, webpack-dev-server and http-proxy-middleware use it: the package behind Node's own server. */
export const httpProxy =
  (options: string): RealServer["configure"] =>
  ({ app, cert, key, ...ports }, write) => {
    const file = write(`\
const { createProxyServer } = require(${JSON.stringify(createRequire(import.meta.url).resolve("http-proxy"))});
const { readFileSync } = require("node:fs");
const proxy = createProxyServer({ target: "http://${app}", ${options} });
proxy.on("error", (error, request, response) => response.destroy());
const tls = { cert: readFileSync("${cert}"), key: readFileSync("${key}") };
for (const [port, server] of [
  [${ports.tls}, require("node:https").createServer(tls)],
  [${ports.plain}, require("node:http").createServer()],
  [${ports.redirecting}, require("node:http").createServer()],
]) {
  server.on("request", (request, response) => proxy.web(request, response));
  server.on("upgrade", (request, socket, head) => proxy.ws(request, socket, head));
  server.listen(port, "127.0.0.1");
}
`);
    return [file];
  };

export const SERVERS: readonly RealServer[] = [
  { profile: "nginx", program: "nginx", configure: nginx("") },
  {
    profile: "nginx-proxy-params",
    program: "nginx",
    configure: nginx("include /etc/nginx/proxy_params;"),
  },
  { profile: "apache", program: "apache2", configure: apache() },
  { profile: "haproxy", program: "haproxy", configure: haproxy() },
  { profile: "caddy", program: "caddy", configure: caddy },
  { profile: "http-proxy", program: "node", http1Only: true, configure: httpProxy("") },
];

/** A port that was free may be taken before the server binds it. */
const ATTEMPTS = 3;

/** Starts one in front of an app on this port; it ends with the test file. */
export async function startServer(server: RealServer, app: number): Promise<Ports> {
  const { cert, key } = await credentials("localhost", { stateDirectory: frontHome() });
  for (let attempt = 1; ; attempt++) {
    const folder = folderUntilEnd(`devtls-${server.profile}-`);
    const write = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const ports = { tls: await freePort(), plain: await freePort(), redirecting: await freePort() };
    mkdirSync(join(folder, "logs"));
    const args = server.configure(
      {
        ...ports,
        folder,
        app: `127.0.0.1:${app}`,
        // HAProxy reads the key from the certificate's file.
        cert: write("server.pem", cert + key),
        key: write("server-key.pem", key),
      },
      (text) => write("configuration", text),
    );
    const running = start(server.program, args, {
      cwd: folder,
      env: { XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, HOME: folder },
    });
    if (await listens(running, Object.values(ports))) return ports;
    if (attempt === ATTEMPTS) {
      throw new Error(`${server.program} ended: ${running.stdout()}${running.stderr()}`);
    }
  }
}

/** @returns false when the program ends before it listens on all of these */
async function listens(running: Running, ports: readonly number[]): Promise<boolean> {
  let ended = false;
  void running.exited.then(() => {
    ended = true;
  });
  for (const port of ports) {
    while (!(await accepts(port))) {
      if (ended) return false;
      await delay(20);
    }
  }
  return true;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
