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
  return `${markdownTable(["", ...TOOLS], [...FACTS, ...rows])}\n\n${packagesOf(figures)}`;
}

/** What became of the packages that one would build such a tool on. */
function packagesOf(/** @type {Record<string, any>} */ { load, cold: { cert } }) {
  const [what, cost] = ["h1 c=32 req/s", "h1 c=32 CPU µs/req"];
  const [own, other] = [load.devtls, load["http-proxy"]];
  const times = (/** @type {number} */ value) => value.toFixed(1);
  const script = cert["a script with selfsigned"] / cert["devtls cert localhost"];
  return [
    "commander, open and node-forge do their jobs at run time.",
    "selfsigned makes the certificates that are wrong on purpose (`--fault`): it knows no name constraints and no key identifiers,",
    `and a script with it takes ${times(script)} times as long as \`devtls cert\`.`,
    "http-proxy is what the benchmark and a differential test compare with: it throws at HTTP/2 requests, leaves the app's connection open when a client leaves,",
    `and serves ${times(other[what] / own[what])} of devtls's requests at ${times(other[cost] / own[cost])} times the processor time for each.`,
  ].join(" ");
}
