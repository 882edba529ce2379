/**
 * The ACME server's records on disk: one file of JSON lines, each the newest state of an account,
 * an order or a certificate. A line is written before the change counts, so that what a client was
 * told survives a crash; a line that a crash cut off was told to nobody and is dropped.
 */
import { closeSync, fsyncSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { discard, makeDirectory, readIfThere, writeFiles, writeNewFiles } from "../ca/files.js";
import { DevtlsError, systemCode, systemReason } from "../errors.js";
import { DAY_MS } from "../x509/validity.js";
import type { Account, IssuedCertificate, Order, Records } from "./rules/model.js";

/** What is over stays so long, for clients that look again and for people who ask why. */
const KEEP_MS = 7 * DAY_MS;

/** A certificate takes 3 KB; below what a string can hold. */
const MAX_OCTETS = 256 * 1024 * 1024;

type Line =
  | { readonly account: Account }
  | { readonly order: Order }
  | { readonly certificate: IssuedCertificate };

export class Journal implements Records {
  readonly #path: string;
  readonly #lock: string;
  readonly #accounts = new Map<string, Account>();
  readonly #thumbprints = new Map<string, string>();
  readonly #orders = new Map<string, Order>();
  readonly #ordersOf = new Map<string, string[]>();
  readonly #certificates = new Map<string, IssuedCertificate>();
  readonly #revoked = new Map<string, Set<string>>();
  #file: number;
  #length: number;
  /** Lines of the file, those that are out of date among them. */
  #lines: number;

  /**
   * Reads what is there, and sweeps it.
   * @param folder made when missing, mode 0700
   * @throws DevtlsError "file-unreadable", "file-unwritable"; "address-unavailable" when another
   * devtls is using it
   */
  constructor(folder: string, now: number) {
    makeDirectory(folder, 0o700);
    this.#path = join(folder, "journal.jsonl");
    this.#lock = join(folder, "lock");
    takeLock(this.#lock, folder);
    try {
      this.#lines = this.#read();
      this.#sweep(now);
      [this.#file, this.#length] = this.#rewrite();
    } catch (error) {
      discard(this.#lock);
      throw error;
    }
  }

  #read(): number {
    const text = readIfThere(this.#path, MAX_OCTETS)?.toString("utf8") ?? "";
    const lines = text.split("\n");
    const rest = lines.pop(); // "" unless a crash cut it off
    for (const [at, line] of lines.entries()) this.#apply(this.#parse(line, at + 1));
    return lines.length + (rest ? 1 : 0);
  }

  #parse(line: string, number: number): Line {
    let cause: unknown;
    try {
      const value = JSON.parse(line);
      if (isLine(value)) return value;
    } catch (error) {
      cause = error;
    }
    throw new DevtlsError(
      "file-unreadable",
      `could not read ${this.#path}: line ${number} is damaged`,
      { cause, hint: `Begin anew, and keep it: mv ${this.#path} ${this.#path}.damaged` },
    );
  }

  #apply(line: Line): void {
    if ("account" in line) this.#putAccount(line.account);
    else if ("order" in line) this.#putOrder(line.order);
    else this.#putCertificate(line.certificate);
  }

  #putAccount(account: Account): void {
    const before = this.#accounts.get(account.id);
    if (before) this.#thumbprints.delete(before.thumbprint);
    this.#accounts.set(account.id, account);
    this.#thumbprints.set(account.thumbprint, account.id);
  }

  #putOrder(order: Order): void {
    if (!this.#orders.has(order.id)) {
      const list = this.#ordersOf.get(order.account);
      if (list) list.push(order.id);
      else this.#ordersOf.set(order.account, [order.id]);
    }
    this.#orders.set(order.id, order);
  }

  #putCertificate(certificate: IssuedCertificate): void {
    this.#certificates.set(certificate.id, certificate);
    if (!certificate.revoked) return;
    const revoked = this.#revoked.get(certificate.issuer) ?? new Set();
    this.#revoked.set(certificate.issuer, revoked.add(certificate.id));
  }

  /** Forgets orders that came to nothing and certificates that have expired, with their orders. */
  #sweep(now: number): void {
    const old = now - KEEP_MS;
    for (const { id, notAfter, issuer } of this.#certificates.values()) {
      if (notAfter >= old) continue;
      this.#certificates.delete(id);
      this.#revoked.get(issuer)?.delete(id);
    }
    const gone = new Set<string>();
    for (const { id, expires, certificate } of this.#orders.values()) {
      const kept = certificate === undefined ? expires >= old : this.#certificates.has(certificate);
      if (!kept) gone.add(id);
    }
    if (gone.size === 0) return;
    for (const id of gone) this.#orders.delete(id);
    for (const [account, list] of this.#ordersOf) {
      this.#ordersOf.set(
        account,
        list.filter((id) => !gone.has(id)),
      );
    }
  }

  /** Writes what there is and no more. @returns the file, to append to, and its length */
  #rewrite(): [number, number] {
    const lines: Line[] = [
      ...[...this.#accounts.values()].map((account) => ({ account })),
      ...[...this.#orders.values()].map((order) => ({ order })),
      ...[...this.#certificates.values()].map((certificate) => ({ certificate })),
    ];
    const data = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    writeFiles([{ path: this.#path, data, mode: 0o600, durable: true }]);
    this.#lines = lines.length;
    return [openSync(this.#path, "a"), data.length];
  }

  /** Sweeps, and rewrites the file when most of it is out of date. */
  tidy(now: number): void {
    this.#sweep(now);
    const live = this.#accounts.size + this.#orders.size + this.#certificates.size;
    if (this.#lines < 2 * live + 1000) return;
    const before = this.#file;
    [this.#file, this.#length] = this.#rewrite();
    closeSync(before);
  }

  close(): void {
    closeSync(this.#file);
    discard(this.#lock);
  }

  /** All of a line or nothing of it: a disk that is full must not damage the next one. */
  #append(line: Line, durable = false): void {
    const data = Buffer.from(`${JSON.stringify(line)}\n`);
    try {
      for (let written = 0; written < data.length; ) {
        written += writeSync(this.#file, data, written);
      }
      if (durable) fsyncSync(this.#file);
    } catch (error) {
      ftruncateSync(this.#file, this.#length);
      throw new DevtlsError(
        "file-unwritable",
        `could not write ${this.#path}: ${systemReason(error)}`,
        { cause: error, hint: `Check the space that is left: df ${this.#path}` },
      );
    }
    this.#length += data.length;
    this.#lines++;
  }

  account(id: string): Account | undefined {
    return this.#accounts.get(id);
  }

  accountOf(thumbprint: string): Account | undefined {
    return this.#accounts.get(this.#thumbprints.get(thumbprint) ?? "");
  }

  order(id: string): Order | undefined {
    return this.#orders.get(id);
  }

  ordersOf(account: string): readonly string[] {
    return this.#ordersOf.get(account) ?? [];
  }

  orders(): Iterable<Order> {
    return this.#orders.values();
  }

  certificate(id: string): IssuedCertificate | undefined {
    return this.#certificates.get(id);
  }

  revokedBy(issuer: string): readonly IssuedCertificate[] {
    const ids = this.#revoked.get(issuer) ?? [];
    return [...ids].map((id) => this.#certificates.get(id)).filter((found) => found !== undefined);
  }

  saveAccount(account: Account): void {
    // Clients keep the URL of their account for years; nothing else is needed that long.
    this.#append({ account }, true);
    this.#putAccount(account);
  }

  saveOrder(order: Order): void {
    this.#append({ order });
    this.#putOrder(order);
  }

  saveCertificate(certificate: IssuedCertificate): void {
    this.#append({ certificate });
    this.#putCertificate(certificate);
  }
}

/** Whether a line has what the server goes by; whoever edits the file may still lie in it. */
function isLine(value: unknown): value is Line {
  if (typeof value !== "object" || value === null) return false;
  const [kind = "", ...more] = Object.keys(value);
  const fields = Object.hasOwn(FIELDS, kind) ? FIELDS[kind as keyof typeof FIELDS] : undefined;
  const entry: unknown = (value as Readonly<Record<string, unknown>>)[kind];
  if (!fields || more.length > 0 || typeof entry !== "object" || entry === null) return false;
  return Object.entries(fields).every(([name, is]) =>
    is((entry as Readonly<Record<string, unknown>>)[name]),
  );
}

const isText = (value: unknown): boolean => typeof value === "string";
const isTime = (value: unknown): boolean => Number.isFinite(value);
const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;

/** What is read of each kind without a look, here and by the rules. */
const FIELDS = {
  account: {
    id: isText,
    thumbprint: isText,
    status: isText,
    key: isObject,
    contact: Array.isArray,
  },
  order: {
    ...{ id: isText, account: isText, status: isText, expires: isTime },
    ...{ identifiers: Array.isArray, authorizations: Array.isArray },
  },
  certificate: {
    ...{ id: isText, account: isText, issuer: isText, serial: isText },
    ...{ notBefore: isTime, notAfter: isTime, chains: Array.isArray, identifiers: Array.isArray },
  },
} as const satisfies Readonly<
  Record<string, Readonly<Record<string, (value: unknown) => boolean>>>
>;

/** Two servers that write one journal would lose each other's lines. */
function takeLock(path: string, folder: string): void {
  for (;;) {
    if (writeNewFiles([{ path, data: String(process.pid), mode: 0o600 }])) return;
    const holder = Number(readIfThere(path)?.toString("latin1"));
    if (Number.isInteger(holder) && holder > 0 && isAlive(holder)) {
      throw new DevtlsError(
        "address-unavailable",
        `could not open ${folder}: another devtls acme is using it (process ${holder})`,
        { hint: `Stop that one; if process ${holder} is no devtls: rm ${path}` },
      );
    }
    discard(path);
  }
}

function isAlive(pid: number): boolean {
  if (pid === process.pid) return false; // left by a process of another boot or container
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === "EPERM";
  }
}
