/**
 * Orders a second of `devtls acme` and of pebble, asked by the same client (npm's acme-client) in
 * turn: account, order, http-01, certificate request, certificate. Both validate over real HTTP; an
 * IP identifier needs no DNS, and with a new account each time pebble has nothing to use again. What the servers themselves take is read from /proc.
 */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { Agent } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import acme from "acme-client";
import { freePort, LAUNCHER, markdownTable, median, start, stop, which } from "./measure.mjs";

const ADDRESS = "127.0.0.1";

/** Clock ticks of /proc a second: Linux on every platform that Node runs on. */
const TICK_MS = 10;

/** Milliseconds of processor time that a process has taken. @param {number} pid */
function processorMs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** @param {{ quick?: boolean }} [options] */
export async function measureAcme({ quick = false } = {}) {
  if (!which("pebble")) throw new Error("needs pebble: sudo apt-get install pebble");
  const folder = mkdtempSync(join(tmpdir(), "devtls-bench-"));
  /** @type {Map<string | undefined, string>} */
  const files = new Map();
  const answers = createServer((request, response) => response.end(files.get(request.url)));
  answers.listen(0, ADDRESS);
  await once(answers, "listening");
  const { port: httpPort } = /** @type {import("node:net").AddressInfo} */ (answers.address());
  const servers = [await startDevtls(folder, httpPort), await startPebble(folder, httpPort)];
  try {
    const ca = readFileSync(join(folder, "state/rootCA.pem"), "utf8");
    acme.axios.defaults.httpsAgent = new Agent({ ca, keepAlive: true });
    /** @type {Record<string, { seconds: number[], processor: number[] }>} */
    const figures = {};
    for (const { name } of servers) figures[name] = { seconds: [], processor: [] };
    const [rounds, orders] = quick ? [2, 3] : [5, 6];
    for (let round = -1; round < rounds; round++) {
      for (const server of servers) {
        const before = processorMs(server.child.pid ?? 0);
        const begin = process.hrtime.bigint();
        for (let count = 0; count < orders; count++) {
          await issue(await registered(server.url), files);
        }
        const seconds = Number(process.hrtime.bigint() - begin) / 1e9 / orders;
        const processor = (processorMs(server.child.pid ?? 0) - before) / orders;
        if (round < 0) continue; // the first round warms both
        figures[server.name]?.seconds.push(seconds);
        figures[server.name]?.processor.push(processor);
      }
    }
    return Object.entries(figures).map(([name, { seconds, processor }]) => ({
      name,
      ordersPerSecond: Number((1 / median(seconds)).toFixed(1)),
      serverMsPerOrder: Number(median(processor).toFixed(1)),
    }));
  } finally {
    for (const { child } of servers) await stop(child);
    answers.closeAllConnections();
    answers.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} url */
async function registered(url) {
  const client = new acme.Client({
    directoryUrl: url,
    accountKey: await acme.crypto.createPrivateEcdsaKey(),
    backoffAttempts: 200,
    backoffMin: 5,
    backoffMax: 5,
  });
  await client.createAccount({ termsOfServiceAgreed: true });
  return client;
}

/** @param {import("acme-client").Client} client @param {Map<string | undefined, string>} files */
async function issue(client, files) {
  const key = await acme.crypto.createPrivateEcdsaKey();
  const order = await client.createOrder({ identifiers: [{ type: "ip", value: ADDRESS }] });
  const [authorization] = await client.getAuthorizations(order);
  const challenge = authorization?.challenges.find(({ type }) => type === "http-01");
  if (!challenge) throw new Error("no http-01 challenge");
  const path = `/.well-known/acme-challenge/${challenge.token}`;
  files.set(path, await client.getChallengeKeyAuthorization(challenge));
  await client.completeChallenge(challenge);
  await client.waitForValidStatus(order);
  const [, csr] = await acme.crypto.createCsr({ altNames: [ADDRESS] }, key);
  const finalized = await client.finalizeOrder(order, csr);
  await client.getCertificate(finalized);
  files.delete(path);
}

/** @param {string} folder @param {number} httpPort */
async function startDevtls(folder, httpPort) {
  const port = await freePort();
  const env = { DEVTLS_HOME: join(folder, "state") };
  const args = ["--port", String(port), "--http-01-port", String(httpPort), "--json"];
  const child = start([process.execPath, LAUNCHER, "acme", ...args], { cwd: folder, env });
  const url = `https://localhost:${port}/directory`;
  await listening(port);
  return { name: "devtls acme", child, url };
}

/** @param {string} folder @param {number} httpPort */
async function startPebble(folder, httpPort) {
  const env = { ...process.env, DEVTLS_HOME: join(folder, "state") };
  execFileSync(process.execPath, [LAUNCHER, "cert", "localhost"], {
    cwd: folder,
    env,
    stdio: "ignore",
  });
  const [port, management] = [await freePort(), await freePort()];
  const pebble = {
    listenAddress: `${ADDRESS}:${port}`,
    managementListenAddress: `${ADDRESS}:${management}`,
    certificate: join(folder, "localhost.pem"),
    privateKey: join(folder, "localhost-key.pem"),
    httpPort,
    tlsPort: 1,
  };
  const path = join(folder, "pebble.json");
  writeFileSync(path, JSON.stringify({ pebble }));
  const child = start(["pebble", "-config", path], {
    cwd: folder,
    env: { PEBBLE_VA_NOSLEEP: "1", PEBBLE_WFE_NONCEREJECT: "0", PEBBLE_AUTHZREUSE: "0" },
  });
  await listening(port);
  return { name: "pebble", child, url: `https://localhost:${port}/dir` };
}

/** Waits until something accepts connections. @param {number} port */
async function listening(port) {
  const { connect } = await import("node:net");
  for (;;) {
    const socket = connect(port, ADDRESS);
    const accepted = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (accepted) return;
  }
}

/** @param {Awaited<ReturnType<typeof measureAcme>>} figures */
export function acmeTables(figures) {
  return markdownTable(
    [
      "ACME server",
      "accounts with a certificate a second",
      "processor time of the server for each",
    ],
    figures.map(({ name, ordersPerSecond, serverMsPerOrder }) => [
      name,
      String(ordersPerSecond),
      `${serverMsPerOrder} ms`,
    ]),
  );
}
