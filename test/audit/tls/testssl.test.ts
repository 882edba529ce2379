/**
 * What the audit finds of versions, suites and chains is what testssl.sh finds. It takes half a
 * minute a server: one of them, two under CI=true, all with DEVTLS_EVERY_PEER=1.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { runProgram } from "../../support/cli.js";
import { folderUntilEnd } from "../../support/programs.js";
import { describeWith } from "../../support/tools.js";
import { type Made, makeCertificates } from "./certificates.js";
import { examined, suitesSeen } from "./examined.js";
import { startTls, TLS_SERVERS } from "./servers.js";

const SAMPLE = [
  "nginx with old versions",
  ...(process.env.CI === "true" ? ["an incomplete chain"] : []),
];

const asked = TLS_SERVERS.filter(
  ({ name }) => process.env.DEVTLS_EVERY_PEER === "1" || SAMPLE.includes(name),
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

interface Seen {
  readonly protocols: readonly string[];
  /** "TLSv1.2 0xc013": their names differ from program to program. */
  readonly suites: readonly string[];
  readonly chains: readonly string[];
}

/** Debian's own settings keep its OpenSSL from old versions and short keys, and so testssl.sh. */
const OLD_TOO = `openssl_conf = whole
[whole]
ssl_conf = ssl
[ssl]
system_default = anything
[anything]
MinProtocol = TLSv1
CipherString = ALL:@SECLEVEL=0
`;

async function seenByTestssl(port: number): Promise<Seen> {
  const file = (name: string): string => join(made.folder, `${name}-${port}`);
  writeFileSync(file("conf"), OLD_TOO);
  // It takes OPENSSL_CONF away from the OpenSSL that it runs.
  const openssl = `#!/bin/sh\nOPENSSL_CONF="${file("conf")}" exec openssl "$@"\n`;
  writeFileSync(file("openssl"), openssl, { mode: 0o755 });
  const { stdout } = await runProgram("testssl", [
    ...["--quiet", "--color", "0", "--warnings", "batch", "--jsonfile", file("json")],
    ...["--ip", "127.0.0.1", "--add-ca", made.root, "-p", "-E", "-S"],
    ...["--openssl", file("openssl"), `localhost:${port}`],
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
    suites: found.flatMap(suitesOf).sort(),
    chains: chains.map((chain, at) => verdictOf(chain, expiries[at] ?? "")).sort(),
  };
}

/** "cipher-tls1_2_xc030", or "cipher-tls1_2_x9c"; of SSL 2 they are longer. */
function suitesOf({ id }: Finding): string[] {
  const [, protocol, number = ""] =
    /^cipher-(tls1(?:_[123])?|ssl3)_x([0-9a-f]{2,4})$/.exec(id) ?? [];
  const version = VERSIONS[protocol ?? ""];
  return version === undefined ? [] : [`${version} 0x${number.padStart(4, "0")}`];
}

const VERSIONS: Readonly<Record<string, string>> = {
  ssl3: "SSLv3",
  tls1: "TLSv1.0",
  tls1_1: "TLSv1.1",
  tls1_2: "TLSv1.2",
  tls1_3: "TLSv1.3",
};

for (const server of asked) {
  describeWith([server.program, "openssl", "testssl"], server.name, () => {
    it("has the versions, suites and chains that testssl.sh finds", async () => {
      const port = await startTls(server, made);
      const { versions, chains } = await examined(port, made);
      const offered = versions.filter(({ state }) => state === "offered");
      expect({
        protocols: offered.map(({ version }) => version).sort(),
        suites: suitesSeen(offered),
        chains: chains.map(({ verdict }) => verdict).sort(),
      }).toEqual(await seenByTestssl(port));
    }, 600_000);
  });
}
