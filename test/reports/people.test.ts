/** Reports for people say what is wrong, and hostile text stays text. */
import { describe, expect, it } from "vitest";
import { format, parseWanted } from "../../src/reports/formats.js";
import { github } from "../../src/reports/github.js";
import { html } from "../../src/reports/html.js";
import { markdown } from "../../src/reports/markdown.js";
import { HOSTILE, result, SAMPLE } from "./sample.js";

describe("HTML", () => {
  const page = html(SAMPLE);

  it("loads nothing and runs nothing", () => {
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/<script|<link|<img|\bsrc=|url\(|@import|\bon\w+=/i);
  });

  it("has the table, broken edges first, the fixes, and the loop as a drawing", () => {
    const names = [...page.matchAll(/<th scope="row">([^<]*)<\/th><td class="(\w+)"/g)];
    expect(names.map(([, , status]) => status)).toEqual(["failed", "failed", "skipped", "passed"]);
    expect(page).toContain("<pre>app.set(&#39;trust proxy&#39;, 1);</pre>");
    expect(page.match(/<svg /g)).toHaveLength(2);
    expect(page.match(/<text class="middle wrong"[^>]*>301, Location/g)).toHaveLength(1);
  });

  it("keeps hostile text as text", () => {
    expect(page).toContain("&lt;/pre&gt;&lt;script&gt;alert(1)");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(page).not.toMatch(/[\x00\x1b\x9b]/);
  });
});

describe("Markdown", () => {
  const text = markdown(SAMPLE);

  it("is a table of one line an edge", () => {
    const rows = text.split("\n").filter((line) => /^\| (?:✅|❌|⚪)/.test(line));
    expect(rows).toHaveLength(SAMPLE.cases.length);
    for (const row of rows) expect(row.match(/(?<!\\)\|/g)).toHaveLength(4);
    expect(rows[0]).toBe(
      "| ❌ | heroku | redirect-loop: app-ignores-forwarded-proto (proved) `/login` |",
    );
  });

  it("keeps hostile text as text", () => {
    // Fenced lines are text whatever they say.
    const outside = text.replace(/^(`{3,})\n[\s\S]*?\n\1$/gm, "").replace(/(`+)[^`\n].*?\1/g, "");
    expect(outside).not.toMatch(/<script|(?<!\\)\]\(javascript|@everyone/);
  });

  it("leaves out details that GitHub would cut off", () => {
    const many = Array.from({ length: 300 }, (_, at) =>
      result({ title: `finding ${at}`, message: "x".repeat(300) }),
    );
    const long = markdown({ ...SAMPLE, common: many });
    expect(long).toContain("too long to be shown");
  });
});

describe("GitHub's annotations", () => {
  const lines = github(SAMPLE).trimEnd().split("\n");

  it("are one command a finding, with the file and the edges", () => {
    expect(lines[0]).toMatch(/^::warning title=cookie-not-secure%3A/);
    expect(lines[1]).toMatch(/^::error file=src\/a pp#1.js,line=7,title=.*\(heroku\)::GET /);
    expect(lines[1]).toContain("%0ATo fix it:%0Aapp.set");
  });

  it("let hostile text give no command", () => {
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line).toMatch(/^::(?:error|warning|notice) /);
  });

  it("name an edge that failed without a finding", () => {
    const cases = [
      { name: "fly", status: "failed", detail: "502: too large", results: [] },
    ] as const;
    expect(github({ ...SAMPLE, common: [], cases })).toBe("::error title=fly::502: too large\n");
  });
});

describe("--report", () => {
  it.each(["junit", "sarif", "markdown", "html", "github", "json"])("knows %s", (name) => {
    expect(parseWanted(`${name}=a=b.txt`)).toEqual({ format: name, file: "a=b.txt" });
    expect(format(name, SAMPLE, { own: 1 }).length).toBeGreaterThan(5);
  });

  it.each([
    ["html", "the file is missing"],
    ["html=", "the file is missing"],
    ["htm=x", "did you mean html?"],
    ["pdf=x", "there is no such value"],
  ])("refuses %s", (text, problem) => {
    expect(() => parseWanted(text)).toThrow(problem);
  });
});

it.each(["junit", "sarif", "markdown", "html", "github", "json"])(
  "%s holds nothing that a terminal acts on",
  (name) => {
    const json = { [HOSTILE]: HOSTILE };
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(format(name, SAMPLE, json)).not.toMatch(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/);
  },
);
