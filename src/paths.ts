/** Every path that devtls reads or writes outside the project it is used in. */
import { homedir, userInfo } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

/** What decides where things are; tests and other platforms pass their own. */
export interface Place {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly home: string;
}

export function thisPlace(): Place {
  return { env: process.env, platform: process.platform, home: homeFolder() };
}

/**
 * This user's home. A HOME that is empty or relative would make it a part of the project; a user id
 * without a name, as containers run under, has none but the root folder, as Docker has it.
 */
export function homeFolder(): string {
  for (const find of [homedir, () => userInfo().homedir]) {
    try {
      const home = find();
      if (isAbsolute(home)) return home;
    } catch {
      // The system knows no such user.
    }
  }
  return resolve("/");
}

/** The state directory: the authority, the leaves of `serve`, the merged bundle. */
export function stateDirectory(place: Place = thisPlace()): string {
  const { env, platform, home } = place;
  if (env.DEVTLS_HOME) return env.DEVTLS_HOME;
  if (env.XDG_DATA_HOME) return join(env.XDG_DATA_HOME, "devtls");
  if (platform === "darwin") return join(home, "Library", "Application Support", "devtls");
  if (platform === "win32") {
    return join(env.LOCALAPPDATA ?? join(home, "AppData", "Local"), "devtls");
  }
  return join(home, ".local", "share", "devtls");
}

export interface StatePaths {
  readonly directory: string;
  readonly rootCertificate: string;
  /** Not there where the root's key was destroyed; then an intermediate signs. */
  readonly rootKey: string;
  readonly intermediateCertificate: string;
  readonly intermediateKey: string;
  readonly leaves: string;
  /** What the ACME server keeps: accounts, orders, certificates, an intermediate for networks. */
  readonly acme: string;
  /** While it is rotated: the authority to come, and the certificates of the one that goes. */
  readonly next: string;
  readonly previous: string;
  /** There while a process replaces the authority. */
  readonly lock: string;
  /** There while a process writes certificates that the authority signed. */
  readonly turn: string;
  /** The system's roots and the authority's, PEM, and as a trust store of Java. */
  readonly bundle: string;
  readonly javaTrust: string;
  /** What variables named before, each with the authority's root. */
  readonly bundles: string;
}

export function statePaths(directory: string): StatePaths {
  return {
    directory,
    rootCertificate: join(directory, "rootCA.pem"),
    rootKey: join(directory, "rootCA-key.pem"),
    intermediateCertificate: join(directory, "intermediateCA.pem"),
    intermediateKey: join(directory, "intermediateCA-key.pem"),
    leaves: join(directory, "leaves"),
    acme: join(directory, "acme"),
    next: join(directory, "next"),
    previous: join(directory, "previous"),
    lock: join(directory, ".authority.lock"),
    turn: join(directory, ".certificates.lock"),
    bundle: join(directory, "bundle.pem"),
    javaTrust: join(directory, "java-trust.p12"),
    bundles: join(directory, "bundles"),
  };
}
