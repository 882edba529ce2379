/** The audit gives every site the results and the grade that MDN's HTTP Observatory gives it. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import { credentials } from "../../src/library/issue.js";
import { runProgram } from "../support/cli.js";
import { folderUntilEnd } from "../support/programs.js";
import { describeUnless, missing } from "../support/tools.js";
import { sites } from "./sites.js";

const ORACLE = join(import.meta.dirname, "oracle/node_modules/@mdn/mdn-http-observatory");

const WHY_NOT = existsSync(ORACLE)
  ? missing(["unshare", "ip", "openssl"])
  : "the Observatory is not installed; npm ci --ignore-scripts --prefix test/audit/oracle";

interface Said {
  readonly failed?: true;
  readonly score: number;
  readonly grade: string;
  readonly tests: Readonly<Record<string, string>>;
}

interface Row {
  readonly name: string;
  readonly theirs: Said;
  readonly ours: Said;
}

/** Tests that the installed version (algorithm 4) has not; algorithm 6 scores them. */
const NEW = ["cross-origin-embedder-policy", "cross-origin-opener-policy"];

/** What an outcome adds in algorithm 6, and did not in algorithm 4. */
const RAISED: Readonly<Record<string, number>> = { "x-frame-options-sameorigin-or-deny": 5 };

/** Where algorithm 6 reads a page otherwise than algorithm 4. */
const READ_OTHERWISE: Readonly<Record<string, string>> = {
  // A page without a Content-Type is looked through for scripts, too.
  "ten redirects and more": "subresource-integrity",
};

const raiseOf = ({ tests }: Said): number =>
  Object.values(tests).reduce((sum, result) => sum + (RAISED[result] ?? 0), 0);

describeUnless(WHY_NOT, "Beside the Observatory", () => {
  const rows: Row[] = [];

  beforeAll(async () => {
    const folder = folderUntilEnd("devtls-observatory-");
    const driver = join(folder, "driver.cjs");
    await build({
      entryPoints: [join(import.meta.dirname, "observatory-driver.ts")],
      ...{ bundle: true, platform: "node", format: "cjs", outfile: driver, logLevel: "error" },
    });
    // Without its lists it asks nobody for them.
    mkdirSync(join(ORACLE, "conf"), { recursive: true });
    writeFileSync(join(ORACLE, "conf/hsts-preload.json"), "{}");
    writeFileSync(join(ORACLE, "conf/tld-list.json"), "[]");
    const { cert, key } = await credentials("localhost", {
      stateDirectory: join(folder, "state"),
    });
    const root = join(folder, "state/rootCA.pem");
    const [alone, aloneKey] = [join(folder, "alone.crt"), join(folder, "alone.key")];
    await runProgram("openssl", [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
      ...["-keyout", aloneKey, "-out", alone, "-subj", "/CN=localhost"],
      ...["-addext", "subjectAltName=DNS:localhost"],
    ]);
    const { stdout, stderr } = await runProgram(
      "unshare",
      [
        ...["--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$0" "$@"'],
        ...[process.execPath, driver],
      ],
      {
        env: { NODE_EXTRA_CA_CERTS: root },
        input: JSON.stringify({
          ...{
            sites: sites(60),
            scanner: join(ORACLE, "src/scanner/index.js"),
            roots: [readFileSync(root, "utf8")],
          },
          trusted: { cert, key },
          untrusted: { cert: readFileSync(alone, "utf8"), key: readFileSync(aloneKey, "utf8") },
        }),
      },
    );
    for (const line of stdout.split("\n").filter(Boolean)) rows.push(JSON.parse(line) as Row);
    if (rows.length === 0) throw new Error(stderr);
  }, 300_000);

  it("compares 160 sites and more, and most can be graded", () => {
    expect(rows.length).toBe(sites(60).length);
    expect(rows.length).toBeGreaterThan(160);
    expect(rows.filter(({ theirs }) => !theirs.failed).length).toBeGreaterThan(150);
  });

  it("gives each the same result of every test", () => {
    const differing = rows.flatMap(({ name, theirs, ours }) => {
      if (theirs.failed || ours.failed)
        return theirs.failed === ours.failed ? [] : [`${name}: ${JSON.stringify([theirs, ours])}`];
      const { tests } = ours;
      return Object.entries(theirs.tests)
        .filter(([id, result]) => tests[id] !== result && READ_OTHERWISE[name] !== id)
        .map(([id, result]) => `${name}: ${id}: ${result}, not ${tests[id]}`);
    });
    expect(differing).toEqual([]);
  });

  it("has all of its tests, and the two that are new", () => {
    const [one] = rows.filter(({ theirs }) => !theirs.failed);
    const added = Object.keys(one?.ours.tests ?? {}).filter(
      (id) => !(id in (one?.theirs.tests ?? {})),
    );
    expect(added).toEqual(NEW);
  });

  it("gives each the same score and grade, but for what has been raised since", () => {
    const graded = rows.filter(({ theirs }) => !theirs.failed);
    const same = graded.filter(({ ours }) => raiseOf(ours) === 0);
    expect(same.length).toBeGreaterThan(100);
    expect(same.map(({ name, ours }) => [name, ours.score, ours.grade])).toEqual(
      same.map(({ name, theirs }) => [name, theirs.score, theirs.grade]),
    );
    // Points above 100 only count from 90 on, so that some of the others are the same as well.
    const raised = graded.filter(({ ours }) => raiseOf(ours) > 0);
    const off = raised.filter(
      ({ ours, theirs }) => ![0, raiseOf(ours)].includes(ours.score - theirs.score),
    );
    expect(off).toEqual([]);
  });

  it("finds most outcomes among them", () => {
    const seen = new Set(rows.flatMap(({ theirs }) => Object.values(theirs.tests ?? {})));
    expect(seen.size).toBeGreaterThan(50);
  });
});

describe("The sites", () => {
  it("have names of their own", () => {
    const names = sites(60).map(({ name }) => name);
    expect(names.filter((name, at) => names.indexOf(name) < at)).toEqual([]);
  });
});
