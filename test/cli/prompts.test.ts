/** Questions: answered on a terminal, by an option, or not asked at all. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { environment, LAUNCHER } from "../support/cli.js";
import { describeWith } from "../support/tools.js";
import { contentsOf, expectFailure, expectRefused, newSandbox, type Sandbox } from "./sandbox.js";

describe("Without a terminal", () => {
  it("devtls trust asks nothing, makes no authority and says which option answers", async () => {
    await expectRefused(newSandbox(), ["trust", "--store", "nss"], {
      status: 1,
      message: /^could not ask ".*": there is no terminal to ask on$/,
      hint: "To answer yes: devtls trust --store nss --yes",
    });
  });

  it("devtls trust with an authority says what it was going to do, and does nothing", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    const before = [box.state, box.home].map((folder) => contentsOf(folder));
    const outcome = await box.run(["trust"]);
    expect(outcome.stderr).toMatch(/^devtls trust is going to add the authority to:\n {2}\S/);
    expect(outcome.stderr).toMatch(/To answer yes: devtls trust --yes\n$/);
    expect(outcome).toMatchObject({ status: 1, stdout: "" });
    expect([box.state, box.home].map((folder) => contentsOf(folder))).toEqual(before);
  });

  it("devtls ca delete asks nothing and deletes nothing", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    await expectRefused(box, ["ca", "delete"], {
      status: 1,
      message: /^could not ask "Delete the authority in .*": there is no terminal to ask on$/,
      hint: "To answer yes: devtls ca delete --yes",
    });
  });

  it("a yes on stdin is no answer", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    const outcome = await box.run(["ca", "delete"], { input: "y\n" });
    expectFailure(outcome, { status: 1, message: /no terminal/, hint: /--yes$/ });
  });
});

describeWith(["script"], "On a terminal", () => {
  // `script` gives the command a terminal. A key that is pressed before the question is there would
  // be the terminal's to interpret, not the prompt's.
  async function onTerminal(box: Sandbox, command: string, keys: string) {
    const line = `"$NODE" "$LAUNCHER" ${command}`;
    const child = spawn("script", ["--quiet", "--return", "--command", line, "/dev/null"], {
      cwd: box.cwd,
      env: environment({ ...box.env, NODE: process.execPath, LAUNCHER }),
    });
    let stdout = "";
    let asked = false;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      if (asked || !stdout.includes("[y/N]")) return;
      asked = true;
      child.stdin.write(keys);
    });
    const [status] = await once(child, "close");
    return { status, stdout };
  }

  it("devtls ca delete deletes after a yes", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    const { status, stdout } = await onTerminal(box, "ca delete", "y\r");
    expect(stdout).toContain("[y/N]");
    expect(status).toBe(0);
    expect(contentsOf(box.state)).toEqual({});
  });

  it("devtls ca delete leaves everything after a no, and fails", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    const before = contentsOf(box.state);
    const { status, stdout } = await onTerminal(box, "ca delete", "n\r");
    expect(stdout).toContain("could not go on: the answer was no");
    expect(status).toBe(1);
    expect(contentsOf(box.state)).toEqual(before);
  });

  it("the end of input is a no", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    const { status, stdout } = await onTerminal(box, "ca delete", "\x04");
    expect(stdout).toMatch(/^devtls: could not go on: the answer was no\r$/m);
    expect(status).toBe(1);
  });

  it("Ctrl-C is a no", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    const { status } = await onTerminal(box, "ca delete", "\x03");
    expect(status).toBe(1);
    expect(Object.keys(contentsOf(box.state))).toContain("rootCA.pem");
  });

  it("an empty answer is a no", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    const { status } = await onTerminal(box, "ca delete", "\r");
    expect(status).toBe(1);
    expect(Object.keys(contentsOf(box.state))).toContain("rootCA.pem");
  });
});
