/** A server on a port of this machine, examined with the root that its certificates end at. */
import { readFileSync } from "node:fs";
import { Pace } from "../../../src/audit/asking/pace.js";
import { examine, type TlsExamination } from "../../../src/audit/tls/examine.js";
import type { Made } from "./certificates.js";

export function examined(port: number, { root }: Made): Promise<TlsExamination> {
  const server = {
    ...{ host: "localhost", port, name: "localhost", pace: new Pace(0) },
    ...{ addresses: ["127.0.0.1"], until: Number.POSITIVE_INFINITY },
  };
  const roots = [readFileSync(root, "utf8")];
  return examine(server, { roots, localRoot: undefined }, undefined);
}

/** "TLSv1.2 0xc013", sorted: the names of suites differ from program to program. */
export function suitesSeen(versions: TlsExamination["versions"]): string[] {
  const numbered = (version: string, id: number): string =>
    `${version} 0x${id.toString(16).padStart(4, "0")}`;
  return versions
    .flatMap(({ version, suites }) => suites.map(({ id }) => numbered(version, id)))
    .sort();
}
