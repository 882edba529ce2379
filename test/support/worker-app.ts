/**
 * An app with few workers, as Apache prefork has them: each serves one connection until that is
 * closed, idle or not, and the others wait in line. No worker ever closes by itself.
 */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { atEnd } from "./programs.js";

export interface WorkerApp {
  readonly port: number;
  /** The request lines that workers have read, in order: "GET /". */
  readonly requests: readonly string[];
  /** How many connections were made to it. */
  readonly connections: number;
  /** How many of them are open. */
  readonly open: number;
  /** Sends the answers that were held back. */
  release(): void;
}

const ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** @param holds whether the answer to a request line waits for {@link WorkerApp.release} */
export async function startWorkerApp(
  workers: number,
  holds: (request: string) => boolean = () => false,
): Promise<WorkerApp> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const line: Socket[] = [];
  let held: (() => void)[] = [];
  let free = workers;
  let connections = 0;

  function serve(socket: Socket): void {
    let text = "";
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
        const request = text.slice(0, text.indexOf(" HTTP"));
        text = text.slice(end + 4);
        requests.push(request);
        if (holds(request)) held.push(() => socket.write(ANSWER));
        else socket.write(ANSWER);
      }
    });
    socket.once("close", () => {
      free++;
      next();
    });
  }

  function next(): void {
    while (free > 0 && line.length > 0) {
      free--;
      serve(line.shift() as Socket);
    }
  }

  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => {
      sockets.delete(socket);
      const position = line.indexOf(socket);
      if (position >= 0) line.splice(position, 1);
    });
    line.push(socket);
    next();
  }).listen(0, "127.0.0.1", 2_000);
  await once(server, "listening");
  atEnd(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    get connections() {
      return connections;
    },
    get open() {
      return sockets.size;
    },
    release: () => {
      for (const answer of held) answer();
      held = [];
    },
  };
}
