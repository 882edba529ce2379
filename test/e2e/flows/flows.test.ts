/** Healthy and sick apps on a real proxy, with replays: what is reported of them, and what is not. */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DevtlsServer, type Finding, openAuthority, serve } from "../../../src/index.js";
import type { Carrier } from "../../../src/visit/carrier.js";
import { Network } from "../../../src/visit/network.js";
import { bare, type Navigation, Visitor } from "../../../src/visit/visitor.js";
import { temporaryFolder } from "../../support/cli.js";
import { ADDRESSES } from "./addresses.js";
import type { Asked, Flow, Reply, Step } from "./flow.js";
import { HEALTHY as ORDINARY } from "./healthy.js";
import { HEALTHY_APPS } from "./healthy-apps.js";
import { PORTS } from "./ports.js";
import { REFUSALS } from "./refusals.js";
import { SICK } from "./sick.js";
import { RIGHT, UNRECORDED } from "./unrecorded.js";

const HEALTHY: readonly Flow[] = [...ORDINARY, ...HEALTHY_APPS, ...RIGHT];
const ALL_SICK = [...SICK, ...PORTS, ...ADDRESSES, ...REFUSALS, ...UNRECORDED];
const FLOWS: readonly Flow[] = [...HEALTHY, ...ALL_SICK];

const stateDirectory = temporaryFolder("devtls-flows-");
let ca: string;

const app = createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray()).toString();
  const [, prefix = ""] = /^\/(\d+)/.exec(request.url ?? "") ?? [];
  const flow = FLOWS[Number(prefix)];
  const reply: Reply = flow?.app(askedOf(request, prefix, body)) ?? { status: 404 };
  for (const [name, value] of Object.entries(reply.headers ?? {})) {
    response.setHeader(name, typeof value === "string" ? value : [...value]);
  }
  response.writeHead(reply.status ?? 200).end(reply.status === 304 ? undefined : reply.body);
});

function askedOf(
  { url = "", method = "", headers }: IncomingMessage,
  prefix: string,
  body: string,
): Asked {
  const { pathname, searchParams } = new URL(url, "http://app");
  return {
    path: pathname.slice(prefix.length + 1),
    query: searchParams,
    method,
    headers,
    cookies: Object.fromEntries(
      (headers.cookie ?? "").split("; ").map((pair) => pair.split("=") as [string, string]),
    ),
    form: new URLSearchParams(body),
    root: `https://${headers.host}/${prefix}`,
    prefix: `/${prefix}`,
    port: (app.address() as AddressInfo).port,
    tlsPort: String(headers["x-tls-port"]),
    plainPort: String(headers["x-plain-port"]),
  };
}

beforeAll(async () => {
  app.listen(0, "127.0.0.1");
  await once(app, "listening");
  ca = (await openAuthority({ stateDirectory })).certificate;
});
afterAll(() => void app.close());

async function run(flow: Flow, options: Flow["options"] = {}): Promise<Finding[]> {
  const findings: Finding[] = [];
  const server = await serve({
    target: (app.address() as AddressInfo).port,
    ...{ port: 0, bind: "127.0.0.1", stateDirectory },
    ...(flow.host !== undefined && { host: flow.host }),
    ...options,
  });
  server.on("finding", (finding) => findings.push(finding));
  const visitor = new Visitor({ carrier: announcing(server) });
  const index = FLOWS.indexOf(flow);
  for (const { path, plain, ...step } of flow.steps) {
    const base = plain ? `http://${flow.host ?? "localhost"}:${server.httpPort}` : server.url;
    const visit = visitor.navigate({
      ...navigationOf(new URL(`${base}/${index}${path}`), step),
      headers: Object.entries(step.headers ?? {}).flat(),
      refresh: false,
      onHop: ({ next }) => next === undefined || /(?:^|\.)(?:localhost|test)$/.test(next.hostname),
    });
    const end = await visit.then(
      (visited) => visited.end,
      () => "no answer",
    );
    expect(["too-many-redirects", "no answer"].includes(end)).toBe(flow.endless ?? false);
  }
  await server.close();
  return findings;
}

/** Tells the app where devtls is, whatever origin is asked. */
function announcing({ url, httpPort }: DevtlsServer): Carrier {
  const network = new Network({ roots: [ca], resolve: () => "127.0.0.1" });
  const more = ["X-Plain-Port", String(httpPort), "X-Tls-Port", new URL(url).port];
  return {
    send: (request) => network.send({ ...request, headers: [...request.headers, ...more] }),
    openSocket: (request) => network.openSocket(request),
  };
}

function navigationOf(url: URL, { form, method }: Pick<Step, "form" | "method">): Navigation {
  if (!form) return { url, ...(method !== undefined && { method }) };
  return {
    ...{ url, method: method ?? "POST", from: bare(url) },
    body: Buffer.from(new URLSearchParams(form).toString()),
    contentType: "application/x-www-form-urlencoded",
  };
}

const named = (flows: readonly Flow[]) => flows.map((flow) => [flow.name, flow] as const);

describe(`Nothing is reported of ${HEALTHY.length} healthy flows`, () => {
  it.each(named(HEALTHY))("%s", async (_name, flow) => {
    expect(await run(flow, flow.options)).toEqual([]);
  });

  it.each(named(HEALTHY))("%s, behind Heroku", async (_name, flow) => {
    expect(await run(flow, { ...flow.options, simulate: "heroku" })).toEqual([]);
  });

  it("and they are at least 60", () => {
    expect(HEALTHY.length).toBeGreaterThanOrEqual(60);
  });
});

describe(`What is wrong with ${ALL_SICK.length} sick flows is reported, and nothing else`, () => {
  it.each(named(ALL_SICK))("%s", async (_name, flow) => {
    const findings = await run(flow, flow.options);
    const said = findings.map(({ code, cause, confidence }) => `${code} ${cause} ${confidence}`);
    expect(said.sort()).toEqual([...(flow.findings ?? [])].sort());
    for (const finding of findings) expectProof(finding);
    if (!flow.fixes) return;
    const { port } = new URL(findings[0]?.url ?? "");
    const fixes = findings[0]?.fixes.map(({ where, lines }) => [
      where,
      lines.map((line) => line.replaceAll(port, "PORT")),
    ]);
    const wanted = Object.entries(flow.fixes).map(([where, lines]) => [where, [lines].flat()]);
    expect(fixes).toEqual(wanted);
  });
});

/** Proved is what has the record of its proof; the rest ends with what would settle it. */
function expectProof({ confidence, proof, fix, fixes, explanation }: Finding): void {
  expect(confidence === "proved").toBe(proof !== null);
  if (proof?.kind === "asked") expect(proof.before).not.toBe("");
  if (proof?.kind === "rule") expect(proof.rule).toMatch(/^(?:RFC|Fetch|draft-ietf)/);
  expect(fixes.flatMap(({ lines }) => lines)).toEqual(fix);
  expect(fix.join()).not.toMatch(/\{(?:origin|host|hostname|port|peer|target)\}|\$http_host/);
  expect(explanation).toMatch(/\.$/);
}
