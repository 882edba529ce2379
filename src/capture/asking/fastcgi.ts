/** An app that is spoken to by FastCGI (the protocol's specification 1.0), for configurations of PHP. */
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import type { Shows } from "../question.js";
import { isControl } from "../question.js";
import type { Recorder } from "./recorder.js";

/** What a CGI environment keeps of a request. */
export const FASTCGI_SHOWS: Shows = {
  order: false,
  case: false,
  duplicates: false,
  target: true,
  version: false,
  trailers: false,
  hidden: [
    ...["content-length", "transfer-encoding", "connection", "keep-alive", "te", "upgrade"],
    ...["expect", "proxy-connection"],
  ],
};

const KEEP = 1;
const BEGIN = 1;
const END = 3;
const PARAMS = 4;
const STDIN = 5;
const STDOUT = 6;

/** Takes FastCGI on a port of its own and hands what it got to a recorder. */
export async function startFastcgi(
  recorder: Recorder,
): Promise<{ readonly port: number; close(): void; readonly parameters: ReadonlySet<string> }> {
  const parameters = new Set<string>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    attend(socket, recorder, parameters);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    parameters,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

interface Request {
  /** Whether the connection is for further requests, too. */
  readonly keeps: boolean;
  readonly params: Buffer[];
  octets: number;
}

function attend(socket: Socket, recorder: Recorder, parameters: Set<string>): void {
  let pending = Buffer.alloc(0);
  const requests = new Map<number, Request>();
  socket.on("data", (bytes: Buffer) => {
    pending = Buffer.concat([pending, bytes]);
    while (pending.length >= 8) {
      const [type, id, length] = [pending[1], pending.readUInt16BE(2), pending.readUInt16BE(4)];
      const end = 8 + length + (pending[6] ?? 0);
      if (pending.length < end) return;
      const content = pending.subarray(8, 8 + length);
      pending = pending.subarray(end);
      if (type === BEGIN) {
        requests.set(id, { keeps: ((content[2] ?? 0) & KEEP) !== 0, params: [], octets: 0 });
      }
      const request = requests.get(id);
      if (!request) continue;
      if (type === PARAMS) request.params.push(Buffer.from(content));
      if (type === STDIN) request.octets += length;
      if (type !== STDIN || length > 0) continue;
      requests.delete(id);
      const env = pairs(Buffer.concat(request.params));
      const answer = answerTo(env, request.octets, recorder, parameters);
      socket.write(Buffer.concat([record(STDOUT, id, answer), record(STDOUT, id, ""), ended(id)]));
      if (!request.keeps) socket.end();
    }
  });
}

/** Names and values, each with its length in one octet or four. */
function pairs(data: Buffer): [name: string, value: string][] {
  const env: [string, string][] = [];
  let at = 0;
  const size = (): number => {
    const short = data[at] as number;
    const long = short > 127;
    const value = long ? data.readUInt32BE(at) & 0x7fffffff : short;
    at += long ? 4 : 1;
    return value;
  };
  while (at < data.length) {
    const [name, value] = [size(), size()];
    env.push([
      data.toString("latin1", at, at + name),
      data.toString("latin1", at + name, at + name + value),
    ]);
    at += name + value;
  }
  return env;
}

function answerTo(
  env: readonly (readonly [name: string, value: string])[],
  octets: number,
  recorder: Recorder,
  parameters: Set<string>,
): string {
  const lines: string[] = [];
  for (const [name, value] of env) {
    // nginx says it twice, under the name of CGI and as any other header.
    if (name === "HTTP_CONTENT_TYPE" || name === "HTTP_CONTENT_LENGTH") continue;
    if (name.startsWith("HTTP_"))
      lines.push(name.slice(5).toLowerCase().replaceAll("_", "-"), value);
    else parameters.add(`${name}=${value}`);
  }
  const named = new Map(env);
  const type = named.get("CONTENT_TYPE");
  if (type) lines.push("content-type", type);
  const arrived = {
    method: named.get("REQUEST_METHOD") ?? "",
    target: named.get("REQUEST_URI") ?? "",
    version: "",
    lines: lines.filter((_, i) => !isControl(lines[i - (i % 2)] as string)),
    octets,
  };
  const control = lines.find((_, i) => i % 2 === 1 && isControl(lines[i - 1] as string));
  const reply = recorder.keep(control, arrived);
  if (!reply) return "Status: 404 Not Found\r\nContent-Type: text/plain\r\n\r\n";
  const own: string[] = [];
  for (let i = 0; i < reply.lines.length; i += 2)
    own.push(`${reply.lines[i]}: ${reply.lines[i + 1]}`);
  return [`Status: ${reply.status} Said So`, "Content-Type: text/plain", ...own, "", "ok"].join(
    "\r\n",
  );
}

function record(type: number, id: number, text: string): Buffer {
  const content = Buffer.from(text, "latin1");
  const head = Buffer.from([1, type, 0, 0, 0, 0, 0, 0]);
  head.writeUInt16BE(id, 2);
  head.writeUInt16BE(content.length, 4);
  return Buffer.concat([head, content]);
}

function ended(id: number): Buffer {
  return record(END, id, "\0\0\0\0\0\0\0\0");
}
