/** Small dev servers for devtls to stand in front of. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { atEnd } from "./programs.js";

export interface Received {
  readonly method: string;
  readonly url: string;
  /** As they came over the wire, in order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

export interface App {
  readonly port: number;
  close(): void;
}

/** Starts an app; it ends with the test file at the latest. */
export async function startApp(
  listener: RequestListener,
  { host = "127.0.0.1", port = 0 } = {},
): Promise<App> {
  const server = createServer(listener);
  server.listen({ host, port });
  await once(server, "listening");
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  atEnd(close);
  return { port: (server.address() as AddressInfo).port, close };
}

/** An app that answers with what it received, as JSON. */
export function startEcho(options?: { host?: string; port?: number }): Promise<App> {
  return startApp(async (request, response) => {
    const received: Received = {
      method: request.method ?? "",
      url: request.url ?? "",
      headers: headerPairs(request),
      body: await textOf(request),
    };
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify(received));
  }, options);
}

/** What {@link startEcho} answered. */
export function received(body: string): Received {
  return JSON.parse(body);
}

/** Every value that the app received under this name. */
export function valuesOf({ headers }: Received, name: string): string[] {
  return headers
    .filter(([candidate]) => candidate.toLowerCase() === name.toLowerCase())
    .map(([, value]) => value);
}

function headerPairs({ rawHeaders }: IncomingMessage): [string, string][] {
  const pairs: [string, string][] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    pairs.push([rawHeaders[index] as string, rawHeaders[index + 1] as string]);
  }
  return pairs;
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  return text;
}
