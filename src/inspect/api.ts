/** What can be asked of the inspector over HTTP, as a table. */
import { DevtlsError } from "../errors.js";
import type { Inspector, ReplayWish } from "./inspector.js";

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

export interface Reply {
  readonly status: number;
  readonly json: unknown;
}

type Answer = (inspector: Inspector, id: number, call: Call) => unknown;

/** `N` stands for a number. */
const TABLE: Readonly<Record<string, Answer>> = {
  "GET /api/about": (inspector) => inspector.about(),
  "GET /api/exchanges": (inspector) => inspector.changes(0, Number.MAX_SAFE_INTEGER).rows,
  "GET /api/exchanges/N": (inspector, id, { query }) =>
    inspector.exchange(id, query.get("secrets") !== "0"),
  "GET /api/exchanges/N/as": (inspector, id, { query }) =>
    inspector.asEdge(id, query.get("edge") ?? "all", query.get("secrets") !== "0"),
  "GET /api/exchanges/N/drawing": (inspector, id) => inspector.drawing(id),
  "GET /api/exchanges/N/copy": (inspector, id, { query }) => ({
    text: inspector.copy(id, query.get("as") ?? "curl"),
  }),
  "POST /api/exchanges/N/prove": (inspector, id, { body }) =>
    inspector.prove(id, textOf(body, "edge") ?? ""),
  "POST /api/exchanges/N/replay": (inspector, id, { body }) => inspector.replay(id, wishOf(body)),
  "GET /api/findings": (inspector) => inspector.findings,
  "POST /api/findings/N/verify": (inspector, id) => inspector.verify(id),
  "GET /api/har": (inspector, _, { query }) =>
    inspector.har(idsOf(query), query.get("secrets") === "1"),
  "POST /api/har": (inspector, _, { body }) => ({ imported: inspector.import(body) }),
  "GET /api/flow": (inspector, _, { query }) => inspector.flow(idsOf(query)),
  // For selections that are longer than a URL may be.
  "POST /api/saved-har": (inspector, _, { body }) =>
    inspector.har(chosenIn(body), (body as { secrets?: unknown } | null)?.secrets === true),
  "POST /api/saved-flow": (inspector, _, { body }) => inspector.flow(chosenIn(body)),
  "POST /api/settings": (inspector, _, { body }) => {
    inspector.setBodies((body as { bodies?: unknown } | null)?.bodies === true);
    return inspector.about();
  },
  "POST /api/clear": (inspector) => {
    inspector.store.clear();
    return {};
  },
};

/** @throws DevtlsError as what is asked */
export async function answer(inspector: Inspector, call: Call): Promise<Reply> {
  const { method, path } = call;
  let id = 0;
  const key = path.replace(/\/(\d{1,12})(?=\/|$)/, (_, digits: string) => {
    id = Number(digits);
    return "/N";
  });
  const found = Object.hasOwn(TABLE, `${method} ${key}`) ? TABLE[`${method} ${key}`] : undefined;
  if (!found) return { status: 404, json: { error: "there is nothing here" } };
  return { status: 200, json: (await found(inspector, id, call)) ?? null };
}

function idsOf(query: URLSearchParams): number[] | undefined {
  const text = query.get("ids");
  return text === null ? undefined : text.split(",").map(Number).filter(Number.isSafeInteger);
}

function chosenIn(body: unknown): number[] | undefined {
  const ids = (body as { ids?: unknown } | null)?.ids;
  return Array.isArray(ids) ? ids.filter(Number.isSafeInteger) : undefined;
}

function textOf(body: unknown, name: string): string | undefined {
  const value = (body as Readonly<Record<string, unknown>> | null)?.[name];
  return typeof value === "string" ? value : undefined;
}

function wishOf(body: unknown): ReplayWish {
  const header = (body as { header?: unknown } | null)?.header;
  const name = textOf(header, "name");
  const value = textOf(header, "value");
  const edge = textOf(body, "edge");
  const from = textOf(body, "from");
  if (from !== undefined && from !== "edge" && from !== "loopback") {
    throw new DevtlsError("usage", "could not replay the request: from is edge or loopback");
  }
  return {
    ...(name !== undefined && { change: { name, ...(value !== undefined && { value }) } }),
    ...(edge !== undefined && { edge }),
    ...(from !== undefined && { from }),
    ...(textOf(body, "side") === "browser" && { side: "browser" }),
    confirmed: (body as { confirmed?: unknown } | null)?.confirmed === true,
  };
}
