/**
 * Debian's system store with the real update-ca-certificates, openssl and curl. They work on a copy
 * of the store, in the places where they look for it.
 */
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { newSandbox, type Sandbox } from "../cli/sandbox.js";
import { LAUNCHER, type Outcome } from "../support/cli.js";
import {
  copySystemStore,
  lockSystemStore,
  type StoreCopy,
  whyNoStoreCopy,
} from "../support/system-store.js";
import { describeUnless, missing } from "../support/tools.js";

const ANCHORS = "/usr/local/share/ca-certificates";
const LINKS = "/etc/ssl/certs";
const BUNDLE = "/etc/ssl/certs/ca-certificates.crt";

const reason = whyNoStoreCopy() ?? missing(["update-ca-certificates", "openssl", "curl"]);

describeUnless(reason, "Debian's system store", () => {
  let store: StoreCopy;
  let untouched: Record<string, string>;
  beforeAll(async () => {
    store = await copySystemStore();
    untouched = store.snapshot();
  });

  let box: Sandbox;
  beforeEach(() => {
    box = newSandbox();
  });

  function run(...args: string[]): Promise<Outcome> {
    // Clients that are asked have tests of their own.
    const quick = args.includes("--yes") && args[0] === "trust" ? ["--verify", "none"] : [];
    const line = [LAUNCHER, ...args, "--store", "system", ...quick];
    return store.run(process.execPath, line, { env: box.env });
  }

  async function stateAfter(...args: string[]): Promise<string> {
    const outcome = await run(...args, "--json");
    expect(outcome.stdout, outcome.stderr).not.toBe("");
    return JSON.parse(outcome.stdout).stores[0].state;
  }

  /** "devtls-" and the beginning of the root's fingerprint. */
  async function slugOf(): Promise<string> {
    const shown = await box.prepare(["ca", "show", "--json"]);
    const { sha256 } = JSON.parse(shown.stdout);
    return `devtls-${sha256.replaceAll(":", "").slice(0, 16).toLowerCase()}`;
  }

  describe("with a root of devtls", () => {
    let server: Server;
    let port: number;
    let serving: Sandbox;
    beforeAll(async () => {
      serving = newSandbox();
      await serving.prepare(["cert", "localhost"]);
      server = createServer({
        cert: readFileSync(serving.path("localhost.pem")),
        key: readFileSync(serving.path("localhost-key.pem")),
      });
      server.on("request", (_request, response) => response.end("hello"));
      // A client that refuses the certificate ends the handshake.
      server.on("tlsClientError", () => undefined);
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      port = (server.address() as AddressInfo).port;
    });
    afterAll(() => server.close());
    beforeEach(() => {
      box = serving;
    });

    const curl = (): Promise<Outcome> =>
      store.run("curl", ["-sS", "--noproxy", "*", `https://localhost:${port}/`]);
    const openssl = (): Promise<Outcome> => {
      const address = ["-connect", `127.0.0.1:${port}`, "-servername", "localhost"];
      const verify = ["-verify_hostname", "localhost", "-verify_return_error"];
      return store.run("openssl", ["s_client", ...address, ...verify], { input: "" });
    };

    it("is refused by curl and OpenSSL before devtls trust", async () => {
      expect((await curl()).status).toBe(60); // "peer certificate cannot be authenticated"
      expect((await openssl()).status).not.toBe(0);
      expect((await run("trust", "--check")).status).toBe(3);
    });

    it("is accepted by curl, by OpenSSL and by --check after devtls trust", async () => {
      expect(await stateAfter("trust", "--yes")).toBe("trusted");
      expect(await curl()).toMatchObject({ status: 0, stdout: "hello" });
      expect(await openssl()).toMatchObject({ status: 0 });
      expect((await run("trust", "--check")).status).toBe(0);
    });

    it("is there already the second time, and nothing is changed", async () => {
      const before = store.snapshot();
      expect(await stateAfter("trust", "--yes")).toBe("already");
      expect(store.snapshot()).toEqual(before);
    });

    it("is refused again after devtls untrust", async () => {
      expect(await stateAfter("untrust", "--yes")).toBe("removed");
      expect((await curl()).status).toBe(60);
      expect((await openssl()).status).not.toBe(0);
      expect((await run("trust", "--check")).status).toBe(3);
    });

    it("has left every file, link and octet of the store as it was", () => {
      expect(store.snapshot()).toEqual(untouched);
    });
  });

  it("keeps the roots of others, devtls's own among them", async () => {
    await run("trust", "--yes");
    const before = store.snapshot();
    const second = newSandbox();
    box = second;
    await run("trust", "--yes");
    await run("untrust", "--yes");
    expect(store.snapshot()).toEqual(before);
  });

  it("gives back a root whose update was cut short", async () => {
    await box.prepare(["ca", "create"]);
    const before = store.snapshot();
    const path = `${ANCHORS}/${await slugOf()}.crt`;
    const root = join(box.state, "rootCA.pem");
    expect((await store.run("cp", [root, path])).status).toBe(0);
    expect(await stateAfter("trust", "--check")).toBe("missing");
    expect(await stateAfter("untrust", "--yes")).toBe("removed");
    expect(store.snapshot()).toEqual(before);
  });

  it("gives back a root that was deleted by hand from the folder of local roots", async () => {
    const before = store.snapshot();
    await run("trust", "--yes");
    expect((await store.run("rm", [`${ANCHORS}/${await slugOf()}.crt`])).status).toBe(0);
    expect(await stateAfter("untrust", "--yes")).toBe("removed");
    expect(Object.keys(store.snapshot()).filter((path) => path.includes("devtls"))).toEqual(
      Object.keys(before).filter((path) => path.includes("devtls")),
    );
    expect(store.snapshot()[BUNDLE]).toBe(before[BUNDLE]);
  });

  it("tells the hook of Java's keystore of a root that comes and of one that goes", async () => {
    const told = join(store.hooks, "told.txt"); // run-parts does not start a name with a dot
    const hook = join(store.hooks, "jks-keystore");
    writeFileSync(hook, `#!/bin/sh\ncat >> ${told}\n`);
    chmodSync(hook, 0o755);
    await run("trust", "--yes");
    await run("untrust", "--yes");
    const link = `${LINKS}/${await slugOf()}.pem`;
    expect(readFileSync(told, "latin1")).toBe(`+${link}\n-${link}\n`);
  });
});

describe("The lock of the machine's own system store", () => {
  const lock = () => join(newSandbox().home, "lock");

  it("is had by one at a time", async () => {
    const path = lock();
    const order: string[] = [];
    const release = await lockSystemStore(path);
    const second = lockSystemStore(path).then((releaseSecond) => {
      order.push("second");
      releaseSecond();
    });
    order.push("first");
    release();
    await second;
    expect(order).toEqual(["first", "second"]);
  });

  it("is taken from a process that has ended", async () => {
    const path = lock();

    mkdirSync(path);
    // The kernel gives no process a number beyond its limit.
    writeFileSync(join(path, "pid"), "4194305");
    const release = await lockSystemStore(path);
    expect(readFileSync(join(path, "pid"), "utf8")).toBe(String(process.pid));
    release();
  });
});
