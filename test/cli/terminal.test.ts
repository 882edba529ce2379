/**
 * Nothing that another wrote reaches the terminal as more than text: every way in which devtls
 * prints is walked with every control character from 0x00 to 0x9f, as far as it can get there.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { describe, expect, it } from "vitest";
import { printable } from "../../src/cli/terminal.js";
import { inertJson } from "../../src/words.js";
import { freePort, LAUNCHER, type Outcome, PROJECT } from "../support/cli.js";
import { start } from "../support/programs.js";
import { startTarget } from "../support/wire-target.js";
import { makeRoot } from "../x509/fixtures.js";
import { newSandbox, type Sandbox } from "./sandbox.js";

const range = (from: number, to: number): string =>
  String.fromCharCode(...Array.from({ length: to - from + 1 }, (_, index) => from + index));

const ALL = range(0x00, 0x9f);
/** Arguments and file names end at the first NUL. */
const SPOKEN = range(0x01, 0x9f);
/** What a parser of header lines lets through. */
const C1 = range(0x80, 0x9f);
/** As JSON.stringify has them is one way; not to escape what need not be is another. */
const quoted = (text: string): string => JSON.stringify(text);
const BIDI = "\u202e\u2066\u2028";

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const ACTIVE = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;

function expectSafe({ stdout, stderr }: Pick<Outcome, "stdout" | "stderr">, what: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: devtls's own colours
  const text = (stdout + stderr).replace(/\x1b\[\d{1,2}m/g, "");
  expect(ACTIVE.exec(text)?.[0].charCodeAt(0).toString(16), `${what}: ${quoted(text)}`).toBe(
    undefined,
  );
  return text;
}

describe("The function that makes text safe", () => {
  it("shows every control character but tab and line feed, and leaves all else", () => {
    expect(printable(`a\tb\n${ALL}`)).not.toMatch(ACTIVE);
    expect(printable("\x00\x1b\x07\x7f\x9b")).toBe("\\x00\\x1b\\x07\\x7f\\x9b");
    expect(printable(BIDI)).toBe("\\u202e\\u2066\\u2028");
    const usual = " grüße, 日本語 🔐 \t\n~";
    expect(printable(usual)).toBe(usual);
  });

  it("changes nothing of what JSON means", () => {
    expect(inertJson({ [ALL]: [ALL, BIDI] })).not.toMatch(ACTIVE);
    expect(JSON.parse(inertJson({ [ALL]: [ALL, BIDI] }))).toEqual({ [ALL]: [ALL, BIDI] });
  });
});

describe("The command line", () => {
  const folder = join(PROJECT, "src/cli");
  const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => ({ name, text: readFileSync(join(folder, name), "utf8") }));

  it("writes to descriptors in one place, and as it is only what is meant for programs", () => {
    const straight = /\bwriteSync\b|\bprocess\.(?:stdout|stderr)\.write\b|\bconsole\./;
    expect(sources.filter(({ text }) => straight.test(text)).map(({ name }) => name)).toEqual([
      "output.ts",
    ]);
    const raw = sources.filter(({ text }) => /(?<![.\w])write\(/.test(text));
    expect(raw.map(({ name }) => name).sort()).toEqual([
      // Certificates, manifests and the echo's source, which devtls makes; help texts.
      ...["ca-kubernetes.ts", "ca.ts", "echo.ts"],
      // What the started command says, which had the terminal before.
      "launch.ts",
      ...["output.ts", "program.ts"],
    ]);
  });
});

type Walk = readonly [
  what: string,
  args: readonly string[],
  prepare?: (box: Sandbox) => void | Promise<void>,
];

const file = (name: string, text: string | Buffer) => (box: Sandbox) =>
  writeFileSync(box.path(name), text);
const config = (value: unknown) => file("devtls.config.json", JSON.stringify(value));

const ARGUMENTS: readonly Walk[] = [
  ["a command", [`x${SPOKEN}`]],
  ["an option", ["cert", `--${SPOKEN}`]],
  ["a name", ["cert", SPOKEN]],
  ["a name in C1", ["cert", `a${C1}.test`]],
  ["days", ["cert", "localhost", "--days", SPOKEN]],
  ["a request", ["cert", "--csr", SPOKEN]],
  ["a file to write", ["cert", "localhost", "--cert-file", `none/${C1}\x1b\x07`]],
  ["a permitted domain", ["ca", "create", "--permit", SPOKEN]],
  ["an authority to import", ["ca", "import", "--from", SPOKEN]],
  ["a format", ["ca", "export", "--format", SPOKEN]],
  ["a store", ["trust", "--store", SPOKEN]],
  ["a target", ["serve", "--target", SPOKEN]],
  ["a service", ["serve", SPOKEN]],
  ["a host", ["serve", "--target", "9", "--host", SPOKEN]],
  ["an address", ["serve", "--target", "9", "--bind", SPOKEN]],
  ["an edge", ["serve", "--target", "9", "--simulate", SPOKEN]],
  ["a header", ["serve", "--target", "9", "--set-header", SPOKEN]],
  ["a route", ["serve", "--target", "9", "--route", SPOKEN]],
  ["an edge file", ["serve", "--target", "9", "--edge-file", SPOKEN]],
  ["a command to start", ["serve", "--", `none${C1}\x1b]0;x\x07`]],
  ["an edge to show", ["edges", SPOKEN]],
  ["a finding", ["explain", SPOKEN]],
  ["a URL", ["trace", SPOKEN]],
  ["a header to send", ["trace", "localhost", "--header", SPOKEN]],
  ["a method", ["trace", "localhost", "--method", SPOKEN]],
  ["a shell", ["env", "--shell", SPOKEN]],
  ["a shell to complete in", ["completion", SPOKEN]],
  ["a certificate to renew", ["renew", SPOKEN]],
];

const foreignRoot = makeRoot({ owner: `thief${ALL.slice(0, 40)}` });
const foreignC1 = makeRoot({ owner: `thief${C1}` });
const importing =
  ({ pem, keyPem }: typeof foreignRoot) =>
  async (box: Sandbox): Promise<void> => {
    file("root.pem", pem + keyPem)(box);
    await box.prepare(["ca", "import", "--from", "root.pem"]);
  };

const FILES: readonly Walk[] = [
  ["a key of a configuration", ["serve"], config({ [ALL]: 1 })],
  [
    "a key of package.json",
    ["serve"],
    file("package.json", JSON.stringify({ devtls: { [ALL]: 1 } })),
  ],
  ["a value of a configuration", ["serve"], config({ target: ALL })],
  ["a choice in a configuration", ["serve"], config({ target: 9, simulate: ALL })],
  ["a service's name", ["serve"], config({ services: { [ALL]: {} } })],
  ["a configuration that is no JSON", ["serve"], file("devtls.config.json", `{${C1}\x1b`)],
  [
    "a configuration in raw bytes",
    ["config"],
    file("devtls.config.json", Buffer.from([...Array(160).keys()])),
  ],
  ["a configuration in force", ["config"], config({ target: 9, command: ["a", ALL] })],
  ["a configuration that doctor reads", ["doctor"], config({ [ALL]: 1 })],
  [
    "an edge file's key",
    ["serve", "--target", "9", "--edge-file", "e.json"],
    file("e.json", JSON.stringify({ [ALL]: 1 })),
  ],
  [
    "an edge file's value",
    ["serve", "--target", "9", "--edge-file", "e.json"],
    file("e.json", JSON.stringify({ extends: ALL })),
  ],
  [
    "a project's scripts",
    ["init", "--dry-run"],
    file("package.json", JSON.stringify({ name: ALL, scripts: { dev: ALL } })),
  ],
  ["an authority's name", ["ca", "show"], importing(foreignRoot)],
  ["an authority's name in C1", ["ca", "show"], importing(foreignC1)],
  ["an authority's name as JSON", ["ca", "show", "--json"], importing(foreignC1)],
  ["an authority's name in commands", ["trust", "--dry-run"], importing(foreignC1)],
  ["an authority's name in an error", ["ca", "rotate"], importing(foreignC1)],
  ["a file's name", ["renew", "--dry-run"], (box) => file(`a${C1}\x1b\x07.pem`, "x")(box)],
];

const PART = 6;
const walks = [...ARGUMENTS, ...FILES];
const parts = Array.from({ length: Math.ceil(walks.length / PART) }, (_, at) =>
  walks.slice(at * PART, (at + 1) * PART),
);

describe("Arguments and files full of control characters are printed as text", () => {
  it.each(parts.map((part) => ({ part, names: part.map(([what]) => what).join(", ") })))(
    "$names",
    async ({ part }) => {
      for (const [what, args, prepare] of part) {
        const box = newSandbox();
        await prepare?.(box);
        const colour = { NO_COLOR: undefined, FORCE_COLOR: "1" };
        const outcome = await box.run(args, { env: { ...colour, TERM: "xterm" } });
        expect(outcome.stdout + outcome.stderr, what).not.toBe("");
        expectSafe(outcome, what);
      }
    },
    60_000,
  );

  it("and can be read, not left out", async () => {
    const box = newSandbox();
    config({ "\x1b]0;owned\x07": 1 })(box);
    const { stderr } = await box.run(["serve"]);
    expect(stderr).toContain('there is no key "\\x1b]0;owned\\x07"');
  });
});

describe("What servers answer is printed as text", () => {
  it.each([false, true])("by trace (--json: %s)", async (json) => {
    let asked = 0;
    const target = await startTarget({
      onConnection: async (connection) => {
        await connection.untilBytes((bytes) => bytes.includes("\r\n\r\n"), "a request");
        asked++;
        const location = asked === 1 ? `Location: /${C1}\r\nSet-Cookie: a${C1}=1\r\n` : "";
        const status = asked === 1 ? "302" : "200";
        const page = `<script src="http://127.0.0.1:${target.port}/${ALL}"></script>`;
        const head = `${location}X-C1: ${C1}\r\nContent-Type: text/html\r\nContent-Length: ${Buffer.byteLength(page, "latin1")}\r\nConnection: close\r\n\r\n`;
        connection.send(Buffer.from(`HTTP/1.1 ${status} ${C1}\r\n${head}${page}`, "latin1"));
      },
    });
    const args = ["trace", `http://127.0.0.1:${target.port}/`, ...(json ? ["--json"] : [])];
    expectSafe(await newSandbox().run(args), "trace");
    expect(asked).toBeGreaterThan(0);
  });

  it("by serve --verbose, as are requests", async () => {
    const target = await startTarget({
      onConnection: async (connection) => {
        await connection.untilBytes((bytes) => bytes.includes("\r\n\r\n"), "a request");
        const head = `X-C1: ${C1}\r\nSet-Cookie: s${C1}=1; Secure\r\nLocation: http://a/${C1}\r\n`;
        connection.send(`HTTP/1.1 302 ${C1}\r\n${head}Content-Length: 0\r\n\r\n`);
      },
    });
    const port = await freePort();
    const box = newSandbox();
    const command = ["serve", "--target", String(target.port), "--port", String(port), "--verbose"];
    const running = start(process.execPath, [LAUNCHER, ...command], { cwd: box.cwd, env: box.env });
    await running.waitFor(/^https:\S+ -> /m);
    const socket = connect({
      port,
      host: "127.0.0.1",
      servername: "localhost",
      rejectUnauthorized: false,
    });
    const lines = `Host: localhost:${port}\r\nX-Asked: ${C1}\r\nCookie: ${C1}=1\r\n`;
    socket.write(`GET / HTTP/1.1\r\n${lines}\r\n`, "latin1");
    socket.on("error", () => undefined).resume();
    await running.waitFor(/> X-Asked: /);
    await running.waitFor(/< X-C1: /);
    socket.destroy();
    await running.stop();
    const text = expectSafe({ stdout: running.stdout(), stderr: running.stderr() }, "serve");
    expect(text).toContain("\\x9b");
  });
});
