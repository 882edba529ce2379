/** The end of `devtls serve`: running requests, a second signal, time that runs out. */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { beforeAll, beforeEach, expect, it } from "vitest";
import type { ServeRun } from "../support/cli.js";
import { type App, startApp } from "../support/http-app.js";
import { serveJson, start, temporaryHome, trusting } from "../support/programs.js";
import { describeWith } from "../support/tools.js";

describeWith(["curl"], "devtls serve that is told to stop", () => {
  const home = temporaryHome();
  let app: App;
  let held: Promise<ServerResponse>;
  let hold: (response: ServerResponse) => void;

  beforeAll(async () => {
    app = await startApp((_request, response) => hold(response));
  });

  beforeEach(() => {
    held = new Promise((resolve) => {
      hold = resolve;
    });
  });

  /** A request that the app has and has not answered. */
  async function pendingRequest(version = "--http1.1") {
    const run = await serveJson(["--target", String(app.port)], home);
    const client = start("curl", ["-sS", ...trusting(home), version, `${run.url}/slow`]);
    return { run, client, response: await held };
  }

  it.each(["SIGTERM", "SIGINT"] as const)("exits 0 at %s when it is idle", async (signal) => {
    const run = await serveJson(["--target", String(app.port)], home);
    expect(await run.stop(signal)).toBe(0);
    expect(run.events.at(-1)).toEqual({ event: "closed" });
  });

  it.each([
    ["SIGTERM", "--http1.1"],
    ["SIGINT", "--http1.1"],
    ["SIGTERM", "--http2"],
  ] as const)("lets a running request end after %s (curl %s)", async (signal, version) => {
    const { run, client, response } = await pendingRequest(version);
    const exited = run.stop(signal);
    await refusing(run.port);
    response.end("the whole answer");
    expect(await client.exited).toBe(0);
    expect(client.stdout()).toBe("the whole answer");
    expect(await exited).toBe(0);
    expect(run.events.at(-1)).toEqual({ event: "closed" });
  });

  it("exits at once at a second signal, whatever still runs", async () => {
    const { run, client, response } = await pendingRequest();
    run.child.kill("SIGTERM");
    await refusing(run.port);
    await run.stop("SIGTERM");
    // Had it waited for the request, it would have said that it closed.
    expect(run.events.map(({ event }) => event)).not.toContain("closed");
    expect(run.child.signalCode).toBeNull();
    expect(await client.exited).not.toBe(0);
    response.destroy();
  });

  it("exits 0 although a request never ends, and breaks it off on both sides", async () => {
    const { run, client, response } = await pendingRequest();
    const aborted = once(response, "close");
    expect(await run.stop()).toBe(0);
    await aborted;
    expect(await client.exited).not.toBe(0);
  });

  it("has a request that it broke off among the events, before the last one", async () => {
    const { run, client } = await pendingRequest();
    await run.stop();
    await client.exited;
    expect(run.events.map(({ event }) => event)).toEqual(["listening", "request", "closed"]);
    // The target did nothing wrong, and it gave no answer.
    expect(run.events[1]).toMatchObject({ status: 0 });
    expect(run.events[1]?.brokenBy).not.toBe("target");
  });

  it("is not held up by an idle connection", async () => {
    const run: ServeRun = await serveJson(["--target", String(app.port)], home);
    const idle = connect(run.port, "127.0.0.1");
    await once(idle, "connect");
    const ended = once(idle.resume(), "close");
    expect(await run.stop()).toBe(0);
    await ended;
  });
});

const POLL_MS = 10;
const REFUSE_TIMEOUT_MS = 5_000;

/** Waits until nothing accepts on the port any more, the first that is seen of a stop. */
async function refusing(port: number): Promise<void> {
  const deadline = Date.now() + REFUSE_TIMEOUT_MS;
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const accepted = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (!accepted) return;
    if (Date.now() > deadline) throw new Error(`port ${port} still accepts connections`);
    await delay(POLL_MS);
  }
}
