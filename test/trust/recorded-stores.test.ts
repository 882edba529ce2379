/**
 * The stores that the tests cannot have for real: the keychains of macOS, the root store of Windows,
 * also from within WSL, and the keystores of Javas in every place.
 */
import { describe, expect, it } from "vitest";
import { checkStore, findStores, trustStore, untrustStore } from "../../src/trust/operations.js";
import type { StoreResult } from "../../src/trust/store.js";
import type { FakeMachine } from "./fake-machine.js";
import { RECORDED_STORES, type RecordedStore, root } from "./recorded-stores.js";

/** Does this with the store of that name, which is found anew, as by a new command. */
async function withStore(
  { id, name, admin = false }: RecordedStore,
  machine: FakeMachine,
  action: "check" | "trust" | "untrust",
): Promise<StoreResult> {
  const found = await findStores(machine, [id], { admin });
  const store = found.find((candidate) => candidate.name === name);
  if (!store) throw new Error(`found: ${found.map((candidate) => candidate.name).join(", ")}`);
  if (action === "check") return checkStore(store, root);
  return (action === "trust" ? trustStore : untrustStore)(store, root, machine);
}

for (const recorded of RECORDED_STORES) {
  const { id, name, detail, install, remove } = recorded;

  describe(recorded.title, () => {
    it("does not trust a root that it does not hold, and has nothing to give back", async () => {
      const { machine } = recorded.make("usual");
      expect(await withStore(recorded, machine, "check")).toEqual({
        id,
        name,
        state: "missing",
        detail: "",
        hint: "devtls trust",
      });
      expect(await withStore(recorded, machine, "untrust")).toMatchObject({ state: "absent" });
      expect(machine.changes).toEqual([]);
    });

    it("takes a root with these commands, and trusts it then", async () => {
      const { machine } = recorded.make("usual");
      expect(await withStore(recorded, machine, "trust")).toEqual({
        id,
        name,
        state: "trusted",
        detail,
        hint: null,
      });
      expect(machine.changes).toEqual(install);
      expect(await withStore(recorded, machine, "check")).toMatchObject({ state: "trusted" });
    });

    it("is left as it is when it trusts the root already", async () => {
      const { machine } = recorded.make("usual");
      await withStore(recorded, machine, "trust");
      expect(await withStore(recorded, machine, "trust")).toMatchObject({ state: "already" });
      expect(machine.changes).toEqual(install);
    });

    it("gives the root back with these commands, and keeps every other", async () => {
      const { machine, contents } = recorded.make("usual");
      const [before, files] = [contents(), new Map(machine.files)];
      await withStore(recorded, machine, "trust");
      expect(contents()).not.toEqual(before);
      expect(await withStore(recorded, machine, "untrust")).toMatchObject({ state: "removed" });
      expect(machine.changes.slice(install.length)).toEqual(remove);
      expect(contents()).toEqual(before);
      expect(machine.files).toEqual(files);
    });

    it("has failed when it is refused, in the words of the system", async () => {
      const { machine } = recorded.make("refusing");
      const result = await withStore(recorded, machine, "trust");
      expect(result).toMatchObject({
        state: "failed",
        detail: expect.stringContaining(recorded.refusal),
        hint: expect.stringContaining(recorded.refusalHint),
      });
      expect(machine.changes).toEqual(install);
    });

    const { withoutTool } = recorded;
    if (withoutTool) {
      it("is skipped without the program that changes it", async () => {
        const { machine } = recorded.make("without-tool");
        const expected = { state: "skipped", ...withoutTool };
        expect(await withStore(recorded, machine, "trust")).toMatchObject(expected);
        expect(await withStore(recorded, machine, "check")).toMatchObject(expected);
        expect(await withStore(recorded, machine, "untrust")).toMatchObject(expected);
        expect(machine.changes).toEqual([]);
      });
    }
  });
}
