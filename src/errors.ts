/**
 * Every way devtls fails on purpose. The value is the exit status that the command line gives it:
 * 2 for wrong usage, found before anything is created; 1 for work that failed.
 */
export const ERROR_CODES = {
  usage: 2,
  "bad-name": 2,
  "outside-constraints": 1,
  "authority-missing": 1,
  "authority-damaged": 1,
  "authority-expired": 1,
  "authority-exists": 1,
  "bad-certificate": 1,
  "bad-key": 1,
  "bad-request": 1,
  "key-mismatch": 1,
  "certificate-expired": 1,
  "file-unreadable": 1,
  "not-yours": 1,
  "file-unwritable": 1,
  "address-unavailable": 1,
  "command-failed": 1,
  "request-failed": 1,
  "flow-failed": 1,
  "trust-failed": 1,
  "needs-consent": 1,
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface ErrorDetails {
  /** The next command to run or the setting to change, ready to paste. */
  hint?: string;
  cause?: unknown;
}

/**
 * An error that a person can act on. `message` reads "could not <verb> <thing>: <cause>", `hint`
 * is the way out, `code` is one of {@link ERROR_CODES}.
 */
export class DevtlsError extends Error {
  override readonly name = "DevtlsError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  /** Each bundle has a copy of this class, and an error may come from one that was loaded later. */
  static override [Symbol.hasInstance](thrown: unknown): boolean {
    return thrown instanceof Error && thrown.name === "DevtlsError";
  }

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
  }
}

/** The text of anything that was thrown, without a stack. */
export function causeOf(thrown: unknown): string {
  // Node's error for a host with several addresses has no text of its own.
  if (thrown instanceof AggregateError && thrown.message === "" && thrown.errors.length > 0) {
    return thrown.errors.map(causeOf).join(", ");
  }
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The `code` of a Node system error ("ENOENT", "EADDRINUSE", …), or undefined. */
export function systemCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" ? thrown.code : undefined;
}

/**
 * What a system error means to a person. Node repeats the call and the path ("ENOENT: no such
 * file or directory, open 'x'"); a message that names the file already needs only the middle.
 */
export function systemReason(thrown: unknown): string {
  const code = systemCode(thrown);
  const known: Record<string, string> = {
    ENOENT: "no such file or directory",
    EACCES: "permission denied",
    EPERM: "operation not permitted",
    EISDIR: "it is a directory",
    ENOTDIR: "a part of the path is not a directory",
    EROFS: "the file system is read-only",
    ENOSPC: "no space left on the device",
    EEXIST: "it exists already",
  };
  return (code && known[code]) ?? causeOf(thrown);
}
