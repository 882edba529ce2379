/** What `devtls serve` prints: text for people, or one JSON event a line. */
import type { Counted } from "../diagnose/diagnosis.js";
import type { Finding } from "../diagnose/finding.js";
import type { FinishedExchange } from "../proxy/exchange.js";
import type { Serving } from "../serving/serving.js";
import { note, paint, print, printJson, warn } from "./output.js";

/** Of a fix that the summary repeats. */
const MAX_SUMMARY_PLACES = 3;

export type Verbosity = "quiet" | "normal" | "verbose";

export interface Ready {
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
  /** @param findings what is still so */
  closed(findings: readonly Counted[]): void;
}

export interface ReportOptions {
  readonly json: boolean;
  readonly verbosity: Verbosity;
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
  readonly #service: string;

  constructor({ verbosity, service }: ReportOptions) {
    this.#verbosity = verbosity;
    this.#service = service === undefined ? "" : `${service} `;
  }

  attach(serving: Serving): void {
    if (this.#verbosity !== "quiet") serving.on("request", (finished) => this.#request(finished));
    serving.on("finding", printFinding);
    serving.on("target", (state, url) => {
      if (state === "down") warn(`${url} refuses connections. Is the dev server running?`);
      else if (this.#verbosity !== "quiet") note(paint("dim", `${url} answers.`, "stderr"));
    });
    serving.on("distrust", () =>
      warn("a client does not trust the certificate. To make browsers trust it: devtls trust"),
    );
    serving.on("defect", reportDefect);
  }

  listening(serving: Serving, ready: Ready): void {
    if (serving.port !== ready.wantedPort) {
      warn(`port ${ready.wantedPort} is in use, so this is port ${serving.port}.`);
    }
    print(`${serving.url} -> ${ready.demo ? ready.target : ready.targetUrl}`);
    if (this.#verbosity === "quiet") return;
    if (serving.plainPort !== undefined) note(`Plain HTTP: ${plainUrl(serving)}`);
    if (serving.authorityCreated) note("Made a certificate authority for this machine.");
    if (ready.demo) note(demoGuide(serving.url, ready.edge));
    else if (serving.authorityCreated) note("To make browsers trust it: devtls trust");
  }

  #request({
    exchange,
    status,
    milliseconds,
    brokenBy,
    limit,
    told,
    responseHeaders,
  }: FinishedExchange): void {
    const colour = status >= 500 || status === 0 ? "red" : status >= 400 ? "yellow" : "dim";
    const outcome = status === 0 ? "---" : String(status);
    const broken = limit ? ` (${limit})` : brokenBy ? BROKEN[brokenBy] : "";
    const time = `${Math.round(milliseconds)} ms`;
    const plain = exchange.connection.scheme === "http" ? "http:" : "";
    note(
      `${this.#service}${paint(colour, outcome, "stderr")} ${exchange.method} ${plain}${exchange.target} ${paint("dim", time + broken, "stderr")}`,
    );
    if (this.#verbosity !== "verbose") return;
    note(paint("dim", headerBlock("  > ", told) + headerBlock("  < ", responseHeaders), "stderr"));
  }

  /** Ctrl-C needs no answer but the prompt, unless there is something left to do. */
  closed(findings: readonly Counted[]): void {
    if (findings.length === 0) return;
    note(paint("yellow", `\n${this.#service}Found and not fixed:`, "stderr"));
    for (const { finding, count } of findings) {
      const times = count === 1 ? "" : `, ${count} times`;
      note(`  ${finding.code}: ${finding.cause}${times}, at ${finding.url}`);
      for (const { where, lines } of finding.fixes.slice(0, MAX_SUMMARY_PLACES)) {
        note(`    ${where}: ${lines.map((line) => paint("green", line, "stderr")).join("  ")}`);
      }
    }
    note(paint("dim", "  In full: devtls explain CODE", "stderr"));
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
  note(`\n${paint("yellow", title, "stderr")}\n${finding.explanation}`);
  for (const line of finding.chain) note(`  ${paint("dim", line, "stderr")}`);
  if (finding.fixes.length > 0) note("To fix it:");
  for (const { where, lines } of finding.fixes) {
    note(`  ${where}`);
    for (const line of lines) note(`    ${paint("green", line, "stderr")}`);
  }
  note("");
}

function demoGuide(url: string, edge: string): string {
  return [
    "",
    `  Open         ${url}`,
    "  Trust it     devtls trust            (until then the browser warns; npx devtls trust from this folder)",
    `  Try          log in: the session cookie is Secure, so it works over https only`,
    edge === "none"
      ? "  Watch        the redirect to https never ends: the app is told nothing"
      : "  See a loop   devtls serve --demo --simulate none",
    "  Stop         Ctrl-C",
    "",
  ].join("\n");
}

function reportDefect(error: unknown): void {
  warn(`a diagnosis failed: ${error instanceof Error ? error.message : error}`);
}
