/** An app on this machine that keeps what it was asked and answers as the question wants it. */
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { first, has, headText } from "../../lines.js";
import { decodeControl } from "../control.js";
import { type Arrived, isControl, type Reply } from "../question.js";
import { fieldOf, readChunked } from "./chunked.js";

export interface Recorder {
  readonly port: number;
  /** What `{target}` in an answer stands for; the Host that the app was told unless this is set. */
  target: string;
  /** Keeps a request that came in another protocol; undefined where it is a stranger's. */
  keep(control: string | undefined, arrived: Arrived): Required<Reply> | undefined;
  /** What the app saw of the request of this number; undefined where it saw none. */
  take(number: number): Arrived | undefined;
  close(): Promise<void>;
}

/** Starts one on 127.0.0.1. @param token requests without it are kept from what is taken */
export async function startRecorder(token: string): Promise<Recorder> {
  const app: App = { token, target: "", seen: new Map() };
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    attend(socket, app);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return Object.assign(app, {
    port: typeof address === "object" && address ? address.port : 0,
    keep: (control: string | undefined, arrived: Arrived) => keep(app, control, arrived),
    take: (number: number) => {
      const arrived = app.seen.get(number);
      app.seen.delete(number);
      return arrived;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  });
}

interface App {
  readonly token: string;
  target: string;
  readonly seen: Map<number, Arrived>;
}

function attend(socket: Socket, app: App): void {
  let pending = "";
  let continued = false;
  // Looked at again only when it can be whole: a text that grows is dear to search.
  let awaited = 0;
  socket.on("data", (bytes: Buffer) => {
    pending += bytes.toString("latin1");
    if (pending.length < awaited) return;
    for (;;) {
      const end = pending.indexOf("\r\n\r\n") + 4;
      if (end < 4) return;
      const head = pending.slice(0, end);
      if (!continued && /^expect: *100-continue/im.test(head)) {
        continued = true;
        socket.write("HTTP/1.1 100 Continue\r\n\r\n");
      }
      const request = parseRequest(head, pending.slice(end));
      if (!request) {
        awaited = end + lengthIn(head);
        return;
      }
      awaited = 0;
      pending = pending.slice(end + request.length);
      continued = false;
      answer(socket, request.arrived, app);
    }
  });
}

/** A whole request, or undefined while its body is not all there. */
function parseRequest(
  head: string,
  rest: string,
): { arrived: Arrived; length: number } | undefined {
  const [line = "", ...fields] = head.slice(0, -4).split("\r\n");
  const [method = "", target = "", protocol = ""] = line.split(" ");
  const lines = fields.flatMap(fieldOf);
  const version = protocol.replace("HTTP/", "");
  if (/^transfer-encoding: *chunked/im.test(head)) {
    const whole = readChunked(rest);
    if (!whole) return undefined;
    const { body, trailers, length } = whole;
    const more = trailers.length > 0 && { trailers };
    return { arrived: { method, target, version, lines, octets: body.length, ...more }, length };
  }
  const length = lengthIn(head);
  if (rest.length < length) return undefined;
  return { arrived: { method, target, version, lines, octets: length }, length };
}

function lengthIn(head: string): number {
  return Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
}

function answer(socket: Socket, arrived: Arrived, app: App): void {
  const { lines, method } = arrived;
  const control = lines.find((_, i) => i % 2 === 1 && isControl(lines[i - 1] ?? ""));
  const reply = keep(app, control, arrived);
  if (!reply) {
    socket.write("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    return;
  }
  const { status, delayMs, pauseMs } = reply;
  const bare = status === 204 || status === 304;
  const type = has(reply.lines, "content-type");
  const all = [
    ...(type || bare ? [] : ["Content-Type", "text/plain"]),
    ...(bare ? [] : ["Content-Length", "2"]),
    ...reply.lines,
  ];
  const text = headText(`HTTP/1.1 ${status} Said So`, all);
  const body = bare || method === "HEAD" ? "" : "ok";
  const write = (): void => {
    socket.write(text + (pauseMs > 0 ? body.slice(0, 1) : body), "latin1");
    if (pauseMs > 0) setTimeout(() => socket.write(body.slice(1), "latin1"), pauseMs).unref();
  };
  if (delayMs > 0) setTimeout(write, delayMs).unref();
  else write();
}

/** Keeps a request that carries the token. @returns what to answer, or undefined for strangers */
function keep(
  { token, target, seen }: App,
  value: string | undefined,
  arrived: Arrived,
): Required<Reply> | undefined {
  const control = decodeControl(value);
  if (control?.token !== token) return undefined;
  const { lines } = arrived;
  seen.set(control.number, {
    ...arrived,
    lines: lines.filter((_, i) => !isControl(lines[i - (i % 2)] as string)),
  });
  const { status = 200, lines: own = [], delayMs = 0, pauseMs = 0 } = control.reply;
  const address = target || (first(lines, "host") ?? "");
  return {
    status,
    delayMs,
    pauseMs,
    lines: own.map((text) => text.replaceAll("{target}", address)),
  };
}
