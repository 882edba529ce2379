/** The http-01 challenge (RFC 8555 8.3): a file that only who holds the account's key can name. */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { causeOf, systemCode } from "../../errors.js";
import type { Explanation } from "../rules/context.js";
import type { ProblemType } from "../rules/problem.js";
import { ATTEMPT_MS, ChallengeFailure, type Task } from "./failure.js";
import type { Candidate } from "./resolve.js";

export interface HttpPorts {
  readonly http: number;
  readonly https: number;
}

/** As many as Let's Encrypt follows is ten; five are enough for http to https and a few slashes. */
const MAX_REDIRECTS = 5;
const MAX_BODY_OCTETS = 65_536;

interface Fetched {
  readonly status: number;
  readonly location: string | undefined;
  readonly body: Buffer;
}

/** @throws ChallengeFailure */
export async function validateHttp01(
  task: Task,
  candidate: Candidate,
  ports: HttpPorts,
  signal: AbortSignal,
): Promise<void> {
  const host = task.identifier.value.includes(":")
    ? `[${task.identifier.value}]`
    : task.identifier.value;
  let url = new URL(`http://${host}/.well-known/acme-challenge/${task.token}`);
  if (ports.http !== 80) url.port = String(ports.http);
  const attempt = AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_MS)]);
  for (let redirects = 0; ; redirects++) {
    const answer = await fetchFrom(url, candidate, attempt);
    if (answer.status < 300 || answer.status >= 400 || answer.location === undefined) {
      checkAnswer(task, url, candidate, answer);
      return;
    }
    if (redirects === MAX_REDIRECTS) {
      throw redirectRefused(url, candidate, `more than ${MAX_REDIRECTS} redirects`);
    }
    url = followable(url, answer.location, candidate, ports);
  }
}

/** The next URL, when it is the same host's on the ports of the challenges. */
function followable(from: URL, location: string, candidate: Candidate, ports: HttpPorts): URL {
  let to: URL;
  try {
    to = new URL(location, from);
  } catch {
    throw redirectRefused(from, candidate, "a Location that is no URL");
  }
  const { protocol, hostname, port, username, password } = to;
  if (protocol !== "http:" && protocol !== "https:") {
    throw redirectRefused(from, candidate, `a redirect to ${protocol}`);
  }
  if (hostname !== from.hostname)
    throw redirectRefused(from, candidate, "a redirect to another host");
  const number = port === "" ? (protocol === "http:" ? 80 : 443) : Number(port);
  if (![80, 443, ports.http, ports.https].includes(number)) {
    throw redirectRefused(from, candidate, `a redirect to port ${number}`);
  }
  if (username !== "" || password !== "") {
    throw redirectRefused(from, candidate, "a redirect with a password in it");
  }
  return to;
}

function fetchFrom(url: URL, candidate: Candidate, signal: AbortSignal): Promise<Fetched> {
  const secure = url.protocol === "https:";
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(connectionFailure(url, candidate, error, signal));
    const request = (secure ? httpsRequest : httpRequest)(
      {
        // The address was judged; the name is not looked up again, when it could be another.
        host: candidate.address,
        port: url.port === "" ? (secure ? 443 : 80) : Number(url.port),
        path: url.pathname + url.search,
        headers: {
          Host: url.host,
          "User-Agent": "devtls-acme (validation)",
          Accept: "*/*",
          Connection: "close",
        },
        agent: false,
        signal,
        // As public authorities do: the certificate is only to be made.
        ...(secure && { rejectUnauthorized: false, servername: serverNameOf(url) }),
      },
      (response) => readBody(response).then(resolve, fail),
    );
    request.on("error", fail);
    request.end();
  });
}

function serverNameOf({ hostname }: URL): string {
  return /^[[\d]/.test(hostname) && !/[a-z]$/.test(hostname) ? "" : hostname;
}

/** Reads as much as a key authorization could be part of, and no more. */
function readBody(response: IncomingMessage): Promise<Fetched> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const end = (): void => {
      const { statusCode = 0, headers } = response;
      resolve({ status: statusCode, location: headers.location, body: Buffer.concat(chunks) });
    };
    response.on("data", (chunk: Buffer) => {
      chunks.push(chunk.subarray(0, MAX_BODY_OCTETS - length));
      length += chunk.length;
      if (length < MAX_BODY_OCTETS) return;
      end();
      response.destroy();
    });
    response.on("end", end);
    response.on("error", reject);
  });
}

function checkAnswer(task: Task, url: URL, candidate: Candidate, { status, body }: Fetched): void {
  if (status !== 200) {
    throw failure("unauthorized", `the server answered with status ${status}`, {
      asked: askedOf(url, candidate),
      got: `status ${status}`,
      change: [
        status === 404
          ? "The server that listens there does not know the file: point the client's webroot at its document root, or stop it while the client listens itself (standalone)."
          : "Exempt /.well-known/acme-challenge/ from log-in, rewriting and redirects in the server.",
      ],
    });
  }
  // RFC 8555 8.3: white space at the end does not count.
  const text = body.toString("latin1").trimEnd();
  if (text === task.keyAuthorization) return;
  const same = text.startsWith(`${task.token}.`);
  throw failure("incorrectResponse", "the server answered with another key authorization", {
    asked: askedOf(url, candidate),
    got: `${body.length} bytes that are not the key authorization${same ? ", but one of another account" : ""}`,
    change: [
      same
        ? "Another client, or another account of the same client, answers there: use one of them only."
        : "Something else answers there, perhaps the app itself with its page for everything: exempt /.well-known/acme-challenge/.",
    ],
  });
}

function failure(type: ProblemType, detail: string, explanation: Explanation): ChallengeFailure {
  return new ChallengeFailure(type, `http-01: ${detail}`, explanation);
}

function redirectRefused(url: URL, candidate: Candidate, what: string): ChallengeFailure {
  return failure("unauthorized", `the server answered with ${what}`, {
    asked: askedOf(url, candidate),
    got: what,
    change: [
      "Redirects are followed to the same host on ports 80 and 443 only: exempt /.well-known/acme-challenge/ from redirects.",
    ],
  });
}

function askedOf(url: URL, { address, source }: Candidate): string {
  return `GET ${url.href} at ${address} (${source})`;
}

function connectionFailure(
  url: URL,
  candidate: Candidate,
  error: unknown,
  signal: AbortSignal,
): ChallengeFailure {
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  const code = signal.aborted ? "ETIMEDOUT" : (systemCode(error) ?? "");
  const tls = /^ERR_(?:SSL|TLS)|^EPROTO/.test(code);
  const refused = code === "ECONNREFUSED";
  const reason = refused
    ? "connection refused"
    : code === "ETIMEDOUT"
      ? `no answer within ${ATTEMPT_MS / 1000} s`
      : tls
        ? "the TLS handshake failed"
        : `the connection failed (${code || causeOf(error)})`;
  return failure(tls ? "tls" : "connection", `port ${port}: ${reason}`, {
    asked: askedOf(url, candidate),
    got: reason,
    change: refused
      ? [
          `Nothing listens on port ${port} of ${candidate.address}. If the client listens on another one: devtls acme --http-01-port 8080`,
          `If the client is on another machine: devtls acme --resolve ${url.hostname}=ADDRESS`,
        ]
      : [`See what answers there: curl -v ${url.protocol}//${candidate.address}:${port}/`],
  });
}
