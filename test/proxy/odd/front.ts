/** devtls in front of an app that answers what the path asks for; it serves a whole test file. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import type { EdgeProfile } from "../../../src/edge/profile.js";
import { parseTarget } from "../../../src/proxy/upstream/target.js";
import { startServing } from "../../../src/serving/serving.js";
import { frontHome } from "../../support/wire-front.js";

export interface OddFront {
  readonly port: number;
  readonly plainPort: number;
  /** The authority's certificate, PEM. */
  readonly root: string;
  readonly passesUpgrade: boolean;
  /** What went wrong inside devtls. */
  readonly defects: readonly unknown[];
  close(): Promise<void>;
}

const FINE = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine";

/** @param answer the octets for a path; `/fine` is answered as it should be */
export async function startFrontOf(
  edge: EdgeProfile,
  answer: (path: string) => Buffer | undefined,
): Promise<OddFront> {
  const sockets = new Set<Socket>();
  const app = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      if (!text.includes("\r\n\r\n")) return;
      const path = text.split(" ", 2)[1] ?? "";
      text = "";
      const odd = answer(path);
      if (odd) socket.end(odd);
      else socket.write(FINE);
    });
  });
  app.listen(0, "127.0.0.1");
  await once(app, "listening");
  const defects: unknown[] = [];
  const serving = await startServing({
    target: parseTarget(`127.0.0.1:${(app.address() as AddressInfo).port}`),
    hosts: ["localhost"],
    addresses: ["127.0.0.1"],
    port: 0,
    orNextPort: false,
    edge,
    overrides: {},
    plain: { port: 0, rule: { mode: "proxy" }, forcePaths: [] },
    stateDirectory: frontHome(),
  });
  serving.on("defect", (error) => defects.push(error));
  return {
    port: serving.port,
    plainPort: serving.plainPort as number,
    root: readFileSync(join(frontHome(), "rootCA.pem"), "latin1"),
    passesUpgrade: edge.toApp.passesUpgrade,
    defects,
    close: async () => {
      await serving.close(0);
      app.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
