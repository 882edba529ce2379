/** Throughput and latency: requests, large bodies, handshakes, WebSocket messages. */
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { WebSocket } from "ws";
import { cpuTime, markdownTable, median, runOnce } from "./measure.mjs";
import { LARGE_MIB, PEER_NAMES, startBackend, startPeer } from "./peers.mjs";

const ROUNDS = 3;
const SECONDS = 2;
/** Programs that are compiled as they run (Node) need this before they run as they go on. */
const WARM_SECONDS = 2;
/** wrk and h2load are one thread, so that the other core is the proxy's. */
const CLIENTS = 32;

/** @typedef {import("./peers.mjs").Peer} Peer */
/** @typedef {Record<string, Record<string, number>>} Figures by peer, then by what was measured */

export async function measureLoad({ quick = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "devtls-load-"));
  const { place, stop } = await startBackend(folder);
  const rounds = quick ? 1 : ROUNDS;
  const seconds = quick ? 1 : SECONDS;
  /** @type {Record<string, Record<string, number[]>>} */
  const samples = {};
  try {
    for (let round = 0; round < rounds; round++) {
      // In turn, so that a machine that slows down slows all of them.
      for (const name of PEER_NAMES) {
        const peer = await startPeer(name, place);
        if (!peer) continue;
        const measured = await measurePeer(peer, folder, seconds);
        await peer.stop();
        samples[name] ??= {};
        for (const [what, value] of Object.entries(measured)) {
          samples[name][what] ??= [];
          samples[name][what].push(value);
        }
      }
    }
  } finally {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return /** @type {Figures} */ (
    Object.fromEntries(
      Object.entries(samples).map(([name, measured]) => [
        name,
        Object.fromEntries(Object.entries(measured).map(([what, list]) => [what, median(list)])),
      ]),
    )
  );
}

/** @param {Peer} peer @param {string} folder @param {number} seconds */
async function measurePeer(peer, folder, seconds) {
  const url = `https://localhost:${peer.port}`;
  const proxies = !peer.name.includes("no proxy");
  /** @type {Record<string, number>} */
  const figures = {};
  if (!peer.name.includes("http2")) {
    wrk(url, CLIENTS, WARM_SECONDS, folder);
    for (const clients of [1, CLIENTS]) {
      const before = cpuTime(peer.pids);
      const { rate, count, p50, p99 } = wrk(url, clients, seconds, folder);
      figures[`h1 c=${clients} CPU µs/req`] = (cpuTime(peer.pids) - before) / count;
      figures[`h1 c=${clients} req/s`] = rate;
      figures[`h1 c=${clients} p50 µs`] = p50;
      figures[`h1 c=${clients} p99 µs`] = p99;
    }
  }
  if (peer.http2) {
    h2load(url, 4, 32, WARM_SECONDS, folder);
    const one = h2load(url, 1, 1, seconds, folder);
    figures["h2 c=1 req/s"] = one.rate;
    figures["h2 c=1 p50 µs"] = one.p50;
    figures["h2 c=1 p99 µs"] = one.p99;
    const before = cpuTime(peer.pids);
    const many = h2load(url, 4, 32, seconds, folder);
    figures["h2 c=4 m=32 CPU µs/req"] = (cpuTime(peer.pids) - before) / many.count;
    figures["h2 c=4 m=32 req/s"] = many.rate;
    figures["h2 c=4 m=32 p50 µs"] = many.p50;
    figures["h2 c=4 m=32 p99 µs"] = many.p99;
  }
  if (proxies) {
    figures["h1 download MB/s"] = curl(["--http1.1", `${url}/large`], folder);
    if (peer.webSocket) {
      figures["h1 upload MB/s"] = curl(
        ["--http1.1", "-T", "large", `${url}/socket/upload`],
        folder,
      );
    }
    if (peer.http2) figures["h2 download MB/s"] = curl(["--http2", `${url}/large`], folder);
  }
  figures["handshakes/s, new"] = await handshakes(peer.port, false, seconds);
  figures["handshakes/s, resumed"] = await handshakes(peer.port, true, seconds);
  if (peer.webSocket) figures["WebSocket messages/s"] = await webSockets(peer.port, seconds);
  return figures;
}

/** @param {string} url @param {number} clients @param {number} seconds @param {string} cwd */
function wrk(url, clients, seconds, cwd) {
  const args = ["-t1", `-c${clients}`, `-d${seconds}s`, "--latency", url];
  const text = runOnce(["wrk", ...args], { cwd });
  return {
    count: Number(/(\d+) requests in/.exec(text)?.[1]),
    rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]),
    p50: microseconds(/^\s+50%\s+(\S+)/m.exec(text)?.[1]),
    p99: microseconds(/^\s+99%\s+(\S+)/m.exec(text)?.[1]),
  };
}

/** "1.20ms", "830.00us", "1.01s" @param {string | undefined} text */
function microseconds(text = "") {
  const [, value, unit] = /^([\d.]+)(us|ms|s)$/.exec(text) ?? [];
  return Number(value) * { us: 1, ms: 1e3, s: 1e6 }[/** @type {"us"} */ (unit)];
}

/** @param {string} url @param {number} clients @param {number} streams @param {number} seconds @param {string} cwd */
function h2load(url, clients, streams, seconds, cwd) {
  const log = join(cwd, "h2load.log");
  const args = [`-c${clients}`, `-m${streams}`, `-D${seconds}`, `--log-file=${log}`, url];
  const text = runOnce(["h2load", ...args], { cwd });
  const times = readFileSync(log, "utf8")
    .trim()
    .split("\n")
    .map((line) => Number(line.split("\t")[2]))
    .sort((a, b) => a - b);
  rmSync(log);
  return {
    count: times.length,
    rate: Number(/finished in [^,]+, ([\d.]+) req\/s/.exec(text)?.[1]),
    p50: times[Math.floor(times.length * 0.5)],
    p99: times[Math.floor(times.length * 0.99)],
  };
}

/** MB a second of one transfer, the best of three. @param {string[]} args @param {string} cwd */
function curl(args, cwd) {
  const rates = [0, 1, 2].map(() => {
    const options = ["--silent", "--insecure", "--output", "/dev/null"];
    const text = runOnce(["curl", ...options, "--write-out", "%{time_total}", ...args], { cwd });
    return (LARGE_MIB * 1.048576) / Number(text);
  });
  return Math.max(...rates);
}

/**
 * Handshakes of TLS 1.3 a second, four at a time.
 * @param {number} port @param {boolean} resume @param {number} seconds
 */
async function handshakes(port, resume, seconds) {
  const options = { host: "127.0.0.1", port, servername: "localhost", rejectUnauthorized: false };
  const session = resume ? await ticketOf(options) : undefined;
  let count = 0;
  const end = performance.now() + seconds * 1000;
  const work = async () => {
    while (performance.now() < end) {
      const socket = connect({ ...options, ...(session && { session }) });
      socket.on("error", () => undefined);
      await once(socket, "secureConnect");
      if (resume && !socket.isSessionReused()) throw new Error("the session was not resumed");
      socket.destroy();
      count++;
    }
  };
  await Promise.all([work(), work(), work(), work()]);
  return count / seconds;
}

/** Tickets come behind the handshake. @param {import("node:tls").ConnectionOptions} options */
async function ticketOf(options) {
  const socket = connect(options);
  const [ticket] = await once(socket.resume(), "session");
  socket.destroy();
  return /** @type {Buffer} */ (ticket);
}

/** Echoes over 16 connections, each sending when its last message is back. @param {number} port @param {number} seconds */
async function webSockets(port, seconds) {
  const sockets = Array.from(
    { length: 16 },
    () => new WebSocket(`wss://localhost:${port}/socket`, { rejectUnauthorized: false }),
  );
  await Promise.all(sockets.map((socket) => once(socket, "open")));
  let messages = 0;
  const begin = performance.now();
  await Promise.all(
    sockets.map(
      (socket) =>
        new Promise((resolve) => {
          socket.on("message", () => {
            messages++;
            if (performance.now() - begin < seconds * 1000)
              socket.send("a message of 32 octets, no more");
            else resolve(undefined);
          });
          socket.send("first");
        }),
    ),
  );
  const elapsed = (performance.now() - begin) / 1000;
  for (const socket of sockets) socket.terminate();
  return messages / elapsed;
}

/** What is wanted: what, the peer, the least ratio; of processor time the largest. */
const TARGETS = /** @type {const} */ ([
  ["h1 c=32 req/s", "Caddy", 1.2],
  ["h1 c=32 req/s", "http-proxy", 2.5],
  ["h1 c=32 req/s", "Node's https, no proxy", 0.45],
  ["h2 c=4 m=32 req/s", "Caddy", 2],
  ["h1 c=32 CPU µs/req", "Caddy", 0.55],
  ["h1 c=32 CPU µs/req", "http-proxy", 0.33],
  ["h2 c=4 m=32 CPU µs/req", "Caddy", 0.42],
  ["h1 download MB/s", "Caddy", 0.95],
  ["h2 download MB/s", "Caddy", 0.9],
]);

/** @param {Figures} figures */
export function loadTables(figures) {
  const own = figures.devtls ?? {};
  const columns = Object.keys(own);
  const rows = Object.entries(figures).map(([name, measured]) => [
    name,
    ...columns.map((what) => shown(measured[what])),
  ]);
  const transposed = columns.map((what, index) => [what, ...rows.map((row) => row[index + 1])]);
  const targets = TARGETS.filter(([, peer]) => figures[peer]).map(([what, peer, bound]) => {
    const ratio = own[what] / figures[peer][what];
    const isCost = what.includes("CPU");
    const met = isCost ? ratio <= bound : ratio >= bound;
    const wanted = `${isCost ? "at most" : "at least"} ${bound}`;
    return [what, peer, ratio.toFixed(2), wanted, met ? "met" : "missed"];
  });
  const heroku = figures["devtls --simulate heroku"];
  if (heroku) {
    const ratio = heroku["h1 c=32 req/s"] / own["h1 c=32 req/s"];
    targets.push([
      "`--simulate heroku`, h1 c=32 req/s",
      "devtls",
      ratio.toFixed(2),
      "at least 0.9",
      ratio >= 0.9 ? "met" : "missed",
    ]);
  }
  return [
    markdownTable(["devtls against", "peer", "ratio", "wanted", ""], targets),
    markdownTable(["", ...rows.map(([name]) => String(name))], transposed),
  ].join("\n\n");
}

/** @param {number | undefined} value */
function shown(value) {
  if (value === undefined || Number.isNaN(value)) return "";
  return value >= 100 ? String(Math.round(value)) : value.toFixed(1);
}
