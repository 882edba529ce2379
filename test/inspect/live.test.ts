/** Who follows sees every exchange once and in order, also after the connection was lost. */
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openServeIdentity, serveNames } from "../../src/ca/leaves.js";
import { DEFAULT_PROFILE } from "../../src/edge/profiles/index.js";
import { Inspector } from "../../src/inspect/inspector.js";
import { type InspectorServer, startInspectorServer } from "../../src/inspect/server.js";
import { temporaryFolder } from "../support/cli.js";
import { draft } from "./records.js";

/** The 10,000 take a second or two. */
const MANY = 10_000;

const inspector = new Inspector({ edge: DEFAULT_PROFILE, version: "1", memory: 256 * 1024 * 1024 });
let server: InspectorServer;

beforeAll(async () => {
  const { leaf } = await openServeIdentity(serveNames([]), temporaryFolder());
  server = await startInspectorServer(inspector, {
    ...{ port: 0, cert: leaf.chainPem, key: leaf.keyPem },
    page: "<script>1</script><style>a{}</style>",
  });
});
afterAll(() => server.close());

async function open(path: string, headers = {}): Promise<IncomingMessage> {
  const sent = request(`${server.origin}${path}`, {
    ...{ rejectUnauthorized: false, agent: false },
    headers: { Authorization: `Bearer ${server.token}`, ...headers },
  });
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  return response.setEncoding("utf8");
}

/** Reads events until `enough` says so; then the connection is cut. */
async function follow(since: string, enough: (ids: readonly number[]) => boolean) {
  const response = await open("/api/events", since === "" ? {} : { "Last-Event-ID": since });
  const ids: number[] = [];
  let last = since;
  let text = "";
  for await (const chunk of response) {
    text += chunk;
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      const data = /^data: (.*)$/m.exec(event)?.[1];
      last = /^id: (.*)$/m.exec(event)?.[1] ?? last;
      if (data) for (const { id } of JSON.parse(data)) ids.push(id);
    }
    if (enough(ids)) break;
  }
  response.destroy();
  return { ids, last };
}

describe("The events", () => {
  it("bring 10,000 exchanges, in order and once, over a connection that is lost between", async () => {
    const first = follow("", (ids) => ids.length >= MANY / 4);
    for (let count = 0; count < MANY / 2; count++) inspector.store.add(draft());
    const before = await first;
    for (let count = 0; count < MANY / 2; count++) inspector.store.add(draft());
    const after = await follow(before.last, (ids) => ids.at(-1) === MANY);
    expect([...before.ids, ...after.ids]).toEqual(Array.from({ length: MANY }, (_, at) => at + 1));
  });
});

describe("The interface", () => {
  it("says that there is nothing where there is nothing, and what is wrong where that can be said", async () => {
    expect((await open("/api/constructor")).statusCode).toBe(404);
    expect((await open("/api/exchanges/999999")).statusCode).toBe(400);
    expect((await open("/api/exchanges/1/as?edge=nowhere")).statusCode).toBe(400);
  });

  it("shows one request as every edge would tell it", async () => {
    let text = "";
    for await (const chunk of await open("/api/exchanges/1/as?edge=all")) text += chunk;
    const heads = JSON.parse(text) as { edge: string; lines: { name: string; value: string }[] }[];
    const protoOf = (edge: string) =>
      heads
        .find((head) => head.edge === edge)
        ?.lines.find(({ name }) => name === "X-Forwarded-Proto");
    expect(heads.length).toBeGreaterThan(30);
    expect(protoOf("heroku")).toMatchObject({ value: "https" });
  });

  it("lets nothing run but the page's own script", async () => {
    const { headers } = await open("/");
    expect(headers["content-security-policy"]).toMatch(
      /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; connect-src 'self'; img-src data:; frame-ancestors 'none'/,
    );
    expect(headers["cache-control"]).toBe("no-store");
  });
});
