/** A loop drawn: three lanes, an arrow for whatever was said, the hop that goes wrong marked. */
import { describe, expect, it } from "vitest";
import { arrowsOf, type Drawing, drawSvg, drawText } from "../../src/inspect/drawing.js";

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
const LOOP: Drawing = { title: "A loop", hops: [hop, { ...hop, own: true }], ending: "and so on" };

describe("A drawing", () => {
  it("has an arrow from browser to edge, to the app, and back", () => {
    expect(arrowsOf(LOOP).map(({ from, to, text }) => [from, to, text])).toEqual([
      [0, 1, "GET /"],
      [1, 2, "X-Forwarded-Proto: http"],
      [2, 0, "301 -> / (again)"],
      [0, 1, "GET /"],
      [1, 0, "301 -> / (again)"],
    ]);
  });

  it("names the scheme and the host where they are others than at first", () => {
    const [, , answer] = arrowsOf({ ...LOOP, hops: [{ ...hop, location: "http://localhost/" }] });
    expect(answer?.text).toContain("http://localhost/");
  });

  it("fits into 84 columns as text, whatever is said", () => {
    const long = { ...hop, url: `https://localhost:8443/${"x".repeat(500)}` };
    const lines = drawText({ ...LOOP, hops: [long, hop] });
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(84);
    expect(lines.join("\n")).toMatch(/ 1 │─ GET \/x+… ─+>│ +│/);
    expect(lines.join("\n")).toMatch(/<─ 301 -> \/ \(again\) ─+│ !!/);
  });

  it("lets nothing that was said steer a terminal or become markup", () => {
    const evil = { ...hop, location: '\u001b[2J</text><script>alert("1")</script>&' };
    const drawing = { ...LOOP, title: "<b>\n\u009b", hops: [evil] };
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be there
    expect(drawText(drawing).join("")).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
    const svg = drawSvg(drawing);
    expect(svg).not.toMatch(/<script|<b>/);
    expect(svg).toContain("&lt;script&gt;");
  });
});
