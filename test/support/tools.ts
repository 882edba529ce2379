/**
 * Real programs that tests need. Where one is missing, its tests skip and say how to install it;
 * under CI=true, where the install script has run, they fail instead.
 */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, it } from "vitest";

/** The Debian package of each program. */
const PACKAGES: Readonly<Record<string, string>> = {
  openssl: "openssl",
  curl: "curl",
  certtool: "gnutls-bin",
  certutil: "libnss3-tools",
  keytool: "default-jre-headless",
  java: "default-jre-headless",
  mkcert: "mkcert",
  chromium: "chromium",
  "firefox-esr": "firefox-esr",
  "gnutls-cli": "gnutls-bin",
  git: "git",
  python3: "python3",
  wget: "wget",
  "update-ca-certificates": "ca-certificates",
  ps: "procps",
  gunicorn: "gunicorn",
  nginx: "nginx-light",
  php: "php-cli",
  xmllint: "libxml2-utils",
  caddy: "caddy",
  apache2: "apache2",
  certbot: "certbot",
  lego: "lego",
  dehydrated: "dehydrated",
  "acme-tiny": "acme-tiny",
  uacme: "uacme",
  pebble: "pebble",
  "pebble-challtestsrv": "pebble",
  unshare: "util-linux",
  nsenter: "util-linux",
  ip: "iproute2",
  ss: "iproute2",
  zbarimg: "zbar-tools",
  "rsvg-convert": "librsvg2-bin",
  "avahi-daemon": "avahi-daemon libnss-mdns",
  "avahi-resolve": "avahi-utils",
  "dbus-daemon": "dbus",
  ruby: "ruby",
  puma: "puma",
  flask: "python3-flask",
  sslscan: "sslscan",
  testssl: "testssl.sh",
  "gnutls-serv": "gnutls-bin",
};

/** Where a program is, or undefined. */
export function which(program: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Why tests that need these programs cannot run here, or undefined when they can. */
export function missing(programs: readonly string[]): string | undefined {
  const absent = programs.filter((program) => !which(program));
  if (absent.length === 0) return undefined;
  const packages = absent.map((program) => PACKAGES[program] ?? program).join(" ");
  return `${absent.join(", ")} not installed; sudo apt-get install ${packages}`;
}

/** A group of tests that needs programs. */
export function describeWith(programs: readonly string[], name: string, tests: () => void): void {
  describeUnless(missing(programs), name, tests);
}

/** A group of tests that cannot run for this reason, if there is one. */
export function describeUnless(reason: string | undefined, name: string, tests: () => void): void {
  if (reason === undefined) {
    describe(name, tests);
  } else if (process.env.CI === "true") {
    it(`${name} (must not be skipped under CI=true)`, () => {
      throw new Error(reason);
    });
  } else {
    describe.skip(`${name} [skipped: ${reason}]`, tests);
  }
}

/** Why npm is not asked to fetch and unpack hundreds of megabytes; under CI=true it is. */
export function whyNoInstallation(): string | undefined {
  if (process.env.CI === "true" || process.env.DEVTLS_INSTALL === "1") return undefined;
  return "npm has much to install for it; allow it with DEVTLS_INSTALL=1";
}

/** Tests that change the machine's own trust store run as root in CI, or when asked to. */
export function whyNotSystemWide(): string | undefined {
  if (process.getuid?.() !== 0) return "needs root";
  if (process.env.CI === "true" || process.env.DEVTLS_TEST_SYSTEM === "1") return undefined;
  return "changes this machine's trust store; allow it with DEVTLS_TEST_SYSTEM=1";
}
