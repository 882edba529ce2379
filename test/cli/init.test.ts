/** `devtls init` in folders of real projects. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { freePort, LAUNCHER } from "../support/cli.js";
import { curl, start } from "../support/programs.js";
import { describeWith } from "../support/tools.js";
import { expectFailure, newSandbox, type Sandbox } from "./sandbox.js";

function express(): Sandbox {
  const box = newSandbox();
  const manifest = { scripts: { dev: "node server.cjs" }, dependencies: { express: "5" } };
  writeFileSync(box.path("package.json"), JSON.stringify(manifest, null, 2));
  writeFileSync(
    box.path("server.cjs"),
    'require("http").createServer((q, s) => s.end("here")).listen(process.env.PORT, "127.0.0.1");',
  );
  return box;
}

describe("devtls init", () => {
  it("shows the change and writes nothing with --dry-run", async () => {
    const box = express();
    const before = readFileSync(box.path("package.json"), "utf8");
    const { stdout, stderr, status } = await box.run(["init", "--dry-run"]);
    expect(status).toBe(0);
    expect(stdout).toContain('-     "dev": "node server.cjs"');
    expect(stdout).toContain('+     "dev": "devtls serve -- node server.cjs"');
    expect(stderr).toContain("Found Express.");
    expect(readFileSync(box.path("package.json"), "utf8")).toBe(before);
  });

  it("asks, and without a terminal says what answers", async () => {
    const box = express();
    const { status, stderr } = await box.run(["init"]);
    expect(status).toBe(1);
    expect(stderr).toContain("--yes");
    expect(readFileSync(box.path("package.json"), "utf8")).toContain('"dev": "node server.cjs"');
  });

  it("writes with --yes, once, and names the framework's setting", async () => {
    const box = express();
    const first = await box.run(["init", "--yes"]);
    expect(first.stderr).toContain("app.set('trust proxy', 1)");
    const written = readFileSync(box.path("package.json"), "utf8");
    expect(JSON.parse(written).scripts.dev).toBe("devtls serve -- node server.cjs");
    const second = await box.run(["init", "--yes"]);
    expect(second.stderr).toContain("It starts on https already: npm run dev");
    expect(readFileSync(box.path("package.json"), "utf8")).toBe(written);
  });

  it("knows no project in an empty folder", async () => {
    const box = newSandbox();
    expectFailure(await box.run(["init"]), {
      status: 2,
      message: /^could not make out the project: no known framework in /,
      hint: "Start it by hand: devtls serve -- COMMAND, or devtls serve --target PORT",
    });
    expect(existsSync(box.path("devtls.config.json"))).toBe(false);
  });
});

describeWith(["curl"], "What devtls init wrote", () => {
  it("brings the app up on https", async () => {
    const box = express();
    await box.prepare(["init", "--yes"]);
    const { dev } = JSON.parse(readFileSync(box.path("package.json"), "utf8")).scripts;
    const [, , ...command] = String(dev).split(" ");
    const port = String(await freePort());
    const args = [LAUNCHER, "serve", "--port", port, ...command];
    const run = start(process.execPath, args, { cwd: box.cwd, env: box.env as never });
    const [, url] = await run.waitFor(/^(https:\S+) -> /m);
    const { stdout } = await curl(["--cacert", `${box.state}/rootCA.pem`, `${url}/`]);
    expect(stdout).toBe("here");
    expect(await run.stop()).toBe(0);
  });
});

describe("devtls init --agent", () => {
  const ENTRY = { command: "npx", args: ["devtls", "mcp"] };

  it("shows the entry and writes nothing with --dry-run, and asks without --yes", async () => {
    const box = newSandbox();
    const shown = await box.run(["init", "--agent", "--dry-run"]);
    expect(shown.status).toBe(0);
    expect(shown.stdout).toContain('"devtls"');
    const asked = await box.run(["init", "--agent"]);
    expect(asked.status).toBe(1);
    expect(asked.stderr).toContain("--yes");
    expect(existsSync(box.path(".mcp.json"))).toBe(false);
  });

  it("writes it beside what is there, once, and says so", async () => {
    const box = newSandbox();
    const others = { inputs: [], mcpServers: { other: { command: "other" } } };
    writeFileSync(box.path(".mcp.json"), JSON.stringify(others));
    const first = await box.run(["init", "--agent", "--yes"]);
    expect(first.stderr).toContain("Wrote .mcp.json");
    const written = readFileSync(box.path(".mcp.json"), "utf8");
    expect(JSON.parse(written)).toEqual({
      ...others,
      mcpServers: { ...others.mcpServers, devtls: ENTRY },
    });
    expect((await box.run(["init", "--agent", "--yes"])).stderr).toContain("has it already");
    expect(readFileSync(box.path(".mcp.json"), "utf8")).toBe(written);
  });

  it.each(["{", "[]", '{"mcpServers": []}', '"text"'])(
    "leaves a file alone that is none: %s",
    async (text) => {
      const box = newSandbox();
      writeFileSync(box.path(".mcp.json"), text);
      const { status, stderr } = await box.run(["init", "--agent", "--yes"]);
      expect({ status, stderr }).toEqual({
        status: 2,
        stderr: expect.stringContaining("could not read .mcp.json"),
      });
      expect(readFileSync(box.path(".mcp.json"), "utf8")).toBe(text);
    },
  );
});
