/** One HTML file with everything in it: no script, nothing loaded from elsewhere. */
import { drawingOfChain } from "../drawing/drawing.js";
import { escapeHtml } from "./escape.js";
import { type Case, fresh, type Report, type Result, worstFirst } from "./model.js";
import { drawSvg, SVG_STYLE } from "./svg.js";

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --bad: #c62828; --good: #2e7d32; --dim: #777 }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.2rem; margin-top: 2.5rem } h3 { font-size: 1rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid var(--line) }
code, pre { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; white-space: pre-wrap }
pre { padding: .6rem .8rem; border: 1px solid var(--line); border-radius: 4px }
.failed { color: var(--bad) } .passed { color: var(--good) } .skipped, .known, footer, .cures { color: var(--dim) }${SVG_STYLE}
@media print { body { max-width: none } }`;

const WORDS = { passed: "ok", failed: "broken", skipped: "skipped" } as const;

export function html(report: Report): string {
  const { command, subject, summary, version, cases, unit } = report;
  const title = `${escapeHtml(command)}: ${escapeHtml(summary)}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>${STYLE}
</style>
</head>
<body>
<h1>${title}</h1>
<p><code>${escapeHtml(subject)}</code></p>
${commonPart(report)}<table>
<thead><tr><th scope="col">${escapeHtml(unit)}</th><th scope="col">result</th><th scope="col">finding</th></tr></thead>
<tbody>
${worstFirst(cases).map(row).join("\n")}
</tbody>
</table>
${fixPart(report)}${detailPart(report)}<footer><p>devtls ${escapeHtml(version)}</p></footer>
</body>
</html>
`;
}

function commonPart({ common, unit }: Report): string {
  if (common.length === 0) return "";
  const items = common.map((result) => `<li>${nameOf(result)}</li>`);
  return `<p>Whatever the ${escapeHtml(unit)} is:</p>\n<ul>${items.join("\n")}</ul>\n`;
}

function row({ name, status, detail, results }: Case): string {
  const said = [...results.map(nameOf), ...(detail === undefined ? [] : [escapeHtml(detail)])];
  return `<tr><th scope="row">${escapeHtml(name)}</th><td class="${status}">${WORDS[status]}</td><td>${said.join("<br>")}</td></tr>`;
}

function nameOf({ title, url, known }: Result): string {
  const where = url === undefined ? "" : ` <code>${escapeHtml(url)}</code>`;
  const text = `${escapeHtml(title)}${where}`;
  return known ? `<span class="known">${text} (in the baseline)</span>` : text;
}

function fixPart({ fixes, unit }: Report): string {
  if (fixes.length === 0) return "";
  const blocks = fixes.map(({ fix, framework, cures }) => {
    const count = `${cures.length} ${unit}${cures.length === 1 ? "" : "s"}`;
    const what = `${count}${framework === null ? "" : `, ${framework}`}: ${cures.join(", ")}`;
    return `<p class="cures">${escapeHtml(what)}</p>\n<pre>${escapeHtml(fix)}</pre>`;
  });
  return `<h2>To fix it</h2>\n${blocks.join("\n")}\n`;
}

/** Each finding once, with the cases that show it. */
function detailPart({ cases, common }: Report): string {
  const seen = new Map<string, { readonly result: Result; readonly names: string[] }>();
  const take = (result: Result, name?: string): void => {
    const key = JSON.stringify([result.title, result.message, result.url]);
    const entry = seen.get(key) ?? { result, names: [] };
    if (name !== undefined) entry.names.push(name);
    seen.set(key, entry);
  };
  for (const result of fresh(common)) take(result);
  for (const { name, results } of cases) for (const result of fresh(results)) take(result, name);
  if (seen.size === 0) return "";
  return `<h2>What happened</h2>\n${[...seen.values()].map(detail).join("\n")}\n`;
}

function detail({ result, names }: { readonly result: Result; readonly names: readonly string[] }) {
  const { title, message, chain = [], rule } = result;
  const drawing = drawingOfChain(title, chain, rule === "redirect-loop");
  const text = drawing
    ? drawSvg(drawing)
    : chain.length > 0
      ? `<pre>${escapeHtml(chain.join("\n"))}</pre>`
      : "";
  const where = names.length === 0 ? "" : `\n<p class="cures">${escapeHtml(names.join(", "))}</p>`;
  return `<h3>${escapeHtml(title)}</h3>${where}\n<p>${escapeHtml(message)}</p>\n${text}`;
}
