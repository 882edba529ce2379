/** How long a rehearsal of every edge takes, with an app that answers in 5 ms. */
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { PROJECT } from "./measure.mjs";

const ANSWER_MS = 5;
const PAGES = 10;

/** @param {{ quick: boolean }} options */
export async function measureRehearse({ quick }) {
  const { rehearse } = await import(join(PROJECT, "dist/index.js"));
  const links = Array.from({ length: PAGES - 1 }, (_, at) => `<a href="/page-${at}">page</a>`);
  const app = createServer((_request, response) => {
    setTimeout(() => {
      response.setHeader("Content-Type", "text/html").end(`<!doctype html>${links.join("")}`);
    }, ANSWER_MS);
  });
  app.listen(0, "127.0.0.1");
  await once(app, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (app.address());
  const seconds = [];
  let last;
  for (let round = 0; round < (quick ? 1 : 5); round++) {
    const started = performance.now();
    last = await rehearse({ target: port });
    seconds.push((performance.now() - started) / 1000);
  }
  app.close();
  const { ok } = last.summary;
  return { edges: last.edges.length, pages: last.control.pages, ok, seconds: Math.min(...seconds) };
}

/** @param {{ edges: number, pages: number, ok: number, seconds: number }} figures */
export function rehearseTables({ edges, pages, ok, seconds }) {
  return [
    "| `devtls rehearse`, an app that answers in 5 ms | |",
    "|---|---|",
    `| edges | ${edges}, of which it survives ${ok} |`,
    `| pages each | ${pages} |`,
    `| time | ${seconds.toFixed(1)} s |`,
  ].join("\n");
}
