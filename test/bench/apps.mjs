/** App servers as people run them before a proxy, by how many requests they take up at once. */
import { once } from "node:events";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { freePort, start, which } from "./measure.mjs";

/** An asset's octets: a small style sheet or script. */
const ASSET = "/* devtls */ ".repeat(400);

/** @typedef {{ name: string, port: number, stop: () => Promise<void> }} App */

/** @typedef {(folder: string, port: number) => { program: string, args: string[], env?: Record<string, string> }} Recipe */

/** Debian's mpm_prefork.conf, but for the number of workers. @param {number} workers @returns {Recipe} */
const apache = (workers) => (folder, port) => {
  const root = join(folder, "htdocs");
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, "asset"), ASSET);
  // The workers run as another user than the one who made the folder.
  for (const path of [folder, root]) chmodSync(path, 0o755);
  const modules = ["mpm_prefork", "authz_core", "dir", "mime", "reqtimeout"].map(
    (name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`,
  );
  const conf = join(folder, `apache-${port}.conf`);
  writeFileSync(
    conf,
    `${modules.join("\n")}
ServerName localhost
ServerRoot ${folder}
PidFile ${folder}/apache-${port}.pid
Listen 127.0.0.1:${port}
ErrorLog /dev/null
User www-data
Group www-data
TypesConfig /dev/null
DocumentRoot ${root}
Timeout 300
KeepAlive On
MaxKeepAliveRequests 100
KeepAliveTimeout 5
StartServers 5
MinSpareServers 5
MaxSpareServers 10
MaxRequestWorkers ${workers}
MaxConnectionsPerChild 0
`,
  );
  return { program: "apache2", args: ["-D", "FOREGROUND", "-f", conf] };
};

/** @param {number} workers @returns {Recipe} */
const gunicorn = (workers) => (folder, port) => {
  writeFileSync(
    join(folder, "app.py"),
    `BODY = ${JSON.stringify(ASSET)}.encode()\ndef app(environ, start_response):\n    start_response("200 OK", [("Content-Length", str(len(BODY)))])\n    return [BODY]\n`,
  );
  const at = ["--bind", `127.0.0.1:${port}`, "--workers", String(workers)];
  return { program: "gunicorn", args: [...at, "--chdir", folder, "app:app"] };
};

/** @type {Recipe} */
const php = (folder, port) => {
  writeFileSync(join(folder, "app.php"), ASSET);
  return { program: "php", args: ["-S", `127.0.0.1:${port}`, join(folder, "app.php")] };
};

/** @type {Recipe} */
const puma = (folder, port) => {
  const rackup = join(folder, "config.ru");
  writeFileSync(
    rackup,
    `BODY = ${JSON.stringify(ASSET)}\nrun lambda { |env| [200, { "Content-Length" => BODY.bytesize.to_s }, [BODY]] }\n`,
  );
  return { program: "puma", args: ["--bind", `tcp://127.0.0.1:${port}`, rackup] };
};

/** @type {Recipe} */
const node = (_folder, port) => ({
  program: process.execPath,
  args: [
    "-e",
    `const body = ${JSON.stringify(ASSET)};
require("node:http").createServer((request, response) => response.end(body)).listen(${port}, "127.0.0.1")`,
  ],
});

/** @type {Record<string, Recipe>} */
const APPS = {
  "Apache prefork, 5 workers": apache(5),
  "Apache prefork, 20 workers": apache(20),
  "Apache prefork, 150 workers": apache(150),
  "gunicorn sync, 1 worker": gunicorn(1),
  "gunicorn sync, 4 workers": gunicorn(4),
  "php -S": php,
  Puma: puma,
  Node: node,
};

export const APP_NAMES = Object.keys(APPS);

/**
 * Starts an app; undefined when its program is not installed.
 * @param {string} name @param {string} folder @returns {Promise<App | undefined>}
 */
export async function startApp(name, folder) {
  const port = await freePort();
  const { program, args } = APPS[name](folder, port);
  const path = program === process.execPath ? program : which(program);
  if (!path) return undefined;
  const child = start([path, ...args], { cwd: folder });
  await listening(port);
  return {
    name,
    port,
    // SIGKILL would leave the workers of a parent behind.
    stop: async () => {
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      await gone;
    },
  };
}

/** Waits until something listens. @param {number} port */
export async function listening(port) {
  for (;;) {
    const socket = connect({ port, host: "127.0.0.1" });
    const reached = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (reached) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
