/**
 * Opens a browser. A file of its own beside the bundles: `open` is a module, and code that V8 kept
 * from an earlier run cannot import one (bin/devtls.js runs the bundles so).
 */

/** @param url of the site @throws when there is nothing that opens it */
export async function showInBrowser(url: string): Promise<void> {
  const { default: open } = await import("open");
  await open(url);
}
