/** `devtls audit`: the grade that the outside will give. */
import { X509Certificate } from "node:crypto";
import type { Command } from "commander";
import type { Audit, AuditSettings } from "../audit/audit.js";
import type { Check } from "../audit/checks.js";
import { reportOf } from "../audit/report.js";
import { rootsOf } from "../ca/environment.js";
import { readIfThere, readRequired } from "../ca/files.js";
import { readEdgeProfile } from "../edge/read-profile.js";
import { stateDirectory, statePaths } from "../paths.js";
import { isPath } from "../rehearse/flow.js";
import { profilesNamed } from "../rehearse/read-options.js";
import type { Report } from "../reports/model.js";
import { asAddress } from "../words.js";
import { printAudit } from "./audit-report.js";
import { collect, usage } from "./options.js";
import { EXIT, printJson, progress } from "./output.js";
import { version, withExamples } from "./program.js";
import { type ReportOptions, readReports, writeReports } from "./reports.js";

interface Options extends ReportOptions {
  readonly simulate?: readonly string[];
  readonly edgeFile?: readonly string[];
  readonly path?: readonly string[];
  readonly httpUrl?: string;
  readonly own?: boolean;
  readonly json?: boolean;
}

export function define(program: Command): void {
  const command = program
    .command("audit")
    .description(
      "Grade what a browser gets: headers and cookies as MDN's HTTP Observatory, TLS as SSL Labs, and what neither asks. Local certificates count as good, and the grade says so. Servers elsewhere are asked with GET and HEAD only, at most 5 times a second.",
    )
    .argument("<url>", "the page, https when it does not say")
    .option("--simulate <edge>", "ask a local target through this edge, repeatable", collect)
    .option(
      "--edge-file <file>",
      "through an edge of your own, described in JSON, repeatable",
      collect,
    )
    .option("--path <path>", "look at this page, too, repeatable", collect)
    .option("--http-url <url>", "where plain http is, when it is not on port 80")
    .option("--own", "the host is yours: also send forged headers and other methods")
    .option(
      "--report <format=file>",
      "junit, sarif, markdown, html, github or json, repeatable",
      collect,
    )
    .option("--baseline <file>", "only what this file does not know counts")
    .option("--update-baseline", "write what there is into --baseline")
    .option("--json", "print as JSON")
    .action(run);
  withExamples(
    command,
    `devtls audit https://localhost:8443/
devtls audit https://example.org
devtls audit http://localhost:8000/ --simulate heroku --simulate nginx
devtls audit https://localhost:8443/ --report sarif=audit.sarif  for CI`,
  );
}

async function run(address: string, options: Options): Promise<void> {
  const reports = readReports(options);
  const settings = settingsOf(address, options);
  const { audit } = await import("../audit/audit.js");
  const found = await audit(settings);
  const report = reports.judge(reportOf(found, version()));
  const json = jsonOf(found, report);
  if (options.json) printJson(json);
  else printAudit(found, report);
  writeReports(reports, report, json);
  const isFailed = report.cases.some(({ status }) => status === "failed");
  process.exitCode = isFailed ? EXIT.problems : EXIT.ok;
}

function settingsOf(address: string, options: Options): AuditSettings {
  const { httpUrl, own = false, json, path: paths = [] } = options;
  const url = addressOf(address, "the URL");
  const plain = httpUrl === undefined ? undefined : addressOf(httpUrl, "--http-url");
  if (plain && plain.protocol !== "http:") {
    throw usage(
      `--http-url ${httpUrl}: it is not plain http`,
      "As in: --http-url http://localhost:8080/",
    );
  }
  const wrong = paths.find((each) => !isPath(each));
  if (wrong !== undefined) throw usage(`--path ${wrong}: not a path`, "Write it as --path /login");
  const { rootCertificate } = statePaths(stateDirectory());
  const root = readIfThere(rootCertificate);
  return {
    ...{ url, httpUrl: plain, own, paths, roots: rootsOf(process.env) },
    edges: [
      ...profilesNamed(options.simulate ?? [], (name, why) =>
        usage(`--simulate ${name}: ${why}`, "They are listed by: devtls edges"),
      ),
      ...(options.edgeFile ?? []).map((file) =>
        readEdgeProfile(readRequired(file).toString(), file),
      ),
    ],
    localRoot: root && new X509Certificate(root).fingerprint256,
    onProgress: (what) => {
      if (!json) progress(what);
    },
  };
}

function addressOf(text: string, what: string): URL {
  const full = asAddress(text);
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.hostname === "") {
    throw usage(
      `${what} '${text}' is no http or https address`,
      "For example: devtls audit https://localhost:8443/",
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw usage(`${what} holds a user name`, "Leave it out: it would be sent to whoever answers");
  }
  url.hash = "";
  return url;
}

/** The JSON of the contract, with what a baseline knows marked. */
function jsonOf(audit: Audit, { cases }: Report): object {
  const { url, grade, isLocal, framework, headers, tls, checks, edges } = audit;
  return {
    ...{ url, grade, local: isLocal, framework, headers },
    tls: tls ? tlsJson(tls) : null,
    checks: checks.map((check, at) => ({
      ...checkJson(check),
      ...(cases[at]?.results[0]?.known && { known: true }),
    })),
    ...(edges.length > 0 && {
      edges: edges.map((each) => ({ ...each, checks: each.checks.map(checkJson) })),
    }),
  };
}

function checkJson({ id, status, detail, fix, where }: Check): object {
  return { id, status, detail, fix, ...(where !== undefined && { where }) };
}

function tlsJson(tls: NonNullable<Audit["tls"]>): object {
  const { rating, versions, groups, chains, primeBits, alpn, isLocal } = tls;
  return {
    ...{ grade: rating?.grade ?? null, score: rating?.score ?? null, caps: rating?.caps ?? [] },
    warnings: rating?.warnings ?? [],
    local: isLocal,
    protocols: versions.map(({ version, state, suites }) => ({
      ...{ version, state, suites: suites.map(({ name }) => name) },
    })),
    ...{ groups, dhBits: primeBits ?? null, alpn: alpn ?? null },
    chains: chains.map(({ verdict, problem, nameProblem, leaf }) => ({
      ...{ verdict, problem: problem ?? null, nameProblem: nameProblem ?? null, leaf },
    })),
  };
}
