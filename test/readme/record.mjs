/**
 * `node test/readme/record.mjs`: records `devtls serve --demo --simulate none` while a browser goes round in
 * its loop, and writes what the terminal showed to test/readme/loop.svg. Build first: npm run build.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const COLUMNS = 92;
const ESCAPE = String.fromCharCode(27);
/** "Select graphic rendition": colours. */
const SGR = new RegExp(`${ESCAPE}\\[(?:\\d+)m`, "g");
const COMMAND = "devtls serve --demo --simulate none";
/** After so many a browser gives up. */
const REDIRECTS = 20;

const home = mkdtempSync(join(tmpdir(), "devtls-record-"));
try {
  writeFileSync(join(HERE, "loop.svg"), picture(linesOf(await record())));
} finally {
  rmSync(home, { recursive: true, force: true });
}

/** What the command prints, with the escapes of its colours. */
async function record() {
  const port = await freePort();
  const launcher = join(HERE, "../../bin/devtls.js");
  const [, ...words] = COMMAND.split(" ");
  const child = spawn(process.execPath, [launcher, ...words, "--port", String(port)], {
    env: {
      ...process.env,
      HOME: home,
      DEVTLS_HOME: join(home, "state"),
      FORCE_COLOR: "1",
      NO_COLOR: "",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  const until = (/** @type {RegExp} */ pattern) =>
    new Promise((resolve) => {
      const look = () => pattern.test(text) && resolve(undefined);
      for (const stream of [child.stdout, child.stderr]) stream.on("data", look);
      look();
    });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (part) => {
      text += part;
    });
  }
  await until(/Ctrl-C/);
  const ca = readFileSync(join(home, "state/rootCA.pem"));
  for (let round = 0; round <= REDIRECTS; round++) await ask(port, ca);
  await until(/proxy_set_header/);
  await until(/ times.*redirect-loop/);
  child.kill("SIGKILL");
  return text.replaceAll(String(port), "8443");
}

/** @param {number} port @param {Buffer} ca */
function ask(port, ca) {
  return new Promise((resolve, reject) => {
    get(`https://localhost:${port}/`, { ca, agent: false }, (response) => {
      response.resume().on("end", resolve);
    }).on("error", reject);
  });
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/**
 * Screen lines, wrapped between words. The guide of the demo is left out, the finding kept.
 * @param {string} text
 */
function linesOf(text) {
  const [ready = ""] = /^.*https:\/\/localhost:8443.* -> .*$/m.exec(text) ?? [];
  // The finding goes from its title to the setting.
  const finding =
    /\n([^\n]*\((?:proved|likely)\)[\s\S]*?proxy_set_header[^\n]*)/.exec(text)?.[1] ?? "";
  const [log = ""] = /^.*301.* GET \/ .* times.*$/m.exec(text) ?? [];
  const shown = [
    `${ESCAPE}[1m$ ${COMMAND}${ESCAPE}[0m`,
    ready,
    "",
    ...finding.split("\n"),
    "",
    log,
  ];
  return shown.flatMap(wrap);
}

/** @param {string} line */
function wrap(line) {
  const width = (/** @type {string} */ text) => text.replace(SGR, "").length;
  const [indent = ""] = /^ */.exec(line) ?? [];
  const lines = [];
  let current = "";
  for (const word of line.slice(indent.length).split(" ")) {
    const longer = current === "" ? indent + word : `${current} ${word}`;
    if (width(longer) <= COLUMNS) {
      current = longer;
    } else {
      lines.push(current);
      current = indent + word;
    }
  }
  return [...lines, current];
}

/** Colours of SGR, readable on the dark ground. */
function classOf(/** @type {string} */ code) {
  return { 1: "b", 2: "d", 31: "r", 32: "g", 33: "y", 36: "c" }[code] ?? "";
}

/** @param {string} line */
function spans(line) {
  const markup = (/** @type {string} */ text) =>
    text.replace(/[&<>]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[sign] ?? sign);
  const parts = line.split(new RegExp(`${ESCAPE}\\[(\\d+)m`));
  let name = "";
  return parts
    .map((part, index) => {
      if (index % 2 === 1) {
        name = classOf(part);
        return "";
      }
      if (part === "") return "";
      return name ? `<tspan class="${name}">${markup(part)}</tspan>` : markup(part);
    })
    .join("");
}

/** @param {string[]} lines */
function picture(lines) {
  const [advance, height, margin] = [8.4, 20, 16];
  const size = {
    width: Math.round(COLUMNS * advance + 2 * margin),
    height: lines.length * height + 2 * margin,
  };
  const rows = lines.map((line, index) => {
    // The command, what it says, then the finding line by line.
    const at = index === 0 ? 0 : index < 3 ? 0.8 : 2 + index * 0.12;
    const y = margin + (index + 0.75) * height;
    return line === ""
      ? ""
      : `<text x="${margin}" y="${y}" style="animation-delay:${at.toFixed(2)}s">${spans(line)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${COMMAND}: the redirect loop and the setting that ends it">
<style>
rect{fill:#161b22}
text{fill:#c9d1d9;font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre;opacity:0;animation:show .2s forwards}
.b{font-weight:bold}.d{fill:#8b949e}.r{fill:#ff7b72}.g{fill:#7ee787}.y{fill:#e3b341}.c{fill:#79c0ff}
@keyframes show{to{opacity:1}}
@media (prefers-reduced-motion:reduce){text{animation:none;opacity:1}}
</style>
<rect width="100%" height="100%" rx="8"/>
${rows.filter(Boolean).join("\n")}
</svg>
`;
}
