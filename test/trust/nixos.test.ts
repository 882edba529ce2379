/** NixOS, whose store is made from the configuration of the system. */
import { describe, expect, it } from "vitest";
import { findStores, planStores } from "../../src/trust/operations.js";
import { FakeMachine } from "./fake-machine.js";
import { newRoot } from "./roots.js";
import { type Action, withOnlyStore } from "./support/with-stores.js";

const root = newRoot();
const BUNDLE = "/etc/ssl/certs/ca-certificates.crt";

function nixos(bundle = ""): FakeMachine {
  return new FakeMachine({
    isRoot: true,
    // What is there besides is no sign of another family.
    files: { "/etc/NIXOS": "", "/usr/local/share/ca-certificates/": "", [BUNDLE]: bundle },
    commands: ["update-ca-certificates", "update-ca-trust"],
  });
}

const act = (machine: FakeMachine, action: Action) =>
  withOnlyStore(machine, "system", action, root);

describe("NixOS", () => {
  it("is skipped with what goes into its configuration, and no command is run", async () => {
    const machine = nixos();
    for (const action of ["check", "trust", "untrust"] as const) {
      const result = await act(machine, action);
      expect(result).toMatchObject({
        name: "NixOS system store",
        state: "skipped",
        detail: "it is made from the configuration of the system",
      });
      expect(result.hint).toBe(
        `Add to configuration.nix: security.pki.certificates = [ ''\n${root.pem}'' ]; then run: nixos-rebuild switch`,
      );
    }
    expect(machine.recorded).toEqual([]);
  });

  it("trusts what it was rebuilt with", async () => {
    const machine = nixos(root.pem);
    expect(await act(machine, "check")).toMatchObject({ state: "trusted", detail: BUNDLE });
    expect(await act(machine, "trust")).toMatchObject({ state: "already" });
  });

  it("says what has to go for devtls untrust, which it cannot do itself", async () => {
    const machine = nixos(root.pem);
    expect(await act(machine, "untrust")).toMatchObject({
      state: "failed",
      hint: expect.stringMatching(/^Remove from configuration\.nix: security\.pki/),
    });
    const plans = await planStores(await findStores(machine, ["system"]), root, "untrust");
    expect(plans).toMatchObject([{ result: { state: "failed" }, steps: [] }]);
    expect(machine.recorded).toEqual([]);
  });
});
