/** An ACME server in this process, and where its clients answer challenges. */

import type { KeyObject } from "node:crypto";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { AcmeEvent } from "../../src/acme/rules/context.js";
import { type AcmeOptions, type AcmeServer, openAcme } from "../../src/acme/server.js";
import { openAuthority } from "../../src/ca/authority.js";
import {
  bitString,
  context,
  contextBytes,
  encode,
  integer,
  octetString,
  oid,
  sequence,
  set,
  utf8String,
  verbatim,
} from "../../src/x509/der.js";
import { encodeGeneralNames, signatureAlgorithm } from "../../src/x509/encode.js";
import { encodePublicKey, signDer } from "../../src/x509/keys.js";
import { parseName } from "../../src/x509/names.js";
import { OID } from "../../src/x509/oids.js";
import { atEnd, folderUntilEnd } from "../support/end.js";
import { AcmeClient, type KeyName, makeKey, type Reply } from "./client.js";

export interface TestServer extends AcmeServer {
  readonly ca: string;
  readonly folder: string;
  readonly events: AcmeEvent[];
  readonly failures: unknown[];
  client(alg?: KeyName): AcmeClient;
  /** A client with an account. */
  registered(alg?: KeyName): Promise<AcmeClient>;
  /** The first event that fits, past or future. */
  waitFor(test: (event: AcmeEvent) => boolean): Promise<AcmeEvent>;
}

/** @param folder the state directory, a new one unless given */
export async function startAcme(
  options: Partial<AcmeOptions> = {},
  folder: string = folderUntilEnd("devtls-acme-"),
): Promise<TestServer> {
  const events: AcmeEvent[] = [];
  const failures: unknown[] = [];
  const checks = new Set<() => void>();
  await openAuthority(folder);
  const server = await openAcme({
    directory: folder,
    port: 0,
    bind: ["127.0.0.1"],
    hosts: [],
    http01Port: 1,
    tlsAlpn01Port: 1,
    policy: { reach: [], resolve: new Map() },
    hostsFile: "/dev/null",
    dns: "127.0.0.1:9",
    days: 90,
    eab: false,
    weather: [],
    delays: [0],
    ...options,
    report: (event) => {
      events.push(event);
      for (const check of checks) check();
    },
    failed: (error) => failures.push(error),
  });
  let open = true;
  const close = async (): Promise<void> => {
    if (open) await server.close();
    open = false;
  };
  atEnd(close);
  const ca = readFileSync(join(folder, "rootCA.pem"), "utf8");
  const client = (alg?: KeyName): AcmeClient => new AcmeClient(server.directoryUrl, ca, alg);
  return {
    ...server,
    close,
    ca,
    folder,
    events,
    failures,
    client,
    registered: async (alg) => {
      const made = client(alg);
      const reply = await made.register();
      if (reply.status !== 201) throw new Error(reply.text);
      return made;
    },
    waitFor: (test) =>
      new Promise((resolve) => {
        const check = (): void => {
          const found = events.find(test);
          if (!found) return;
          checks.delete(check);
          resolve(found);
        };
        checks.add(check);
        check();
      }),
  };
}

/** Answers http-01 challenges with what is put into it. */
export interface Answers {
  readonly port: number;
  readonly files: Map<string, string>;
  readonly server: Server;
}

export async function startAnswers(address = "127.0.0.1"): Promise<Answers> {
  const files = new Map<string, string>();
  const server = createServer((request, response) => {
    const text = files.get(request.url ?? "");
    response.writeHead(text === undefined ? 404 : 200).end(text);
  });
  server.listen(0, address);
  await once(server, "listening");
  atEnd(async () => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, files, server };
}

/** Puts the answers of an order's http-01 challenges in place and says so, until it is decided. */
export async function validateOrder(
  client: AcmeClient,
  order: Reply,
  answers: Answers,
): Promise<Reply> {
  for (const url of order.json.authorizations) {
    const authorization = await client.read(url);
    const challenge = authorization.json.challenges.find(
      ({ type }: { type: string }) => type === "http-01",
    );
    const path = `/.well-known/acme-challenge/${challenge.token}`;
    answers.files.set(path, client.keyAuthorization(challenge.token));
    await client.post(challenge.url, {});
  }
  return settled(client, String(order.headers.location));
}

/** Reads an order or authorization until it is neither pending nor processing. */
export async function settled(client: AcmeClient, url: string): Promise<Reply> {
  for (;;) {
    const reply = await client.read(url);
    if (reply.status !== 200) return reply;
    const { status, authorizations } = reply.json;
    if (status === "processing") continue;
    if (status !== "pending") return reply;
    if (!authorizations) continue;
  }
}

export interface RequestOptions {
  readonly names?: readonly string[];
  readonly commonName?: string;
  readonly key?: KeyObject;
  /** Signs in place of the key. */
  readonly signer?: KeyObject;
}

/** A certificate request, in DER. */
export function makeRequest({
  names = [],
  commonName,
  key = makeKey(),
  signer = key,
}: RequestOptions): Buffer {
  const alternatives = encodeGeneralNames(names.map(parseName));
  const extension = sequence(oid(OID.subjectAltName), octetString(alternatives));
  const attribute = sequence(oid(OID.extensionRequest), set(sequence(extension)));
  const subject =
    commonName === undefined
      ? sequence()
      : sequence(set(sequence(oid(OID.commonName), utf8String(commonName))));
  const toBeSigned = sequence(
    integer(0),
    subject,
    verbatim(encodePublicKey(key)),
    names.length > 0 ? context(0, attribute) : contextBytes(0, Buffer.alloc(0)),
  );
  const signature = signDer(signer, encode(toBeSigned));
  return encode(sequence(toBeSigned, signatureAlgorithm(signer), bitString(signature)));
}

/** Orders, proves and issues. @returns the order when it is valid, and its certificate chain */
export async function obtain(
  client: AcmeClient,
  names: readonly string[],
  answers: Answers,
  more: object = {},
): Promise<{ order: Reply; url: string; chain: Reply; key: KeyObject }> {
  const made = await client.order(names, more);
  if (made.status !== 201) throw new Error(made.text);
  const ready = await validateOrder(client, made, answers);
  if (ready.json.status !== "ready") throw new Error(ready.text);
  const key = makeKey();
  const csr = makeRequest({ names, key }).toString("base64url");
  const finalized = await client.post(ready.json.finalize, { csr });
  if (finalized.status !== 200) throw new Error(finalized.text);
  const url = String(made.headers.location);
  const order = await settled(client, url);
  const chain = await client.read(order.json.certificate);
  return { order, url, chain, key };
}

export function randomName(): string {
  return `n${randomBytes(4).toString("hex")}.test`;
}
