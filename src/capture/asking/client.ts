/**
 * Sends one question as octets and reads the response. Node's own client would mend what the
 * questions ask about: names, their order and their case, framing, versions.
 */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  type OutgoingHttpHeaders,
} from "node:http2";
import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls, createSecureContext, type SecureContext } from "node:tls";
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import { causeOf, DevtlsError, systemCode } from "../../errors.js";
import { first, headText } from "../../lines.js";
import { type Answer, CONTROL, type Question } from "../question.js";
import { readChunked } from "./chunked.js";

/** Where a listener is and how it proves who it is. */
export interface Door {
  readonly address: string;
  readonly port: number;
  /** The name that the certificate has to have; undefined for plain http. */
  readonly servername?: string;
  /** Roots to trust, PEM; the system's own unless told otherwise. */
  readonly roots?: readonly string[];
  readonly insecure?: boolean;
}

/** A response with its body, and from where it was asked. */
export interface Reached extends Answer {
  readonly body: Buffer;
  readonly clientAddress: string;
  readonly clientPort: number;
}

/** Longer than an edge that answers at all takes. */
const PATIENCE_MS = 15_000;
/** Of a response; the echo's is a few kilobytes, a login page perhaps 100. */
const MAX_RESPONSE = 8 * 1024 * 1024;

/** The edge closed the connection or said nothing that is HTTP. */
export class Unanswered extends Error {}

/**
 * Sends a question and waits for the response.
 * @param control the value of the control header
 * @param signal breaks off a long wait; HTTP/1.x only
 * @throws Unanswered; DevtlsError "request-failed" where the edge cannot be reached or trusted
 */
export function send(
  door: Door,
  question: Question,
  control: string,
  patienceMs = PATIENCE_MS,
  signal?: AbortSignal,
): Promise<Reached> {
  return question.way === "http2"
    ? sendHttp2(door, question, control, patienceMs)
    : sendHttp1(door, question, control, patienceMs, signal);
}

/** The octets of an HTTP/1.x question. */
function http1Text(question: Question, control: string): string {
  const { method, target, version, lines, host, hostAt = 0, body = "", chunked } = question;
  const end = headText("", question.trailers ?? []).slice(2);
  const all = [...lines];
  if (host !== undefined) all.splice(hostAt, 0, "Host", host);
  all.unshift(CONTROL, control);
  const chunks = typeof body === "string" ? [body] : body;
  const text = chunked
    ? `${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("")}0\r\n${end}`
    : chunks.join("");
  return headText(`${method} ${target} HTTP/${version}`, all) + text;
}

async function open(door: Door, from: string | undefined, protocol: string): Promise<Socket> {
  const { address, port, servername, roots, insecure } = door;
  // A name can have addresses of both families, and the first one may not be that of the source.
  const source = from !== undefined && { localAddress: from, family: isIP(from) };
  const place = { host: address, port, ...source };
  const secure = servername !== undefined;
  const socket = secure
    ? connectTls({
        ...place,
        ...(isIP(servername) === 0 && { servername }),
        ...(roots && { secureContext: contextOf(door, roots) }),
        rejectUnauthorized: !insecure,
        ALPNProtocols: [protocol],
      })
    : connect(place);
  socket.setNoDelay(true);
  await new Promise<void>((resolve, reject) => {
    const failed = (error: Error): void => {
      socket.destroy();
      // The alert that says so; other edges agree to HTTP/1.1 all the same.
      const noHttp2 = protocol === "h2" && /no application protocol/.test(error.message);
      reject(noHttp2 ? new NoHttp2() : unreachable(door, error));
    };
    socket.setTimeout(PATIENCE_MS, () => failed(new Error("no answer within 15 s")));
    socket.once("error", failed);
    socket.once(secure ? "secureConnect" : "connect", () => {
      socket.off("error", failed);
      socket.setTimeout(0);
      resolve();
    });
  });
  return socket;
}

/** Reading a whole store of roots takes longer than everything else about a connection. */
const contexts = new WeakMap<Door, SecureContext>();

function contextOf(door: Door, roots: readonly string[]): SecureContext {
  const known = contexts.get(door) ?? createSecureContext({ ca: [...roots] });
  contexts.set(door, known);
  return known;
}

function unreachable({ address, port, servername }: Door, error: Error): DevtlsError {
  const code = systemCode(error) ?? "";
  const certificate = /CERT|SIGNATURE|ALTNAME|SELF_SIGNED|UNABLE_TO/.test(code);
  const place = `${servername ?? address}:${port}`;
  const cause = certificate ? `its certificate is not trusted (${causeOf(error)})` : causeOf(error);
  return new DevtlsError("request-failed", `could not reach ${place}: ${cause}`, {
    hint: certificate
      ? "Name its root in NODE_EXTRA_CA_CERTS, or accept any certificate with --insecure"
      : "Check the URL and that the edge is up",
    cause: error,
  });
}

async function sendHttp1(
  door: Door,
  question: Question,
  control: string,
  patienceMs: number,
  signal: AbortSignal | undefined,
): Promise<Reached> {
  const socket = await open(door, question.from, "http/1.1");
  const { localAddress = "", localPort = 0 } = socket;
  try {
    const answer = await new Promise<Omit<Reached, "clientAddress" | "clientPort">>(
      (resolve, reject) => {
        let text = "";
        const look = (ended: boolean): void => {
          const found = parseResponse(text, question.method === "HEAD", ended);
          if (found) resolve(found);
          else if (ended) reject(new Unanswered("the connection was closed"));
        };
        socket.on("data", (chunk: Buffer) => {
          text += chunk.toString("latin1");
          if (text.length > MAX_RESPONSE) reject(new Unanswered("the response has no end"));
          else look(false);
        });
        socket.on("end", () => look(true));
        socket.on("close", () => look(true));
        // The response may have come before the reset.
        socket.on("error", () => look(true));
        socket.setTimeout(patienceMs, () => reject(new Unanswered("there was no response")));
        if (signal?.aborted) reject(signal.reason);
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
        socket.write(http1Text(question, control), "latin1");
      },
    );
    return { ...answer, clientAddress: plainAddress(localAddress), clientPort: localPort };
  } finally {
    socket.on("error", () => undefined);
    socket.destroy();
  }
}

/** Node writes IPv4 on a socket for both as "::ffff:127.0.0.1". */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:/, "");
}

/** A whole response of HTTP/1.x (RFC 9112 6.3), or undefined while it is not all there. */
function parseResponse(
  text: string,
  isHead: boolean,
  ended: boolean,
): { status: number; lines: string[]; body: Buffer } | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [line = "", ...fields] = text.slice(0, end).split("\r\n");
  const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(line)?.[1] ?? Number.NaN);
  if (Number.isNaN(status)) return undefined;
  const rest = text.slice(end + 4);
  if (status < 200 && status !== 101) return parseResponse(rest, isHead, ended);
  const lines = fields.flatMap((field) => {
    const colon = field.indexOf(":");
    return [field.slice(0, colon), field.slice(colon + 1).trim()];
  });
  const body = bodyOf(
    rest,
    lines,
    ended || isHead || status === 101 || [204, 304].includes(status),
    isHead,
  );
  return body === undefined ? undefined : { status, lines, body: decoded(body, lines) };
}

function bodyOf(
  rest: string,
  lines: readonly string[],
  complete: boolean,
  isHead: boolean,
): Buffer | undefined {
  if (isHead) return Buffer.alloc(0);
  if (/^chunked$/i.test(first(lines, "transfer-encoding") ?? "")) {
    const text = readChunked(rest)?.body;
    return text === undefined && !complete ? undefined : Buffer.from(text ?? "", "latin1");
  }
  const length = first(lines, "content-length");
  if (length !== undefined && rest.length >= Number(length)) {
    return Buffer.from(rest.slice(0, Number(length)), "latin1");
  }
  return complete ? Buffer.from(rest, "latin1") : undefined;
}

/** Edges compress what says that it may be. */
function decoded(body: Buffer, lines: readonly string[]): Buffer {
  const coding = first(lines, "content-encoding")?.toLowerCase();
  try {
    if (coding === "gzip") return gunzipSync(body);
    if (coding === "br") return brotliDecompressSync(body);
    if (coding === "deflate") return inflateSync(body);
  } catch {
    // As it is, it will not be taken for the echo's.
  }
  return body;
}

/** @throws DevtlsError where the edge offers no HTTP/2 */
async function sendHttp2(
  door: Door,
  question: Question,
  control: string,
  patienceMs: number,
): Promise<Reached> {
  const socket = await open(door, question.from, "h2");
  const { localAddress = "", localPort = 0 } = socket;
  if ((socket as Socket & { alpnProtocol?: string | false }).alpnProtocol !== "h2") {
    socket.destroy();
    throw new NoHttp2();
  }
  const session = connectHttp2("https://edge.invalid", { createConnection: () => socket });
  session.on("error", () => undefined);
  try {
    return await new Promise<Reached>((resolve, reject) => {
      session.setTimeout(patienceMs, () => reject(new Unanswered("there was no response")));
      session.once("close", () => reject(new Unanswered("the connection was closed")));
      const { body } = question;
      const stream = session.request(http2Headers(question, control), {
        endStream: body === undefined,
      });
      stream.on("error", () => reject(new Unanswered("the stream was reset")));
      if (body !== undefined) sendPieces(session, stream, typeof body === "string" ? [body] : body);
      stream.once("response", (head, _flags, raw?: string[]) => {
        const pieces: Buffer[] = [];
        stream.on("data", (piece: Buffer) => pieces.push(piece));
        stream.on("end", () => {
          const all = raw ?? Object.entries(head).flatMap(([n, v]) => [n, String(v)]);
          const lines = all.filter((_, i) => !all[i - (i % 2)]?.startsWith(":"));
          resolve({
            status: Number(head[":status"]),
            lines,
            body: decoded(Buffer.concat(pieces), lines),
            clientAddress: plainAddress(localAddress),
            clientPort: localPort,
          });
        });
      });
    });
  } finally {
    session.destroy();
  }
}

/** Whoever waits for a whole body before it passes on a head is told from who does not. */
function sendPieces(
  session: ClientHttp2Session,
  stream: ClientHttp2Stream,
  [piece = "", ...rest]: readonly string[],
): void {
  if (stream.destroyed) return;
  if (rest.length === 0) {
    stream.end(piece, "latin1");
    return;
  }
  stream.write(piece, "latin1");
  // Answered in turn, so that what was sent before has come.
  session.ping(() => sendPieces(session, stream, rest));
}

/** Not every edge does. */
export class NoHttp2 extends Error {}

function http2Headers(question: Question, control: string): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = Object.create(null);
  headers[":method"] = question.method;
  headers[":path"] = question.target;
  headers[":scheme"] = "https";
  if (question.host !== undefined) headers[":authority"] = question.host;
  headers[CONTROL.toLowerCase()] = control;
  const { lines } = question;
  for (let index = 0; index < lines.length; index += 2) {
    const name = (lines[index] as string).toLowerCase();
    const before = headers[name];
    const value = lines[index + 1] as string;
    headers[name] = before === undefined ? value : [before, value].flat().map(String);
  }
  return headers;
}
