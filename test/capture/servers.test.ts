/**
 * Apache and HAProxy as people configure them, and one server behind another: learnt like one. One
 * of each, all with DEVTLS_EVERY_PEER=1.
 */
import { expect, it } from "vitest";
import { startRecorder } from "../../src/capture/asking/recorder.js";
import { capture } from "../../src/capture/capture.js";
import {
  apache,
  caddy,
  haproxy,
  nginx,
  type RealServer,
  startServer,
} from "../edge/fidelity/servers.js";
import { atEnd } from "../support/programs.js";
import { describeWith } from "../support/tools.js";
import { SEED } from "../x509/random.js";
import { agreement } from "./agreement.js";
import { settingsOf, TOKEN } from "./server.js";

const TIME_MS = 180_000;

const NGINX_INSIDE: RealServer = {
  profile: "nginx-inside",
  program: "nginx",
  configure: nginx(`
      set_real_ip_from 127.0.0.0/8;
      real_ip_header X-Forwarded-For;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      add_header X-Inside nginx;`),
};

const HAPROXY_HEADERS = `
  http-request set-header X-Forwarded-Proto https if { ssl_fc }
  http-request set-header X-Forwarded-Proto http if !{ ssl_fc }
  http-request set-header X-Forwarded-Port %[dst_port]
  http-request del-header Proxy
  http-response set-header Strict-Transport-Security max-age=31536000`;

const APACHE_HEADERS = `
  ProxyPreserveHost On
  RequestHeader set X-Forwarded-Proto expr=%{REQUEST_SCHEME}
  RequestHeader unset Proxy
  Header always set X-Frame-Options SAMEORIGIN`;

interface Edge {
  readonly name: string;
  /** From the one that clients see to the one that the app sees. */
  readonly servers: readonly RealServer[];
}

const EDGES: readonly Edge[] = [
  {
    name: "Apache with mod_headers",
    servers: [
      {
        profile: "apache-headers",
        program: "apache2",
        configure: apache(APACHE_HEADERS, "upgrade=websocket"),
      },
    ],
  },
  {
    name: "HAProxy that says the scheme",
    servers: [
      { profile: "haproxy-headers", program: "haproxy", configure: haproxy(HAPROXY_HEADERS) },
    ],
  },
  {
    name: "HAProxy before nginx",
    servers: [
      { profile: "haproxy-outside", program: "haproxy", configure: haproxy(HAPROXY_HEADERS) },
      NGINX_INSIDE,
    ],
  },
  {
    name: "Caddy before Apache",
    servers: [
      { profile: "caddy-outside", program: "caddy", configure: caddy },
      { profile: "apache-inside", program: "apache2", configure: apache("ProxyPreserveHost On") },
    ],
  },
];

const everyPeer = process.env.DEVTLS_EVERY_PEER === "1";

for (const { name, servers } of EDGES.filter((_, index) => everyPeer || index % 2 === 0)) {
  describeWith(
    servers.map(({ program }) => program),
    name,
    () => {
      it(
        "is one profile",
        async () => {
          const recorder = await startRecorder(TOKEN);
          atEnd(() => recorder.close());
          let behind = recorder.port;
          let ports = { tls: 0, plain: 0, redirecting: 0 };
          for (const server of [...servers].reverse()) {
            ports = await startServer(server, behind);
            behind = ports.plain;
          }
          recorder.target = `127.0.0.1:${recorder.port}`;
          const settings = settingsOf(name, ports, recorder);
          const { profile, differences, notLearned, checked } = await capture(settings);
          expect(checked).toBeGreaterThan(130);
          const said = notLearned.join("\n");
          expect(differences.filter(({ request }) => !said.includes(`"${request}"`))).toEqual([]);
          const unseen = await agreement(settings, profile, SEED);
          const share = 1 - unseen.differences.length / unseen.asked;
          expect(share, JSON.stringify(unseen.differences, null, 1)).toBeGreaterThanOrEqual(0.95);
        },
        TIME_MS,
      );
    },
  );
}
