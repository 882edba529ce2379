/** What axe-core finds wrong with a page for those who do not see it as most do. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const RUN =
  "axe.run().then(({violations}) => violations.map(({id, nodes}) => id + ' ' + nodes.map(({html}) => html).join(' ')))";

/** A line for each rule that is broken: its name and where. */
export async function violationsOf(page: Page): Promise<string[]> {
  // A page's own policy lets no script in but its own; the protocol does.
  const session = await page.context().newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: AXE });
  const { result } = await session.send("Runtime.evaluate", {
    ...{ expression: RUN, awaitPromise: true, returnByValue: true },
  });
  await session.detach();
  return result.value as string[];
}
