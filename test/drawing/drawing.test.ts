/** A loop drawn: three lanes, an arrow for whatever was said, the hop that goes wrong marked. */
import { describe, expect, it } from "vitest";
import { arrowsOf, type Drawing, drawingOfChain, drawText } from "../../src/drawing/drawing.js";
import { drawSvg } from "../../src/reports/svg.js";

const hop = {
  method: "GET",
  url: "https://localhost:8443/",
  told: ["X-Forwarded-Proto: http"],
  status: 301,
  location: "https://localhost:8443/",
  cookies: [],
  own: false,
  wrong: "again",
};
const LOOP: Drawing = {
  title: "A loop",
  arrows: arrowsOf([hop, { ...hop, own: true }]),
  ending: "and so on",
};

describe("A drawing", () => {
  it("has an arrow from browser to edge, to the app, and back", () => {
    expect(LOOP.arrows.map(({ from, to, text }) => [from, to, text])).toEqual([
      [0, 1, "GET /"],
      [1, 2, "X-Forwarded-Proto: http"],
      [2, 0, "301 -> / (again)"],
      [0, 1, "GET /"],
      [1, 0, "301 -> / (again)"],
    ]);
  });

  it("names the scheme and the host where they are others than at first", () => {
    const [, , answer] = arrowsOf([{ ...hop, location: "http://localhost/" }]);
    expect(answer?.text).toContain("http://localhost/");
  });

  it("fits into 84 columns as text, whatever is said", () => {
    const long = { ...hop, url: `https://localhost:8443/${"x".repeat(500)}` };
    const lines = drawText({ ...LOOP, arrows: arrowsOf([long, hop]) });
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(84);
    expect(lines.join("\n")).toMatch(/ 1 │─ GET \/x+… ─+>│ +│/);
    expect(lines.join("\n")).toMatch(/<─ 301 -> \/ \(again\) ─+│ !!/);
  });

  it("lets nothing that was said steer a terminal or become markup", () => {
    const evil = { ...hop, location: '\u001b[2J</text><script>alert("1")</script>&' };
    const drawing = { ...LOOP, title: "<b>\n\u009b", arrows: arrowsOf([evil]) };
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be there
    expect(drawText(drawing).join("")).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
    const svg = drawSvg(drawing);
    expect(svg).not.toMatch(/<script|<b>/);
    expect(svg).toContain("&lt;script&gt;");
  });
});

describe("The chain of a finding", () => {
  const pairs = (chain: readonly string[], isLoop = true) =>
    drawingOfChain("x", chain, isLoop)?.arrows.map(({ from, to, text, wrong }) => [
      ...[from, to, text],
      ...(wrong ? ["!"] : []),
    ]);

  it("is drawn, and the answer that sends back is the wrong one", () => {
    const chain = [
      "browser  GET https://localhost/",
      "app told X-Forwarded-Proto: http",
      "app      301, Location: https://localhost/",
      "browser  the same request again: a loop",
    ];
    expect(pairs(chain)).toEqual([
      [0, 1, "GET https://localhost/"],
      [1, 2, "X-Forwarded-Proto: http"],
      [2, 0, "301, Location: https://localhost/", "!"],
      [0, 1, "the same request again: a loop"],
    ]);
  });

  it("of two sides that disagree has request and answer of each", () => {
    const chain = [
      "edge  GET http://a/ -> 308 https://a/",
      "app   GET https://a/ -> 302 http://a/",
    ];
    expect(pairs(chain)).toEqual([
      [0, 1, "GET http://a/"],
      [1, 0, "308 https://a/"],
      [0, 2, "GET https://a/"],
      [2, 0, "302 http://a/", "!"],
    ]);
  });

  it("that is no loop goes wrong at its end, and one that names no speaker is not drawn", () => {
    expect(pairs(["browser  POST /", "app      403"], false)?.at(-1)).toEqual([2, 0, "403", "!"]);
    expect(pairs(["control  200 at /", "heroku  302 at /login"])).toBeUndefined();
    expect(pairs([])).toBeUndefined();
  });
});
