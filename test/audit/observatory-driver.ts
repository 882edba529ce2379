/**
 * Both on the same sites, on ports 80 and 443 of a network of its own: MDN's scanner takes no others.
 * Sites come as JSON on stdin; what each of the two says goes to stdout, a line a site.
 */
import { readFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { pathToFileURL } from "node:url";
import { Outside } from "../../src/audit/asking/outside.js";
import { Pace } from "../../src/audit/asking/pace.js";
import { askSite } from "../../src/audit/asking/ways.js";
import { gradeOf, isGradable } from "../../src/audit/rules/observatory.js";
import type { Site } from "./sites.js";

interface Input {
  readonly sites: readonly Site[];
  /** scanner/index.js of the Observatory. */
  readonly scanner: string;
  readonly roots: readonly string[];
  readonly trusted: { readonly cert: string; readonly key: string };
  readonly untrusted: { readonly cert: string; readonly key: string };
}

const input = JSON.parse(readFileSync(0, "utf8")) as Input;

function listener(side: NonNullable<Site["https"]>): RequestListener {
  return ({ url = "/", method }, response) => {
    const { status = 200, headers = [], body = "" } = side[url] ?? side["*"] ?? { status: 404 };
    response.writeHead(method === "OPTIONS" && status < 300 ? 204 : status, [...headers]);
    response.end(method === "OPTIONS" ? "" : body);
  };
}

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve) => void server.listen(port, () => resolve()));

async function withSite<T>(site: Site, action: () => Promise<T>): Promise<T> {
  const servers: Server[] = [];
  if (site.https) {
    const pair = site.untrusted ? input.untrusted : input.trusted;
    const server = createSecureServer({ ...pair, keepAlive: false }, listener(site.https));
    servers.push(server as unknown as Server);
    await listen(server as unknown as Server, 443);
  }
  if (site.http) {
    const server = createServer(listener(site.http));
    servers.push(server);
    await listen(server, 80);
  }
  try {
    return await action();
  } finally {
    for (const server of servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }
}

const outside = (insecure: boolean): Outside =>
  new Outside({
    ...{ roots: input.roots, insecure, pace: new Pace(0), politePace: new Pace(0) },
    ...{ isRemote: false, host: "localhost", addresses: ["127.0.0.1"] },
  });

const carriers = { strict: outside(false), lenient: outside(true) };

async function ours(): Promise<unknown> {
  const site = await askSite(
    "localhost",
    {
      http: new URL("http://localhost/"),
      https: new URL("https://localhost/"),
      ...{ isSamePort: false, corsMethod: "OPTIONS" },
    },
    carriers,
  );
  if (!isGradable(site)) return { failed: true };
  const { tests, score, grade } = gradeOf(site);
  return { score, grade, tests: Object.fromEntries(tests.map(({ id, result }) => [id, result])) };
}

interface Scanned {
  readonly scan: { readonly score: number; readonly grade: string };
  readonly tests: Readonly<Record<string, { readonly result: string }>>;
}

async function main(): Promise<void> {
  const { scan } = (await import(pathToFileURL(input.scanner).href)) as {
    scan: (host: string) => Promise<Scanned>;
  };
  const theirs = async (): Promise<unknown> => {
    try {
      const { scan: found, tests } = await scan("localhost");
      const results = Object.entries(tests).map(([id, { result }]) => [id, result]);
      return { score: found.score, grade: found.grade, tests: Object.fromEntries(results) };
    } catch {
      return { failed: true };
    }
  };
  for (const site of input.sites) {
    const both = await withSite(site, async () => ({ theirs: await theirs(), ours: await ours() }));
    process.stdout.write(`${JSON.stringify({ name: site.name, ...both })}\n`);
  }
  process.exit(0);
}

void main();
