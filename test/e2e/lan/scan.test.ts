/** The code that `serve --lan` prints is one that scanners read. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { freePort, LAUNCHER, runProgram } from "../../support/cli.js";
import { whyNoNetwork } from "../../support/network.js";
import { folderUntilEnd, type Running } from "../../support/programs.js";
import { describeUnless } from "../../support/tools.js";
import { type Desk, setDesk } from "./desk.js";

/** Pixels of a module. */
const SCALE = 8;

/** What a terminal shows as a grey image (PGM), light where the characters are. */
function imageOf(lines: readonly string[], [ink, paper]: readonly [number, number]): Buffer {
  const halves = lines.flatMap((line) => [
    [...line].map((character) => "▀█".includes(character)),
    [...line].map((character) => "▄█".includes(character)),
  ]);
  const width = Math.max(...halves.map((row) => row.length));
  const rows = halves.flatMap((row) => {
    const pixels = Array.from({ length: width }, (_, x) => (row[x] ? ink : paper));
    const line = Buffer.from(pixels.flatMap((pixel) => Array<number>(SCALE).fill(pixel)));
    return Array<Buffer>(SCALE).fill(line);
  });
  const head = Buffer.from(`P5\n${width * SCALE} ${rows.length}\n255\n`);
  return Buffer.concat([head, ...rows]);
}

/** The lines of a terminal that are drawn with half blocks. */
function codeIn(text: string): string[] {
  return text.split("\n").filter((line) => /^[ ▀▄█]{20,}$/.test(line));
}

async function scan(path: string): Promise<string> {
  const { stdout } = await runProgram("zbarimg", ["--quiet", "--raw", path]);
  return stdout.trim();
}

const PROGRAMS = ["zbarimg", "rsvg-convert"];

describeUnless(whyNoNetwork(PROGRAMS), "devtls serve --lan in a terminal", () => {
  const folder = folderUntilEnd("devtls-scan-");
  const file = join(folder, "code.svg");
  let desk: Desk;
  let run: Running;
  let url: string;

  beforeAll(async () => {
    desk = await setDesk();
    run = desk.laptop.start(
      process.execPath,
      [
        ...[LAUNCHER, "serve", "--demo", "--port", String(await freePort())],
        ...["--lan", "--lan-name", "shop", "--lan-qr", file],
      ],
      { env: desk.home.env, cwd: desk.home.folder },
    );
    url = (await run.waitFor(/or open (http:\S+)\n[\s\S]*Root {6}SHA-256 \S+/))[1] as string;
  });

  it.each([
    ["light on dark, as most terminals are", [255, 0]],
    ["dark on light", [0, 255]],
  ] as const)("prints a code that a scanner reads: %s", async (name, colours) => {
    const path = join(folder, `${name.length}.pgm`);
    writeFileSync(path, imageOf(codeIn(run.stderr()), colours));
    const read = await scan(path);
    // Most scanners of phones read the negative of a code; this one does not.
    expect(read).toBe(colours[0] === 255 ? url : "");
  });

  it("writes one as SVG, which nobody else can read before it is scanned", async () => {
    const path = join(folder, "code.png");
    await runProgram("rsvg-convert", ["--output", path, file]);
    expect(await scan(path)).toBe(url);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, "utf8")).not.toContain("script");
  });

  it("keeps to one line on stdout", () => {
    expect(run.stdout()).toMatch(/^https:\/\/localhost:\d+ -> the demo app\n$/);
  });

  describe("and names", () => {
    it("the app by address and by name, the time, and the root", async () => {
      const text = run.stderr();
      expect(text).toMatch(
        /The app {3}https:\/\/192\.168\.77\.1:\d+ and https:\/\/shop\.local:\d+/,
      );
      expect(text).toMatch(/until \d\d:\d\d/);
      const { stdout } = await runProgram("openssl", [
        ...["x509", "-in", desk.home.root, "-noout", "-fingerprint", "-sha256"],
      ]);
      expect(text).toContain(stdout.trim().split("=")[1]);
    });
  });
});
