/** What the audit finds of TLS servers is what sslscan finds of them. */
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import type { TlsExamination } from "../../../src/audit/tls/examine.js";
import { runProgram } from "../../support/cli.js";
import { folderUntilEnd } from "../../support/programs.js";
import { describeWith } from "../../support/tools.js";
import { type Made, makeCertificates } from "./certificates.js";
import { examined, suitesSeen } from "./examined.js";
import { startTls, TLS_SERVERS } from "./servers.js";

let made: Made;
beforeAll(async () => {
  made = await makeCertificates(join(folderUntilEnd("devtls-tls-peers-"), "made"));
});

interface Seen {
  readonly protocols: readonly string[];
  /** "TLSv1.2 0xc013": their names differ from program to program. */
  readonly suites: readonly string[];
}

function seenByDevtls({ versions }: TlsExamination): Seen {
  const offered = versions.filter(({ state }) => state === "offered");
  return {
    protocols: offered.map(({ version }) => version).sort(),
    suites: suitesSeen(offered),
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

for (const server of TLS_SERVERS) {
  describeWith([server.program, "openssl", "sslscan"], server.name, () => {
    it("has the versions and suites that sslscan finds", async () => {
      const port = await startTls(server, made);
      const found = await examined(port, made);
      const ours = seenByDevtls(found);
      const theirs = await seenBySslscan(port);
      expect(ours).toEqual(theirs);
    });
  });
}
