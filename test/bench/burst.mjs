/**
 * What a page with 100 assets costs: requests over one HTTP/2 connection, all at once, to app
 * servers with few workers and with many, through devtls and through nginx as its own guide sets
 * proxy_pass up. Every measurement has an app and a proxy of its own; of several the best counts,
 * which is the one that other programs disturbed least.
 */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { APP_NAMES, startApp } from "./apps.mjs";
import { LAUNCHER, markdownTable, median, runOnce } from "./measure.mjs";
import { startPeer } from "./peers.mjs";

const ROUNDS = 5;
const REQUESTS = 100;
/** Beyond what devtls keeps an idle connection for, within what Apache does. */
const IDLE_MS = 1_500;
const PEERS = ["devtls", "nginx, as in its guide"];

/** @typedef {Record<string, Record<string, Record<string, number>>>} Figures by app, peer and state */

/** @param {{ quick?: boolean }} options */
export async function measureBurst({ quick = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "devtls-burst-"));
  const env = { DEVTLS_HOME: join(folder, "state"), HOME: folder };
  runOnce([process.execPath, LAUNCHER, "cert", "localhost"], { cwd: folder, env });
  const place = {
    ...{ folder, env, backend: 0, sockets: 0 },
    cert: join(folder, "localhost.pem"),
    key: join(folder, "localhost-key.pem"),
  };
  const chosen = APP_NAMES.filter((name) => name.includes(process.env.BENCH_APP ?? ""));
  /** @type {Record<string, Record<string, Record<string, number[]>>>} */
  const samples = {};
  const sample = (/** @type {string} */ app, /** @type {string} */ peer) => {
    samples[app] ??= {};
    samples[app][peer] ??= {};
    return samples[app][peer];
  };
  try {
    for (let round = 0; round < (quick ? 1 : ROUNDS); round++) {
      for (const name of chosen) {
        for (const peer of PEERS) {
          const times = await measure(name, peer, place);
          if (!times) continue;
          for (const [state, time] of Object.entries(times)) {
            const list = sample(name, peer);
            list[state] ??= [];
            list[state].push(time);
          }
        }
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return mapValues(samples, (peers) =>
    mapValues(peers, (states) => mapValues(states, (list) => Math.min(...list))),
  );
}

/** @template V, W @param {Record<string, V>} record @param {(value: V) => W} map */
function mapValues(record, map) {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}

/** @param {string} name @param {string} peerName @param {import("./peers.mjs").Place} place */
async function measure(name, peerName, place) {
  const app = await startApp(name, place.folder);
  if (!app) return undefined;
  const peer = await startPeer(peerName, { ...place, backend: app.port, sockets: app.port }, false);
  if (!peer) {
    await app.stop();
    return undefined;
  }
  const session = connect(`https://localhost:${peer.port}`, { rejectUnauthorized: false });
  try {
    await once(session, "remoteSettings");
    /** @type {Record<string, number>} */
    const times = { fresh: await burst(session, REQUESTS) };
    times.warm = median([
      await burst(session, REQUESTS),
      await burst(session, REQUESTS),
      await burst(session, REQUESTS),
    ]);
    await sleep(IDLE_MS);
    times["after idle"] = await burst(session, REQUESTS);
    await sleep(IDLE_MS);
    times["2 pages, then assets"] = (await burst(session, 2)) + (await burst(session, REQUESTS));
    return times;
  } finally {
    session.destroy();
    await peer.stop();
    await app.stop();
  }
}

/**
 * Milliseconds until the last of so many requests is answered.
 * @param {import("node:http2").ClientHttp2Session} session @param {number} count
 */
async function burst(session, count) {
  const begin = performance.now();
  const all = Array.from({ length: count }, (_, number) => {
    const stream = session.request({ ":path": `/asset?${number}` });
    stream.resume();
    return new Promise((resolve, reject) => {
      stream.on("response", ({ ":status": status }) => {
        if (status !== 200) reject(new Error(`status ${status}`));
      });
      stream.on("end", resolve);
      stream.on("error", reject);
    });
  });
  await Promise.all(all);
  return performance.now() - begin;
}

/** Wanted: at most this many times what nginx takes. */
const MOST = 1.3;

/** @param {Figures} figures */
export function burstTables(figures) {
  const rows = Object.entries(figures).flatMap(([app, { devtls, [PEERS[1]]: nginx }]) =>
    Object.entries(devtls).map(([state, own]) => {
      const ratio = own / nginx[state];
      const verdict = ratio <= MOST ? "met" : "missed";
      return [app, state, Math.round(own), Math.round(nginx[state]), ratio.toFixed(2), verdict];
    }),
  );
  const wanted = `at most ${MOST}`;
  return markdownTable(
    ["100 requests at once to", "", "devtls ms", "nginx ms", "ratio", wanted],
    rows,
  );
}
