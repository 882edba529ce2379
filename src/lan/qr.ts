/** QR codes (ISO/IEC 18004) for terminals and as SVG. */
import { type Bitmap2D, generate } from "lean-qr";

/** Light modules around the code, without which scanners do not find it (ISO/IEC 18004 6.3.8). */
const QUIET_ZONE = 4;
/** Of terminals, where rows are dear; scanners manage. */
const TERMINAL_QUIET_ZONE = 2;

/**
 * The code as text, two rows of modules a line. Light modules are drawn and dark ones are left, as
 * most terminals are light on dark.
 */
export function terminalQr(text: string): string[] {
  const code = generate(text);
  const lines: string[] = [];
  for (let y = -TERMINAL_QUIET_ZONE; y < code.size + TERMINAL_QUIET_ZONE; y += 2) {
    let line = "";
    for (let x = -TERMINAL_QUIET_ZONE; x < code.size + TERMINAL_QUIET_ZONE; x++) {
      const below = y + 1 < code.size + TERMINAL_QUIET_ZONE;
      line += BLOCKS[(code.get(x, y) ? 0 : 1) + (below && !code.get(x, y + 1) ? 2 : 0)];
    }
    lines.push(line);
  }
  return lines;
}

/** Which half is light: none, the upper, the lower, both. */
const BLOCKS = [" ", "▀", "▄", "█"] as const;

/** The code as an SVG document, black on white whatever is behind it. */
export function svgQr(text: string): string {
  const code = generate(text);
  const side = code.size + 2 * QUIET_ZONE;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${side} ${side}" width="${side * 8}" height="${side * 8}" shape-rendering="crispEdges">
<path fill="#fff" d="M0 0h${side}v${side}H0z"/>
<path fill="#000" d="${modulesOf(code)}"/>
</svg>
`;
}

/** Each run of dark modules in a row as a rectangle. */
function modulesOf(code: Bitmap2D): string {
  let path = "";
  for (let y = 0; y < code.size; y++) {
    for (let x = 0; x < code.size; x++) {
      if (!code.get(x, y) || code.get(x - 1, y)) continue;
      let end = x;
      while (code.get(end, y)) end++;
      path += `M${x + QUIET_ZONE} ${y + QUIET_ZONE}h${end - x}v1h${x - end}z`;
    }
  }
  return path;
}
