/** The entry of `devtls mcp` in a project's `.mcp.json`, which coding agents read. Pure. */
import { DevtlsError } from "../errors.js";
import type { Change } from "./propose.js";

export const AGENT_FILE = ".mcp.json";

const ENTRY = { command: "npx", args: ["devtls", "mcp"] } as const;

/**
 * @param before the file as it is; undefined where there is none
 * @returns undefined when there is an entry already
 * @throws DevtlsError "usage" for a file that is something else
 */
export function agentEntry(before: string | undefined): Change | undefined {
  const { mcpServers = {}, ...rest } = read(before);
  if (typeof mcpServers !== "object" || mcpServers === null || Array.isArray(mcpServers)) {
    throw refuse('its "mcpServers" is no object');
  }
  if ("devtls" in mcpServers) return undefined;
  const servers = { ...mcpServers, devtls: ENTRY };
  const after = `${JSON.stringify({ ...rest, mcpServers: servers }, null, 2)}\n`;
  return { file: AGENT_FILE, before, after, what: "devtls mcp, for coding agents" };
}

function read(text: string | undefined): Record<string, unknown> {
  if (text === undefined) return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch (error) {
    throw refuse((error as Error).message);
  }
  throw refuse("it is no object");
}

function refuse(cause: string): DevtlsError {
  return new DevtlsError("usage", `could not read ${AGENT_FILE}: ${cause}`, {
    hint: "Mend it first, or move it away",
  });
}
