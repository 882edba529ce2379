/** Requests over HTTP/1.x that two programs could read in two ways never reach the target. */
import { beforeAll, describe, expect, it } from "vitest";
import { type Front, startFront } from "../../support/wire-front.js";
import type { Peer } from "../../support/wire-peer.js";
import { CHUNKS } from "./hostile-bodies.js";
import { FRAMINGS, HOSTS, LINES, REQUEST_LINES } from "./hostile-heads.js";
import { type Recorder, startRecorder } from "./recorder.js";

const GOOD = "GET /good HTTP/1.1\r\nHost: localhost\r\n\r\n";

let target: Recorder;
let front: Front;

beforeAll(async () => {
  target = await startRecorder();
  front = await startFront(`127.0.0.1:${target.port}`);
});

describe.each([
  ["over TLS", () => front.connect()],
  ["over plain HTTP", () => front.connectPlain()],
])("%s", (_name, connect: () => Promise<Peer>) => {
  /** Sends a good request on a connection of its own. @returns what the target has received since */
  async function askProperly(): Promise<string> {
    const client = await connect();
    client.send(GOOD);
    await client.untilText("\r\n\r\nok");
    client.destroy();
    return target.take();
  }

  // It leaves a connection that is open for the next request, so that one that is passed on is
  // there at once.
  beforeAll(askProperly);

  describe.each([
    ["framing", FRAMINGS],
    ["a header line", LINES],
    ["Host", HOSTS],
    ["the request line", REQUEST_LINES],
    ["chunks", CHUNKS],
  ])("%s:", (_group, requests) => {
    it.each(requests)("%s is refused before the target hears of it", async (_case, bytes) => {
      const client = await connect();
      client.send(bytes);
      expect(await client.closed()).toMatch(/^(?:HTTP\/1\.1 (?:4\d\d|50[15]) [\s\S]*)?$/);
      const received = await askProperly();
      expect(received).toMatch(/^GET \/good HTTP\/1\.1\r\n/);
      expect(received.indexOf("\r\n\r\n")).toBe(received.length - 4);
    });
  });
});
