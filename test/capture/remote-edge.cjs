"use strict";
// In a network of its own: an edge at an address that is not loopback, with an echo behind it, which
// is captured, interrupted after some requests, and captured again. Prints what happened as JSON.
const { spawn } = require("node:child_process");
const { createServer } = require("node:http");

const [launcher, echoFile, address, port, token, out, interruptAt] = process.argv.slice(2);
const echo = require(echoFile);
const times = [];
let child;

const edge = createServer((request, response) => {
  times.push(performance.now());
  if (times.length === Number(interruptAt)) child.kill("SIGINT");
  echo(request, response);
});

function capture() {
  const url = `http://${address}:${port}/devtls-echo`;
  child = spawn(process.execPath, [launcher, "capture", url, "--token", token, "--out", out]);
  let stderr = "";
  child.stderr.on("data", (text) => (stderr += text));
  return new Promise((resolve) =>
    child.once("close", (status) => resolve({ status, stderr, asked: times.length })),
  );
}

edge.listen(Number(port), address, async () => {
  const runs = [await capture(), await capture()];
  process.stdout.write(JSON.stringify({ runs, times }));
  process.exit(0);
});
