/** `devtls trace`: follow a URL as a browser would, and say what is wrong on the way. */
import type { Command } from "commander";
import { rootsOf } from "../ca/environment.js";
import { type Hop, trace } from "../trace/trace.js";
import { collect, usage } from "./options.js";
import { EXIT, note, paint, print, printJson } from "./output.js";
import { withExamples } from "./program.js";
import { printFinding } from "./serve-report.js";

interface Options {
  method?: string;
  header?: string[];
  insecure?: boolean;
  probe: boolean;
  json?: boolean;
}

export function define(program: Command): void {
  const command = program
    .command("trace")
    .description("Follow the redirects of a URL as a browser would, local or remote.")
    .argument("<url>", "an http or https address; https when it does not say")
    .option("--method <method>", "GET unless told otherwise; sent without a body")
    .option(
      "--header <line>",
      "send 'Name: value', repeatable; secrets go to the URL's own origin only",
      collect,
    )
    .option("--insecure", "accept any certificate")
    .option("--no-probe", "do not replay a failing GET to find the cause")
    .option("--json", "print the hops and the findings as JSON")
    .action(run);
  withExamples(
    command,
    `devtls trace https://localhost:8443/
devtls trace https://app.example/login --header 'Accept-Language: de'`,
  );
}

async function run(url: string, options: Options): Promise<void> {
  const { json = false, insecure = false, probe } = options;
  const method = methodOf(options.method);
  const headers = (options.header ?? []).flatMap(lineOf);
  const { hops, findings } = await trace(
    url,
    { roots: rootsOf(process.env), insecure, probe, headers, ...(method && { method }) },
    json ? undefined : showHop,
  );
  if (json) printJson({ hops: hops.map(rounded), findings });
  else {
    for (const finding of findings) printFinding(finding);
    if (findings.length === 0) note(`Nothing is wrong: ${count(hops.length - 1, "redirect")}.`);
  }
  process.exitCode = findings.length > 0 ? EXIT.problems : EXIT.ok;
}

function methodOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (/^[A-Za-z][A-Za-z-]{0,31}$/.test(text) && !/^connect$/i.test(text)) return text.toUpperCase();
  throw usage(`--method ${text}: not a method that a page can be asked for with`, "GET, HEAD, …");
}

function lineOf(text: string): string[] {
  const match = /^([\w!#$%&'*+.^`|~-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/.exec(text);
  if (!match) throw usage(`--header ${text}: not a header line`, "As in: --header 'Name: value'");
  return [match[1] as string, match[2] as string];
}

function showHop({ method, url, status, location, cookies, withheld, milliseconds }: Hop): void {
  const colour =
    status >= 500 ? "red" : status >= 400 ? "yellow" : status >= 300 ? "cyan" : "green";
  const to = location === null ? "" : ` -> ${location}`;
  const time = paint("dim", `${Math.round(milliseconds)} ms`);
  print(`${paint(colour, String(status))} ${method} ${url}${to} ${time}`);
  if (cookies.length > 0) print(paint("dim", `    sets ${cookies.join(", ")}`));
  if (withheld.length > 0) {
    print(paint("dim", `    was not sent ${withheld.join(", ")}, given for another origin`));
  }
}

function rounded({ milliseconds, withheld, ...hop }: Hop) {
  const ms = Math.round(milliseconds * 10) / 10;
  return { ...hop, ms, ...(withheld.length > 0 && { withheld }) };
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? "" : "s"}`;
}
