/** The app that is asked, the two proxies in front of it, and what came through each. */
import { once } from "node:events";
import { Agent, createServer, type IncomingMessage } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { connect } from "node:tls";
import httpProxy from "http-proxy";
import { credentials } from "../../../src/index.js";
import { atEnd } from "../../support/programs.js";
import { EXCHANGES, type ExchangeCase } from "./exchanges.js";

/** One message, header names in lower case, each with its values in order. */
export interface Message {
  readonly line: string;
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: string;
  readonly trailers: ReadonlyMap<string, readonly string[]>;
  /** The informational responses before it: first line and header lines. */
  readonly informational: readonly string[];
}

export interface App {
  readonly port: number;
  /** The request that came last. */
  last(): Message;
}

const NUMBER = "x-case";

/** Answers as the case says whose number stands in the request. */
export async function startApp(): Promise<App> {
  let last: Message | undefined;
  const server = createServer(async (request, response) => {
    last = await received(request);
    const { answer } = EXCHANGES[Number(request.headers[NUMBER])] as ExchangeCase;
    const { status, reason, framing, body, early, trailers } = answer;
    const headers = [...answer.headers];
    for (const head of early) request.socket.write(Buffer.from(`${head}\r\n\r\n`, "latin1"));
    if (framing === "length")
      headers.push("Content-Length", String(Buffer.byteLength(body, "latin1")));
    if (framing === "close") {
      // HTTP/1.0's way: neither length nor chunks, the end of the connection is the end.
      const lines = headers.flatMap((text, index) =>
        index % 2 ? [] : [`${text}: ${headers[index + 1]}`],
      );
      const head = [`HTTP/1.1 ${status} ${reason}`, ...lines, "Connection: close", "", ""];
      request.socket.end(Buffer.from(head.join("\r\n") + body, "latin1"));
      return;
    }
    response.sendDate = false;
    response.writeHead(status, reason, headers);
    response.addTrailers(trailers as [string, string][]);
    response.end(
      request.method === "HEAD" || framing === "none" ? undefined : Buffer.from(body, "latin1"),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  atEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    port: (server.address() as AddressInfo).port,
    last: () => {
      if (!last) throw new Error("the app was not asked");
      return last;
    },
  };
}

async function received(request: IncomingMessage): Promise<Message> {
  const body = Buffer.concat(await request.toArray());
  return {
    line: `${request.method} ${request.url}`,
    headers: grouped(request.rawHeaders),
    body: body.toString("latin1"),
    trailers: grouped(request.rawTrailers),
    informational: [],
  };
}

function grouped(lines: readonly string[]): Map<string, string[]> {
  const headers = new Map<string, string[]>();
  for (let index = 0; index < lines.length; index += 2) {
    const name = (lines[index] as string).toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), lines[index + 1] as string]);
  }
  return headers;
}

/** http-proxy as its manual says for TLS, with connections that are kept. */
export async function startHttpProxy(target: number, stateDirectory: string): Promise<number> {
  const agent = new Agent({ keepAlive: true });
  const proxy = httpProxy.createProxyServer({ target: `http://127.0.0.1:${target}`, agent });
  proxy.on("error", () => undefined);
  const server = createTlsServer(await credentials("localhost", { stateDirectory }), (...pair) =>
    proxy.web(...pair),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  atEnd(() => {
    agent.destroy();
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** Sends a case to a proxy, and reads what comes until the connection ends. */
export async function ask(number: number, port: number, ca: string): Promise<Message> {
  const { method, path, headers, body } = EXCHANGES[number] as ExchangeCase;
  const socket = connect({ host: "127.0.0.1", port, servername: "localhost", ca });
  const lines = ["Host: localhost", `${NUMBER}: ${number}`, ...headers, "Connection: close"];
  const head = [`${method} ${path} HTTP/1.1`, ...lines, "", ""].join("\r\n");
  socket.write(Buffer.from(head + body, "latin1"));
  return parse(Buffer.concat(await socket.toArray()).toString("latin1"));
}

function parse(text: string): Message {
  const informational: string[] = [];
  let rest = text;
  let end = rest.indexOf("\r\n\r\n");
  for (; rest.startsWith("HTTP/1.1 1"); end = rest.indexOf("\r\n\r\n")) {
    informational.push(rest.slice(0, end));
    rest = rest.slice(end + 4);
  }
  const [line = "", ...lines] = rest.slice(0, end).split("\r\n");
  const headers = grouped(pairs(lines));
  const raw = rest.slice(end + 4);
  const chunked = headers.get("transfer-encoding")?.[0] === "chunked" && raw !== "";
  const [body, trailers] = chunked ? unchunk(raw) : [raw, ""];
  return { line, headers, body, trailers: grouped(pairs(trailers.split("\r\n"))), informational };
}

function pairs(lines: readonly string[]): string[] {
  return lines
    .filter((line) => line !== "")
    .flatMap((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    });
}

/** @returns the body and the lines of the trailers */
function unchunk(text: string): [body: string, trailers: string] {
  let body = "";
  let rest = text;
  for (;;) {
    const line = /^([0-9a-f]+)[^\r]*\r\n/i.exec(rest);
    if (!line) throw new Error(`no chunk in ${JSON.stringify(rest.slice(0, 40))}`);
    const size = Number.parseInt(line[1] as string, 16);
    rest = rest.slice(line[0].length);
    if (size === 0) return [body, rest];
    body += rest.slice(0, size);
    rest = rest.slice(size + 2);
  }
}
