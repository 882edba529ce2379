/** An app that keeps the bytes of every request, and answers it. */
import { startTarget } from "../../support/wire-target.js";

const ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok";

export interface RecordingApp {
  readonly port: number;
  /** What the app says to every request; a HEAD gets its head only. */
  answer: string;
  /** The requests that have come since the last call, latin1. */
  take(): string[];
}

/** Starts one; it ends with the test file. */
export async function startRecordingApp(): Promise<RecordingApp> {
  const app = { port: 0, answer: ANSWER, take: () => requests.splice(0) };
  const requests: string[] = [];
  const target = await startTarget({
    onConnection: (connection) => {
      let pending = "";
      let continued = false;
      connection.socket.on("data", (bytes: Buffer) => {
        pending += bytes.toString("latin1");
        const head = pending.slice(0, pending.indexOf("\r\n\r\n") + 4);
        if (!continued && /^expect: 100-continue/im.test(head)) {
          continued = true;
          connection.send("HTTP/1.1 100 Continue\r\n\r\n");
        }
        for (let end = endOf(pending); end > 0; end = endOf(pending)) {
          requests.push(pending.slice(0, end));
          const { answer } = app;
          const isHead = pending.startsWith("HEAD ");
          connection.send(isHead ? answer.slice(0, answer.indexOf("\r\n\r\n") + 4) : answer);
          pending = pending.slice(end);
          continued = false;
        }
      });
    },
  });
  app.port = target.port;
  return app;
}

/** Where the first request ends; 0 while it is not complete. */
function endOf(text: string): number {
  const head = text.indexOf("\r\n\r\n") + 4;
  if (head === 3) return 0;
  const lines = text.slice(0, head);
  if (/^transfer-encoding:[ \t]*chunked/im.test(lines)) {
    const last = text.indexOf("0\r\n\r\n", head);
    return last < 0 ? 0 : last + 5;
  }
  const length = Number(/^content-length:[ \t]*(\d+)/im.exec(lines)?.[1] ?? 0);
  return text.length < head + length ? 0 : head + length;
}
