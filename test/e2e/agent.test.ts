/** A coding agent, with the SDK of the protocol's makers, mends a Django that loops behind an edge. */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { beforeAll, expect, it } from "vitest";
import { environment, freePort, LAUNCHER } from "../support/cli.js";
import {
  type DjangoProject,
  type DjangoServer,
  djangoProject,
  whyNoDjango,
} from "../support/django.js";
import { atEnd, curl, serveJson, temporaryHome, trusting } from "../support/programs.js";
import { describeUnless, missing } from "../support/tools.js";

interface Listed {
  readonly number: number;
  readonly open: boolean;
  readonly code: string;
  readonly fix: readonly string[];
}

describeUnless(whyNoDjango() ?? missing(["curl"]), "An agent", () => {
  const home = temporaryHome();
  const agent = new Client({ name: "agent", version: "1.0.0" });
  let project: DjangoProject;
  let server: DjangoServer;

  beforeAll(async () => {
    project = await djangoProject();
    server = await project.runserver();
    const inspector = String(await freePort());
    const args = ["--target", String(server.port), "--simulate", "heroku", "--inspect", inspector];
    const run = await serveJson(args, home);
    const visit = ["--location", "--max-redirs", "5", "--output", "/dev/null"];
    await curl([...trusting(home), ...visit, `${run.url}/admin/?token=s3cret`]);
    await run.waitFor(({ event }) => event === "finding");
    await agent.connect(
      new StdioClientTransport({
        ...{ command: process.execPath, args: [LAUNCHER, "mcp"] },
        env: environment(home.env),
      }),
    );
    atEnd(() => agent.close());
  });

  async function call<Result>(name: string, given: Record<string, unknown> = {}): Promise<Result> {
    const { structuredContent, isError, content } = await agent.callTool({
      name,
      arguments: given,
    });
    expect(isError, JSON.stringify(content)).toBe(false);
    return (structuredContent as { result: Result }).result;
  }

  it("is told who answers, and which tools there are", async () => {
    expect(agent.getServerVersion()).toMatchObject({ name: "devtls" });
    expect(agent.getInstructions()).toContain("list_findings");
    await agent.ping();
    const { tools } = await agent.listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      ...["list_findings", "explain", "list_exchanges", "get_exchange", "replay_with"],
      ...["verify_fix", "rehearse", "trust_status"],
    ]);
  });

  it("hears what was wrong with a call, and goes on", async () => {
    await expect(agent.callTool({ name: "no_such_tool" })).rejects.toMatchObject({ code: -32602 });
    const { isError, content } = await agent.callTool({
      name: "verify_fix",
      arguments: { finding: 99 },
    });
    expect(isError).toBe(true);
    expect(content).toEqual([{ type: "text", text: expect.stringContaining("could not verify") }]);
    const unchanged = { id: 1, name: "Host", value: "elsewhere.test" };
    const pinned = await agent.callTool({ name: "replay_with", arguments: unchanged });
    expect(pinned).toMatchObject({ isError: true });
  });

  it("sees the request of each side, and no secret", async () => {
    const exchange = await call<object>("get_exchange", { id: 1, edge: "none" });
    expect(exchange).toMatchObject({ status: 301, browser: {}, app: {}, asEdge: [{}] });
    expect(JSON.stringify(exchange)).not.toContain("s3cret");
  });

  it("puts the printed line into settings.py, restarts, and has the fix verified", async () => {
    const [finding] = await call<readonly Listed[]>("list_findings");
    expect(finding).toMatchObject({ code: "redirect-loop", open: true, framework: "django" });
    const { number = 0, fix = [] } = finding ?? {};
    expect(await call("verify_fix", { finding: number })).toMatchObject({ fixed: false });
    project.addSettings(fix.join("\n"));
    await server.stop();
    const down = await agent.callTool({ name: "verify_fix", arguments: { finding: number } });
    expect(down).toMatchObject({ isError: true });
    server = await project.runserver(server.port);
    expect(await call("verify_fix", { finding: number })).toMatchObject({
      ...{ fixed: true, before: expect.stringMatching(/^301 /) },
      after: expect.stringMatching(/^302 \/admin\/login\//),
    });
    expect(await call("list_findings")).toMatchObject([{ number, open: false }]);
  });
});
