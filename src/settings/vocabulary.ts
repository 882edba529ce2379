/**
 * The long options of `devtls serve`: one list for the command line, for configuration files and
 * their schema, and for what shells complete. Pure data.
 */
import { FAULTS } from "../ca/fault-kinds.js";
import { COOKIE_MODES } from "../cookies/modes.js";
import { PLAIN_MODES, REDIRECT_STATUSES } from "../edge/profile.js";
import { ADDRESS_SPACES } from "../proxy/policies/address-space.js";

export interface Word {
  /** "http-port" */
  readonly name: string;
  /** What it takes, as help shows it; none for a flag. */
  readonly takes?: string;
  /** What it takes may be left out. */
  readonly optional?: true;
  /** May be given again and again. */
  readonly many?: true;
  /** How a configuration file writes it, besides as text. */
  readonly json?: "number" | "boolean" | "object";
  /** What it names is a file, relative to the configuration file when it is written there. */
  readonly file?: true;
  /** The only values that it may have. */
  readonly values?: readonly string[];
  /** For one run, not for a project: not in configuration files. */
  readonly once?: true;
  readonly help: string;
}

export const WORDS: readonly Word[] = [
  {
    name: "target",
    takes: "target",
    json: "number",
    help: "the dev server: 8000, host:port, http://…, https://…, unix:/path",
  },
  { name: "insecure-target", help: "accept any certificate from an https target" },
  { name: "demo", once: true, help: "front the built-in demo app" },
  {
    name: "route",
    takes: "route",
    many: true,
    json: "object",
    help: "send a path prefix (/api=3001) or a host (api.localhost=3001) elsewhere, repeatable",
  },
  {
    name: "host",
    takes: "name",
    many: true,
    help: "host name to serve, repeatable (default: localhost)",
  },
  { name: "port", takes: "n", json: "number", help: "TLS port (default: 8443)" },
  {
    name: "bind",
    takes: "address",
    many: true,
    help: "address to listen on, repeatable (default: 127.0.0.1 and ::1)",
  },
  {
    name: "cert",
    takes: "file",
    file: true,
    help: "use this certificate instead of issuing one",
  },
  { name: "key", takes: "file", file: true, help: "the private key of --cert" },
  {
    name: "fault",
    takes: "kind",
    values: FAULTS,
    help: "serve a certificate that is wrong on purpose, to see what clients make of it",
  },
  { name: "http-port", takes: "n", json: "number", help: "also listen for plain HTTP" },
  {
    name: "http",
    takes: "mode",
    values: PLAIN_MODES,
    help: "what plain HTTP does: redirect, proxy or deny (default: as the edge does)",
  },
  {
    name: "redirect-status",
    takes: "n",
    json: "number",
    values: REDIRECT_STATUSES,
    help: "301, 302, 307 or 308 (default: as the edge does)",
  },
  {
    name: "force-https",
    takes: "path",
    many: true,
    help: "redirect plain HTTP below this path only, repeatable",
  },
  {
    name: "simulate",
    takes: "edge",
    help: "behave as this production edge; `devtls edges` lists them (default: devtls)",
  },
  {
    name: "edge-file",
    takes: "file",
    file: true,
    help: "behave as an edge of your own, described in JSON",
  },
  {
    name: "limits",
    takes: "on|off",
    json: "boolean",
    values: ["on", "off"],
    help: "off: with --simulate, without the edge's timeouts and size limits",
  },
  {
    name: "forwarded-proto",
    takes: "value",
    help: "send this X-Forwarded-Proto, `none` for none",
  },
  {
    name: "set-header",
    takes: "line",
    many: true,
    json: "object",
    help: "set 'Name: value' on every request, repeatable",
  },
  {
    name: "drop-header",
    takes: "name",
    many: true,
    help: "remove this header from every request, repeatable",
  },
  {
    name: "cookies",
    takes: "mode",
    values: COOKIE_MODES,
    help: "strict: drop what a browser would in production; secure: add Secure; insecure: remove it (default: pass)",
  },
  {
    name: "hsts",
    takes: "mode",
    json: "number",
    help: "Strict-Transport-Security: strip, pass, or a max-age in seconds to send (default: strip)",
  },
  {
    name: "stand-in",
    help: "stand in for port 443 on whatever port: the app is told the site without one, and redirects come back with devtls's own",
  },
  {
    name: "address-space",
    takes: "space",
    values: ADDRESS_SPACES,
    help: "public: pages meet Local Network Access as public ones do; a WebSocket of the same origin, too, fails until the permission is granted",
  },
  { name: "no-probe", help: "do not replay a failing GET to find the cause" },
  {
    name: "inspect",
    takes: "port",
    optional: true,
    json: "number",
    help: "also serve the inspector, a page that shows every exchange (default port: 4040)",
  },
  {
    name: "inspect-memory",
    takes: "MiB",
    json: "number",
    help: "what the inspector keeps, 1 to 4096 (default: 32)",
  },
  { name: "inspect-bodies", help: "with --inspect: keep the first 64 KiB of each body, too" },
  {
    name: "lan",
    takes: "address",
    optional: true,
    once: true,
    help: "also serve the local network, on this machine's private addresses or on this one: a phone pairs by the printed QR code",
  },
  { name: "lan-name", takes: "name", help: "with --lan: NAME.local (default: the project's name)" },
  {
    name: "lan-port",
    takes: "n",
    json: "number",
    help: "with --lan: plain HTTP port of the page that helps devices in (default: 8480)",
  },
  {
    name: "lan-open",
    takes: "minutes",
    json: "number",
    help: "with --lan: how long devices may pair, 1 to 1440 (default: 10)",
  },
  { name: "lan-qr", takes: "file", once: true, help: "with --lan: write the QR code as SVG, too" },
  {
    name: "https-env",
    help: "with a command: set HTTPS=on for it, as WSGI servers understand",
  },
  {
    name: "open",
    takes: "path",
    optional: true,
    json: "boolean",
    help: "open the browser when ready",
  },
  {
    name: "requests",
    takes: "which",
    values: ["all", "problems", "none"],
    help: "lines for requests: all, problems (4xx, 5xx, findings) or none (default: problems with a command, else all)",
  },
  { name: "json", once: true, help: "print events as JSON, one a line" },
  { name: "quiet", once: true, help: "print problems only" },
  { name: "verbose", once: true, help: "print headers too" },
];

/** "httpPort" for "http-port". */
export function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** "http-port" for "httpPort". */
export function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
