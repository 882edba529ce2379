/** How each program is told its certificate, its versions and its suites. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nginxConfiguration } from "../../support/nginx.js";
import type { Made, Pair } from "./certificates.js";

/** @returns arguments; files go into the folder */
export type Configure = (made: Made, port: number, folder: string) => readonly string[];

export const ANY = "ALL:COMPLEMENTOFALL:@SECLEVEL=0";

export const sServer =
  (pair: (made: Made) => Pair, ...more: readonly string[]): Configure =>
  (made, port) => {
    const { cert, key, chain } = pair(made);
    const isBare = more.includes("-bare");
    return [
      ...["s_server", "-accept", `127.0.0.1:${port}`, "-www", "-quiet"],
      ...["-cert", cert, "-key", key, ...(isBare ? [] : ["-cert_chain", chain])],
      ...more.filter((each) => each !== "-bare"),
    ];
  };

export const nginx =
  (pair: (made: Made) => Pair, lines: string): Configure =>
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

export const apache =
  (pair: (made: Made) => Pair, lines: string): Configure =>
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

export const gnutls =
  (priority: string): Configure =>
  (made, port) => [
    ...["--http", "--port", String(port), "--priority", priority, "--noticket"],
    ...["--x509certfile", made.rsa.chain, "--x509keyfile", made.rsa.key],
  ];

/** A file of the folder. */
function written(folder: string, name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** With the certificates before the key, as HAProxy, lighttpd and stunnel read them. */
function together(folder: string, { chain, key }: Pair): string {
  return written(folder, "both.pem", `${readFileSync(chain, "utf8")}${readFileSync(key, "utf8")}`);
}

export const haproxy =
  (pair: (made: Made) => Pair, words: string): Configure =>
  (made, port, folder) => {
    const crt = together(folder, pair(made));
    const text = `defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend front
  bind 127.0.0.1:${port} ssl crt ${crt} ${words}
  http-request return status 200
`;
    return ["-db", "-f", written(folder, "haproxy.cfg", text)];
  };

export const caddy =
  (pair: (made: Made) => Pair, lines: string): Configure =>
  (made, port, folder) => {
    const { chain, key } = pair(made);
    const text = `{
  admin off
  auto_https off
}
localhost:${port} {
  bind 127.0.0.1
  tls ${chain} ${key} {
    ${lines}
  }
  respond "ok"
}
`;
    return ["run", "--adapter", "caddyfile", "--config", written(folder, "Caddyfile", text)];
  };

export const lighttpd =
  (pair: (made: Made) => Pair, commands: string): Configure =>
  (made, port, folder) => {
    const { key, chain } = pair(made);
    const text = `server.modules = ( "mod_openssl" )
server.document-root = "${folder}"
server.bind = "127.0.0.1"
server.port = ${port}
ssl.engine = "enable"
ssl.pemfile = "${chain}"
ssl.privkey = "${key}"
ssl.openssl.ssl-conf-cmd = ( ${commands} )
`;
    return ["-D", "-f", written(folder, "lighttpd.conf", text)];
  };

/** In front of nothing: what is behind the handshake is not asked for. */
export const stunnel =
  (pair: (made: Made) => Pair, lines: string): Configure =>
  (made, port, folder) => {
    const text = `foreground = yes
pid =
[front]
accept = 127.0.0.1:${port}
connect = 127.0.0.1:9
cert = ${together(folder, pair(made))}
${lines}
`;
    return [written(folder, "stunnel.conf", text)];
  };

export const node =
  (pair: (made: Made) => Pair, options: string): Configure =>
  (made, port, folder) => {
    const { chain, key } = pair(made);
    const text = `const { readFileSync } = require("node:fs");
const server = require("node:https").createServer({
  cert: readFileSync(${JSON.stringify(chain)}),
  key: readFileSync(${JSON.stringify(key)}),
  ${options}
});
server.on("request", (request, response) => response.end("ok"));
server.listen(${port}, "127.0.0.1");
`;
    return [written(folder, "server.cjs", text)];
  };

/** The server of the Java runtime itself, by a source file that it compiles as it starts. */
export const java =
  (pair: (made: Made) => Pair, versions: string): Configure =>
  (made, port, folder) => {
    const { chain, key } = pair(made);
    const store = join(folder, "store.p12");
    const made12 = spawnSync("openssl", [
      ...["pkcs12", "-export", "-in", chain, "-inkey", key, "-out", store],
      ...["-passout", "pass:changeit"],
    ]);
    if (made12.status !== 0) throw new Error(String(made12.stderr));
    const text = `import com.sun.net.httpserver.*;
import java.io.FileInputStream;
import java.net.InetSocketAddress;
import java.security.KeyStore;
import javax.net.ssl.*;
public class Server {
  public static void main(String[] args) throws Exception {
    char[] word = "changeit".toCharArray();
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(new FileInputStream("${store}"), word);
    KeyManagerFactory keys = KeyManagerFactory.getInstance("SunX509");
    keys.init(store, word);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    HttpsServer server = HttpsServer.create(new InetSocketAddress("127.0.0.1", ${port}), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context) {
      public void configure(HttpsParameters given) {
        SSLParameters own = context.getDefaultSSLParameters();
        own.setProtocols(new String[] { ${versions} });
        given.setSSLParameters(own);
      }
    });
    server.createContext("/", exchange -> exchange.sendResponseHeaders(204, -1));
    server.start();
  }
}
`;
    return [written(folder, "Server.java", text)];
  };

/** A well-known group of 1024 bits (RFC 2409 6.2), so that nothing has to be computed. */
export function dhParameters(folder: string): string {
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
