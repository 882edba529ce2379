/**
 * The Model Context Protocol for a server that has tools only: JSON-RPC 2.0 messages in, answers
 * out. 2026-07-28, in which each request names its version and nothing is opened first, and the
 * revisions before it that begin with `initialize`; for tools they are the same.
 */

const MODERN = "2026-07-28";
/** Newest first: what is offered to whoever asks for another one. */
const OPENED = ["2025-11-25", "2025-06-18"] as const;

const META_VERSION = "io.modelcontextprotocol/protocolVersion";
const META_SERVER = "io.modelcontextprotocol/serverInfo";

/** JSON-RPC 2.0, 5.1; the last one is MCP's own. */
const CODES = {
  parse: -32700,
  request: -32600,
  method: -32601,
  params: -32602,
  version: -32022,
} as const;

/** What a client may remember of the list of tools: it changes with the program only. */
const CACHED = { ttlMs: 3_600_000, cacheScope: "private" } as const;

export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** JSON Schema of its arguments. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
  /** What it throws becomes an answer that says so. */
  readonly run: (parameters: Readonly<Record<string, unknown>>) => Promise<unknown>;
  /** It changes nothing, here or in the app. */
  readonly readOnly: boolean;
}

export interface ServerInfo {
  readonly name: string;
  readonly version: string;
}

type Loose = Readonly<Record<string, unknown>>;

class RpcError extends Error {
  readonly code: number;
  readonly data: unknown;

  constructor(code: keyof typeof CODES, message: string, data?: unknown) {
    super(message);
    this.code = CODES[code];
    this.data = data;
  }
}

export class McpServer {
  readonly #tools: readonly Tool[];
  readonly #info: ServerInfo;
  readonly #instructions: string;

  constructor(info: ServerInfo, instructions: string, tools: readonly Tool[]) {
    this.#info = info;
    this.#instructions = instructions;
    this.#tools = tools;
  }

  /** @returns the line to answer with; undefined where none is due */
  async answer(line: string): Promise<string | undefined> {
    let id: unknown = null;
    try {
      const message = parse(line);
      const { method, params = {} } = message;
      const isRequest = typeof message.id === "string" || typeof message.id === "number";
      id = isRequest ? message.id : null;
      if (message.jsonrpc !== "2.0") throw new RpcError("request", "not JSON-RPC 2.0");
      if (method === undefined && !isRequest) throw new RpcError("request", "no method");
      // Answers, and what nobody has to answer.
      if (typeof method !== "string" || !isRequest) return undefined;
      const result = await this.#call(method, objectOf(params) ?? {});
      return JSON.stringify({ jsonrpc: "2.0", id, result });
    } catch (error) {
      const { code, message, data } =
        error instanceof RpcError
          ? error
          : { code: -32603, message: String(error), data: undefined };
      const details = data === undefined ? {} : { data };
      return JSON.stringify({ jsonrpc: "2.0", id, error: { code, message, ...details } });
    }
  }

  async #call(method: string, params: Loose): Promise<unknown> {
    const requested = objectOf(params._meta)?.[META_VERSION];
    const isModern = requested !== undefined;
    if (isModern && requested !== MODERN) {
      const data = { supported: [MODERN], requested };
      throw new RpcError("version", "Unsupported protocol version", data);
    }
    const complete = { resultType: "complete", _meta: { [META_SERVER]: this.#info } };
    switch (method) {
      case "server/discover":
        return {
          ...complete,
          ...CACHED,
          supportedVersions: [MODERN],
          ...this.#about(),
        };
      case "initialize": {
        const spoken = OPENED.find((version) => version === params.protocolVersion) ?? OPENED[0];
        return { protocolVersion: spoken, ...this.#about() };
      }
      case "ping":
        return isModern ? complete : {};
      case "tools/list": {
        const tools = this.#tools.map(({ run: _, readOnly, ...tool }) => ({
          ...tool,
          annotations: { readOnlyHint: readOnly, destructiveHint: false, openWorldHint: false },
        }));
        return isModern ? { ...complete, ...CACHED, tools } : { tools };
      }
      case "tools/call": {
        const result = await this.#run(params);
        return isModern ? { ...complete, ...result } : result;
      }
      default:
        throw new RpcError("method", `there is no method ${method}`);
    }
  }

  #about() {
    const capabilities = { tools: {} };
    return { capabilities, serverInfo: this.#info, instructions: this.#instructions };
  }

  async #run({ name, arguments: given = {} }: Loose): Promise<Loose> {
    const tool = this.#tools.find((each) => each.name === name);
    const parameters = objectOf(given);
    if (!tool) throw new RpcError("params", `there is no tool ${String(name)}`);
    if (!parameters) throw new RpcError("params", "the arguments are no object");
    try {
      const value = await tool.run(parameters);
      const text = JSON.stringify(value, null, 2);
      return {
        content: [{ type: "text", text }],
        structuredContent: { result: value },
        isError: false,
      };
    } catch (error) {
      const { message, hint } = error as { message?: string; hint?: string };
      const text = hint === undefined ? String(message) : `${message}\n${hint}`;
      return { content: [{ type: "text", text }], isError: true };
    }
  }
}

function parse(line: string): Loose {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new RpcError("parse", "not JSON");
  }
  const message = objectOf(value);
  if (!message) throw new RpcError("request", "not an object");
  return message;
}

function objectOf(value: unknown): Loose | undefined {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? (value as Loose) : undefined;
}
