/** The key that accounts are bound with (RFC 8555 7.3.4). */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { makeDirectory, readIfThere, writeNewFiles } from "../ca/files.js";
import { DevtlsError } from "../errors.js";

export interface Binding {
  readonly keyId: string;
  /** Base64url, as clients take it. */
  readonly hmacKey: string;
}

const KEPT = /^\{"keyId":"([\w-]{8,64})","hmacKey":"([\w-]{43,128})"\}\s*$/;

/**
 * The key that is kept in the server's folder, made when there is none: clients are configured with
 * it once and for long.
 * @throws DevtlsError "file-unreadable", "file-unwritable"
 */
export function openBinding(folder: string): Binding {
  const path = join(folder, "binding.json");
  const made: Binding = {
    keyId: randomBytes(12).toString("base64url"),
    hmacKey: randomBytes(32).toString("base64url"),
  };
  makeDirectory(folder, 0o700);
  const data = `${JSON.stringify(made)}\n`;
  if (writeNewFiles([{ path, data, mode: 0o600, durable: true }])) return made;
  const [, keyId, hmacKey] = KEPT.exec(readIfThere(path)?.toString("utf8") ?? "") ?? [];
  if (keyId && hmacKey) return { keyId, hmacKey };
  throw new DevtlsError("file-unreadable", `could not read ${path}: it is damaged`, {
    hint: `Have another one made; accounts that exist stay: rm ${path}`,
  });
}
