/** TLS servers that nobody here wrote, each set up in another way. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ATTEMPTS, listens } from "../../edge/fidelity/servers.js";
import { freePort } from "../../support/cli.js";
import { start } from "../../support/programs.js";
import type { Made, Pair } from "./certificates.js";
import {
  ANY,
  apache,
  type Configure,
  caddy,
  dhParameters,
  gnutls,
  haproxy,
  java,
  lighttpd,
  nginx,
  node,
  sServer,
  stunnel,
} from "./programs.js";

export interface TlsServer {
  readonly name: string;
  readonly program: Program;
  readonly configure: Configure;
}

type Program =
  | ("openssl" | "nginx" | "apache2" | "gnutls-serv" | "haproxy")
  | ("caddy" | "lighttpd" | "stunnel4" | "node" | "java");

const rsa = (made: Made): Pair => made.rsa;
const ec = (made: Made): Pair => made.ec;

export const TLS_SERVERS: readonly TlsServer[] = [
  { name: "RSA, as OpenSSL comes", program: "openssl", configure: sServer(rsa) },
  { name: "P-256, as OpenSSL comes", program: "openssl", configure: sServer(ec) },
  {
    name: "RSA and P-256 beside each other",
    program: "openssl",
    configure: (made, port, folder) => [
      ...sServer(rsa)(made, port, folder),
      ...["-dcert", made.ec.cert, "-dkey", made.ec.key, "-dcert_chain", made.ec.chain],
    ],
  },
  {
    name: "every version and suite that OpenSSL has",
    program: "openssl",
    configure: sServer(rsa, "-cipher", ANY, "-min_protocol", "TLSv1"),
  },
  { name: "TLS 1.0 only", program: "openssl", configure: sServer(rsa, "-tls1", "-cipher", ANY) },
  {
    name: "TLS 1.1 only, P-256",
    program: "openssl",
    configure: sServer(ec, "-tls1_1", "-cipher", ANY),
  },
  { name: "TLS 1.3 only", program: "openssl", configure: sServer(ec, "-tls1_3") },
  {
    name: "TLS 1.2 without forward secrecy",
    program: "openssl",
    configure: sServer(rsa, "-tls1_2", "-cipher", "AES128-SHA:AES256-GCM-SHA384:CAMELLIA128-SHA"),
  },
  {
    name: "Diffie-Hellman with 1024 bits, the server's own order",
    program: "openssl",
    configure: (made, port, folder) => [
      ...sServer(rsa, "-tls1_2", "-cipher", "DHE:@SECLEVEL=0", "-serverpref")(made, port, folder),
      ...["-dhparam", dhParameters(folder)],
    ],
  },
  {
    name: "an RSA key of 1024 bits",
    program: "openssl",
    configure: sServer((made) => made.short, "-cipher", "DEFAULT:@SECLEVEL=0"),
  },
  { name: "an incomplete chain", program: "openssl", configure: sServer(rsa, "-bare") },
  {
    name: "an expired certificate",
    program: "openssl",
    configure: sServer((made) => made.expired),
  },
  {
    name: "a certificate that signs itself",
    program: "openssl",
    configure: sServer((made) => made.alone, "-bare"),
  },
  {
    name: "nginx with old versions",
    program: "nginx",
    configure: nginx(
      rsa,
      "ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; ssl_ciphers ALL:@SECLEVEL=0;",
    ),
  },
  {
    name: "nginx with P-384 and three curves",
    program: "nginx",
    configure: nginx(
      (made) => made.p384,
      "ssl_protocols TLSv1.2 TLSv1.3; ssl_ecdh_curve X25519:prime256v1:secp384r1;",
    ),
  },
  {
    name: "Apache with TLS 1.0 and suites of its own",
    program: "apache2",
    configure: apache(
      rsa,
      "SSLProtocol all -SSLv3 +TLSv1 +TLSv1.1\nSSLCipherSuite HIGH:MEDIUM:@SECLEVEL=0\nSSLHonorCipherOrder on",
    ),
  },
  {
    name: "Apache with TLS 1.2 only, P-256",
    program: "apache2",
    configure: apache(ec, "SSLProtocol TLSv1.2"),
  },
  {
    name: "HAProxy with TLS 1.1 and the suites of its own choice",
    program: "haproxy",
    configure: haproxy(
      rsa,
      "ssl-min-ver TLSv1.1 ciphers ECDHE-RSA-AES256-GCM-SHA384:AES256-SHA:@SECLEVEL=0",
    ),
  },
  {
    name: "Caddy as it comes, P-256",
    program: "caddy",
    configure: caddy(ec, "protocols tls1.2 tls1.3"),
  },
  {
    name: "Caddy with two suites",
    program: "caddy",
    configure: caddy(
      rsa,
      "ciphers TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    ),
  },
  {
    name: "lighttpd with TLS 1.2 only",
    program: "lighttpd",
    configure: lighttpd(
      rsa,
      '"MinProtocol" => "TLSv1.2", "MaxProtocol" => "TLSv1.2", "CipherString" => "HIGH:@SECLEVEL=0"',
    ),
  },
  {
    name: "stunnel with TLS 1.0",
    program: "stunnel4",
    configure: stunnel(
      rsa,
      "sslVersionMin = TLSv1\nsecurityLevel = 0\nciphers = ALL:!aNULL:@SECLEVEL=0",
    ),
  },
  {
    name: "Node with the server's order and RSA key exchange",
    program: "node",
    configure: node(
      rsa,
      'maxVersion: "TLSv1.2", honorCipherOrder: true, ciphers: "AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA256", ecdhCurve: "secp384r1:prime256v1"',
    ),
  },
  {
    name: "the server of Java's own runtime",
    program: "java",
    configure: java(rsa, '"TLSv1.2", "TLSv1.3"'),
  },
  {
    name: "GnuTLS with 3DES and Camellia",
    program: "gnutls-serv",
    configure: gnutls(
      "NORMAL:+VERS-TLS1.0:+VERS-TLS1.1:+3DES-CBC:+CAMELLIA-128-GCM:+CAMELLIA-256-CBC:+RSA:+DHE-RSA",
    ),
  },
];

/** Starts a server and waits until it listens; it ends with the test file. @returns its port */
export async function startTls(server: TlsServer, made: Made): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const folder = join(made.folder, `server-${port}`);
    mkdirSync(folder);
    const args = server.configure(made, port, folder);
    const running = start(server.program, args, { cwd: folder });
    if (await listens(running, [port])) return port;
    if (attempt === ATTEMPTS) {
      throw new Error(`${server.program} ended: ${running.stdout()}${running.stderr()}`);
    }
  }
}
