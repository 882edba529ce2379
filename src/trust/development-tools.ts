/**
 * Who made a root that a trust store holds: the tools for local development, each recognised by the
 * subject that its source gives its roots, and the folder where it keeps the key of the one it uses.
 */
import { hostname } from "node:os";
import { join } from "node:path";
import { type Place, stateDirectory } from "../paths.js";
import {
  type Certificate,
  fingerprint,
  isSignedBy,
  parseCertificate,
} from "../x509/certificate.js";
import { pemBlocks } from "../x509/pem.js";
import type { Machine } from "./machine.js";

/** A certificate and the key beside it, by which a tool signs. */
interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

interface Tool {
  readonly name: string;
  /** Octets that every root of it holds, to pass over the other certificates of a store quickly. */
  readonly mark: string;
  readonly made: (subject: Subject, certificate: Certificate) => boolean;
  /** Where it keeps what it signs with at present. */
  readonly pairs: (place: Place) => readonly KeyPair[];
}

/** The attributes of a distinguished name: "CN", "O", "OU". */
type Subject = ReadonlyMap<string, string>;

/** 1.3.6.1.4.1.311.84.1.1 in DER: the extension by which .NET knows its own certificates. */
const DOTNET_EXTENSION = "\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x54\x01\x01";

const TOOLS: readonly Tool[] = [
  {
    name: "devtls",
    mark: "devtls development authority",
    made: (subject) => subject.get("O") === "devtls development authority",
    pairs: (place) => {
      const { DEVTLS_HOME: _ignored, ...env } = place.env;
      const folder = stateDirectory({ ...place, env });
      // Where the root's key was burnt, it is the intermediate's that signs.
      return ["rootCA-key.pem", "intermediateCA-key.pem"].map((key) =>
        pair(folder, "rootCA.pem", key),
      );
    },
  },
  {
    name: "mkcert",
    mark: "mkcert development CA",
    made: (subject) => subject.get("O") === "mkcert development CA",
    pairs: (place) => {
      const folders = [...dataFolders(place, "mkcert"), place.env.CAROOT ?? ""];
      return folders.filter(Boolean).map((folder) => pair(folder, "rootCA.pem", "rootCA-key.pem"));
    },
  },
  {
    name: "Caddy",
    mark: "Caddy Local Authority",
    made: (subject) => /^Caddy Local Authority - .*Root$/.test(subject.get("CN") ?? ""),
    pairs: (place) => {
      const folders = [
        ...dataFolders(place, place.platform === "linux" ? "caddy" : "Caddy"),
        "/var/lib/caddy/.local/share/caddy", // the service of its packages
      ];
      return folders.map((folder) =>
        pair(join(folder, "pki", "authorities", "local"), "root.crt", "root.key"),
      );
    },
  },
  {
    name: "devcert",
    mark: "devcert",
    made: (subject) => subject.size === 1 && subject.get("CN") === "devcert",
    pairs: (place) =>
      configFolders(place, "devcert").map((folder) =>
        pair(join(folder, "certificate-authority"), "certificate.cert", "private-key.key"),
      ),
  },
  {
    name: "portless",
    mark: "portless Local CA",
    made: (subject) => subject.get("CN") === "portless Local CA",
    pairs: ({ env, home }) =>
      [env.PORTLESS_STATE_DIR ?? "", join(home, ".portless")]
        .filter(Boolean)
        .map((folder) => pair(folder, "ca.pem", "ca-key.pem")),
  },
  {
    name: "puma-dev",
    mark: "Puma-dev CA",
    made: (subject) => subject.get("CN") === "Puma-dev CA",
    pairs: ({ home }) =>
      [
        join(home, ".puma-dev-ssl"),
        join(home, "Library", "Application Support", "io.puma.dev"),
      ].map((folder) => pair(folder, "cert.pem", "key.pem")),
  },
  {
    name: "dotnet",
    mark: DOTNET_EXTENSION,
    made: (subject) => subject.get("CN") === "localhost",
    pairs: () => [],
  },
];

/** As `--root` takes them. */
export const TOOL_NAMES: readonly string[] = TOOLS.map(({ name }) => name);

/** The root of a tool for local development, or undefined for every other certificate. */
export function developmentRoot(
  der: Buffer,
): { certificate: Certificate; tool: string } | undefined {
  const candidates = TOOLS.filter(({ mark }) => der.includes(mark, 0, "latin1"));
  if (candidates.length === 0) return undefined;
  try {
    const certificate = parseCertificate(der);
    const subject = subjectOf(certificate);
    const tool = candidates.find(({ made }) => made(subject, certificate));
    if (!tool || !isSignedBy(certificate, certificate)) return undefined;
    return { certificate, tool: tool.name };
  } catch {
    return undefined; // What cannot be read is none of these tools'.
  }
}

function subjectOf({ x509 }: Certificate): Subject {
  const lines = x509.subject.split("\n").map((line) => line.split(/=(.*)/s));
  return new Map(lines.map(([type = "", value = ""]) => [type, value]));
}

/**
 * The path of the key with which a tool signs by this root still; undefined when there is none. For
 * the root of another user of this machine, whose files cannot be read, where it would be: it is
 * not ours to call forgotten.
 */
export function keyInUse(
  certificate: Certificate,
  tool: string,
  machine: Machine,
): string | undefined {
  if (tool === "dotnet") return dotnetKey(certificate, machine);
  const pairsOf = TOOLS.find(({ name }) => name === tool)?.pairs ?? (() => []);
  const other = otherHome(certificate, machine);
  const theirs = other ? pairsOf({ ...machine, env: {}, home: other }) : [];
  const found = [...pairsOf(machine), ...theirs].find(
    (candidate) =>
      machine.exists(candidate.key) &&
      pemIn(machine, candidate.certificate).some((der) => der.equals(certificate.der)),
  );
  if (found) return found.key;
  const isClosed = other !== undefined && machine.list(other).length === 0 && machine.exists(other);
  return isClosed ? theirs[0]?.key : undefined;
}

/** devtls and mkcert name their roots after "user@host": that user's home, if it is another one. */
function otherHome(certificate: Certificate, machine: Machine): string | undefined {
  const commonName = subjectOf(certificate).get("CN") ?? "";
  const [, user, host] = /^(?:devtls|mkcert) ([^@\s]+)@(\S+)/.exec(commonName) ?? [];
  if (user === undefined || host !== hostname()) return undefined;
  const entries = (machine.read("/etc/passwd") ?? "").split("\n").map((line) => line.split(":"));
  const home = entries.find(([name]) => name === user)?.[5];
  return home === machine.home ? undefined : home;
}

/** .NET on Linux and macOS keeps certificate and key together, named by the SHA-1 of the former. */
function dotnetKey(certificate: Certificate, machine: Machine): string | undefined {
  const thumbprint = fingerprint(certificate, "sha1").replaceAll(":", "");
  const folders = [
    join(machine.home, ".dotnet", "corefx", "cryptography", "x509stores", "my"),
    join(machine.home, ".aspnet", "dev-certs", "https"),
  ];
  const names = [`${thumbprint}.pfx`, `aspnetcore-localhost-${thumbprint}.pfx`];
  return folders
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((path) => machine.exists(path));
}

/** The certificates of a PEM file; none when it is not there or holds none. */
export function pemIn(machine: Machine, path: string): Buffer[] {
  try {
    return pemBlocks(machine.read(path) ?? "", "CERTIFICATE");
  } catch {
    return [];
  }
}

function pair(folder: string, certificate: string, key: string): KeyPair {
  return { certificate: join(folder, certificate), key: join(folder, key) };
}

/** The folder of an application's data, by the conventions of each system. */
function dataFolders({ env, home, platform }: Place, name: string): string[] {
  if (platform === "darwin") return [join(home, "Library", "Application Support", name)];
  if (platform === "win32") {
    return [env.LOCALAPPDATA, env.APPDATA].flatMap((base) => (base ? [join(base, name)] : []));
  }
  return [join(env.XDG_DATA_HOME || join(home, ".local", "share"), name)];
}

function configFolders(place: Place, name: string): string[] {
  if (place.platform !== "linux") return dataFolders(place, name);
  return [join(place.env.XDG_CONFIG_HOME || join(place.home, ".config"), name)];
}
