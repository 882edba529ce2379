/** What is the same for every store: each stands alone, and its result says what happened. */
import { describe, expect, it } from "vitest";
import {
  checkStore,
  findStores,
  planStore,
  planStores,
  trustStore,
  untrustStore,
  withRights,
} from "../../src/trust/operations.js";
import type { Inspection, Step, TrustStore } from "../../src/trust/store.js";
import { shellWords } from "../../src/words.js";
import { FakeMachine } from "./fake-machine.js";
import { newRoot } from "./roots.js";

const root = newRoot();
const step: Step = { argv: ["store", "change"], asRoot: false };

/** A store that is in this state until `store change` is run, and in the next one then. */
function storeIn(...states: Inspection[]): { store: TrustStore; machine: FakeMachine } {
  const machine = new FakeMachine();
  const store: TrustStore = {
    id: "system",
    name: "a store",
    inspect: async () => states[Math.min(machine.changes.length, states.length - 1)] as Inspection,
    install: async () => [step],
    remove: async () => [step],
  };
  return { store, machine };
}

const trusted: Inspection = { state: "trusted", detail: "here" };
const missing: Inspection = { state: "missing", detail: "" };
const residue: Inspection = { state: "missing", detail: "half of it", residue: true };
const skipped: Inspection = { state: "skipped", detail: "no tool", hint: "Install it" };

describe("Trusting", () => {
  const cases: readonly (readonly [string, Inspection[], string, number])[] = [
    ["a store that does not trust the root gives trusted", [missing, trusted], "trusted", 1],
    ["a store that trusts it gives already and runs nothing", [trusted], "already", 0],
    ["a store that cannot be changed gives skipped and runs nothing", [skipped], "skipped", 0],
    ["a store that holds half of it gives trusted", [residue, trusted], "trusted", 1],
    ["a store that is not changed by its commands gives failed", [missing], "failed", 1],
  ];
  for (const [what, states, state, runs] of cases) {
    it(what, async () => {
      const { store, machine } = storeIn(...states);
      expect(await trustStore(store, root, machine)).toMatchObject({ state });
      expect(machine.changes).toHaveLength(runs);
    });
  }
});

describe("Untrusting", () => {
  const cases: readonly (readonly [string, Inspection[], string, number])[] = [
    ["a store that trusts the root gives removed", [trusted, missing], "removed", 1],
    ["a store that does not gives absent and runs nothing", [missing], "absent", 0],
    ["a store that cannot be changed gives skipped and runs nothing", [skipped], "skipped", 0],
    ["a store that holds half of it gives removed", [residue, missing], "removed", 1],
    ["a store that still trusts it afterwards gives failed", [trusted], "failed", 1],
    ["a store that still holds half of it gives failed", [trusted, residue], "failed", 1],
  ];
  for (const [what, states, state, runs] of cases) {
    it(what, async () => {
      const { store, machine } = storeIn(...states);
      expect(await untrustStore(store, root, machine)).toMatchObject({ state });
      expect(machine.changes).toHaveLength(runs);
    });
  }
});

describe("Planning", () => {
  it("gives the commands that would be run, and runs none", async () => {
    const { store, machine } = storeIn(missing);
    expect(await planStore(store, root, "trust")).toEqual([step]);
    expect(machine.recorded).toEqual([]);
  });

  it("gives none where nothing is to be done", async () => {
    expect(await planStore(storeIn(trusted).store, root, "trust")).toEqual([]);
    expect(await planStore(storeIn(missing).store, root, "untrust")).toEqual([]);
    expect(await planStore(storeIn(skipped).store, root, "trust")).toEqual([]);
    expect(await planStore(storeIn(skipped).store, root, "untrust")).toEqual([]);
  });

  it("gives the removal of what is left of the root", async () => {
    expect(await planStore(storeIn(residue).store, root, "untrust")).toEqual([step]);
  });
});

describe("Planning for several stores", () => {
  const unwilling: TrustStore = {
    ...storeIn(trusted).store,
    name: "an unwilling store",
    remove: () => Promise.reject(new Error("nobody can remove it")),
  };

  it("has one that throws fail, and goes on with the next", async () => {
    const plans = await planStores([unwilling, storeIn(trusted).store], root, "untrust");
    expect(plans.map(({ result: { name, state }, steps }) => [name, state, steps])).toEqual([
      ["an unwilling store", "failed", []],
      ["a store", "trusted", [step]],
    ]);
    expect(plans[0]?.result.detail).toBe("nobody can remove it");
  });
});

describe("A store that throws", () => {
  const broken: TrustStore = {
    ...storeIn(missing).store,
    inspect: () => Promise.reject(new Error("its list is not a list")),
  };

  for (const [what, run] of [
    ["checked", () => checkStore(broken, root)],
    ["trusted", () => trustStore(broken, root, new FakeMachine())],
    ["untrusted", () => untrustStore(broken, root, new FakeMachine())],
  ] as const) {
    it(`has failed with the reason when it is ${what}, and stops nothing`, async () => {
      expect(await run()).toMatchObject({
        id: "system",
        name: "a store",
        state: "failed",
        detail: "its list is not a list",
        hint: "Leave this store out with --store",
      });
    });
  }
});

describe("A command", () => {
  it("is shown so that a shell would run it as it is", () => {
    expect(shellWords(["certutil", "-n", "devtls 12ab", "-t", "C,,", "it's"])).toBe(
      "certutil -n 'devtls 12ab' -t C,, 'it'\\''s'",
    );
  });

  it("gets no sudo when it needs no root", () => {
    const machine = new FakeMachine({ commands: ["sudo"], hasTerminal: true });
    expect(withRights(step, machine)).toEqual(step.argv);
  });
});

describe("The stores of a machine", () => {
  const files = { "/usr/local/share/ca-certificates/": "" };

  it("come in the order of the contract", async () => {
    const stores = await findStores(new FakeMachine({ files }));
    expect(stores.map(({ id }) => id)).toEqual(["system", "nss"]);
  });

  it("are limited to those that are asked for", async () => {
    const stores = await findStores(new FakeMachine({ files }), ["nss"]);
    expect(stores.map(({ id }) => id)).toEqual(["nss"]);
  });

  it("are the first family's whose folder is there", async () => {
    const anchors = { "/etc/pki/ca-trust/source/anchors/": "", "/etc/pki/trust/anchors/": "" };
    const machine = new FakeMachine({ files: { ...files, ...anchors } });
    expect((await findStores(machine, ["system"])).map(({ name }) => name)).toEqual([
      "Fedora/RHEL system store",
    ]);
  });
});
