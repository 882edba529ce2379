/** `devtls serve` with arguments that do not work: it says why, listens nowhere, makes nothing. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import { describeWith } from "../support/tools.js";
import { expectFailure, expectRefused, newSandbox } from "./sandbox.js";

const HELP = "Run: devtls serve --help";
const ARGUMENTS = "could not understand the arguments:";

function refuses(title: string, cases: readonly (readonly [string[], string, string?])[]): void {
  describe(title, () => {
    for (const [args, cause, hint] of cases) {
      it.concurrent(`refuses serve ${args.join(" ")}`, async () => {
        await expectRefused(newSandbox(), ["serve", ...args], {
          status: 2,
          message: cause,
          hint: hint ?? HELP,
        });
      });
    }
  });
}

refuses("A port", [
  [["--demo", "--port", "0"], `${ARGUMENTS} --port 0: not a whole number from 1 to 65535`],
  [["--demo", "--port", "70000"], `${ARGUMENTS} --port 70000: not a whole number from 1 to 65535`],
  [["--demo", "--port", "abc"], `${ARGUMENTS} --port abc: not a whole number from 1 to 65535`],
  [["--demo", "--port", "-1"], `${ARGUMENTS} --port -1: not a whole number from 1 to 65535`],
  [
    ["--demo", "--port", "8443.5"],
    `${ARGUMENTS} --port 8443.5: not a whole number from 1 to 65535`,
  ],
  [
    ["--demo", "--http-port", "x"],
    `${ARGUMENTS} --http-port x: not a whole number from 1 to 65535`,
  ],
  [
    ["--demo", "--port", "8080", "--http-port", "8080"],
    `${ARGUMENTS} --port and --http-port name the same port`,
  ],
]);

const TARGET_FORMS =
  "Give a port (8000), host:port, http://host:port, https://host:port or unix:/path/to/socket";

function target(text: string, cause: string): [string[], string, string] {
  const message = `could not use the target ${JSON.stringify(text)}: ${cause}`;
  return [["--target", text], message, TARGET_FORMS];
}

refuses("A target", [
  [["--demo", "--target", "8000"], `${ARGUMENTS} --demo and --target exclude each other`],
  [["--target"], `${ARGUMENTS} option '--target <target>' argument missing`],
  target("", "it names no port"),
  target("localhost", "it names no port"),
  target("0", "ports go from 1 to 65535"),
  target("70000", "ports go from 1 to 65535"),
  target("localhost:0", "ports go from 1 to 65535"),
  target("localhost:99999", "ports go from 1 to 65535"),
  target("ftp://localhost:21", "the scheme ftp is not supported"),
  target("http://", "it is neither a port, an address nor a URL"),
  target("http://user:secret@localhost:8000", "a user name in it has no effect"),
  target(
    "http://localhost:8000/api",
    "a path in it has no effect; requests keep the path they came with",
  ),
  target("8000/api", "a path in it has no effect; requests keep the path they came with"),
  target("localhost:8000/api", "a path in it has no effect; requests keep the path they came with"),
  target(":70000", "ports go from 1 to 65535"),
  target("unix:app.sock", "the socket needs an absolute path"),
]);

const HEADER_FORM = "Write it as --set-header 'Name: value'";

refuses("A header", [
  [
    ["--demo", "--set-header", "no colon"],
    `${ARGUMENTS} --set-header no colon: not a header line`,
    HEADER_FORM,
  ],
  [
    ["--demo", "--set-header", ": value"],
    `${ARGUMENTS} --set-header : value: not a header line`,
    HEADER_FORM,
  ],
  [["--demo", "--drop-header", "a b"], `${ARGUMENTS} --drop-header a b: not a header name`],
]);

refuses("A combination", [
  [
    ["--demo", "--http", "proxy"],
    `${ARGUMENTS} --http without --http-port`,
    "Add --http-port 8080",
  ],
  [
    ["--demo", "--redirect-status", "301"],
    `${ARGUMENTS} --redirect-status without --http-port`,
    "Add --http-port 8080",
  ],
  [["--demo", "--cert", "localhost.pem"], `${ARGUMENTS} --cert and --key go together`],
  [["--demo", "--key", "localhost-key.pem"], `${ARGUMENTS} --cert and --key go together`],
  [["--demo", "--quiet", "--verbose"], `${ARGUMENTS} --quiet and --verbose exclude each other`],
]);

refuses("An address or a host", [
  [
    ["--demo", "--bind", "everywhere"],
    `${ARGUMENTS} --bind everywhere: not an IP address`,
    "For every address of this machine: --bind 0.0.0.0",
  ],
  [
    ["--demo", "--host", "a@b.test"],
    `${ARGUMENTS} --host a@b.test: not a host name or an IP address`,
  ],
  [
    ["--demo", "--host", "https://app.test:8443/"],
    `${ARGUMENTS} --host https://app.test:8443/: not a host name or an IP address`,
    "Give the host alone: app.test",
  ],
]);

refuses("A command", [
  [
    ["--", ""],
    `${ARGUMENTS} a command is missing after --`,
    "For example: devtls serve -- npm run dev",
  ],
]);

const COOKIE_MODES = "One of: pass, strict, secure, insecure";
const HSTS_MODES = "One of: strip, pass, or a max-age in seconds";
const HSTS_RANGE = "not a whole number from 0 to 999999999";

refuses("Cookies and HSTS", [
  [
    ["--demo", "--cookies", "stric"],
    `${ARGUMENTS} --cookies stric: did you mean strict?`,
    COOKIE_MODES,
  ],
  [
    ["--demo", "--cookies", "off"],
    `${ARGUMENTS} --cookies off: there is no such value`,
    COOKIE_MODES,
  ],
  [["--demo", "--cookies"], `${ARGUMENTS} option '--cookies <mode>' argument missing`],
  [["--demo", "--hsts", "stripp"], `${ARGUMENTS} --hsts stripp: did you mean strip?`, HSTS_MODES],
  [["--demo", "--hsts", ""], `${ARGUMENTS} --hsts : there is no such value`, HSTS_MODES],
  [["--demo", "--hsts", "-1"], `${ARGUMENTS} --hsts -1: ${HSTS_RANGE}`],
  [["--demo", "--hsts", "1.5"], `${ARGUMENTS} --hsts 1.5: ${HSTS_RANGE}`],
  [["--demo", "--hsts", "2y"], `${ARGUMENTS} --hsts 2y: ${HSTS_RANGE}`],
  [["--demo", "--hsts", "9999999999"], `${ARGUMENTS} --hsts 9999999999: ${HSTS_RANGE}`],
]);

describe("A value that is one of a list", () => {
  it("suggests the nearest edge and lists all of them", async () => {
    await expectRefused(newSandbox(), ["serve", "--demo", "--simulate", "nonne"], {
      status: 2,
      message: `${ARGUMENTS} --simulate nonne: did you mean none?`,
      hint: /^One of: (?:.*, )?none\b/,
    });
  });

  it("suggests nothing where nothing is near", async () => {
    await expectRefused(newSandbox(), ["serve", "--demo", "--simulate", "somewhere-else"], {
      status: 2,
      message: `${ARGUMENTS} --simulate somewhere-else: there is no such value`,
      hint: /^One of: /,
    });
  });

  it("is what a redirect may answer with", async () => {
    const args = ["serve", "--demo", "--http-port", "8080", "--redirect-status", "418"];
    await expectRefused(newSandbox(), args, {
      status: 2,
      message: /^could not understand the arguments: --redirect-status 418: /,
      hint: "One of: 301, 302, 307, 308",
    });
  });
});

describe("A port that another program uses", () => {
  let server: Server;
  let port: number;
  beforeAll(async () => {
    server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    port = (server.address() as { port: number }).port;
  });
  afterAll(() => server.close());

  it("fails when it was given, and is named", async () => {
    const outcome = await newSandbox().run(["serve", "--demo", "--port", String(port)]);
    expectFailure(outcome, {
      status: 1,
      message: `could not listen on port ${port}: another program uses it`,
      hint: `See which one: ss -ltnp 'sport = :${port}'. Or choose another port: --port ${port + 1}`,
    });
  });

  it("fails when it was given for plain HTTP, and is named", async () => {
    const args = ["serve", "--demo", "--http-port", String(port)];
    expectFailure(await newSandbox().run(args), {
      status: 1,
      message: `could not listen on port ${port}: another program uses it`,
      hint: /^See which one/,
    });
  });
});

describeWith(["openssl"], "A certificate of the user's own", () => {
  it("is refused with another certificate's key", async () => {
    const box = newSandbox();
    await box.prepare(["cert", "one.test"]);
    await box.prepare(["cert", "two.test"]);
    const args = ["serve", "--demo", "--cert", "one.test.pem", "--key", "two.test-key.pem"];
    await expectRefused(box, args, {
      status: 1,
      message: "could not use two.test-key.pem: it is not the key of one.test.pem",
      hint: "Name the key that the certificate was made with, or leave both out to have one issued",
    });
  });

  it("is refused when it has expired", async () => {
    const box = newSandbox();
    makeExpired(box.cwd);
    await expectRefused(box, ["serve", "--demo", "--cert", "old.pem", "--key", "old-key.pem"], {
      status: 1,
      message: "could not use old.pem: it expired on 2024-02-01",
      hint: "Get a new one where it comes from, or leave --cert and --key out to have one issued",
    });
  });

  it("is refused when there is no such file", async () => {
    const args = ["serve", "--demo", "--cert", "no.pem", "--key", "no-key.pem"];
    await expectRefused(newSandbox(), args, {
      status: 1,
      message: "could not read no.pem: no such file or directory",
      hint: "Check the file and its folder: ls -l no.pem",
    });
  });

  it("is refused when its file holds none", async () => {
    const box = newSandbox();
    await box.prepare(["cert", "one.test"]);
    const key = readFileSync(box.path("one.test-key.pem"));
    writeFileSync(box.path("swapped.pem"), key);
    const args = ["serve", "--demo", "--cert", "swapped.pem", "--key", "one.test-key.pem"];
    await expectRefused(box, args, {
      status: 1,
      message: "could not use swapped.pem: no CERTIFICATE in it, only PRIVATE KEY",
      hint: HELP,
    });
  });

  it("is refused when its key is encrypted, with the command that decrypts it", async () => {
    const box = newSandbox();
    await box.prepare(["cert", "one.test"]);
    const encrypt = "pkey -in one.test-key.pem -aes128 -passout pass:x -out locked.pem";
    execFileSync("openssl", encrypt.split(" "), { cwd: box.cwd, stdio: "pipe" });
    await expectRefused(box, ["serve", "--demo", "--cert", "one.test.pem", "--key", "locked.pem"], {
      status: 1,
      message: "could not use locked.pem: it is encrypted",
      hint: "Decrypt it first: openssl pkey -in locked.pem -out PLAIN-KEY",
    });
  });
});

/** Only `openssl ca` takes both dates. */
function makeExpired(cwd: string): void {
  const run = (line: string): unknown =>
    execFileSync("openssl", line.split(" "), { cwd, stdio: "pipe" });
  const settings = ["database=index.txt", "new_certs_dir=.", "rand_serial=yes", "policy=p"];
  writeFileSync(
    join(cwd, "ca.cnf"),
    `[ca]\ndefault_ca=d\n[d]\n${settings.join("\n")}\ndefault_md=sha256\n[p]\ncommonName=supplied\n`,
  );
  writeFileSync(join(cwd, "index.txt"), "");
  run(
    "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout old-key.pem -subj /CN=old.test -out old.csr",
  );
  run(
    "ca -batch -notext -config ca.cnf -selfsign -keyfile old-key.pem -in old.csr -startdate 20240101000000Z -enddate 20240201000000Z -out old.pem",
  );
}
