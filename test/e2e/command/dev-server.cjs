/** A dev server for tests: says what it was given, and can have company or be stubborn. */
const { spawn } = require("node:child_process");
const { createServer } = require("node:http");

const [port = process.env.PORT, ...words] = process.argv.slice(2);

if (words.includes("stubborn")) {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => undefined);
}
if (words.includes("company")) {
  // Its parent is gone at once, as that of a worker that was started in the background.
  const code = "setInterval(() => undefined, 1e6); console.log('worker ' + process.pid)";
  const between = `require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(code)}], { stdio: "inherit" }).unref()`;
  spawn(process.execPath, ["-e", between], { stdio: "inherit" });
}
if (words.includes("noisy")) {
  process.stdout.write("to stdout\n");
  process.stderr.write("to stderr\n");
}
process.stdin.setEncoding("utf8").on("data", (text) => console.log(`read ${text.trim()}`));
createServer((request, response) => {
  if (request.url === "/exit") process.exit(7);
  const { PORT, HTTPS, DEVTLS_URL, NODE_EXTRA_CA_CERTS } = process.env;
  response.end(JSON.stringify({ PORT, HTTPS, DEVTLS_URL, NODE_EXTRA_CA_CERTS }));
}).listen(Number(port), "127.0.0.1", () => console.log(`server ${process.pid}`));
