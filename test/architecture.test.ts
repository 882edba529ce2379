/** The arrows between the folders of src/, and what must not be in which of them. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { describe, expect, it } from "vitest";
import { PROJECT } from "./support/cli.js";

const SRC = join(PROJECT, "src");

/** What each part of src/ may import, besides itself. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  cli: [
    ...["settings", "ca", "trust", "proxy", "diagnose", "demo", "dev-server", "init", "trace"],
    ...["rehearse", "reports", "inspect", "drawing"],
    ...["acme", "doctor", "serving", "x509", "edge", "paths.ts", "words.ts", "errors.ts"],
    ...["capture", "audit", "lan"],
  ],
  audit: [
    ...["rehearse", "serving", "visit", "diagnose", "proxy", "edge", "ca", "x509", "reports"],
    ...["cookies", "lines.ts", "words.ts", "errors.ts"],
  ],
  acme: ["ca", "x509", "paths.ts", "errors.ts"],
  capture: ["serving", "proxy", "ca", "x509", "edge", "lines.ts", "paths.ts", "errors.ts"],
  lan: ["proxy", "x509", "lines.ts", "errors.ts"],
  doctor: ["ca", "trust", "x509", "paths.ts", "errors.ts"],
  "dev-server": ["errors.ts"],
  init: ["diagnose", "errors.ts"],
  "index.ts": ["library", "diagnose", "errors.ts"],
  "vite.mts": ["index.ts"],
  library: [
    ...["settings", "ca", "proxy", "diagnose", "trace", "rehearse", "serving"],
    ...["x509", "edge", "paths.ts", "errors.ts"],
  ],
  settings: [
    "serving",
    "ca",
    "proxy",
    "cookies",
    "edge",
    "x509",
    "paths.ts",
    "words.ts",
    "errors.ts",
  ],
  drawing: [],
  reports: ["drawing", "words.ts", "errors.ts"],
  rehearse: [
    ...["settings", "serving", "ca", "proxy", "diagnose", "edge", "reports", "visit"],
    ...["lines.ts", "words.ts", "errors.ts"],
  ],
  trace: ["visit", "diagnose", "lines.ts", "words.ts", "errors.ts"],
  visit: ["cookies", "lines.ts", "errors.ts"],
  inspect: ["drawing", "ca", "proxy", "diagnose", "edge", "cookies", "lines.ts", "errors.ts"],
  serving: ["ca", "cookies", "proxy", "diagnose", "edge", "x509", "lines.ts", "errors.ts"],
  ca: ["x509", "paths.ts", "errors.ts"],
  trust: ["x509", "paths.ts", "words.ts", "errors.ts"],
  proxy: ["edge", "cookies", "lines.ts", "errors.ts"],
  demo: [],
  diagnose: ["edge", "cookies", "lines.ts", "words.ts"],
  x509: ["errors.ts"],
  edge: ["lines.ts", "errors.ts"],
  cookies: [],
  "lines.ts": [],
  "paths.ts": [],
  "words.ts": [],
  "errors.ts": [],
};

const PURE = [
  "x509",
  "edge",
  "cookies",
  "diagnose",
  "init",
  "drawing",
  "reports",
  "acme/rules",
  "capture/inference",
  "audit/rules",
];

const isPure = (file: string): boolean => PURE.some((folder) => file.startsWith(`${folder}/`));

interface Import {
  readonly from: string;
  /** A file of src/ by its path there, or the name of a module. */
  readonly to: string;
}

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.m?ts$/.test(path))
  .map((path) => path.split(sep).join("/"))
  .sort();

function codeOf(file: string): string {
  return withoutComments(readFileSync(join(SRC, file), "utf8"));
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
}

/** `import` and `export … from`, `import type`, `import()` of values and of types, `require()`. */
function specifiersIn(code: string): string[] {
  const patterns = [
    /^\s*(?:import|export)\b[^"';]*?\bfrom\s*["']([^"']+)["']/gm,
    /^\s*import\s*["']([^"']+)["']/gm,
    /\b(?:import|require)\(\s*["']([^"']+)["']/g,
  ];
  return patterns.flatMap((pattern) => [...code.matchAll(pattern)].map(([, text]) => text ?? ""));
}

function importsOf(file: string): Import[] {
  return specifiersIn(codeOf(file)).map((specifier) => ({
    from: file,
    to: specifier.startsWith(".") ? resolveIn(dirname(file), specifier) : specifier,
  }));
}

function resolveIn(folder: string, specifier: string): string {
  const path = relative(SRC, join(SRC, folder, specifier))
    .split(sep)
    .join("/");
  return path.replace(/\.js$/, ".ts");
}

/** "x509" for "x509/der.ts", "errors.ts" for itself. */
function partOf(file: string): string {
  return file.split("/")[0] ?? file;
}

const imports = files.flatMap(importsOf);
const inside = imports.filter(({ to }) => files.includes(to));
const modules = imports.filter(({ to }) => !files.includes(to));

describe("The walk through src/", () => {
  it("sees every form of import", () => {
    const code = `
      import a from "./static.js";
      import { b,
        c } from "./lines.js";
      import type { D } from "./type.js";
      import "./effect.js";
      export { e } from "./again.js";
      export * from "./all.js";
      const f = await import("./dynamic.js");
      type G = import("./inline-type.js").G;
      const h = require("./required.js");
      /** import x from "./comment.js" */
      // import y from "./line-comment.js"`;
    expect(specifiersIn(withoutComments(code)).sort()).toEqual(
      [
        ...["again", "all", "dynamic", "effect", "inline-type", "lines"],
        ...["required", "static", "type"],
      ].map((name) => `./${name}.js`),
    );
  });

  it("finds the files that imports name", () => {
    const relativeOnes = modules.filter(({ to }) => to.startsWith(".") || to.endsWith(".ts"));
    expect(relativeOnes).toEqual([]);
    expect(inside).toContainEqual({ from: "cli/main.ts", to: "cli/serve.ts" });
    expect(inside).toContainEqual({ from: "trust/nss.ts", to: "trust/machine.ts" });
  });

  it("knows every part of it", () => {
    expect([...new Set(files.map(partOf))].filter((part) => !(part in ARROWS))).toEqual([]);
  });
});

describe("An arrow between parts", () => {
  it("points the way of the architecture: cli, then siblings, then the pure parts", () => {
    const wrong = inside.filter(({ from, to }) => {
      const [source, target] = [partOf(from), partOf(to)];
      return source !== target && !ARROWS[source]?.includes(target);
    });
    expect(wrong).toEqual([]);
  });

  it("never points to the command line", () => {
    const wrong = inside.filter(({ from, to }) => partOf(to) === "cli" && partOf(from) !== "cli");
    expect(wrong).toEqual([]);
  });

  it("points to what serves from the command line, the library, rehearsals and their settings only", () => {
    const from = inside
      .filter(({ to }) => partOf(to) === "serving")
      .map(({ from }) => partOf(from));
    const allowed = ["serving", "capture", "cli", "library", "settings", "rehearse", "audit"];
    expect(from.filter((part) => !allowed.includes(part))).toEqual([]);
  });

  it("is granted where somebody uses it only", () => {
    const used = new Set(inside.map(({ from, to }) => `${partOf(from)} → ${partOf(to)}`));
    const granted = Object.entries(ARROWS).flatMap(([from, to]) =>
      to.map((part) => `${from} → ${part}`),
    );
    expect(granted.filter((arrow) => !used.has(arrow))).toEqual([]);
  });
});

describe("Arrows between files", () => {
  it("make no circle", () => {
    const circles: string[] = [];
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      const start = path.indexOf(file);
      if (start >= 0) circles.push([...path.slice(start), file].join(" → "));
      if (start >= 0 || done.has(file)) return;
      for (const { to } of inside.filter(({ from }) => from === file)) visit(to, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(circles).toEqual([]);
  });
});

describe("The pure parts", () => {
  const pure = files.filter(isPure);

  it("import no file system, network or process", () => {
    const unwanted =
      /^(?:node:)?(?:fs|net|process|child_process|http|https|http2|tls|dns|dgram|os|readline)(?:\/.*)?$/;
    const wrong = modules.filter(({ from, to }) => isPure(from) && unwanted.test(to));
    expect(wrong).toEqual([]);
  });

  it("do not look at the process", () => {
    expect(pure.filter((file) => /\bprocess\s*[.[]/.test(codeOf(file)))).toEqual([]);
  });
});

describe("Outside the command line", () => {
  // The echoes are the text of programs that run elsewhere.
  const rest = files.filter(
    (file) => partOf(file) !== "cli" && !file.startsWith("capture/echoes/"),
  );
  const forms: readonly (readonly [string, RegExp])[] = [
    ["writes to the console", /\bconsole\s*\./],
    ["writes to stdout or stderr", /\bprocess\.(?:stdout|stderr)\b/],
    [
      "ends the process or sets its status",
      /\bprocess\.(?:exit\b|exitCode|abort|kill\(process\.pid)/,
    ],
    ["reads the arguments", /\bprocess\.argv\b/],
  ];
  for (const [what, form] of forms) {
    it(`nothing ${what}`, () => {
      expect(rest.filter((file) => form.test(codeOf(file)))).toEqual([]);
      expect(form.test("console.log(process.stdout, process.exit(1), process.argv)")).toBe(true);
    });
  }
});

describe("A file of src/", () => {
  it("has at most 400 lines", () => {
    const long = files.filter((file) => {
      const lines = readFileSync(join(SRC, file), "utf8").trimEnd().split("\n");
      return lines.length > 400;
    });
    expect(long).toEqual([]);
  });
});

describe("index.ts", () => {
  it("re-exports and does nothing else", () => {
    const statements = codeOf("index.ts")
      .split(";")
      .map((statement) => statement.trim())
      .filter(Boolean);
    const reExport = /^export (?:type )?(?:\{[^}]*\}|\*(?: as \w+)?) from "[^"]+"$/;
    expect(statements.length).toBeGreaterThan(0);
    expect(statements.filter((statement) => !reExport.test(statement))).toEqual([]);
  });
});
