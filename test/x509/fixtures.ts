/** Authorities and leaves made by the code under test, and openssl to look at them with. */
import { createPublicKey, type KeyObject } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { DevtlsError, type ErrorCode } from "../../src/errors.js";
import { type Certificate, parseCertificate } from "../../src/x509/certificate.js";
import { defaultConstraints } from "../../src/x509/constraints.js";
import { encodePrivateKey, generateKey, type KeyKind } from "../../src/x509/keys.js";
import { parseName } from "../../src/x509/names.js";
import { encodePem } from "../../src/x509/pem.js";
import { buildLeaf, buildRoot } from "../../src/x509/profile.js";
import { DAY_MS } from "../../src/x509/validity.js";
import { type RunOptions, runProgram } from "../support/cli.js";

export const OWNER = "ada@workbench";

export interface Made {
  readonly certificate: Certificate;
  readonly der: Buffer;
  readonly pem: string;
  readonly key: KeyObject;
  readonly keyPem: string;
}

function made(der: Buffer, key: KeyObject): Made {
  const pem = encodePem("CERTIFICATE", der);
  return { certificate: parseCertificate(der), der, pem, key, keyPem: encodePrivateKey(key) };
}

export interface RootOptions {
  readonly kind?: KeyKind;
  readonly permit?: readonly string[];
  readonly unconstrained?: boolean;
  readonly now?: Date;
  readonly owner?: string;
}

export function makeRoot(options: RootOptions = {}): Made {
  const key = generateKey(options.kind ?? "p256");
  const constraints = options.unconstrained ? null : defaultConstraints(options.permit);
  const { now = new Date(), owner = OWNER } = options;
  return made(buildRoot({ key, owner, now, constraints }), key);
}

export interface LeafOptions {
  readonly kind?: KeyKind;
  readonly client?: boolean;
  readonly notBefore?: Date;
  readonly days?: number;
  readonly owner?: string;
}

/** A leaf signed by going round every check of devtls: any name that can be read. */
export function makeLeaf(
  root: Pick<Made, "certificate" | "key">,
  names: readonly string[],
  options: LeafOptions = {},
): Made {
  const key = generateKey(options.kind ?? "p256");
  const notBefore = options.notBefore ?? new Date();
  const der = buildLeaf({
    issuer: { key: root.key, subject: root.certificate.subject, keyId: root.certificate.keyId },
    publicKey: createPublicKey(key),
    names: names.map(parseName),
    notBefore,
    notAfter: new Date(notBefore.getTime() + (options.days ?? 397) * DAY_MS),
    client: options.client ?? false,
    owner: options.owner ?? OWNER,
  });
  return made(der, key);
}

/** Writes a file and returns its path. */
export function save(folder: string, name: string, data: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, data);
  return path;
}

/** What openssl prints; a failed call fails the test with what openssl said. */
export async function openssl(args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { status, stdout, stderr } = await runProgram("openssl", args, options);
  if (status !== 0) throw new Error(`openssl ${args.join(" ")}: ${stderr || stdout}`);
  return stdout;
}

export function opensslText(pem: string): Promise<string> {
  return openssl(["x509", "-noout", "-text"], { input: pem });
}

/**
 * The extensions of an `openssl x509 -text` print, in order: "X509v3 Key Usage: critical" and the
 * lines below it, joined.
 */
export function extensionsIn(text: string): Map<string, string> {
  const extensions = new Map<string, string>();
  let current: string | undefined;
  for (const line of text.split("\n")) {
    const head = /^ {12}(\S.*?): ?(critical)?$/.exec(line);
    if (head) {
      current = head[2] ? `${head[1]} critical` : (head[1] as string);
      extensions.set(current, "");
    } else if (current !== undefined && /^ {16}/.test(line)) {
      const before = extensions.get(current);
      extensions.set(current, (before ? `${before} ` : "") + line.trim());
    } else {
      current = undefined;
    }
  }
  return extensions;
}

/** Calls something that must throw a DevtlsError with this code, and returns the error. */
export function refusal(code: ErrorCode, call: () => unknown): DevtlsError {
  let thrown: unknown;
  try {
    call();
  } catch (error) {
    thrown = error;
  }
  expect(thrown, "nothing was refused").toBeInstanceOf(DevtlsError);
  const error = thrown as DevtlsError;
  expect(error.code, error.message).toBe(code);
  return error;
}
