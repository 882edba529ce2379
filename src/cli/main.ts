import { type Loaders, run } from "./program.js";

const LOADERS: Loaders = {
  serve: () => import("./serve.js"),
  edges: () => import("./edges.js"),
  rehearse: () => import("./rehearse.js"),
  audit: () => import("./audit.js"),
  capture: () => import("./capture.js"),
  echo: () => import("./echo.js"),
  trace: () => import("./trace.js"),
  mcp: () => import("./mcp.js"),
  init: () => import("./init.js"),
  config: () => import("./config.js"),
  cert: () => import("./cert.js"),
  acme: () => import("./acme.js"),
  renew: () => import("./renew.js"),
  trust: () => import("./trust.js"),
  untrust: () => import("./untrust.js"),
  doctor: () => import("./doctor.js"),
  env: () => import("./env.js"),
  explain: () => import("./explain.js"),
  completion: () => import("./completion.js"),
  ca: () => import("./ca.js"),
};

run(process.argv.slice(2), LOADERS, () => import("./topics/index.js")).then((status) => {
  process.exitCode = status;
});
