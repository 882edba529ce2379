/** Resident memory: idle, under load, and what a connection costs. */
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { WebSocket } from "ws";
import { markdownTable, runOnce } from "./measure.mjs";
import { startBackend, startPeer } from "./peers.mjs";

const NAMES = [
  "devtls",
  "devtls --simulate heroku",
  "Caddy",
  "nginx",
  "HAProxy",
  "http-proxy",
  "local-ssl-proxy",
  "Node's https, no proxy",
];
const CONNECTIONS = [1, 10, 100, 1000];
const WEB_SOCKETS = 200;

/** In MiB. @param {number[]} pids */
function resident(pids) {
  const kib = pids.map((pid) =>
    Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]),
  );
  return kib.reduce((sum, each) => sum + each, 0) / 1024;
}

export async function measureMemory({ quick = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "devtls-memory-"));
  const { place, stop } = await startBackend(folder);
  /** @type {Record<string, Record<string, number>>} */
  const figures = {};
  try {
    for (const name of NAMES) {
      const peer = await startPeer(name, place);
      if (!peer) continue;
      /** @type {Record<string, number>} */
      const own = { "idle MiB": resident(peer.pids) };
      figures[name] = own;
      /** @type {import("node:tls").TLSSocket[]} */
      const sockets = [];
      for (const count of CONNECTIONS) {
        while (sockets.length < count) {
          const socket = connect({
            port: peer.port,
            host: "127.0.0.1",
            servername: "localhost",
            rejectUnauthorized: false,
          });
          socket.on("error", () => undefined);
          await once(socket, "secureConnect");
          sockets.push(socket);
        }
        own[`${count} connections MiB`] = resident(peer.pids);
      }
      own["KiB a connection"] =
        ((own["1000 connections MiB"] - own["10 connections MiB"]) * 1024) / 990;
      for (const socket of sockets) socket.destroy();
      if (peer.webSocket) {
        const before = resident(peer.pids);
        const open = Array.from(
          { length: WEB_SOCKETS },
          () => new WebSocket(`wss://localhost:${peer.port}/socket`, { rejectUnauthorized: false }),
        );
        await Promise.all(open.map((socket) => once(socket, "open")));
        own["KiB a WebSocket"] = Math.max(0, ((resident(peer.pids) - before) * 1024) / WEB_SOCKETS);
        for (const socket of open) socket.terminate();
      }
      runOnce(["wrk", "-t1", "-c32", `-d${quick ? 1 : 5}s`, `https://localhost:${peer.port}`], {
        cwd: folder,
      });
      own["after load MiB"] = resident(peer.pids);
      await peer.stop();
    }
  } finally {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return figures;
}

/** @param {Record<string, Record<string, number>>} figures */
export function memoryTables(figures) {
  const columns = Object.keys(figures.devtls ?? {});
  const rows = Object.entries(figures).map(([name, own]) => [
    name,
    ...columns.map((what) =>
      own[what] === undefined ? "" : own[what].toFixed(own[what] < 10 ? 1 : 0),
    ),
  ]);
  const bare = figures["Node's https, no proxy"];
  const ratio = figures.devtls["idle MiB"] / bare["idle MiB"];
  return [
    markdownTable(["", ...columns], rows),
    `Idle, devtls takes ${ratio.toFixed(2)} times what a bare Node https server takes (wanted: at most 1.3).`,
  ].join("\n\n");
}
