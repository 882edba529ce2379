/** TLS servers that nobody here wrote, each set up in another way. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ATTEMPTS, listens } from "../../edge/fidelity/servers.js";
import { freePort } from "../../support/cli.js";
import { nginxConfiguration } from "../../support/nginx.js";
import { start } from "../../support/programs.js";
import type { Made, Pair } from "./certificates.js";

export interface TlsServer {
  readonly name: string;
  readonly program: "openssl" | "nginx" | "apache2" | "gnutls-serv";
  /** @returns arguments; files go into the folder */
  readonly configure: (made: Made, port: number, folder: string) => readonly string[];
}

const ANY = "ALL:COMPLEMENTOFALL:@SECLEVEL=0";

const sServer =
  (pair: (made: Made) => Pair, ...more: readonly string[]): TlsServer["configure"] =>
  (made, port) => {
    const { cert, key, chain } = pair(made);
    const isBare = more.includes("-bare");
    return [
      ...["s_server", "-accept", `127.0.0.1:${port}`, "-www", "-quiet"],
      ...["-cert", cert, "-key", key, ...(isBare ? [] : ["-cert_chain", chain])],
      ...more.filter((each) => each !== "-bare"),
    ];
  };

const nginx =
  (pair: (made: Made) => Pair, lines: string): TlsServer["configure"] =>
  (made, port, folder) => {
    const { chain, key } = pair(made);
    const file = join(folder, "nginx.conf");
    const server = `server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${chain};
    ssl_certificate_key ${key};
    ${lines}
  }`;
    writeFileSync(file, nginxConfiguration(folder, server));
    return ["-c", file, "-p", folder];
  };

const apache =
  (pair: (made: Made) => Pair, lines: string): TlsServer["configure"] =>
  (made, port, folder) => {
    const { chain, key } = pair(made);
    const file = join(folder, "apache.conf");
    const modules = ["mpm_event", "authz_core", "ssl"].map(
      (name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`,
    );
    writeFileSync(
      file,
      `${modules.join("\n")}
ServerRoot ${folder}
ServerName localhost
PidFile ${folder}/apache.pid
ErrorLog ${folder}/error.log
DocumentRoot ${folder}
Mutex posixsem
Listen 127.0.0.1:${port}
SSLEngine on
SSLCertificateFile ${chain}
SSLCertificateKeyFile ${key}
${lines}
`,
    );
    return ["-X", "-d", folder, "-f", file];
  };

const gnutls =
  (priority: string): TlsServer["configure"] =>
  (made, port) => [
    ...["--http", "--port", String(port), "--priority", priority, "--noticket"],
    ...["--x509certfile", made.rsa.chain, "--x509keyfile", made.rsa.key],
  ];

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
    name: "GnuTLS with 3DES and Camellia",
    program: "gnutls-serv",
    configure: gnutls(
      "NORMAL:+VERS-TLS1.0:+VERS-TLS1.1:+3DES-CBC:+CAMELLIA-128-GCM:+CAMELLIA-256-CBC:+RSA:+DHE-RSA",
    ),
  },
];

/** A well-known group of 1024 bits (RFC 2409 6.2), so that nothing has to be computed. */
function dhParameters(folder: string): string {
  const file = join(folder, "dh.pem");
  const prime =
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF";
  const body = Buffer.concat([integer(Buffer.from(prime, "hex")), integer(Buffer.from([2]))]);
  const der = Buffer.concat([Buffer.from([0x30, 0x81, body.length]), body]);
  writeFileSync(
    file,
    `-----BEGIN DH PARAMETERS-----\n${der.toString("base64").replace(/.{64}/g, "$&\n")}\n-----END DH PARAMETERS-----\n`,
  );
  return file;
}

function integer(value: Buffer): Buffer {
  const content = (value[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), value]) : value;
  const length = content.length < 128 ? [content.length] : [0x81, content.length];
  return Buffer.concat([Buffer.from([0x02, ...length]), content]);
}

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
