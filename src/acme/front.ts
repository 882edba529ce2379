/** From HTTP to the rules and back; nothing is decided here but whom the server talks to at all. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Answer, Context } from "./rules/context.js";
import type { Nonces } from "./rules/nonces.js";
import { malformed, Problem } from "./rules/problem.js";
import { serveAcme } from "./rules/service.js";
import { canonicalAddress } from "./validation/addresses.js";

/** The longest request is a certificate request for 100 long names, in base64 twice. */
const MAX_BODY_OCTETS = 131_072;

export interface FrontOptions {
  /** Hosts that this server is asked by, with the port: "localhost:14000". */
  readonly isOwnHost: (host: string) => boolean;
  readonly context: (origin: string, asker: string) => Context;
  readonly nonces: Nonces;
  readonly crl: (issuer: string) => Promise<Buffer | undefined>;
  /** A request that could not be answered because devtls itself failed. */
  readonly failed: (error: unknown) => void;
}

/** Answers what comes in over TLS. */
export async function answerAcme(
  request: IncomingMessage,
  response: ServerResponse,
  options: FrontOptions,
): Promise<void> {
  const host = request.headers.host ?? "";
  const origin = `https://${host}`;
  let answer: Answer;
  try {
    if (!options.isOwnHost(host)) {
      throw malformed(`this server is not known as ${JSON.stringify(host.slice(0, 128))}`, 421);
    }
    const body = await readBody(request);
    const asker = canonicalAddress(request.socket.remoteAddress ?? "") ?? "";
    answer = await serveAcme(
      options.context(origin, asker),
      {
        method: request.method ?? "",
        target: request.url ?? "",
        contentType: request.headers["content-type"],
        body,
      },
      options.nonces,
    );
  } catch (error) {
    answer = answerOf(error, options);
  }
  const nonce = carriesNonce(request) ? options.nonces.next() : undefined;
  send(response, request, answer, { origin, nonce });
}

/** With what is sent (RFC 8555 6.5), and where one is asked for (7.2); as the public authorities do. */
function carriesNonce({ method, url }: IncomingMessage): boolean {
  return method === "POST" || url === "/new-nonce";
}

function answerOf(error: unknown, { failed }: FrontOptions): Answer {
  let problem: Problem;
  if (error instanceof Problem) problem = error;
  else {
    failed(error);
    problem = new Problem("serverInternal", "the server failed; its terminal says why");
  }
  return {
    status: problem.status,
    body: problem.document(),
    headers: { ...problem.headers, "Content-Type": "application/problem+json" },
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += (chunk as Buffer).length;
    if (length > MAX_BODY_OCTETS) throw malformed("the request is too long", 413);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function send(
  response: ServerResponse,
  request: IncomingMessage,
  { status, body, headers = {} }: Answer,
  { origin, nonce }: { origin: string; nonce: string | undefined },
): void {
  const { Link: links = [], ...rest } = headers;
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  response.writeHead(status, {
    "Cache-Control": "no-store",
    ...(nonce !== undefined && { "Replay-Nonce": nonce }),
    Link: [`<${origin}/directory>;rel="index"`, ...(typeof links === "string" ? [links] : links)],
    ...(text !== undefined && {
      "Content-Type": "application/json",
      "Content-Length": Buffer.byteLength(text),
    }),
    ...(status === 413 && { Connection: "close" }),
    ...(rest as Record<string, string>),
  });
  response.end(request.method === "HEAD" ? undefined : text);
}

/** Answers what comes in without TLS: revocation lists, and nothing else (RFC 8555 6.1). */
export async function answerPlain(
  request: IncomingMessage,
  response: ServerResponse,
  { crl, failed, isOwnHost }: FrontOptions,
): Promise<void> {
  const issuer = /^\/crl\/([0-9a-f]{2,128})\.crl$/.exec(request.url ?? "")?.[1];
  const readable = request.method === "GET" || request.method === "HEAD";
  try {
    const list =
      issuer && readable && isOwnHost(request.headers.host ?? "") ? await crl(issuer) : undefined;
    if (list) {
      const type = { "Content-Type": "application/pkix-crl", "Content-Length": list.length };
      response.writeHead(200, { ...type, "Cache-Control": "no-cache" });
      response.end(request.method === "HEAD" ? undefined : list);
      return;
    }
  } catch (error) {
    failed(error);
  }
  const { status, body } = answerPlainRefusal(issuer);
  response.writeHead(status, { "Content-Type": "application/problem+json", Connection: "close" });
  response.end(JSON.stringify(body));
}

function answerPlainRefusal(issuer: string | undefined): { status: number; body: unknown } {
  const status = issuer ? 404 : 400;
  const detail = issuer ? "there is no such list" : "ACME is spoken over TLS only: use https://";
  return { status, body: malformed(detail, status).document() };
}
