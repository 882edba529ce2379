/** What a production edge does to a request on its way to the app: the shape of a profile. */

/** How sure each statement is: captured from the software, documented by its vendor, or neither. */
export type Evidence = "captured" | "documented" | "unverified";

/**
 * `set` overwrites what the client sent, `append` adds to its last value after a comma,
 * `append-line` adds a line of its own, `pass` forwards what the client sent, `strip` removes it.
 */
export type Operation = "set" | "append" | "append-line" | "pass" | "strip";

export interface HeaderRule {
  readonly name: string;
  readonly op: Operation;
  /**
   * Text with placeholders: `{client}` address, `{scheme}` http or https, `{host}` as the client
   * named it, `{hostname}` without the port, `{port}` that devtls listens on, `{target}` host and
   * port of the app.
   */
  readonly value?: string;
}

export interface EdgeProfile {
  readonly name: string;
  /** What it is, in one line. */
  readonly title: string;
  readonly evidence: Evidence;
  readonly headers: readonly HeaderRule[];
}

/** The facts of a request that an edge tells the app about. */
export interface EdgeRequest {
  readonly scheme: "https" | "http";
  /** As the client named it, with the port where it gave one. */
  readonly host: string;
  readonly clientAddress: string;
  /** The port that devtls listens on. */
  readonly port: number;
}
