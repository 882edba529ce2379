/** An edge elsewhere is asked at most ten times a second, and an interrupted capture goes on. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { echoSource } from "../../src/capture/echoes/index.js";
import { LAUNCHER, runProgram } from "../support/cli.js";
import { folderUntilEnd, temporaryHome } from "../support/programs.js";
import { describeUnless, missing } from "../support/tools.js";

/** Some hundred requests at ten a second, and what comes before and after. */
const TIME_MS = 120_000;
const TOKEN = "token-of-the-test";
/** Of those for documentation (RFC 5737); it is there in the network of the test only. */
const ADDRESS = "192.0.2.7";
const INTERRUPT_AT = 30;

const OWN_NETWORK = process.getuid?.() === 0 ? ["--net"] : ["--net", "--map-root-user"];
const SETUP = `ip link set lo up && ip addr add ${ADDRESS}/32 dev lo && exec "$@"`;

function whyNot(): string | undefined {
  const absent = missing(["unshare", "ip"]);
  if (absent !== undefined) return absent;
  const { status } = spawnSync("unshare", [...OWN_NETWORK, "ip", "link", "set", "lo", "up"]);
  return status === 0 ? undefined : "this machine allows no network namespace";
}

describeUnless(whyNot(), "an edge that is not on this machine", () => {
  it(
    "is asked slowly, and once",
    async () => {
      const folder = folderUntilEnd("devtls-remote-");
      const home = temporaryHome();
      const out = join(folder, "edge.json");
      writeFileSync(join(folder, "echo.cjs"), echoSource("node", TOKEN));
      const harness = [join(import.meta.dirname, "remote-edge.cjs"), LAUNCHER];
      const args = [join(folder, "echo.cjs"), ADDRESS, "20080", TOKEN, out, String(INTERRUPT_AT)];
      const { stdout, stderr } = await runProgram(
        "unshare",
        [...OWN_NETWORK, "sh", "-c", SETUP, "sh", process.execPath, ...harness, ...args],
        { env: home.env },
      );
      expect(stderr).toBe("");
      const { runs, times } = JSON.parse(stdout) as {
        runs: { status: number; stderr: string; asked: number }[];
        times: number[];
      };
      const [stopped, whole] = runs as [(typeof runs)[0], (typeof runs)[0]];
      expect(stopped.status).toBe(1);
      expect(stopped.stderr).toMatch(/stopped after \d+ requests/);
      expect(stopped.stderr).toContain("Run the same command again: it goes on there");
      expect(whole.stderr).toMatch(/Going on where the last run stopped: \d+ were asked/);
      expect(whole.status).toBe(0);
      expect(existsSync(out)).toBe(true);
      // What was asked before is not asked again: only what shows that the echo is there.
      const [, kept] = /stopped: (\d+) were/.exec(whole.stderr) as unknown as [string, string];
      const [, checked] = /of (\d+) questions/.exec(whole.stderr) as unknown as [string, string];
      expect(Number(kept)).toBeGreaterThan(INTERRUPT_AT / 2);
      expect(whole.asked - stopped.asked).toBeLessThan(Number(checked) - Number(kept) + 15);
      // A machine that is busy only makes it slower.
      const seconds = ((times.at(-1) as number) - (times[stopped.asked] as number)) / 1000;
      expect((times.length - stopped.asked - 1) / seconds).toBeLessThan(10.5);
      expect(readdirSync(join(home.folder, "state", "captures"))).toEqual([]);
    },
    TIME_MS,
  );
});
