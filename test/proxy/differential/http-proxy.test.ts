/** Ordinary exchanges through http-proxy and through devtls: the same for the app and the client. */
import { beforeAll, describe, expect, it } from "vitest";
import { findProfile } from "../../../src/edge/profiles/index.js";
import { type Front, frontHome, startFront } from "../../support/wire-front.js";
import { BROKEN_BY_HTTP_PROXY, differencesOf, isListed, LISTED } from "./differences.js";
import { EXCHANGES } from "./exchanges.js";
import { type App, ask, type Message, startApp, startHttpProxy } from "./sides.js";

let app: App;
let front: Front;
let other: number;

beforeAll(async () => {
  app = await startApp();
  // http-proxy adds no headers by itself.
  front = await startFront(`127.0.0.1:${app.port}`, { edge: findProfile("none") as never });
  other = await startHttpProxy(app.port, frontHome());
});

interface Seen {
  readonly app: Message;
  readonly client: Message;
}

async function through(number: number, port: number): Promise<Seen> {
  const client = await ask(number, port, front.root);
  return { app: app.last(), client };
}

const used = new Set<string>();

describe("An exchange through http-proxy and through devtls", () => {
  it.each(EXCHANGES.map(({ name }, number) => ({ name, number })))(
    "is the same: $name",
    async ({ name, number }) => {
      const ours = await through(number, front.port);
      if (name in BROKEN_BY_HTTP_PROXY) {
        expect(ours.client.line).toBe("HTTP/1.1 200 OK");
        return;
      }
      const theirs = await through(number, other);
      const differences = [
        ...differencesOf("app", ours.app, theirs.app),
        ...differencesOf("client", ours.client, theirs.client),
      ];
      for (const { kind } of differences) used.add(kind);
      expect(differences.filter((difference) => !isListed(difference, name))).toEqual([]);
    },
  );

  it("was tried many times, and differs in what is listed only", () => {
    expect(EXCHANGES.length).toBeGreaterThanOrEqual(100);
    expect([...used].sort()).toEqual(Object.keys(LISTED).sort());
  });
});
