/** What is read may be a device or a pipe: it ends, and says why. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { expectFailure, newSandbox } from "../cli/sandbox.js";
import { runProgram } from "../support/cli.js";
import { describeWith } from "../support/tools.js";

it.each([
  [["ca", "import", "--from", "/dev/zero"]],
  [["ca", "import", "--from", "/dev/zero", "--key", "/dev/zero"]],
  [["cert", "--csr", "/dev/zero"]],
  [["serve", "--target", "9", "--cert", "/dev/zero", "--key", "/dev/zero"]],
])("devtls %j ends", async (args) => {
  expectFailure(await newSandbox().run(args), {
    status: 1,
    message: "could not read /dev/zero: it is longer than 16 MiB",
    hint: /ls -l \/dev\/zero/,
  });
});

describeWith(["bash", "openssl"], "A pipe", () => {
  it("is read to its end, as the shell gives it", async () => {
    const from = newSandbox();
    await from.prepare(["ca", "create"]);
    const to = newSandbox();
    const script = `"$0" "$1" ca import --from <(cat "$2/rootCA.pem") --key <(cat "$2/rootCA-key.pem")`;
    const launcher = ["-c", script, process.execPath, "bin/devtls.js", from.state];
    const { status, stderr } = await runProgram("bash", launcher, { env: to.env });
    expect(status, stderr).toBe(0);
    const root = (state: string): string => readFileSync(`${state}/rootCA.pem`, "utf8");
    expect(root(to.state)).toBe(root(from.state));
  });
});
