/**
 * What `--inspect` costs: requests a second of `devtls serve` with it over those without, both at
 * once running, asked in turns, so that a busy machine slows both. Prints the ratio of each turn and
 * the memory of both processes.
 *   node test/bench/inspect.mjs [turns] [requests of a turn]
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [turns = 5, requests = 3000] = process.argv.slice(2).map(Number);
const home = mkdtempSync(join(tmpdir(), "devtls-bench-"));
const app = createServer((_, response) => response.end("ok")).listen(0, "127.0.0.1");
await new Promise((resolve) => app.once("listening", resolve));
const target = String(app.address().port);

function start(port, more) {
  const launcher = join(import.meta.dirname, "../../bin/devtls.js");
  const args = [launcher, "serve", "--target", target, "--port", port, "--quiet", ...more];
  const child = spawn(process.execPath, args, { env: { ...process.env, DEVTLS_HOME: home } });
  const ready = new Promise((resolve) => child.stdout.once("data", resolve));
  return {
    child,
    ready,
    port,
    agent: new Agent({ keepAlive: true, maxSockets: 8, rejectUnauthorized: false }),
  };
}

/** Processor time of the process, in ticks, by which noise of others does not count. */
const ticks = ({ child }) => {
  const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1].split(" ");
  return Number(fields[11]) + Number(fields[12]);
};

async function ask({ port, agent }) {
  let left = requests;
  const one = () =>
    new Promise((resolve, reject) => {
      const sent = request(
        { host: "127.0.0.1", port, agent, headers: { Host: `localhost:${port}` } },
        (response) => {
          response.resume().once("end", resolve);
        },
      );
      sent.once("error", reject);
      sent.end();
    });
  const began = performance.now();
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      while (left-- > 0) await one();
    }),
  );
  return requests / ((performance.now() - began) / 1000);
}

const plain = start("24843", []);
await plain.ready;
const inspected = start("24844", ["--inspect", "24845"]);
await inspected.ready;
await ask(plain);
await ask(inspected);
const ratios = [];
const used = [ticks(plain), ticks(inspected)];
for (let turn = 0; turn < turns; turn++) {
  const [without, withIt] = [await ask(plain), await ask(inspected)];
  ratios.push(withIt / without);
  console.log(
    `${without.toFixed(0)} ${withIt.toFixed(0)} a second, ratio ${(withIt / without).toFixed(2)}`,
  );
}
const spent = [ticks(plain) - used[0], ticks(inspected) - used[1]];
const microseconds = spent.map((each) => ((each * 10_000) / (turns * requests)).toFixed(0));
const rss = ({ child }) =>
  /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))[1] / 1024;
console.log(
  `median ratio ${ratios.sort((a, b) => a - b)[turns >> 1].toFixed(2)}, by processor time ${(spent[0] / spent[1]).toFixed(2)}: ${microseconds.join(" and ")} µs a request`,
);
console.log(
  `memory ${rss(plain).toFixed(0)} and ${rss(inspected).toFixed(0)} MiB after ${(turns + 1) * requests} requests`,
);
for (const { child, agent } of [plain, inspected]) {
  agent.destroy();
  child.kill("SIGTERM");
}
app.close();
rmSync(home, { recursive: true, force: true });
