/** Checks of the state directory and of the leaves that `serve` keeps in it. */
import { join } from "node:path";
import { type Certificate, isSignedBy, parseCertificate } from "../x509/certificate.js";
import { decodePrivateKey } from "../x509/keys.js";
import { decodePem, encodePem } from "../x509/pem.js";
import { issuersOf, rootHere } from "./authority.js";
import { type CheckFunction, count, type DoctorContext, ok, problem, warning } from "./check.js";

/** A file with a temporary name that is younger may be one that devtls is just writing. */
const LEFT_OVER_MS = 60_000;

export const stateDirectoryMode: CheckFunction = async ({ machine, paths, status }) => {
  const found = status(paths.directory);
  if (!found || machine.platform === "win32") return undefined;
  const mode = found.mode.toString(8);
  const fix = `chmod 700 ${paths.directory}`;
  if (found.mode & 0o022) {
    return problem(
      `${paths.directory} has mode ${mode}: other users can replace the authority`,
      fix,
    );
  }
  if (found.mode & 0o055) return warning(`${paths.directory} has mode ${mode}, not 700`, fix);
  return ok(`${paths.directory} has mode ${mode}`);
};

/** After `sudo devtls` the files are root's, and the next call without it fails. */
export const stateDirectoryWritable: CheckFunction = async ({ machine, paths }) => {
  const places = [paths.directory, paths.leaves, paths.bundle];
  const refused = places.filter((path) => !machine.canWrite(path));
  if (refused.length === 0) return ok(paths.directory);
  return problem(
    `${refused.join(", ")} cannot be written`,
    machine.platform === "win32"
      ? "Give your user the right to change the folder"
      : `sudo chown -R "$(id -u)" ${paths.directory}`,
  );
};

export const interruptedWrites: CheckFunction = async ({ machine, paths, status, now }) => {
  if (!machine.exists(paths.directory)) return undefined;
  const left = [paths.directory, paths.leaves]
    .flatMap((folder) => machine.list(folder).map((name) => join(folder, name)))
    .filter((path) => /[/\\]\.[^/\\]+\.[0-9a-f]{12}\.(?:tmp|old)$/.test(path))
    .filter((path) => now - (status(path)?.modified ?? now) > LEFT_OVER_MS);
  if (left.length === 0) return ok("no write was interrupted");
  const keys = left.some((path) => /-key\.pem\./.test(path));
  return warning(
    `${count(left.length, "file")} of writes that were interrupted${keys ? ", a private key among them" : ""}`,
    `rm -f ${left.join(" ")}`,
  );
};

/** What `devtls env` gives to programs whose setting replaces the system's list. */
export const bundleFresh: CheckFunction = async (context) => {
  const { machine, paths, mergedBundle } = context;
  const root = rootHere(context);
  const bundle = machine.read(paths.bundle);
  if (!root || bundle === undefined) return undefined;
  const rootPem = encodePem("CERTIFICATE", root.der);
  if (!bundle.includes(rootPem)) {
    return warning(
      `${paths.bundle} is of another authority, so that programs which go by it refuse this one`,
      'eval "$(devtls env)"',
    );
  }
  // Comments between certificates may be in any encoding.
  if (armour(bundle) === armour(mergedBundle(rootPem))) return ok(paths.bundle);
  return warning(
    `${paths.bundle} was made before the system's list of roots changed`,
    'eval "$(devtls env)"',
  );
};

function armour(text: string): string {
  return text.match(/-----BEGIN [\s\S]+?-----END /g)?.join("") ?? "";
}

interface KeptLeaf {
  readonly name: string;
  /** undefined when the file is damaged. */
  readonly certificate: Certificate | undefined;
}

/** What `serve` shows its clients; it issues again what it cannot use. */
function keptLeaves({ machine, paths }: DoctorContext): KeptLeaf[] {
  return machine
    .list(paths.leaves)
    .filter((name) => name.endsWith(".pem"))
    .map((name) => ({ name, certificate: readLeaf(machine.read(join(paths.leaves, name)) ?? "") }));
}

function readLeaf(text: string): Certificate | undefined {
  try {
    const blocks = decodePem(text);
    const key = blocks.find(({ label }) => label === "PRIVATE KEY");
    const leaf = blocks.find(({ label }) => label === "CERTIFICATE");
    if (!key || !leaf) return undefined;
    const certificate = parseCertificate(leaf.der);
    const fits = certificate.x509.checkPrivateKey(decodePrivateKey(encodePem(key.label, key.der)));
    return fits ? certificate : undefined;
  } catch {
    return undefined;
  }
}

export const leafValid: CheckFunction = async (context) => {
  const leaves = keptLeaves(context);
  if (leaves.length === 0) return undefined;
  const damaged = leaves.filter(({ certificate }) => !certificate);
  if (damaged.length === 0) return ok(count(leaves.length, "certificate"));
  const paths = damaged.map(({ name }) => join(context.paths.leaves, name)).join(" ");
  return warning(
    `${damaged.map(({ name }) => name).join(", ")}: no certificate with its key, serve will issue it again`,
    `rm -f ${paths}`,
  );
};

export const leafChain: CheckFunction = async (context) => {
  const issuers = issuersOf(context);
  const leaves = keptLeaves(context).filter(({ certificate }) => certificate);
  if (issuers.length === 0 || leaves.length === 0) return undefined;
  const foreign = leaves.filter(
    ({ certificate: leaf }) =>
      leaf && !issuers.some(({ certificate }) => isSignedBy(leaf, certificate)),
  );
  if (foreign.length === 0) return ok("signed by this authority");
  return warning(
    `${foreign.map(({ name }) => name).join(", ")}: signed by another authority, and shown still by a serve that runs since before`,
    "Start devtls serve again, which issues it again",
  );
};

export const leafExpiry: CheckFunction = async (context) => {
  const leaves = keptLeaves(context).flatMap(({ certificate }) => certificate ?? []);
  if (leaves.length === 0) return undefined;
  const ends = leaves.map(({ notAfter }) => notAfter.getTime());
  const expired = ends.filter((end) => end <= context.now).length;
  if (expired === 0) {
    return ok(`valid until ${new Date(Math.min(...ends)).toISOString().slice(0, 10)}`);
  }
  return warning(
    `${count(expired, "certificate")} of serve expired`,
    "Start devtls serve again, which issues it again",
  );
};

export const leafMode: CheckFunction = async ({ machine, paths, status }) => {
  if (machine.platform === "win32") return undefined;
  const files = machine.list(paths.leaves).map((name) => join(paths.leaves, name));
  if (files.length === 0) return undefined;
  const open = files.filter((path) => (status(path)?.mode ?? 0) & 0o077);
  if (open.length === 0) return ok("only you can read the keys");
  return problem(
    `${count(open.length, "key")} of serve can be read by other users`,
    `chmod 600 ${open.join(" ")}`,
  );
};
