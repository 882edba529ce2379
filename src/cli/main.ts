import { run } from "./program.js";

run(process.argv.slice(2), {
  serve: () => import("./serve.js"),
  edges: () => import("./edges.js"),
  trace: () => import("./trace.js"),
  mcp: () => import("./mcp.js"),
  init: () => import("./init.js"),
  config: () => import("./config.js"),
  cert: () => import("./cert.js"),
  renew: () => import("./renew.js"),
  trust: () => import("./trust.js"),
  untrust: () => import("./untrust.js"),
  doctor: () => import("./doctor.js"),
  env: () => import("./env.js"),
  explain: () => import("./explain.js"),
  completion: () => import("./completion.js"),
  ca: () => import("./ca.js"),
}).then((status) => {
  process.exitCode = status;
});
