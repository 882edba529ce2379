/** The Model Context Protocol in both revisions, and what a client may get wrong. */
import { describe, expect, it } from "vitest";
import { McpServer, type Tool } from "../../src/inspect/mcp.js";

const TOOL: Tool = {
  name: "echo",
  title: "Echo",
  description: "says it again",
  inputSchema: { type: "object" },
  readOnly: true,
  run: async (parameters) => {
    if (parameters.fail) throw Object.assign(new Error("could not"), { hint: "do this" });
    return parameters;
  },
};
const server = new McpServer({ name: "devtls", version: "1" }, "Read this.", [TOOL]);
const META = { "io.modelcontextprotocol/protocolVersion": "2026-07-28" };

async function ask(method: string, params: object = {}) {
  return JSON.parse(
    (await server.answer(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }))) ?? "",
  );
}

describe("A client of 2025-11-25", () => {
  it("opens, lists and calls", async () => {
    const opened = await ask("initialize", { protocolVersion: "2025-11-25", capabilities: {} });
    expect(opened.result).toMatchObject({
      protocolVersion: "2025-11-25",
      capabilities: { tools: {} },
      serverInfo: { name: "devtls" },
    });
    const note = JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" });
    expect(await server.answer(note)).toBeUndefined();
    const { tools } = (await ask("tools/list")).result;
    expect(tools).toMatchObject([{ name: "echo", annotations: { readOnlyHint: true } }]);
    expect(tools[0]).not.toHaveProperty("run");
    const called = await ask("tools/call", { name: "echo", arguments: { a: 1 } });
    expect(called.result).toMatchObject({
      isError: false,
      structuredContent: { result: { a: 1 } },
    });
    expect(called.result).not.toHaveProperty("resultType");
  });

  it("of the revision before it is answered in its own", async () => {
    const { result } = await ask("initialize", { protocolVersion: "2025-06-18" });
    expect(result.protocolVersion).toBe("2025-06-18");
  });

  it("that asks for another version is offered this one", async () => {
    const opened = await ask("initialize", { protocolVersion: "2024-11-05" });
    expect(opened.result.protocolVersion).toBe("2025-11-25");
  });
});

describe("A client of 2026-07-28", () => {
  it("discovers, lists and calls without opening anything", async () => {
    const { result } = await ask("server/discover", { _meta: META });
    expect(result).toMatchObject({ resultType: "complete", supportedVersions: ["2026-07-28"] });
    const listed = await ask("tools/list", { _meta: META });
    expect(listed.result).toMatchObject({ resultType: "complete", cacheScope: "private" });
    const called = await ask("tools/call", { _meta: META, name: "echo" });
    expect(called.result).toMatchObject({ resultType: "complete", isError: false });
  });

  it("of a later revision is told which is spoken", async () => {
    const _meta = { "io.modelcontextprotocol/protocolVersion": "2099-01-01" };
    const { error } = await ask("tools/list", { _meta });
    expect(error).toMatchObject({ code: -32022, data: { supported: ["2026-07-28"] } });
  });
});

describe("What goes wrong", () => {
  it("in a tool is an answer with the next step", async () => {
    const { result } = await ask("tools/call", { name: "echo", arguments: { fail: true } });
    expect(result).toMatchObject({ isError: true, content: [{ text: "could not\ndo this" }] });
  });

  it.each([
    ["no JSON", "{", -32700],
    ["a list", "[]", -32600],
    ["another JSON-RPC", '{"id":1,"method":"ping"}', -32600],
    ["no such method", '{"jsonrpc":"2.0","id":1,"method":"x"}', -32601],
    [
      "no such tool",
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}',
      -32602,
    ],
    ["a method of Object", '{"jsonrpc":"2.0","id":1,"method":"constructor"}', -32601],
  ])("in the protocol has its code: %s", async (_, line, code) => {
    expect(JSON.parse((await server.answer(line)) ?? "").error.code).toBe(code);
  });
});
