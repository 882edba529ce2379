/** Files that cannot be read, written or used: which one, why, and what to look at. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { describeWith } from "../support/tools.js";
import { contentsOf, expectFailure, expectRefused, newSandbox, type Sandbox } from "./sandbox.js";

describe("A request that cannot be read", () => {
  it("is named when it is not there", async () => {
    await expectRefused(newSandbox(), ["cert", "--csr", "no.csr"], {
      status: 1,
      message: "could not read no.csr: no such file or directory",
      hint: "Check the file and its folder: ls -l no.csr",
    });
  });

  it("is named when it is a folder", async () => {
    const box = newSandbox();
    mkdirSync(box.path("folder"));
    await expectRefused(box, ["cert", "--csr", "folder"], {
      status: 1,
      message: "could not read folder: it is a directory",
      hint: "Check the file and its folder: ls -l folder",
    });
  });

  it("is named when it holds something else, with the command that shows it", async () => {
    const box = newSandbox();
    writeFileSync(box.path("no.csr"), "hello\n");
    await expectRefused(box, ["cert", "--csr", "no.csr"], {
      status: 1,
      message: /^could not read the request no\.csr: .*CERTIFICATE REQUEST/,
      hint: "See what it holds: openssl req -in no.csr -noout -text -verify",
    });
  });
});

describeWith(["openssl"], "A request that must not be signed", () => {
  function makeRequest(box: Sandbox, ...options: string[]): void {
    const key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k.pem -outform DER";
    const args = ["req", "-new", ...key.split(" "), "-out", "r.csr", ...options];
    execFileSync("openssl", args, { cwd: box.cwd, stdio: "pipe" });
  }

  it("is one whose signature does not fit its key", async () => {
    const box = newSandbox();
    makeRequest(box, "-subj", "/CN=a.test");
    const der = readFileSync(box.path("r.csr"));
    const name = der.indexOf("a.test");
    der.write("b", name, "latin1");
    writeFileSync(box.path("r.csr"), der);
    await expectRefused(box, ["cert", "--csr", "r.csr"], {
      status: 1,
      message: "could not read the request r.csr: its signature does not fit its key",
      hint: /^See what it holds: openssl req/,
    });
  });

  it("is one that asks for no name", async () => {
    const box = newSandbox();
    makeRequest(box, "-subj", "/O=nobody");
    await expectRefused(box, ["cert", "--csr", "r.csr"], {
      status: 1,
      message:
        "could not read the request r.csr: it asks for no name; add a subject alternative name to it",
      hint: /^See what it holds: openssl req/,
    });
  });

  it("is one for a wildcard that clients reject", async () => {
    const box = newSandbox();
    makeRequest(box, "-subj", "/CN=x", "-addext", "subjectAltName=DNS:*.localhost");
    await expectRefused(box, ["cert", "--csr", "r.csr"], {
      status: 2,
      message: /^could not use the name "\*\.localhost"/,
      hint: /^Name each host instead/,
    });
  });

  it("is one for a name outside the constraints", async () => {
    const box = newSandbox();
    makeRequest(box, "-subj", "/CN=www.example.com");
    await expectRefused(box, ["cert", "--csr", "r.csr"], {
      status: 1,
      message: "could not sign www.example.com: this authority is limited to local names",
      hint: /--permit www\.example\.com/,
    });
  });
});

describe("A place that cannot be written", () => {
  it("is named, and no part of the files is left in another place", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    await expectRefused(box, ["cert", "localhost", "--key-file", "no/key.pem"], {
      status: 1,
      message: `could not write ${box.path("no/key.pem")}: no such file or directory`,
      hint: `Check who may write there: ls -ld ${box.path("no")}`,
    });
  });

  it("is a folder where a file has to go", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    mkdirSync(box.path("localhost.pem"));
    const outcome = await box.run(["cert", "localhost"]);
    expectFailure(outcome, {
      status: 1,
      message: `could not write ${box.path("localhost.pem")}: it is a directory`,
      hint: `Check who may write there: ls -ld ${box.cwd}`,
    });
    expect(Object.keys(contentsOf(box.cwd)).sort()).toEqual([".", "localhost.pem"]);
  });

  it("is a state directory that is a file", async () => {
    const box = newSandbox();
    writeFileSync(box.path("state"), "");
    const outcome = await box.run(["cert", "localhost"], {
      env: { DEVTLS_HOME: box.path("state") },
    });
    expectFailure(outcome, {
      status: 1,
      message: /^could not (?:read|write) .*state/,
      hint: /ls -l/,
    });
  });
});

describe("An authority that is damaged", () => {
  const REPLACE = "Put the file back from a copy. Make a new one: devtls ca create --force";

  it("is not used when its key is gone", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    rmSync(`${box.state}/rootCA-key.pem`);
    await expectRefused(box, ["cert", "localhost"], {
      status: 1,
      message: `could not load the authority: ${box.state}/rootCA-key.pem is missing beside its certificate`,
      hint: REPLACE,
    });
  });

  it("is not used when its certificate is cut off", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    const path = `${box.state}/rootCA.pem`;
    const pem = readFileSync(path, "latin1");
    writeFileSync(path, pem.slice(0, 400));
    await expectRefused(box, ["cert", "localhost"], {
      status: 1,
      message: `could not load the authority: ${path}: could not read PEM: a block is cut off`,
      hint: REPLACE,
    });
  });

  it("is not used with the key of another one", async () => {
    const [box, other] = [newSandbox(), newSandbox()];
    await box.prepare(["ca", "create"]);
    await other.prepare(["ca", "create"]);
    const path = `${box.state}/rootCA-key.pem`;
    chmodSync(path, 0o600);
    writeFileSync(path, readFileSync(`${other.state}/rootCA-key.pem`));
    await expectRefused(box, ["cert", "localhost"], {
      status: 1,
      message: `could not load the authority: ${path} is not the key of ${box.state}/rootCA.pem`,
      hint: REPLACE,
    });
  });
});
