/** A target that keeps what it receives, and answers every request head with 200. */
import { startTarget, type WireTarget } from "../../support/wire-target.js";

const ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

export interface Recorder extends WireTarget {
  /** All that has come since the last call. */
  take(): string;
}

export async function startRecorder(): Promise<Recorder> {
  let received = "";
  const target = await startTarget({
    onConnection: (connection) => {
      connection.socket.on("data", (bytes: Buffer) => {
        const text = bytes.toString("latin1");
        received += text;
        for (const _ of text.matchAll(/\r\n\r\n/g)) connection.send(ANSWER);
      });
    },
  });
  return {
    ...target,
    take: () => {
      const taken = received;
      received = "";
      return taken;
    },
  };
}
