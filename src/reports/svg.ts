/** A drawing as SVG, for a page that says what its classes look like. */
import { arrowHead, type Drawing, layOut, type Shape } from "../drawing/drawing.js";
import { escapeHtml } from "./escape.js";

/** The looks of its classes, in colours of the page: `--line`, `--bad`. */
export const SVG_STYLE = `
svg { width: 100%; max-width: 760px; display: block; margin: 1rem 0 }
svg text { font: 13px system-ui, sans-serif; fill: currentColor }
svg text.middle { text-anchor: middle }
svg line { stroke: currentColor } svg line.lane { stroke: var(--line) } svg path { fill: currentColor }
svg line.wrong { stroke: var(--bad) } svg text.wrong, svg path.wrong { fill: var(--bad) }`;

/** An element of HTML; all text is escaped. */
export function drawSvg(drawing: Drawing): string {
  const { width, height, shapes } = layOut(drawing);
  const label = escapeHtml(drawing.title);
  const drawn = shapes.map(svgOf).join("");
  return `<svg role="img" aria-label="${label}" viewBox="0 0 ${width} ${height}">${drawn}</svg>`;
}

function svgOf(shape: Shape): string {
  switch (shape.kind) {
    case "lane":
      return `<text class="middle" x="${shape.x}" y="40">${shape.text}</text><line class="lane" x1="${shape.x}" x2="${shape.x}" y1="${shape.y1 + 4}" y2="${shape.y2}"/>`;
    case "note":
      return `<text x="${shape.x}" y="${shape.y}">${escapeHtml(shape.text)}</text>`;
    case "arrow": {
      const { x1, x2, y, text, wrong } = shape;
      const more = wrong ? ' class="wrong"' : "";
      return `<line${more} x1="${x1}" x2="${x2}" y1="${y}" y2="${y}"/><path${more} d="${arrowHead(x1, x2, y)}"/><text class="middle${wrong ? " wrong" : ""}" x="${(x1 + x2) / 2}" y="${y - 6}">${escapeHtml(text)}</text>`;
    }
  }
}
