/** The tools of `devtls mcp`, over the interface of a running inspector. */
import { DevtlsError } from "../errors.js";
import type { Tool } from "./mcp.js";
import { redactedLines, redactedUrl } from "./secrets.js";

export interface ToolSurroundings {
  /** Asks the inspector of the running `serve`. */
  ask(path: string, body?: unknown): Promise<unknown>;
  explain(code: string): unknown;
  /** Runs this program once more, with arguments, for its JSON. */
  run(args: readonly string[]): Promise<unknown>;
  readonly secrets: boolean;
}

const NUMBER = { type: "integer", minimum: 1 } as const;

export function toolsOf({ ask, explain, run, secrets }: ToolSurroundings): Tool[] {
  const query = secrets ? "" : "secrets=0";
  return [
    {
      name: "list_findings",
      title: "List findings",
      description:
        "What devtls found wrong between browser, edge and app in the running dev server: code, cause, proof, the lines that fix it, and whether it is still so. Start here.",
      inputSchema: schema({}),
      readOnly: true,
      run: async () => {
        const findings = (await ask("findings")) as {
          number: number;
          open: boolean;
          finding: object;
        }[];
        const listed = findings.map(({ number, open, finding }) => ({ number, open, ...finding }));
        return secrets ? listed : withoutSecrets(listed);
      },
    },
    {
      name: "explain",
      title: "Explain a finding code",
      description: "A finding code in full: what happens, why, and the fix for every framework.",
      inputSchema: schema({ code: { type: "string" } }, ["code"]),
      readOnly: true,
      run: async ({ code }) => explain(textOf(code, "code")),
    },
    {
      name: "list_exchanges",
      title: "List exchanges",
      description: "The newest requests that the dev server was sent, with status and findings.",
      inputSchema: schema({ limit: { type: "integer", minimum: 1, maximum: 500 } }),
      readOnly: true,
      run: async ({ limit = 50 }) => {
        const rows = (await ask("exchanges")) as object[];
        const newest = rows.slice(-numberOf(limit, "limit"));
        return secrets ? newest : withoutSecrets(newest);
      },
    },
    {
      name: "get_exchange",
      title: "Get an exchange",
      description:
        "One request as the browser sent it, as the app was told, and with `edge` as that production edge would tell it, with the answer and its cookies.",
      inputSchema: schema({ id: NUMBER, edge: { type: "string" } }, ["id"]),
      readOnly: true,
      run: async ({ id, edge }) => {
        const path = `exchanges/${numberOf(id, "id")}`;
        const exchange = (await ask(`${path}?${query}`)) as object;
        const name = edge === undefined ? "" : encodeURIComponent(textOf(edge, "edge"));
        const whole =
          edge === undefined
            ? exchange
            : { ...exchange, asEdge: await ask(`${path}/as?edge=${name}&${query}`) };
        // Findings quote the URLs that they were seen on.
        return secrets ? whole : withoutSecrets(whole);
      },
    },
    {
      name: "replay_with",
      title: "Replay with one header changed",
      description:
        "Sends a GET or HEAD of the running dev server once more with one header of what the app is told set (or dropped, without a value), and compares the answers. It goes to the configured target and nowhere else.",
      inputSchema: schema(
        {
          id: NUMBER,
          name: { type: "string" },
          value: { type: "string" },
          edge: { type: "string" },
        },
        ["id", "name"],
      ),
      readOnly: false,
      run: async ({ id, name, value, edge }) => {
        const path = `exchanges/${numberOf(id, "id")}`;
        const { method } = (await ask(`${path}?secrets=0`)) as { method: string };
        if (method !== "GET" && method !== "HEAD") {
          throw new DevtlsError("usage", `could not replay the request: it is a ${method}`, {
            hint: "Only GET and HEAD are replayed here",
          });
        }
        const compared = await ask(`${path}/replay`, {
          header: {
            name: textOf(name, "name"),
            ...(value !== undefined && { value: textOf(value, "value") }),
          },
          ...(edge !== undefined && { edge: textOf(edge, "edge") }),
        });
        return secrets ? compared : withoutSecrets(compared);
      },
    },
    {
      name: "verify_fix",
      title: "Verify a fix",
      description:
        "Repeats the request that a finding was seen on, after the app was changed, and says whether the finding is gone. `finding` is its number in list_findings.",
      inputSchema: schema({ finding: NUMBER }, ["finding"]),
      readOnly: false,
      run: async ({ finding }) => {
        const outcome = await ask(`findings/${numberOf(finding, "finding")}/verify`, {});
        return secrets ? outcome : withoutSecrets(outcome);
      },
    },
    {
      name: "rehearse",
      title: "Rehearse production edges",
      description:
        "Runs the app's pages through production edges and says which of them it breaks on, and the fewest fixes.",
      inputSchema: schema({ edges: { type: "string" }, path: { type: "string" } }),
      readOnly: false,
      run: async ({ edges = "all", path = "/" }) => {
        const { target } = (await ask("about")) as { target: string };
        const options = ["--target", target, "--edges", textOf(edges, "edges")];
        return run(["rehearse", ...options, "--path", textOf(path, "path"), "--json"]);
      },
    },
    {
      name: "trust_status",
      title: "Trust status",
      description: "Which trust stores of this machine trust the devtls authority.",
      inputSchema: schema({}),
      readOnly: true,
      run: () => run(["trust", "--check", "--json"]),
    },
  ];
}

function schema(properties: object, required: readonly string[] = []) {
  return { type: "object", properties, required, additionalProperties: false };
}

function textOf(value: unknown, name: string): string {
  if (typeof value === "string" && value.length <= 8_192 && !value.startsWith("-")) return value;
  throw new DevtlsError("usage", `could not use ${name}: not a text`);
}

function numberOf(value: unknown, name: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return value;
  throw new DevtlsError("usage", `could not use ${name}: not a number from 1 on`);
}

/** Header lines and URLs, wherever they stand in an answer. */
function withoutSecrets(value: unknown): unknown {
  if (typeof value === "string") return redactedUrl(value);
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  const { name } = value as { name?: unknown };
  const isLine = typeof name === "string" && "value" in value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => {
      const isValue = isLine && (key === "value" || key === "before") && typeof each === "string";
      return [key, isValue ? (redactedLines([name, each])[1] ?? "") : withoutSecrets(each)];
    }),
  );
}
