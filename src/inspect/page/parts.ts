/** What views are made of: lines with their marks, the drawing, an action that may be refused. */
import { arrowHead, type Drawing, layOut } from "../../drawing/drawing.js";
import { type Child, h, s, say } from "./dom.js";
import type { ComparedLine, View } from "./interface.js";

const MARKS = { same: "", added: "+ ", changed: "~ ", removed: "− " } as const;
const SAID = { same: "", added: "added: ", changed: "changed: ", removed: "removed: " } as const;

function lineOf({ name, value, mark, before }: ComparedLine): HTMLElement {
  return h(
    "li",
    { class: mark === "same" ? undefined : mark, title: before && `before: ${before}` },
    mark !== "same" && h("span", { class: "hidden" }, SAID[mark]),
    h("span", { class: "mark", "aria-hidden": "true" }, MARKS[mark]),
    h("span", { class: "name" }, `${name}: `),
    h("span", { class: "value" }, value),
    before !== undefined && h("span", { class: "soft" }, ` (was ${before})`),
  );
}

export function viewOf(title: Child, view: View | undefined, empty: string): HTMLElement {
  return h(
    "section",
    { class: "view" },
    h("h4", {}, title),
    view
      ? h("ul", { class: "lines" }, h("li", { class: "soft" }, view.line), view.lines.map(lineOf))
      : h("p", { class: "soft" }, empty),
  );
}

export function pairsAsLines(lines: readonly string[]): ComparedLine[] {
  return lines.flatMap((name, at) =>
    at % 2 === 0 ? [{ name, value: lines[at + 1] ?? "", mark: "same" as const }] : [],
  );
}

export function svgOf(drawing: Drawing): SVGElement {
  const { width, height, shapes } = layOut(drawing);
  const picture = s("svg", {
    ...{ viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": drawing.title, width },
  });
  for (const shape of shapes) {
    if (shape.kind === "lane") {
      const { x, y1, y2, text } = shape;
      picture.append(
        s("text", { x, y: 40, class: "middle" }, text),
        s("line", { x1: x, x2: x, y1: y1 + 4, y2, class: "lane" }),
      );
    } else if (shape.kind === "note") {
      picture.append(s("text", { x: shape.x, y: shape.y }, shape.text));
    } else {
      const { x1, x2, y, text, wrong } = shape;
      const more = wrong ? " wrong" : "";
      picture.append(
        s("line", { x1, x2, y1: y, y2: y, class: `arrow${more}` }),
        s("path", { d: arrowHead(x1, x2, y), class: `tip${more}` }),
        s("text", { x: (x1 + x2) / 2, y: y - 6, class: `middle${more}` }, text),
      );
    }
  }
  return picture;
}

/** Does something that may be refused, and says why. */
export async function attempt(action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  }
}
