/** Where connections to the app go, and where they come from. */
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { Dialer, type UpstreamError } from "../../../src/proxy/upstream/connect.js";
import { addressesOf, parseTarget, type TcpTarget } from "../../../src/proxy/upstream/target.js";
import { folderUntilEnd } from "../../support/programs.js";
import { startTarget, type WireTarget } from "../../support/wire-target.js";

const never = new AbortController().signal;
const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function listenOn(host: string, port = 0): Promise<WireTarget> {
  const target = await startTarget({ host, port });
  stops.push(target.stop);
  return target;
}

/** On one loopback address, and nobody else on the other with that port. */
async function listenOnlyOn(host: "127.0.0.1" | "::1"): Promise<WireTarget> {
  for (;;) {
    const target = await listenOn(host);
    const other = createServer().listen(target.port, host === "::1" ? "127.0.0.1" : "::1");
    const isFree = await once(other, "listening").then(
      () => true,
      () => false,
    );
    other.close();
    if (isFree) return target;
  }
}

/** Dials once. @returns the address that was reached */
async function reached(dialer: Dialer): Promise<string | undefined> {
  const socket = await dialer.dial(never);
  const { remoteAddress } = socket;
  socket.destroy();
  return remoteAddress;
}

async function failure(dialer: Dialer, signal = never): Promise<UpstreamError> {
  const outcome = await dialer.dial(signal).then(
    () => undefined,
    (error: UpstreamError) => error,
  );
  if (!outcome) throw new Error("the connection was made");
  return outcome;
}

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

describe("Of a name that stands for both loopback addresses", () => {
  it.each(["localhost", "app.localhost", "a.b.localhost"])("%s is tried on both", async (name) => {
    for (const host of ["127.0.0.1", "::1"] as const) {
      const { port } = await listenOnlyOn(host);
      expect(await reached(new Dialer(parseTarget(`${name}:${port}`)))).toBe(host);
    }
  });

  it("the address that answered is the first that is tried next time", async () => {
    const onSix = await listenOnlyOn("::1");
    const dialer = new Dialer(parseTarget(`localhost:${onSix.port}`));
    expect(await reached(dialer)).toBe("::1");
    // Another program comes, on the address that comes first.
    const onFour = await listenOn("127.0.0.1", onSix.port);
    expect(await reached(dialer)).toBe("::1");
    await onSix.stop();
    expect(await reached(dialer)).toBe("127.0.0.1");
    await listenOn("::1", onFour.port);
    expect(await reached(dialer)).toBe("127.0.0.1");
  });

  it("both are named when both refuse", async () => {
    const port = await closedPort();
    const dialer = new Dialer(parseTarget(`localhost:${port}`));
    expect(await failure(dialer)).toMatchObject({ kind: "refused" });
    expect(dialer.addresses).toEqual([`127.0.0.1:${port}`, `[::1]:${port}`]);
  });

  it("names that only look like it are left to DNS", () => {
    for (const name of ["localhost.test", "mylocalhost", "127.0.0.2", "::1"]) {
      expect(addressesOf({ host: name } as TcpTarget)).toEqual([name]);
    }
  });
});

describe("An address that cannot be reached at all", () => {
  it("does not keep the other one from being tried", async () => {
    const { port } = await listenOn("::1");
    // An IPv4 socket cannot be bound to this source: no packet for 127.0.0.1 leaves.
    expect(await reached(new Dialer(parseTarget(`localhost:${port}`), { source: "::1" }))).toBe(
      "::1",
    );
  });

  it("is reported with its reason when it is the only one", async () => {
    const dialer = new Dialer(parseTarget(`127.0.0.1:${await closedPort()}`), { source: "::1" });
    expect(await failure(dialer)).toMatchObject({
      kind: "unreachable",
      message: expect.stringContaining("EINVAL"),
    });
  });
});

describe("A source address", () => {
  const dialFrom = async (source: string, host: string): Promise<string | undefined> => {
    const target = await listenOn(host);
    const name = host.includes(":") ? `[${host}]` : host;
    const socket = await new Dialer(parseTarget(`${name}:${target.port}`), { source }).dial(never);
    const { socket: accepted } = await target.connection(0);
    socket.destroy();
    return accepted.remoteAddress;
  };

  it.runIf(process.platform === "linux")("is where connections come from", async () => {
    expect(await dialFrom("127.0.0.2", "127.0.0.1")).toBe("127.0.0.2");
  });

  it("that the machine does not have is done without", async () => {
    expect(await dialFrom("192.0.2.1", "127.0.0.1")).toBe("127.0.0.1");
  });

  it("of IPv4 is not used for IPv6", async () => {
    expect(await dialFrom("127.0.0.2", "::1")).toBe("::1");
  });
});

describe("A unix socket", () => {
  it("that does not exist, and one whose server has gone, refuse", async () => {
    const folder = folderUntilEnd("devtls-unix-");
    const path = join(folder, "app.sock");
    const dialer = new Dialer(parseTarget(`unix:${path}`));
    expect(await failure(dialer)).toMatchObject({ kind: "refused" });
    const target = await startTarget({ path });
    (await dialer.dial(never)).destroy();
    await target.stop();
    expect(await failure(dialer)).toMatchObject({ kind: "refused" });
  });

  it("below a file is no socket that could come up", async () => {
    const dialer = new Dialer(parseTarget(`unix:${import.meta.filename}/app.sock`));
    expect(await failure(dialer)).toMatchObject({ kind: "unreachable" });
  });
});

describe("A connection that the client gives up", () => {
  it("is not made", async () => {
    const { port } = await listenOn("127.0.0.1");
    const dialer = new Dialer(parseTarget(`127.0.0.1:${port}`));
    const abort = new AbortController();
    const dialled = failure(dialer, abort.signal);
    abort.abort();
    expect(await dialled).toMatchObject({ kind: "closed" });
    expect(await failure(dialer, AbortSignal.abort())).toMatchObject({ kind: "closed" });
  });
});
