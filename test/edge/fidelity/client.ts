/** Sends one request to a port and reads the response. */
import { once } from "node:events";
import { connect as connectHttp2, type OutgoingHttpHeaders } from "node:http2";
import { connectPlain, connectSecure } from "../../support/wire-client.js";
import { soon } from "../../support/wire-peer.js";

export interface Answer {
  readonly status: number;
  /** The header lines as they came: "Name: value". */
  readonly headers: readonly string[];
  readonly body: string;
}

export interface Http1Request {
  /** The request line and header lines; their line ends are added. */
  readonly lines: readonly string[];
  readonly body?: string;
}

export interface Http2Request {
  readonly headers: OutgoingHttpHeaders;
  readonly body?: string;
}

/** @param root with it, over TLS */
export async function sendHttp1(
  port: number,
  { lines, body = "" }: Http1Request,
  root?: string,
): Promise<Answer> {
  const connection = root ? await connectSecure(port, root) : await connectPlain(port);
  connection.send(`${lines.join("\r\n")}\r\n\r\n${body}`);
  const isHead = lines[0]?.startsWith("HEAD ") ?? false;
  for (;;) {
    const answer = parse(connection.text, isHead, connection.isClosed);
    if (answer) {
      connection.destroy();
      return answer;
    }
    if (connection.isClosed) throw new Error(`closed after ${JSON.stringify(connection.text)}`);
    const before = connection.received.length;
    await connection.untilBytes(
      (bytes) => bytes.length > before || connection.isClosed,
      "a response",
    );
  }
}

function parse(text: string, isHead: boolean, closed: boolean): Answer | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [line = "", ...headers] = text.slice(0, end).split("\r\n");
  const status = Number(line.split(" ")[1]);
  const rest = text.slice(end + 4);
  if (status < 200) return parse(rest, isHead, closed);
  const length = /^content-length: *(\d+)$/im.exec(headers.join("\n"))?.[1];
  const chunked = /^transfer-encoding: *chunked$/im.test(headers.join("\n"));
  const complete = isHead
    ? true
    : length !== undefined
      ? rest.length >= Number(length)
      : chunked
        ? rest.endsWith("0\r\n\r\n")
        : closed || [204, 304].includes(status);
  return complete ? { status, headers, body: rest } : undefined;
}

export async function sendHttp2(
  port: number,
  { headers, body }: Http2Request,
  root: string,
): Promise<Answer> {
  const session = connectHttp2(`https://127.0.0.1:${port}`, { ca: root, servername: "localhost" });
  session.on("error", () => undefined);
  try {
    await soon(once(session, "remoteSettings"), "HTTP/2 session");
    const stream = session.request(headers, { endStream: body === undefined });
    if (body !== undefined) stream.end(body);
    const [head, , raw = []] = (await soon(once(stream, "response"), "HTTP/2 response")) as [
      Record<string, string>,
      number,
      string[] | undefined,
    ];
    let text = "";
    for await (const chunk of stream.setEncoding("latin1")) text += chunk;
    const lines: string[] = [];
    for (let index = 0; index < raw.length; index += 2) {
      if (!raw[index]?.startsWith(":")) lines.push(`${raw[index]}: ${raw[index + 1]}`);
    }
    return { status: Number(head[":status"]), headers: lines, body: text };
  } finally {
    session.destroy();
  }
}
