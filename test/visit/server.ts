/** A server whose pages a test writes down, and that remembers what it was asked. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { atEnd } from "../support/programs.js";

export type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface TestServer {
  readonly port: number;
  /** "http://localhost:12345" */
  readonly origin: string;
  readonly asked: Asked[];
}

export const html =
  (text: string, headers: Readonly<Record<string, string>> = {}): Handler =>
  (_request, response) =>
    void response.writeHead(200, { "Content-Type": "text/html", ...headers }).end(text);

export const to =
  (location: string, status = 302, headers: Readonly<Record<string, string>> = {}): Handler =>
  (_request, response) =>
    void response.writeHead(status, { Location: location, ...headers }).end();

/** @param pages by path; what is none of them is an empty page */
export async function startServer(pages: Readonly<Record<string, Handler>>): Promise<TestServer> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const { method = "", url = "", headers } = request;
    const body = Buffer.concat(await request.toArray()).toString();
    asked.push({ method, url, headers, body });
    const handler = pages[new URL(url, "http://x").pathname] ?? html("");
    handler(request, response, body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, origin: `http://localhost:${port}`, asked };
}
