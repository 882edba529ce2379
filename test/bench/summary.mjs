/** The table of README.md: what the tools of the field do, and six figures of the benchmark. */
import { markdownTable } from "./measure.mjs";

const TOOLS = ["devtls", "mkcert", "Caddy", "local-ssl-proxy", "runsslserver"];

const FACTS = [
  ["issues trusted certificates", "yes", "yes", "yes", "one fixed certificate", "self-signed"],
  ["root limited to local names", "yes", "no", "no", "", ""],
  ["fronts any dev server", "yes", "no", "yes", "yes", "Django only"],
  ["acts as another edge, names the broken setting", "yes", "", "no", "no", "no"],
  ["needs", "Node", "one binary", "one binary", "Node", "Python, Django"],
];

/** Suite, what it is called there, what a person calls it; "" where a tool was not measured. */
const FIGURES = [
  [
    "one certificate, ms",
    ({ cold: { cert } }) => {
      const [rsa, ecdsa] = [cert["mkcert localhost"], cert["mkcert -ecdsa localhost"]];
      return [
        cert["devtls cert localhost"],
        `${Math.round(rsa)}, ${Math.round(ecdsa)} with -ecdsa`,
        "",
        "",
        "",
      ];
    },
  ],
  [
    "start to first HTTPS byte, ms",
    ({ cold }) => named(cold.serve, (tool) => (tool === "devtls" ? "devtls serve" : tool)),
  ],
  ["requests/s, HTTP/1.1", ({ load }) => each(load, "h1 c=32 req/s")],
  ["requests/s, HTTP/2", ({ load }) => each(load, "h2 c=4 m=32 req/s")],
  ["download, MB/s", ({ load }) => each(load, "h1 download MB/s")],
  ["memory when idle, MiB", ({ memory }) => each(memory, "idle MiB")],
];

/** @param {Record<string, number>} figures @param {(tool: string) => string} nameOf */
function named(figures, nameOf) {
  return TOOLS.map((tool) => figures[nameOf(tool)]);
}

/** @param {Record<string, Record<string, number>>} figures @param {string} what */
function each(figures, what) {
  return TOOLS.map((tool) => figures[tool]?.[what]);
}

/** @param {Record<string, { figures: any }>} results what results.json holds */
export function summaryTable(results) {
  const figures = Object.fromEntries(
    Object.entries(results).map(([suite, { figures }]) => [suite, figures]),
  );
  const rows = FIGURES.map(([title, read]) => [
    title,
    ...read(figures).map((value) =>
      typeof value === "number" ? String(Math.round(value)) : (value ?? ""),
    ),
  ]);
  return markdownTable(["", ...TOOLS], [...FACTS, ...rows]);
}
