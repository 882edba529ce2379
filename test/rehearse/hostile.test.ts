/** An app that means ill, or is broken beyond what one expects: a rehearsal ends, and says so soberly. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { devtls, type Outcome, temporaryFolder } from "../support/cli.js";
import { temporaryHome } from "../support/programs.js";
import { startTarget } from "../support/wire-target.js";

const { env } = temporaryHome();
const FORMATS = ["junit", "sarif", "markdown", "html", "json", "github"] as const;

/** Answers every request with these octets, and closes. */
async function startOctets(answer: (path: string) => string): Promise<number> {
  const { port } = await startTarget({
    onConnection: ({ socket }) =>
      socket.once("data", (chunk) => {
        const path = chunk.toString("latin1").split(" ")[1] ?? "/";
        socket.end(answer(path), "latin1");
      }),
  });
  return port;
}

const page = (body: string, lines = ""): string =>
  `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n${lines}Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;

interface Rehearsed extends Outcome {
  readonly reports: Readonly<Record<string, string>>;
}

async function rehearsed(port: number, more: readonly string[] = []): Promise<Rehearsed> {
  const folder = temporaryFolder();
  const files = FORMATS.map((format) => [format, join(folder, format)] as const);
  const reports = files.flatMap(([format, file]) => ["--report", `${format}=${file}`]);
  const options = ["--target", String(port), "--edges", "heroku,haproxy", ...reports, ...more];
  const outcome = await devtls(["rehearse", ...options], { env });
  return {
    ...outcome,
    reports: Object.fromEntries(
      files.map(([format, file]) => [
        format,
        outcome.status === 1 ? "" : readFileSync(file, "utf8"),
      ]),
    ),
  };
}

describe("An app whose pages are", () => {
  it.each([
    ["nested 50,000 deep", "<div>".repeat(50_000)],
    ["made of 20,000 links", "<a href=/x>x</a>".repeat(20_000)],
    ["made of unclosed markup", `<a href="${"<script><!--".repeat(20_000)}`],
    ["one tag with 20,000 attributes", `<a ${"b=c ".repeat(20_000)}>`],
    ["made of 20,000 forms", "<form method=post><input name=a></form>".repeat(20_000)],
    ["one list nested 20,000 deep", `<form><select>${"<option><optgroup>".repeat(20_000)}`],
    ["one text field of markup", `<form><textarea name=a>${"<b>".repeat(100_000)}`],
    ["told to go on at once, for ever", '<meta http-equiv="refresh" content="0;url=/">'],
  ])("%s is rehearsed to an end", async (_, body) => {
    const port = await startOctets((path) => (path === "/" ? page(body) : page("ok")));
    const { status, stderr, stdout } = await rehearsed(port);
    expect([0, 3], stderr).toContain(status);
    expect(stdout).toMatch(/urvived \d of 2 edges/);
  });
});

describe("An app that sends control characters", () => {
  it("steers neither the terminal nor a report", async () => {
    const evil = "\x9b31m\x9d0;owned\x9c</pre><script>alert(1)</script>";
    const port = await startOctets((path) =>
      path === "/"
        ? `HTTP/1.1 302 Found\r\nLocation: http://localhost/${evil}?%1b[2J\r\nSet-Cookie: ${evil}=1; Domain=${evil}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`
        : page(`<a href="/\x1b[2J${evil}">x</a>`, `Set-Cookie: __Host-${evil}=1\r\n`),
    );
    const { stdout, stderr, reports, status } = await rehearsed(port);
    expect([0, 3], stderr).toContain(status);
    for (const text of [stdout, stderr, ...Object.values(reports)]) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(text).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
    }
    expect(reports.html).not.toContain("<script>");
    expect(reports.github?.split("\n").filter((line) => !/^::|^$/.test(line))).toEqual([]);
  });
});

describe("An app that sends the visitor elsewhere", () => {
  it.each(["file:///etc/passwd", "javascript:alert(1)", "ftp://localhost/", "//", "http://[::1"])(
    "by %s: it is not followed",
    async (location) => {
      const port = await startOctets(
        () =>
          `HTTP/1.1 302 Found\r\nLocation: ${location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
      );
      const { status, stderr } = await rehearsed(port);
      expect([0, 1, 3], stderr).toContain(status);
      expect(stderr).not.toMatch(/root:|\bat .*\.(?:js|ts):\d/);
    },
  );

  it("to another service of this machine: that is never asked", async () => {
    let asked = 0;
    const other = await startOctets(() => {
      asked++;
      return page("secret");
    });
    const to = `http://127.0.0.1:${other}/`;
    const body = `<a href="${to}">a</a><img src="${to}"><form action="${to}" method=post><input name=a></form>`;
    const port = await startOctets((path) =>
      path === "/"
        ? page(body)
        : `HTTP/1.1 302 Found\r\nLocation: ${to}\r\nContent-Length: 0\r\n\r\n`,
    );
    await rehearsed(port, ["--path", "/away"]);
    expect(asked).toBe(0);
  });
});

describe("An app that speaks no HTTP", () => {
  it.each([
    ["nothing at all", ""],
    ["another protocol", "SSH-2.0-OpenSSH_9.2\r\n"],
    ["half a head", "HTTP/1.1 200 OK\r\nContent-Le"],
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
    ["a status of no class", "HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n"],
  ])("but %s ends it with a clear error or a result", async (_, octets) => {
    const port = await startOctets(() => octets);
    const { status, stderr } = await rehearsed(port);
    expect([1, 3], stderr).toContain(status);
    expect(stderr).toMatch(/^devtls: could not|\S/m);
    expect(stderr).not.toMatch(/\bat .*\.(?:js|ts):\d/);
  });
});
