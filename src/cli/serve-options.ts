/** The options of `devtls serve`; their values are checked where programs' are, too. */
import type { Command } from "commander";
import {
  DEFAULT_PORT,
  type Origin,
  type ReadSettings,
  readServeOptions,
  type ServeOptions as SharedOptions,
} from "../settings/serve-options.js";
import { ARGUMENTS, collect, usage } from "./options.js";

export interface ServeOptions extends SharedOptions {
  readonly demo?: boolean;
  readonly open?: string | true;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

export function addServeOptions(command: Command): Command {
  return command
    .option("--target <target>", "the dev server: 8000, host:port, http://…, https://…, unix:/path")
    .option("--insecure-target", "accept any certificate from an https target")
    .option("--demo", "front the built-in demo app")
    .option(
      "--route <route>",
      "send a path prefix (/api=3001) or a host (api.localhost=3001) elsewhere, repeatable",
      collect,
    )
    .option("--host <name>", "host name to serve, repeatable (default: localhost)", collect)
    .option("--port <n>", `TLS port (default: ${DEFAULT_PORT})`)
    .option(
      "--bind <address>",
      "address to listen on, repeatable (default: 127.0.0.1 and ::1)",
      collect,
    )
    .option("--cert <file>", "use this certificate instead of issuing one")
    .option("--key <file>", "the private key of --cert")
    .option("--http-port <n>", "also listen for plain HTTP")
    .option(
      "--http <mode>",
      "what plain HTTP does: redirect, proxy or deny (default: as the edge does)",
    )
    .option("--redirect-status <n>", "301, 302, 307 or 308 (default: as the edge does)")
    .option("--force-https <path>", "redirect plain HTTP below this path only, repeatable", collect)
    .option(
      "--simulate <edge>",
      "behave as this production edge; `devtls edges` lists them (default: devtls)",
    )
    .option("--edge-file <file>", "behave as an edge of your own, described in JSON")
    .option(
      "--limits <on|off>",
      "off: with --simulate, without the edge's timeouts and size limits",
    )
    .option("--forwarded-proto <value>", "send this X-Forwarded-Proto, `none` for none")
    .option("--set-header <line>", "set 'Name: value' on every request, repeatable", collect)
    .option("--drop-header <name>", "remove this header from every request, repeatable", collect)
    .option(
      "--cookies <mode>",
      "strict: drop what a browser would in production; secure: add Secure; insecure: remove it (default: pass)",
    )
    .option(
      "--hsts <mode>",
      "Strict-Transport-Security: strip, pass, or a max-age in seconds to send (default: strip)",
    )
    .option("--open [path]", "open the browser when ready")
    .option("--json", "print events as JSON, one a line")
    .option("--quiet", "print problems only")
    .option("--verbose", "print headers too");
}

const COMMAND_LINE: Origin = {
  problem: ARGUMENTS,
  name: (option) => `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
};

/** @throws DevtlsError for what cannot be, before anything is made */
export function readCommandLine(options: ServeOptions): ReadSettings {
  if (options.demo && options.target !== undefined) {
    throw usage("--demo and --target exclude each other");
  }
  if (!options.demo && options.target === undefined) {
    throw usage(
      "--target is missing",
      "Name the port of your dev server: devtls serve --target 8000. Or try the demo: devtls serve --demo",
    );
  }
  if (options.quiet && options.verbose) throw usage("--quiet and --verbose exclude each other");
  return readServeOptions(options, COMMAND_LINE);
}
