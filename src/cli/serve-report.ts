/** What `devtls serve` prints: text for people, or one JSON event a line. */
import type { Counted } from "../diagnose/diagnosis.js";
import type { Finding } from "../diagnose/finding.js";
import { DevtlsError } from "../errors.js";
import type { FinishedExchange } from "../proxy/exchange.js";
import type { Serving } from "../serving/serving.js";
import { note, noteText, paint, print, printJson, warn } from "./output.js";
import { RequestLines, type Requests } from "./request-lines.js";

/** Of a fix that the summary repeats. */
const MAX_SUMMARY_PLACES = 3;

type Verbosity = "quiet" | "normal" | "verbose";

interface Ready {
  /** How people name the target. */
  readonly target: string;
  readonly targetUrl: string;
  readonly edge: string;
  readonly wantedPort: number;
  readonly demo: boolean;
}

export interface Reporter {
  attach(serving: Serving): void;
  listening(serving: Serving, ready: Ready): void;
  /** The command has named an address of its own since. */
  again(serving: Serving, target: string): void;
  /** @param findings what is still so */
  closed(findings: readonly Counted[]): void;
}

export interface ReportOptions {
  readonly json: boolean;
  readonly verbosity: Verbosity;
  readonly requests: Requests;
  /** Which of several apps it reports on. */
  readonly service: string | undefined;
}

export function createReporter(options: ReportOptions): Reporter {
  return options.json ? new JsonReporter(options) : new TextReporter(options);
}

class JsonReporter implements Reporter {
  readonly #service: { readonly service?: string };

  constructor({ service }: ReportOptions) {
    this.#service = service === undefined ? {} : { service };
  }

  #print(event: Readonly<Record<string, unknown>>): void {
    printJson({ ...event, ...this.#service });
  }

  attach(serving: Serving): void {
    serving.on("request", (finished) => this.#print(requestEvent(finished)));
    serving.on("finding", ({ chain, ...finding }) =>
      this.#print({ event: "finding", ...finding, chain }),
    );
    serving.on("target", (state, target) => this.#print({ event: "target", state, target }));
    serving.on("defect", reportDefect);
  }

  listening(serving: Serving, { targetUrl, edge }: Ready): void {
    const http = serving.plainPort === undefined ? null : plainUrl(serving);
    this.#print({ event: "listening", url: serving.url, target: targetUrl, edge, http });
  }

  again(): void {
    // Events are said once.
  }

  closed(): void {
    this.#print({ event: "closed" });
  }
}

function requestEvent({ exchange, url, status, milliseconds, bytes, brokenBy }: FinishedExchange) {
  return {
    event: "request",
    id: exchange.id,
    method: exchange.method,
    url,
    status,
    ms: Math.round(milliseconds * 10) / 10,
    bytes,
    protocol: exchange.protocol,
    ...(brokenBy && { brokenBy }),
  };
}

function plainUrl(serving: Serving): string {
  const host = new URL(serving.url).hostname;
  return `http://${host}${serving.plainPort === 80 ? "" : `:${serving.plainPort}`}`;
}

class TextReporter implements Reporter {
  readonly #verbosity: Verbosity;
  readonly #requests: Requests;
  readonly #service: string;
  readonly #lines = new RequestLines(note);
  #findings: () => readonly Counted[] = () => [];

  constructor({ verbosity, requests, service }: ReportOptions) {
    this.#verbosity = verbosity;
    this.#requests = requests;
    this.#service = service === undefined ? "" : `${service} `;
  }

  attach(serving: Serving): void {
    this.#findings = () => serving.findings();
    if (this.#requests !== "none") serving.on("request", (finished) => this.#request(finished));
    serving.on("finding", (finding) => {
      this.#lines.flush();
      printFinding(finding);
    });
    serving.on("target", (state, url) => {
      if (state === "down") warn(`${url} refuses connections. Is the dev server running?`);
      else if (this.#verbosity !== "quiet") note(paint("dim", `${url} answers.`, "stderr"));
    });
    serving.on("distrust", (uncovered) => void adviseOnTrust(uncovered));
    serving.on("defect", reportDefect);
  }

  listening(serving: Serving, ready: Ready): void {
    if (serving.port !== ready.wantedPort) {
      warn(`port ${ready.wantedPort} is in use, so this is port ${serving.port}.`);
    }
    const target = ready.demo ? ready.target : ready.targetUrl;
    print(`${paint("bold", serving.url)} -> ${target}`);
    if (this.#verbosity === "quiet") return;
    if (serving.plainPort !== undefined) note(`Plain HTTP: ${plainUrl(serving)}`);
    if (serving.authorityCreated) note("Made a certificate authority for this machine.");
    if (ready.demo) void guide(serving, ready.edge);
    else if (serving.authorityCreated) note("To make browsers trust it: devtls trust");
  }

  again(serving: Serving, target: string): void {
    if (this.#verbosity === "quiet") return;
    note(`${paint("bold", serving.url, "stderr")} -> ${target}`);
  }

  #request(finished: FinishedExchange): void {
    const { exchange, status, own, brokenBy, told, responseHeaders } = finished;
    if (this.#verbosity === "verbose") {
      const text = this.#lineOf(finished, 1);
      if (text === undefined) return;
      note(text);
      note(
        paint("dim", headerBlock("  > ", told) + headerBlock("  < ", responseHeaders), "stderr"),
      );
      return;
    }
    const { method, target, host, connection } = exchange;
    this.#lines.add({
      key: [status, method, connection.scheme, host, target, own, brokenBy].join(" "),
      text: (count) => this.#lineOf(finished, count),
    });
  }

  /** @returns undefined for a request that is none of those wanted */
  #lineOf(finished: FinishedExchange, count: number): string | undefined {
    const { exchange, url, status, milliseconds, brokenBy, limit, own } = finished;
    // Reported once, in full; every line of it names it again.
    const found = this.#findings().find(({ finding }) => finding.url === url)?.finding;
    const problem = status >= 400 || status === 0 || brokenBy !== undefined || found !== undefined;
    if (this.#requests === "problems" && !problem) return undefined;
    const colour = status >= 500 || status === 0 ? "red" : status >= 400 ? "yellow" : "dim";
    const outcome = paint(colour, status === 0 ? "---" : String(status), "stderr");
    const broken = limit
      ? ` (${limit})`
      : !brokenBy
        ? ""
        : own && brokenBy === "target"
          ? " (no answer from the target)"
          : BROKEN[brokenBy];
    const times = count === 1 ? "" : `, ${count} times`;
    const detail = paint("dim", `${Math.round(milliseconds)} ms${times}${broken}`, "stderr");
    const plain = exchange.connection.scheme === "http" ? "http:" : "";
    const title = found ? ` ${paint("yellow", `${found.code}: ${found.cause}`, "stderr")}` : "";
    return `${this.#service}${outcome} ${exchange.method} ${plain}${exchange.target} ${detail}${title}`;
  }

  /** Ctrl-C needs no answer but the prompt, unless there is something left to do. */
  closed(findings: readonly Counted[]): void {
    this.#lines.flush();
    if (findings.length === 0) return;
    note(paint("yellow", `\n${this.#service}Found and not fixed:`, "stderr"));
    for (const { finding, count } of findings) {
      const times = count === 1 ? "" : `, ${count} times`;
      note(`  ${finding.code}: ${finding.cause}${times}, at ${finding.url}`);
      for (const { where, lines } of finding.fixes.slice(0, MAX_SUMMARY_PLACES)) {
        note(`    ${where}: ${lines.map((line) => paint("green", line, "stderr")).join("  ")}`);
      }
    }
    const codes = [...new Set(findings.map(({ finding }) => finding.code))];
    for (const code of codes) {
      note(paint("dim", `  In full: devtls explain ${code}`, "stderr"));
    }
  }
}

const BROKEN: Readonly<Record<NonNullable<FinishedExchange["brokenBy"]>, string>> = {
  client: " (client left)",
  target: " (target broke off)",
  edge: " (the edge broke off)",
  devtls: " (devtls failed)",
};

function headerBlock(prefix: string, lines: readonly string[]): string {
  let block = "";
  for (let index = 0; index < lines.length; index += 2) {
    block += `${prefix}${lines[index]}: ${lines[index + 1]}\n`;
  }
  return block;
}

export function printFinding(finding: Finding): void {
  const title = `${finding.code}: ${finding.cause} (${finding.confidence})`;
  note("");
  noteText(paint("yellow", title, "stderr"));
  noteText(finding.explanation);
  for (const line of finding.chain) noteText(`  ${paint("dim", line, "stderr")}`, 11);
  if (finding.fixes.length > 0) note("To fix it:");
  for (const { where, lines } of finding.fixes) {
    noteText(`  ${where}`);
    // What is to be pasted is not broken.
    for (const line of lines) note(`    ${paint("green", line, "stderr")}`);
  }
  note("");
}

/** Said when a client has refused the certificate. @param uncovered the host that it asked for */
async function adviseOnTrust(uncovered: string | undefined): Promise<void> {
  if (uncovered !== undefined) {
    warn(`a client asked for ${uncovered}, which the certificate does not cover.`);
    note(`  To serve it, too: devtls serve --host ${uncovered}`);
    return;
  }
  const { isTrustedHere } = await import("./trust-known.js");
  if (await isTrustedHere()) {
    warn("a client does not trust the certificate, though the stores of this machine do.");
    note("  A browser reads them at its start: start it again. Other programs: devtls env");
    return;
  }
  warn("a client does not trust the certificate. To make browsers trust it: devtls trust");
}

async function guide({ url, authorityCreated }: Serving, edge: string): Promise<void> {
  const { isTrustedHere } = await import("./trust-known.js");
  const trusted = !authorityCreated && (await isTrustedHere());
  const lines = [
    "",
    `  Open         ${url}`,
    ...(trusted
      ? []
      : [
          "  Trust it     devtls trust            (until then the browser warns; npx devtls trust from this folder)",
        ]),
    "  Try          log in: the session cookie is Secure, so it works over https only",
    edge === "none"
      ? "  Watch        the redirect to https never ends: the app is told nothing"
      : "  See a loop   devtls serve --demo --simulate none",
    "  Stop         Ctrl-C",
    "",
  ];
  note(lines.join("\n"));
}

/** One exchange, or who looked on at it, failed; everything else goes on. */
async function reportDefect(error: unknown): Promise<void> {
  if (error instanceof DevtlsError) {
    warn(error.message);
    if (error.hint) note(`  ${error.hint}`);
    return;
  }
  const { crashReport } = await import("./crash.js");
  note(crashReport(error, "ended one exchange").trimEnd());
}
