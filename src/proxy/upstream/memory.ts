/**
 * The memory of what apps send. A large read goes on in memory that is used again once its octets
 * have left: fresh memory of that size costs a page fault every 4 KiB, and V8 a collection every
 * hundred reads; together more than a third of a download.
 */

/** The most octets that one read can bring. */
export const MAX_READ = 512 * 1024;

/** Below this, fresh memory comes from what the C library has at hand. */
const LARGE = 64 * 1024;

/** Loans that are kept for the next read; as many as downloads overlap. */
const MAX_FREE = 8;

interface Loan {
  readonly memory: Buffer;
  /** Who still needs what is in it. */
  holders: number;
}

const free: Loan[] = [];
const loans = new WeakMap<ArrayBufferLike, Loan>();

/**
 * Hands on a copy of what was read. Nobody may keep it for longer than the call takes, except by
 * {@link hold}.
 */
export function lend<T>(read: Buffer, use: (chunk: Buffer) => T): T {
  if (read.length < LARGE) return use(Buffer.from(read));
  const loan = free.pop() ?? newLoan();
  loan.holders = 1;
  read.copy(loan.memory);
  try {
    return use(loan.memory.subarray(0, read.length));
  } finally {
    release(loan);
  }
}

/**
 * Keeps the memory of a chunk as it is until the result is called, once; undefined where it is
 * nobody else's anyway.
 */
export function hold(chunk: Buffer): (() => void) | undefined {
  if (chunk.buffer.byteLength !== MAX_READ) return undefined;
  const loan = loans.get(chunk.buffer);
  if (!loan) return undefined;
  loan.holders++;
  return () => release(loan);
}

function newLoan(): Loan {
  const loan = { memory: Buffer.allocUnsafeSlow(MAX_READ), holders: 0 };
  loans.set(loan.memory.buffer, loan);
  return loan;
}

function release(loan: Loan): void {
  loan.holders--;
  if (loan.holders === 0 && free.length < MAX_FREE) free.push(loan);
}
