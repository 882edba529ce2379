/** What is said of a client by what it does: trusts, refuses, is not there, or fails. */
import { beforeAll, describe, expect, it } from "vitest";
import { type Machine, thisMachine } from "../../src/trust/machine.js";
import type { StoreResult } from "../../src/trust/store.js";
import type { Client } from "../../src/trust/verify/clients.js";
import { type ClientResult, contradictions, verifyClients } from "../../src/trust/verify/verify.js";
import { makeLeaf, makeRoot } from "../x509/fixtures.js";

const root = makeRoot();
const leaf = makeLeaf(root, ["localhost", "127.0.0.1", "::1"]);
const credentials = { cert: leaf.pem + root.pem, key: leaf.keyPem };

/** Node as a client that does this; it is told the URL. */
function client(script: string, more: Partial<Client> = {}): Client {
  return {
    id: "a-client",
    name: "A client",
    store: "system",
    find: () => process.execPath,
    args: ({ url }) => ["-e", script, url],
    variables: ["A_CLIENTS_BUNDLE"],
    hint: "Ask its maker",
    ...more,
  };
}

const REQUEST = `require("https").get(process.argv[1], OPTIONS, (response) => response.resume())
  .on("error", (error) => { console.error("certificate: " + error.code); process.exitCode = 1; })`;
const trusting = REQUEST.replace("OPTIONS", `{ ca: ${JSON.stringify(root.pem)} }`);
const refusing = REQUEST.replace("OPTIONS", `{ ca: ${JSON.stringify(makeRoot().pem)} }`);

/** Sends its request, is answered, and does not end. */
const lingering = `${trusting}; setInterval(() => {}, 1000)`;

const system = (state: StoreResult["state"]): StoreResult => ({
  id: "system",
  name: "the system store",
  state,
  detail: "",
  hint: null,
});

async function verified(
  one: Client,
  stores: readonly StoreResult[] = [],
  machine: Machine = thisMachine(),
): Promise<ClientResult> {
  const [result] = await verifyClients([one], machine, credentials, stores, { timeoutMs: 20_000 });
  return result as ClientResult;
}

describe("A client", () => {
  it("that sends a request trusts", async () => {
    expect(await verified(client(trusting))).toEqual({
      id: "a-client",
      name: "A client",
      state: "trusts",
      detail: "",
      hint: null,
    });
  });

  it("that sends a request and does not end trusts, and is ended", async () => {
    expect(await verified(client(lingering))).toMatchObject({ state: "trusts" });
  });

  it("that ends the handshake refuses, in its own words", async () => {
    const code = "certificate: SELF_SIGNED_CERT_IN_CHAIN";
    expect(await verified(client(refusing))).toMatchObject({ state: "refuses", detail: code });
  });

  it("that connects and says nothing refuses", async () => {
    const script = `const { port, hostname } = new URL(process.argv[1]);
      require("net").connect(port, "127.0.0.1").on("connect", function () { this.destroy(); })`;
    expect(await verified(client(script))).toMatchObject({
      state: "refuses",
      detail: "it ended with status 0",
    });
  });

  it("that does not connect has failed, in its own words", async () => {
    const script = `console.error("no network for you"); process.exitCode = 7`;
    expect(await verified(client(script))).toMatchObject({
      state: "failed",
      detail: "no network for you",
      hint: null,
    });
  });

  it("that cannot be started has failed", async () => {
    const missing = client("", { find: () => "/nonexistent/client" });
    expect(await verified(missing)).toMatchObject({
      state: "failed",
      detail: expect.stringContaining("ENOENT"),
    });
  });

  it("that neither ends nor connects has failed after a while", async () => {
    const [result] = await verifyClients(
      [client("setInterval(() => {}, 1000)")],
      thisMachine(),
      credentials,
      [],
      { timeoutMs: 300 },
    );
    expect(result).toMatchObject({ state: "failed", detail: "it took too long" });
  });

  it("that is not installed is absent", async () => {
    const absent = client("", { find: () => undefined });
    expect(await verified(absent)).toMatchObject({ state: "absent", detail: "", hint: null });
  });

  it("whose program has no such client in it is absent", async () => {
    const without = client("process.exitCode = 86", { absentStatus: 86 });
    expect(await verified(without)).toMatchObject({ state: "absent" });
  });

  it("says no more than a line, and that not without end", async () => {
    const script = refusing.replace('"certificate: "', '"certificate " + "x".repeat(999)');
    const { detail } = await verified(client(script));
    expect(detail).toMatch(/^certificate x+…$/);
    expect(detail.length).toBeLessThan(200);
  });
});

describe("What to do about a client that refuses", () => {
  let machine: Machine;
  beforeAll(() => {
    const here = thisMachine();
    machine = { ...here, env: { ...here.env, A_CLIENTS_BUNDLE: "/my/bundle.pem" } };
  });

  it("is to trust in its store, where that does not", async () => {
    const { hint } = await verified(client(refusing), [system("missing")], machine);
    expect(hint).toBe("devtls trust --store system");
  });

  it("is to mind the variable that replaces its store", async () => {
    const { hint } = await verified(client(refusing), [system("trusted")], machine);
    expect(hint).toBe("A_CLIENTS_BUNDLE is set: add the authority to /my/bundle.pem, or unset it");
  });

  it("is its own advice where there is neither", async () => {
    const { hint } = await verified(client(refusing), [system("trusted")]);
    expect(hint).toBe("Ask its maker");
  });
});

describe("A client that refuses", () => {
  const one = client("");
  const refuses: ClientResult = {
    id: one.id,
    name: one.name,
    state: "refuses",
    detail: "",
    hint: null,
  };

  it.each([
    ["trusted", 1],
    ["already", 1],
    ["missing", 0],
    ["skipped", 0],
    ["failed", 0],
  ] as const)("with its store %s is a contradiction %i times", (state, times) => {
    expect(contradictions([one], [refuses], [system(state)])).toHaveLength(times);
  });

  it("is none where it goes by no store, or trusts", () => {
    const alone = { ...one, store: null };
    expect(contradictions([alone], [refuses], [system("trusted")])).toEqual([]);
    const trusts = { ...refuses, state: "trusts" as const };
    expect(contradictions([one], [trusts], [system("trusted")])).toEqual([]);
  });
});
