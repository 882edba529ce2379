/** Cold starts: `devtls cert` with an authority that exists, and `devtls serve` to its first byte. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  freePort,
  LAUNCHER,
  markdownTable,
  PROJECT,
  start,
  stop,
  timeCommands,
  timeFirstByte,
  which,
} from "./measure.mjs";

const ROUNDS = 21;

/** What somebody who has the package at hand would write. */
const SELFSIGNED = `
const { writeFileSync } = require("node:fs");
require(${JSON.stringify(join(PROJECT, "node_modules/selfsigned"))})
  .generate([{ name: "commonName", value: "localhost" }], { keySize: 2048, algorithm: "sha256" })
  .then(({ cert, private: key }) => {
    writeFileSync("selfsigned.pem", cert);
    writeFileSync("selfsigned-key.pem", key);
  });`;

export async function measureCold() {
  const folder = mkdtempSync(join(tmpdir(), "devtls-bench-"));
  const env = { DEVTLS_HOME: join(folder, "state"), CAROOT: join(folder, "mkcert") };
  try {
    return { cert: measureCert(folder, env), serve: await measureServe(folder, env) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} folder @param {Record<string, string>} env */
function measureCert(folder, env) {
  writeFileSync(join(folder, "selfsigned.cjs"), SELFSIGNED);
  const mkcert = which("mkcert");
  const times = timeCommands(
    [
      { name: "node -e 0", argv: [process.execPath, "-e", "0"] },
      {
        name: "devtls cert localhost",
        argv: [process.execPath, LAUNCHER, "cert", "localhost"],
        env,
      },
      ...(mkcert
        ? [
            { name: "mkcert localhost", argv: [mkcert, "localhost"], env },
            { name: "mkcert -ecdsa localhost", argv: [mkcert, "-ecdsa", "localhost"], env },
          ]
        : []),
      { name: "a script with selfsigned", argv: [process.execPath, "selfsigned.cjs"] },
    ],
    { rounds: ROUNDS, cwd: folder },
  );
  return Object.fromEntries(times);
}

/** @param {string} folder @param {Record<string, string>} env */
async function measureServe(folder, env) {
  const target = await freePort();
  const [devtls, other, caddyPort] = [await freePort(), await freePort(), await freePort()];
  const app = start([
    process.execPath,
    "-e",
    `require("node:http").createServer((q, s) => s.end("ok")).listen(${target}, "127.0.0.1")`,
  ]);
  const pem = join(folder, "localhost.pem");
  const key = join(folder, "localhost-key.pem");
  const caddy = which("caddy");
  writeFileSync(
    join(folder, "Caddyfile"),
    `{\n admin off\n auto_https off\n}\nhttps://localhost:${caddyPort} {\n tls ${pem} ${key}\n reverse_proxy 127.0.0.1:${target}\n}\n`,
  );
  try {
    const times = await timeFirstByte(
      [
        {
          name: "devtls serve",
          argv: [
            process.execPath,
            LAUNCHER,
            "serve",
            "--target",
            `127.0.0.1:${target}`,
            "--port",
            `${devtls}`,
          ],
          port: devtls,
          env,
        },
        {
          name: "local-ssl-proxy",
          argv: [
            process.execPath,
            join(PROJECT, "node_modules/local-ssl-proxy/build/main.js"),
            "--source",
            `${other}`,
            "--target",
            `${target}`,
          ],
          port: other,
        },
        ...(caddy
          ? [
              {
                name: "Caddy",
                argv: [caddy, "run", "--config", "Caddyfile", "--adapter", "caddyfile"],
                port: caddyPort,
                env: { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
              },
            ]
          : []),
      ],
      { rounds: 11, cwd: folder },
    );
    return Object.fromEntries(times);
  } finally {
    await stop(app);
  }
}

/** @param {Awaited<ReturnType<typeof measureCold>>} figures */
export function coldTables({ cert, serve }) {
  const rows = (/** @type {Record<string, number>} */ times, /** @type {string} */ base) =>
    Object.entries(times).map(([name, ms]) => [
      `\`${name}\``,
      `${Math.round(ms)} ms`,
      (ms / (times[base] ?? ms)).toFixed(2),
    ]);
  return [
    markdownTable(
      ["one certificate, whole process", "median", "against `node -e 0`"],
      rows(cert, "node -e 0"),
    ),
    markdownTable(
      ["start to first HTTPS byte", "median", "against local-ssl-proxy"],
      rows(serve, "local-ssl-proxy"),
    ),
  ].join("\n\n");
}
