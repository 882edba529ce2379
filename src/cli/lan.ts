/** `devtls serve --lan`: the app on the devices of the local network. */
import { hostname } from "node:os";
import { basename, join } from "node:path";
import { commonNameOf, loadAuthorityCertificate } from "../ca/authority.js";
import { readIfThere, writeFiles } from "../ca/files.js";
import { DevtlsError } from "../errors.js";
import { isPrivate, lanAddresses, listeningAt, requireLanAddresses } from "../lan/addresses.js";
import { type Invitation, Lan, type Reason } from "../lan/lan.js";
import { svgQr, terminalQr } from "../lan/qr.js";
import { stateDirectory } from "../paths.js";
import { isLoopback, type Target } from "../proxy/upstream/target.js";
import type { Serving } from "../serving/serving.js";
import type { ReadSettings } from "../settings/serve-options.js";
import { parseIp } from "../x509/ip.js";
import { parseWholeNumber, usage } from "./options.js";
import { columnsOf, isTerminal, note, paint, printJson, reportError, warn } from "./output.js";
import type { ServeOptions } from "./serve-options.js";

const DEFAULT_PORT = 8480;
const DEFAULT_MINUTES = 10;
const MAX_MINUTES = 1440;

export interface ServeLan {
  /** The name that is wanted: "shop.local". */
  readonly host: string;
  /** Opens the door, and says how to come in. @throws DevtlsError */
  start(serving: Serving, target: Target): Promise<void>;
  close(): Promise<void>;
}

interface Project {
  readonly folder: string;
  /** Which of several apps. */
  readonly service: string | undefined;
}

/** Checks its options; nothing is started. @throws DevtlsError "usage", "address-unavailable" */
export function prepare(options: ServeOptions, settings: ReadSettings, project: Project): ServeLan {
  const address = typeof options.lan === "string" ? readAddress(options.lan) : undefined;
  const name = options.lanName === undefined ? nameOf(project) : readName(options.lanName);
  const port = readNumber("--lan-port", options.lanPort, 65535);
  const minutes = readNumber("--lan-open", options.lanOpen, MAX_MINUTES) ?? DEFAULT_MINUTES;
  checkCombination(settings);
  requireLanAddresses(address);
  const report = new LanReport(options, project.service);
  let lan: Lan | undefined;
  return {
    host: `${name}.local`,
    start: async (serving, target) => {
      const root = loadAuthorityCertificate(stateDirectory());
      if (!root) throw noAuthority();
      lan = new Lan({
        ...{ address, name, root, port: serving.port, openTo: serving.openTo },
        onboardingPort: port ?? DEFAULT_PORT,
        orNextPort: port === undefined,
        openMs: minutes * 60_000,
        authority: commonNameOf(root),
      });
      report.attach(lan);
      await lan.start();
      await warnOfBackDoor(target);
    },
    close: async () => lan?.close(),
  };
}

function noAuthority(): DevtlsError {
  return new DevtlsError(
    "authority-missing",
    "could not serve the local network: the authority is gone",
    { hint: "Make it again: devtls ca create" },
  );
}

/** Many dev servers listen on every address: who finds their port comes in there, unpaired. */
async function warnOfBackDoor(target: Target): Promise<void> {
  if (target.kind !== "tcp" || !isLoopback(target.host)) return;
  const addresses = lanAddresses().map(({ address }) => address);
  const open = await listeningAt(addresses, target.port);
  if (open === undefined) return;
  const host = open.includes(":") ? `[${open}]` : open;
  warn(
    `the dev server itself answers at http://${host}:${target.port}: everybody in this network reaches it there, without pairing.`,
  );
  note(
    "  Have it listen on this machine only: --host 127.0.0.1 (Vite), -H 127.0.0.1 (Next.js), server.listen(port, '127.0.0.1') (Node)",
  );
}

/** Where other machines come in must be behind the door, and their certificate devtls's own. */
function checkCombination({ addresses, own, fault }: ReadSettings): void {
  const open = addresses.find((address) => !isLoopback(address));
  if (open !== undefined) {
    throw usage(
      `--bind ${open} and --lan exclude each other`,
      "--bind lets everybody in, --lan only who has paired. Leave --bind out",
    );
  }
  if (own) {
    throw usage("--cert and --lan exclude each other", "Leave --cert out: devtls issues one");
  }
  if (fault) throw usage("--fault and --lan exclude each other");
}

function readAddress(text: string): string {
  if (!parseIp(text)) {
    const port = /^\d+$/.test(text) ? `The dev server's port: --target ${text} --lan` : undefined;
    throw usage(`--lan ${text}: not an IP address`, port ?? "For all of them: --lan");
  }
  if (!isPrivate(text)) {
    throw usage(
      `--lan ${text}: not a private address`,
      "Only addresses of a local network are served: 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 169.254.0.0/16, fc00::/7",
    );
  }
  return text;
}

/** One label of a host name (RFC 1123 2.1). */
const LABEL = /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/;

function readName(text: string): string {
  const name = text.toLowerCase().replace(/\.local\.?$/, "");
  if (LABEL.test(name)) return name;
  throw usage(
    `--lan-name ${text}: not a name for a device`,
    "Letters, digits and hyphens, at most 63: --lan-name shop",
  );
}

/** The project's name, as a host can have it; not this machine's own, which others answer for. */
function nameOf({ folder, service }: Project): string {
  const names = [service, packageName(folder), basename(folder), "devtls"];
  const [name = "devtls"] = names
    .map((each) => labelOf(each ?? ""))
    .filter((each) => LABEL.test(each));
  const [own = ""] = hostname().toLowerCase().split(".");
  return name === own ? labelOf(`${name.slice(0, 59)}-dev`) : name;
}

function labelOf(text: string): string {
  const label = text
    .toLowerCase()
    .replace(/^@[^/]*\//, "")
    .replace(/[^a-z\d]+/g, "-");
  return label.slice(0, 60).replace(/^-+|-+$/g, "");
}

function packageName(folder: string): string | undefined {
  try {
    const text = readIfThere(join(folder, "package.json"))?.toString("utf8") ?? "{}";
    const { name } = JSON.parse(text) as { readonly name?: unknown };
    return typeof name === "string" ? name : undefined;
  } catch {
    // A file that is none of JSON names nothing.
    return undefined;
  }
}

function readNumber(option: string, value: unknown, to: number): number | undefined {
  return value === undefined ? undefined : parseWholeNumber(option, 1, to)(String(value));
}

/** What is said of it: text for people, or one JSON event a line. */
class LanReport {
  readonly #json: boolean;
  readonly #quiet: boolean;
  readonly #file: string | undefined;
  readonly #service: { readonly service?: string };

  constructor({ json = false, quiet = false, lanQr }: ServeOptions, service: string | undefined) {
    this.#json = json;
    this.#quiet = quiet;
    this.#file = lanQr;
    this.#service = service === undefined ? {} : { service };
  }

  attach(lan: Lan): void {
    lan.on("invitation", (invitation, reason) => this.#invite(invitation, reason));
    lan.on("paired", (device) => {
      if (this.#json) this.#print({ event: "paired", device });
      else note(`${paint("green", device, "stderr")} is paired.`);
    });
    lan.on("other", (device) =>
      warn(
        `${device} wanted to use the code that another device had opened. If it is none of yours, somebody listens on this network.`,
      ),
    );
    lan.on("alone", () => warn("this machine has left the network. Waiting for another one."));
    lan.on("closed", () => {
      if (!this.#json && !this.#quiet) note("No more devices can pair. Those that did stay so.");
    });
    lan.on("defect", (error) => void reportError(error, ""));
  }

  #print(event: Readonly<Record<string, unknown>>): void {
    printJson({ ...event, ...this.#service });
  }

  #writeCode(onboarding: string, reason: Reason): void {
    if (this.#file === undefined) return;
    try {
      writeFiles([{ path: this.#file, data: svgQr(onboarding), mode: 0o600 }]);
    } catch (error) {
      if (reason === "start") throw error;
      // A device has paired by then, and is not to suffer for it.
      void reportError(error, "");
    }
  }

  #invite(invitation: Invitation, reason: Reason): void {
    const { onboarding, expires, url, name, addresses } = invitation;
    this.#writeCode(onboarding, reason);
    if (this.#json) {
      const rest = { url, name, addresses, onboarding, expires: expires.toISOString() };
      this.#print({ event: "lan", ...rest });
      return;
    }
    note(`\n${TITLES[reason]}, or open ${paint("bold", onboarding, "stderr")}`);
    if (this.#quiet) return;
    const code = terminalQr(onboarding);
    if ((code[0]?.length ?? 0) > columnsOf("stderr")) {
      note("(The terminal is too narrow for the QR code: make it wider, or use --lan-qr FILE.)");
    } else {
      const isScreen = isTerminal("stderr");
      for (const line of code) note(isScreen ? paint("code", line, "stderr") : line);
    }
    const port = new URL(url).port;
    const byName = name === null ? "" : ` and https://${name}${port === "" ? "" : `:${port}`}`;
    note(`  The app   ${url}${byName}`);
    note(`  Pairing   one device for each code, until ${expires.toTimeString().slice(0, 5)}`);
    note(`  Root      SHA-256 ${invitation.fingerprint}`);
  }
}

const TITLES: Readonly<Record<Reason, string>> = {
  start: "On a phone: scan this",
  paired: "For another device: scan this",
  moved: "This machine has another address now. Scan this",
  renamed: "Another machine has that name, so this one has another. Scan this",
};
