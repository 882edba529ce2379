/** devtls and Debian's pebble, asked the same. */
import { X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openAuthority } from "../../../../src/ca/authority.js";
import { issueLeaf } from "../../../../src/ca/issue.js";
import { parseName } from "../../../../src/x509/names.js";
import { AcmeClient, type KeyName, type Reply } from "../../../acme/client.js";
import {
  type Answers,
  makeRequest,
  settled,
  startAcme,
  startAnswers,
  validateOrder,
} from "../../../acme/server.js";
import { freePort } from "../../../support/cli.js";
import { folderUntilEnd, start } from "../../../support/programs.js";

export interface Side {
  readonly name: "devtls" | "pebble";
  client(alg?: KeyName): AcmeClient;
  /** One with an account of its own, which it may change. */
  registered(): Promise<AcmeClient>;
  /** One of a few whose accounts stay as they are: servers limit how many a machine makes. */
  customer(number?: 0 | 1): Promise<AcmeClient>;
  /** An order whose challenges have been met. */
  ready(client: AcmeClient, names: readonly string[]): Promise<Reply>;
  /** An order with its certificate, and the certificate as DER. */
  issued(client: AcmeClient, names: readonly string[]): Promise<{ order: Reply; der: Buffer }>;
}

export async function openSides(): Promise<readonly [Side, Side]> {
  const answers = await startAnswers();
  return [await openDevtls(answers), await openPebble(answers)];
}

async function openDevtls(answers: Answers): Promise<Side> {
  const server = await startAcme({ http01Port: answers.port });
  return sideOf("devtls", server.directoryUrl, server.ca, answers);
}

async function openPebble(answers: Answers): Promise<Side> {
  const folder = folderUntilEnd("devtls-pebble-");
  const { authority } = await openAuthority(join(folder, "state"));
  const leaf = await issueLeaf(authority, ["localhost", "127.0.0.1"].map(parseName));
  const [certificate, privateKey] = ["certificate.pem", "key.pem"].map((name) =>
    join(folder, name),
  );
  writeFileSync(certificate as string, leaf.certificatePem);
  writeFileSync(privateKey as string, leaf.keyPem ?? "", { mode: 0o600 });
  const [port, management] = [await freePort(), await freePort()];
  const configuration = {
    pebble: {
      listenAddress: `127.0.0.1:${port}`,
      managementListenAddress: `127.0.0.1:${management}`,
      certificate,
      privateKey,
      httpPort: answers.port,
      tlsPort: 1,
      ocspResponderURL: "",
      externalAccountBindingRequired: false,
    },
  };
  const path = join(folder, "pebble.json");
  writeFileSync(path, JSON.stringify(configuration));
  const run = start("pebble", ["-config", path, "-strict"], {
    cwd: folder,
    env: {
      PEBBLE_VA_NOSLEEP: "1",
      PEBBLE_VA_ALWAYS_VALID: "1",
      PEBBLE_WFE_NONCEREJECT: "0",
      PEBBLE_AUTHZREUSE: "0",
    },
  });
  await run.waitFor(/ACME directory available at/);
  const ca = readFileSync(authority.paths.rootCertificate, "utf8");
  return sideOf("pebble", `https://localhost:${port}/dir`, ca, answers);
}

function sideOf(name: Side["name"], url: string, ca: string, answers: Answers): Side {
  const client: Side["client"] = (alg) => new AcmeClient(url, ca, alg);
  const ready: Side["ready"] = async (by, names) => {
    const order = await by.order(names);
    const reply = await validateOrder(by, order, answers);
    return { ...reply, headers: { ...reply.headers, location: order.headers.location } };
  };
  const registered: Side["registered"] = async () => {
    const made = client();
    const reply = await made.register();
    if (reply.status !== 201) throw new Error(reply.text);
    return made;
  };
  const customers = [registered(), registered()];
  return {
    name,
    client,
    registered,
    customer: (number = 0) => customers[number] as Promise<AcmeClient>,
    ready,
    issued: async (by, names) => {
      const order = await ready(by, names);
      const csr = makeRequest({ names }).toString("base64url");
      await by.post(order.json.finalize, { csr });
      const valid = await settled(by, String(order.headers.location));
      const chain = await by.read(valid.json.certificate);
      return { order: valid, der: new X509Certificate(chain.text).raw };
    },
  };
}
