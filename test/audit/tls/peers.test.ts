/** What the audit finds of TLS servers is what sslscan and testssl.sh find of them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { Pace } from "../../../src/audit/asking/pace.js";
import { examine, type TlsExamination } from "../../../src/audit/tls/examine.js";
import { runProgram } from "../../support/cli.js";
import { folderUntilEnd } from "../../support/programs.js";
import { describeWith } from "../../support/tools.js";
import { type Made, makeCertificates } from "./certificates.js";
import { startTls, TLS_SERVERS } from "./servers.js";

let made: Made;
beforeAll(async () => {
  made = await makeCertificates(join(folderUntilEnd("devtls-tls-peers-"), "made"));
});

const PROTOCOLS = ["SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

interface Seen {
  readonly protocols: readonly string[];
  /** "TLSv1.2 0xc013": their names differ from program to program. */
  readonly suites: readonly string[];
}

function seenByDevtls({ versions }: TlsExamination): Seen {
  const offered = versions.filter(({ state }) => state === "offered");
  return {
    protocols: offered.map(({ version }) => version).sort(),
    suites: offered
      .flatMap(({ version, suites }) =>
        suites.map(({ id }) => `${version} 0x${id.toString(16).padStart(4, "0")}`),
      )
      .sort(),
  };
}

async function seenBySslscan(port: number): Promise<Seen> {
  const { stdout } = await runProgram("sslscan", [
    ...["--xml=-", "--no-fallback", "--no-renegotiation", "--no-compression", "--no-heartbleed"],
    ...["--no-groups", "--sni-name=localhost", `127.0.0.1:${port}`],
  ]);
  const protocols = [...stdout.matchAll(/<protocol type="(\w+)" version="([\d.]+)" enabled="1"/g)];
  const suites = [...stdout.matchAll(/sslversion="([^"]+)"[^>]*? id="(0x[0-9A-F]{4})"/g)];
  return {
    protocols: protocols
      .map(([, type, version]) => (type === "ssl" ? `SSLv${version}` : `TLSv${version}`))
      .sort(),
    suites: suites.map(([, version, id]) => `${version} ${id?.toLowerCase()}`).sort(),
  };
}

async function seenByTestssl(port: number): Promise<{ protocols: string[]; chain: string }> {
  const file = join(folderUntilEnd("devtls-testssl-"), "out.json");
  await runProgram("testssl", [
    ...["--quiet", "--color", "0", "--warnings", "batch", "--jsonfile", file, "--ip", "one"],
    ...["--add-ca", made.root, "-p", "-S", `localhost:${port}`],
  ]);
  const found: { id: string; severity: string; finding: string }[] = JSON.parse(
    readFileSync(file, "utf8"),
  );
  const of = (id: string): string => found.find((each) => each.id === id)?.finding ?? "";
  const ids = {
    SSLv3: "SSLv3",
    "TLSv1.0": "TLS1",
    "TLSv1.1": "TLS1_1",
    "TLSv1.2": "TLS1_2",
    "TLSv1.3": "TLS1_3",
  };
  return {
    protocols: Object.entries(ids).flatMap(([name, id]) => (/^offered/.test(of(id)) ? [name] : [])),
    chain: found
      .filter(({ id }) => /chain_of_trust|expirationStatus/.test(id))
      .map(({ finding }) => finding)
      .join("; "),
  };
}

for (const server of TLS_SERVERS) {
  describeWith([server.program, "openssl", "sslscan"], server.name, () => {
    it("has the versions and suites that sslscan finds", async () => {
      const port = await startTls(server, made);
      const found = await examine(
        {
          host: "localhost",
          port,
          name: "localhost",
          pace: new Pace(0),
          addresses: ["127.0.0.1"],
          until: Number.POSITIVE_INFINITY,
        },
        { roots: [readFileSync(made.root, "utf8")], localRoot: undefined },
        undefined,
      );
      const ours = seenByDevtls(found);
      const theirs = await seenBySslscan(port);
      console.log(
        server.name,
        found.rating,
        found.groups,
        found.chains.map((c) => [c.verdict, c.problem, c.nameProblem]),
        found.primeBits,
        found.hasOrder,
        ours.suites.length,
        PROTOCOLS.length,
        process.env.TSSL ? await seenByTestssl(port) : "",
      );
      expect(ours).toEqual(theirs);
    });
  });
}
