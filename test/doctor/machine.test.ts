/** What the checks see of the real machine: ports, who listens there, the state of files. */
import { once } from "node:events";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { listenerOf, probe, thisContext } from "../../src/doctor/machine.js";
import { temporaryFolder } from "../support/cli.js";
import { describeUnless } from "../support/tools.js";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(address: string): Promise<number> {
  const server = createServer();
  servers.push(server);
  server.listen(0, address);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

describe("A port", () => {
  it("is probed without being kept", async () => {
    const port = await listen("127.0.0.1");
    servers.pop()?.close();
    expect(await probe("127.0.0.1", port)).toBeUndefined();
    expect(await probe("127.0.0.1", port)).toBeUndefined();
  });

  it("is busy when something listens", async () => {
    expect(await probe("127.0.0.1", await listen("127.0.0.1"))).toBe("EADDRINUSE");
  });

  it("has no address that this machine has not", async () => {
    expect(await probe("192.0.2.7", 0)).toBe("EADDRNOTAVAIL");
  });
});

const noProc = process.platform === "linux" ? undefined : "only Linux has /proc";

describeUnless(noProc, "Who listens", () => {
  it.each(["127.0.0.1", "::1"])("is found on %s", async (address) => {
    const listener = await listenerOf(await listen(address));
    expect(listener?.pid).toBe(process.pid);
    expect(listener?.command).not.toBe("");
  });

  it("is nobody where nothing does", async () => {
    const port = await listen("127.0.0.1");
    const [server] = servers.splice(0);
    server?.close();
    await once(server as Server, "close");
    expect(await listenerOf(port)).toBeUndefined();
  });

  it("is read from the tables as proc(5) has them", async () => {
    const proc = temporaryFolder("devtls-proc-");
    const row = (port: string, state: string, inode: number): string =>
      `   0: 0100007F:${port} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1\n`;
    mkdirSync(join(proc, "net"));
    // 20FB is 8443; a connection to that port is no listener.
    writeFileSync(join(proc, "net/tcp"), `head\n${row("20FB", "01", 1)}${row("20FC", "0A", 2)}`);
    writeFileSync(join(proc, "net/tcp6"), `head\n${row("20FB", "0A", 3)}`);
    for (const [pid, inode] of [
      ["10", 1],
      ["11", 2],
      ["12", 3],
    ]) {
      mkdirSync(join(proc, `${pid}/fd`), { recursive: true });
      writeFileSync(join(proc, `${pid}/comm`), `program-${pid}\n`);
      symlinkSync(`socket:[${inode}]`, join(proc, `${pid}/fd/7`));
    }
    expect(await listenerOf(8443, proc)).toEqual({ pid: 12, command: "program-12" });
    expect(await listenerOf(8444, proc)).toEqual({ pid: 11, command: "program-11" });
    expect(await listenerOf(8445, proc)).toBeUndefined();
  });
});

describe("Files and names", () => {
  const context = thisContext(temporaryFolder(), process.cwd(), () => undefined);

  it("have modes and ages", () => {
    const path = join(temporaryFolder(), "file");
    writeFileSync(path, "", { mode: 0o640 });
    expect(context.status(path)).toMatchObject({ mode: 0o640, isDirectory: false });
    expect(context.status(`${path}-none`)).toBeUndefined();
  });

  it("are resolved by the system", async () => {
    expect(await context.resolve("127.0.0.1")).toEqual(["127.0.0.1"]);
  });
});
