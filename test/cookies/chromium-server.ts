/** A server that can send any octets in a Set-Cookie line, which Node's own refuses to. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { atEnd } from "../support/programs.js";

export interface CookieServer {
  readonly port: number;
}

/**
 * Answers `…/set?N` with the lines of number N, `…/echo` with the Cookie field, and anything else
 * with an empty page. It ends with the test file.
 */
export async function startCookieServer(
  linesOf: (number: number) => readonly string[],
  credentials?: { readonly cert: string; readonly key: string },
): Promise<CookieServer> {
  const onSocket = (socket: Socket): void => {
    let text = "";
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
        socket.write(Buffer.from(answer(text.slice(0, end), linesOf), "latin1"));
        text = text.slice(end + 4);
      }
    });
  };
  const server: Server = credentials
    ? createTlsServer({ ...credentials, ALPNProtocols: ["http/1.1"] }, onSocket)
    : createServer(onSocket);
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => sockets.add(socket));
  server.listen({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  atEnd(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { port: (server.address() as AddressInfo).port };
}

function answer(head: string, linesOf: (number: number) => readonly string[]): string {
  const target = /^GET (\S+) /.exec(head)?.[1] ?? "";
  const number = /\/set\?(\d+)$/.exec(target)?.[1];
  const lines = number === undefined ? [] : linesOf(Number(number));
  const isEcho = target.endsWith("/echo");
  const body = isEcho ? (/^cookie: (.*)$/im.exec(head)?.[1] ?? "") : "";
  return [
    "HTTP/1.1 200 OK",
    `Content-Type: ${isEcho ? "application/octet-stream" : "text/html"}`,
    `Content-Length: ${body.length}`,
    "Cache-Control: no-store",
    ...lines.map((line) => `Set-Cookie: ${line}`),
    `\r\n${body}`,
  ].join("\r\n");
}
