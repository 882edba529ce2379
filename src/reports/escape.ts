const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text for HTML and SVG, in content and in quoted attributes; control characters are shown. */
export function escapeHtml(text: string): string {
  return (
    text
      .replace(/\p{Surrogate}/gu, "\ufffd")
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g, "\ufffd")
      .replace(/[&<>"']/g, (character) => ENTITIES[character] as string)
  );
}

/** Text for XML 1.0, which cannot hold most control characters. */
export function escapeXml(text: string): string {
  return escapeHtml(text).replace(/[\ufffe\uffff]/g, "\ufffd");
}
