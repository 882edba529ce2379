/** Addresses in pages and header fields, as browsers read them. */

/** The URL without its fragment, which no server sees; undefined for what is none. */
export function addressIn(text: string, base: URL): URL | undefined {
  try {
    const url = new URL(text, base);
    url.hash = "";
    return url;
  } catch {
    return undefined;
  }
}

export interface Refresh {
  readonly url: URL;
  readonly seconds: number;
}

/** "5; url=/next", of a meta element or a Refresh field (HTML 4.2.5.3); undefined for what is none. */
export function refreshIn(text: string, base: URL): Refresh | undefined {
  const [, seconds, rest = ""] = /^\s*(\d+)(?:\.[\d.]*)?(?:[\s;,]+(.*))?$/s.exec(text) ?? [];
  if (seconds === undefined) return undefined;
  const target = rest.replace(/^url\s*=\s*/i, "").replace(/^(["'])(.*?)(?:\1.*)?$/s, "$2");
  const url = target === "" ? base : addressIn(target.trim(), base);
  return url && { url, seconds: Number(seconds) };
}
