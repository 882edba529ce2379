/** `ca rotate` while the server runs: what is issued next is of the new authority, whole. */
import { createPublicKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Signer } from "../../src/acme/signer.js";
import { openAuthority } from "../../src/ca/authority.js";
import {
  authorityToReplace,
  endRotation,
  type KnownAuthority,
  openNext,
  placeNext,
} from "../../src/ca/rotation.js";
import { folderUntilEnd } from "../support/programs.js";
import { AcmeClient, makeKey } from "./client.js";
import {
  makeRequest,
  obtain,
  settled,
  startAcme,
  startAnswers,
  type TestServer,
  validateOrder,
} from "./server.js";

const NAMES = ["app.test"];

async function rotate(folder: string): Promise<void> {
  const old = authorityToReplace(folder) as KnownAuthority;
  await openNext(folder, old);
  placeNext(folder, old);
  endRotation(folder);
}

const rootOf = (folder: string): string => readFileSync(join(folder, "rootCA.pem"), "latin1");

/** That a chain goes up to this root, link by link. */
function expectUnder(chain: string, root: string): void {
  const certificates = chain
    .split(/(?=-----BEGIN)/)
    .filter((block) => block.includes("BEGIN"))
    .map((block) => new X509Certificate(block));
  const top = new X509Certificate(root);
  for (const [at, certificate] of certificates.entries()) {
    expect(certificate.verify((certificates[at + 1] ?? top).publicKey)).toBe(true);
  }
}

/** The account of a client, over connections that trust this root alone. */
function trusting(client: AcmeClient, server: TestServer, root: string): AcmeClient {
  const again = new AcmeClient(server.directoryUrl, root);
  return Object.assign(again, { key: client.key, alg: client.alg, kid: client.kid });
}

describe.each([
  ["the root signs", {}, {}],
  ["the root's key was destroyed", { burnRoot: true }, {}],
  ["an intermediate of its own signs", {}, { weather: ["expired-intermediate"] as const }],
])("A server for which %s", (_, kind, options) => {
  const started = async () => {
    const folder = folderUntilEnd("devtls-acme-");
    await openAuthority(folder, kind);
    const answers = await startAnswers();
    const server = await startAcme({ http01Port: answers.port, ...options }, folder);
    return { answers, server, client: await server.registered() };
  };

  it("gives its accounts certificates of the new authority, and shows one itself", async () => {
    const { answers, server, client } = await started();
    await obtain(client, NAMES, answers);
    await rotate(server.folder);
    const root = rootOf(server.folder);
    expect(root).not.toBe(server.ca);
    const { chain } = await obtain(trusting(client, server, root), NAMES, answers);
    expectUnder(chain.text, root);
    expect(server.failures).toEqual([]);
  });

  it("ends under the new authority what began under the old one", async () => {
    const { answers, server, client } = await started();
    const made = await client.order(NAMES);
    const ready = await validateOrder(client, made, answers);
    const old = authorityToReplace(server.folder) as KnownAuthority;
    await openNext(server.folder, old);
    placeNext(server.folder, old);
    // In the middle of it: the old authority is not forgotten yet.
    const csr = makeRequest({ names: NAMES }).toString("base64url");
    await client.post(ready.json.finalize, { csr });
    const valid = await settled(client, String(made.headers.location));
    expectUnder((await client.read(valid.json.certificate)).text, rootOf(server.folder));
    endRotation(server.folder);
    expect(server.failures).toEqual([]);
  });

  it("issues by the old one as long as the new one is only made", async () => {
    const { answers, server, client } = await started();
    const old = authorityToReplace(server.folder) as KnownAuthority;
    await openNext(server.folder, old);
    const { chain } = await obtain(client, NAMES, answers);
    expectUnder(chain.text, server.ca);
  });
});

it("A certificate that is signed in the moment of the rotation is of the new authority", async () => {
  const folder = folderUntilEnd("devtls-acme-");
  await openAuthority(folder);
  const old = authorityToReplace(folder) as KnownAuthority;
  await openNext(folder, old);
  let signed = 0;
  const signer = new Signer({
    ...{ directory: folder, folder: join(folder, "acme"), intermediate: false, expired: false },
    // Asked for when the issuer has been chosen.
    crlBase: () => {
      signed++;
      if (signed === 1) placeNext(folder, old);
      return "http://localhost/";
    },
  });
  const { chains } = await signer.issue({
    publicKey: createPublicKey(makeKey()),
    identifiers: [{ type: "dns", value: "app.test" }],
    notBefore: Date.now(),
    notAfter: Date.now() + 86_400_000,
  });
  expect(signed).toBe(2);
  expectUnder(chains[0] as string, rootOf(folder));
});
