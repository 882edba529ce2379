/** How much of a target one client can occupy: beyond its share its requests wait in line. */

/** Connections for the requests of one address; ten browsers do not use as many. */
export const MAX_SHARE = 1_000;

interface Share {
  used: number;
  /** Who starts when one is given back. */
  readonly line: (() => void)[];
}

export class Shares {
  readonly #shares = new Map<string, Share>();

  /** Takes one connection's part. @returns false when the client has all it can have */
  enter(client: string): boolean {
    const share = this.#shares.get(client);
    if (share === undefined) this.#shares.set(client, { used: 1, line: [] });
    else if (share.used >= MAX_SHARE) return false;
    else share.used++;
    return true;
  }

  /** Calls `start` once a part is free and has been taken. @returns what ends the waiting */
  wait(client: string, start: () => void): () => void {
    const { line } = this.#shares.get(client) as Share;
    line.push(start);
    return () => {
      const position = line.indexOf(start);
      if (position >= 0) line.splice(position, 1);
    };
  }

  leave(client: string): void {
    const share = this.#shares.get(client) as Share;
    const next = share.line.shift();
    if (next) next();
    else if (--share.used === 0) this.#shares.delete(client);
  }
}
