import { it } from "vitest";
import { startRecorder } from "../src/capture/asking/recorder.js";
import { capture } from "../src/capture/capture.js";
import { SERVERS, startServer } from "./edge/fidelity/servers.js";
import { frontHome } from "./support/raw-front.js";
import { readFileSync } from "node:fs";
import { join } from "node:path";
for (const server of SERVERS) it(server.profile, async () => {
  const recorder = await startRecorder("tok");
  const ports = await startServer(server, recorder.port);
  const root = readFileSync(join(frontHome(), "rootCA.pem"), "latin1");
  const place = { authority: "localhost:8443", base: "", below: true, sources: ["127.0.0.7"] };
  const target = recorder.target = `127.0.0.1:${recorder.port}`;
  const t0 = Date.now();
  const got = await capture({ name: "x", title: "t", source: "s", place, target, remote: false, asking: {
    tls: { address: "127.0.0.1", port: ports.tls, servername: "localhost", roots: [root] },
    plain: { address: "127.0.0.1", port: ports.redirecting }, token: "tok", recorder, name: "x" }});
  const { profile: { headers, plain, response }, ...rest } = got;
  console.log(server.profile, Date.now() - t0, JSON.stringify(headers), JSON.stringify(plain), JSON.stringify(response), JSON.stringify(rest, null, 1));
}, 60000);
