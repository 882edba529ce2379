/**
 * What the audit finds of versions and chains is what testssl.sh finds. It takes half a minute a
 * server: one of them, two under CI=true, all with DEVTLS_EVERY_PEER=1.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { runProgram } from "../../support/cli.js";
import { folderUntilEnd } from "../../support/programs.js";
import { describeWith } from "../../support/tools.js";
import { type Made, makeCertificates } from "./certificates.js";
import { examined } from "./examined.js";
import { startTls, TLS_SERVERS } from "./servers.js";

const SAMPLE = [
  "nginx with old versions",
  ...(process.env.CI === "true" ? ["an incomplete chain"] : []),
];

/** Debian's OpenSSL, which testssl.sh begins with, does not connect to these at all. */
const BEYOND = [
  "TLS 1.0 only",
  "TLS 1.1 only, P-256",
  "Diffie-Hellman with 1024 bits, the server's own order",
];

const asked = TLS_SERVERS.filter(({ name }) =>
  process.env.DEVTLS_EVERY_PEER === "1" ? !BEYOND.includes(name) : SAMPLE.includes(name),
);

let made: Made;
beforeAll(async () => {
  made = await makeCertificates(join(folderUntilEnd("devtls-testssl-"), "made"));
});

const IDS = {
  SSLv3: "SSLv3",
  "TLSv1.0": "TLS1",
  "TLSv1.1": "TLS1_1",
  "TLSv1.2": "TLS1_2",
  "TLSv1.3": "TLS1_3",
} as const;

interface Finding {
  readonly id: string;
  readonly finding: string;
}

function verdictOf(chain: string, expiry: string): string {
  if (/^expired/.test(expiry) || /expired/.test(chain)) return "expired";
  if (/^passed/.test(chain)) return "trusted";
  if (/chain incomplete/.test(chain)) return "incomplete";
  return /self signed/.test(chain) ? "self-signed" : chain;
}

async function seenByTestssl(port: number): Promise<{ protocols: string[]; chains: string[] }> {
  const file = (name: string): string => join(made.folder, `${name}-${port}`);
  const { stdout } = await runProgram("testssl", [
    ...["--quiet", "--color", "0", "--warnings", "batch", "--jsonfile", file("json")],
    ...["--ip", "127.0.0.1", "--add-ca", made.root, "-p", "-S", `localhost:${port}`],
  ]);
  const found = JSON.parse(readFileSync(file("json"), "utf8")) as readonly Finding[];
  const of = (id: string): string[] =>
    found.filter((each) => each.id.split(" ")[0] === id).map(({ finding }) => finding);
  const expiries = of("cert_expirationStatus");
  const chains = of("cert_chain_of_trust");
  if (chains.length === 0) throw new Error(stdout);
  return {
    protocols: Object.entries(IDS).flatMap(([name, id]) =>
      /^offered/.test(of(id)[0] ?? "") ? [name] : [],
    ),
    chains: chains.map((chain, at) => verdictOf(chain, expiries[at] ?? "")).sort(),
  };
}

for (const server of asked) {
  describeWith([server.program, "openssl", "testssl"], server.name, () => {
    it("has the versions and chains that testssl.sh finds", async () => {
      const port = await startTls(server, made);
      const { versions, chains } = await examined(port, made);
      const offered = versions.filter(({ state }) => state === "offered");
      expect({
        protocols: offered.map(({ version }) => version).sort(),
        chains: chains.map(({ verdict }) => verdict).sort(),
      }).toEqual(await seenByTestssl(port));
    }, 400_000);
  });
}
