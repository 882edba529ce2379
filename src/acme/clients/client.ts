/** What goes into an ACME client so that it asks this server. Pure text. */

export interface Place {
  readonly directoryUrl: string;
  /** The path of the root's certificate. */
  readonly root: string;
  /** That certificate, PEM. */
  readonly rootPem: string;
  /** At least one. */
  readonly names: readonly string[];
  readonly http01Port: number;
  readonly tlsAlpn01Port: number;
  readonly binding?: { readonly keyId: string; readonly hmacKey: string };
}

export interface Client {
  /** The file that the text goes into; none for commands. */
  readonly file?: string;
  /** What to do with it, and what to know. */
  readonly notes: (place: Place) => readonly string[];
  readonly render: (place: Place) => string;
  /** Where the client's makers say so. */
  readonly source: string;
}

/** For accounts; nothing is ever sent to it. */
export const CONTACT = "admin@app.test";

/** Said of clients that cannot be installed from Debian or npm. */
export const NOT_TRIED =
  "The tests of devtls do not run this client: this follows its documentation.";

/** A word of a shell command, or a variable before one: a quoted `NAME=` would be no variable. */
export function word(text: string): string {
  const [variable = ""] = /^[A-Z_]+=/.exec(text) ?? [];
  const value = text.slice(variable.length);
  if (/^[\w@%+=:,./-]+$/.test(value)) return text;
  return `${variable}'${value.replaceAll("'", "'\\''")}'`;
}

/** A command over several lines. */
export function command(parts: readonly (readonly string[])[]): string {
  return parts.map((part) => part.map(word).join(" ")).join(" \\\n  ");
}

export function firstName({ names }: Place): string {
  return names[0] ?? "app.test";
}
