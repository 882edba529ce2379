/** An edge that tells the app `Connection: close` sends nothing more on that connection. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { expect, it } from "vitest";
import { rehearse } from "../../../src/index.js";
import { atEnd } from "../../support/programs.js";

/** Answers every request, keeps connections open, and counts both. */
async function startTarget() {
  const counts = { connections: 0, requests: 0 };
  const server = createServer((socket) => {
    counts.connections++;
    socket.on("error", () => undefined);
    socket.on("data", () => {
      counts.requests++;
      socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nok");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  atEnd(() => void server.close());
  return { counts, port: (server.address() as AddressInfo).port };
}

it.each([
  ["nginx", true],
  ["heroku", false],
])("behind %s: %s", async (edge, isClosing) => {
  const { counts, port } = await startTarget();
  const steps = ["/a", "/b", "/c"].map((get) => ({ get }));
  const { summary } = await rehearse({ target: port, edges: edge, flow: { steps }, noProbe: true });
  expect(summary.ok).toBe(1);
  expect(counts.requests).toBe(6);
  // The control keeps its connection.
  expect(counts.connections).toBe(isClosing ? 1 + 3 : 2);
});
