/** `devtls env`: what it prints makes real programs trust the authority. */
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { credentials } from "../../src/index.js";
import { runProgram } from "../support/cli.js";
import { describeWith } from "../support/tools.js";
import { expectFailure, newSandbox } from "./sandbox.js";

/** Unset, whatever the machine says. */
const NONE = Object.fromEntries(
  ["NODE_EXTRA_CA_CERTS", "DENO_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]
    .concat(["GIT_SSL_CAINFO", "AWS_CA_BUNDLE", "PIP_CERT", "JAVA_TOOL_OPTIONS"])
    .map((name) => [name, ""]),
);

const box = newSandbox();
const server = createServer((_request, response) => response.end("trusted"));
let url: string;

beforeAll(async () => {
  server.setSecureContext(await credentials("localhost", { stateDirectory: box.state }));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `https://localhost:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => server.close());

describe("devtls env", () => {
  it("prints the variables for a POSIX shell", async () => {
    const { stdout, stderr } = await box.run(["env"], { env: NONE });
    const lines = stdout.trimEnd().split("\n");
    expect(
      lines
        .map(
          (line) => /^export ([A-Z_]+)='(?:-Djavax\.net\.ssl\.trustStore=)?\/.*'$/.exec(line)?.[1],
        )
        .sort(),
    ).toEqual(Object.keys(NONE).sort());
    expect(stderr).toBe("");
  });

  it("puts the authority behind the system's roots, and follows both", async () => {
    await box.run(["env"], { env: NONE });
    const path = join(box.state, "bundle.pem");
    const root = readFileSync(join(box.state, "rootCA.pem"), "utf8");
    const bundle = readFileSync(path, "utf8");
    expect(bundle.endsWith(root)).toBe(true);
    expect(bundle.split("BEGIN CERTIFICATE").length).toBeGreaterThan(20);
    writeFileSync(path, "old");
    await box.run(["env"], { env: NONE });
    expect(readFileSync(path, "utf8")).toBe(bundle);
  });

  it("adds the authority to what variables name already, and says so", async () => {
    const own = box.path("own.pem");
    const root = readFileSync(join(box.state, "rootCA.pem"), "utf8");
    const certificate = `# theirs\n${root}`;
    writeFileSync(own, certificate);
    const env = { ...NONE, SSL_CERT_FILE: own, NODE_EXTRA_CA_CERTS: own };
    const { stdout, stderr } = await box.run(["env", "--json"], { env });
    const { set, kept } = JSON.parse(stdout);
    expect(kept).toEqual({});
    expect(set.SSL_CERT_FILE).toBe(set.NODE_EXTRA_CA_CERTS);
    expect(set.SSL_CERT_FILE.startsWith(join(box.state, "bundles"))).toBe(true);
    const bundle = readFileSync(set.SSL_CERT_FILE, "utf8");
    expect(bundle).toContain(certificate.trimEnd());
    expect(bundle.endsWith(root)).toBe(true);
    expect(stderr).toContain(`SSL_CERT_FILE keeps what it has: ${own}`);
    // In a shell where that was done already, and where the file has changed since.
    writeFileSync(own, `${certificate}# more\n`);
    const again = await box.run(["env", "--json"], { env: { ...env, ...set } });
    expect(JSON.parse(again.stdout)).toEqual({ set, kept: {} });
    expect(readFileSync(set.SSL_CERT_FILE, "utf8")).toContain("# more");
  });

  it("keeps what is set and is no file of certificates, and says so", async () => {
    const own = { ...NONE, SSL_CERT_FILE: "/etc/own.pem" };
    const { stdout, stderr } = await box.run(["env", "--json"], { env: own });
    const { set, kept } = JSON.parse(stdout);
    expect(kept).toEqual({ SSL_CERT_FILE: "/etc/own.pem" });
    expect(set).not.toHaveProperty("SSL_CERT_FILE");
    expect(set.CURL_CA_BUNDLE).toBe(join(box.state, "bundle.pem"));
    expect(stderr).toContain("SSL_CERT_FILE is set to /etc/own.pem and stays so.");
  });

  it("prints options for docker run and a file for docker compose", async () => {
    const docker = await box.run(["env", "--docker"], { env: NONE });
    expect(docker.stdout).toContain(
      `--mount type=bind,source=${box.state}/rootCA.pem,target=/etc/devtls/rootCA.pem,readonly`,
    );
    expect(docker.stdout).toContain("--env NODE_EXTRA_CA_CERTS=/etc/devtls/rootCA.pem");
    const compose = await box.run(["env", "--compose"], { env: NONE });
    expect(compose.stdout).toContain("      SSL_CERT_FILE: /etc/devtls/bundle.pem\n");
    const lines = await box.run(["ca", "export", "--dockerfile"]);
    expect(lines.stdout).toMatch(/^COPY .*\nRUN update-ca-certificates\n$/);
  });

  it("fails where there is no authority", async () => {
    const empty = newSandbox();
    expectFailure(await empty.run(["env"], { env: NONE }), {
      status: 1,
      message: `could not read the authority: there is none in ${empty.state}`,
      hint: "Make one: devtls ca create",
    });
  });

  it("takes one form at a time", async () => {
    const { status, stderr } = await box.run(["env", "--docker", "--json"]);
    expect(status).toBe(2);
    expect(stderr).toContain("--docker and --json exclude each other");
  });
});

/** A program that asks the server, in each shell; it prints "trusted". */
const CLIENTS: Readonly<Record<string, readonly string[]>> = {
  curl: ["curl", "--silent", "--show-error"],
  node: [
    process.execPath,
    "-e",
    'require("https").get(process.argv[1], (r) => r.pipe(process.stdout))',
  ],
  "/usr/bin/python3": [
    "/usr/bin/python3",
    "-c",
    "import sys, urllib.request; sys.stdout.write(urllib.request.urlopen(sys.argv[1]).read().decode())",
  ],
};

describeWith(["curl", "sh", "fish"], "The variables of devtls env", () => {
  const quoted = (words: readonly string[]): string =>
    words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");

  it.each(
    Object.entries(CLIENTS).flatMap(([client, words]) => [
      [client, "sh", words] as const,
      [client, "fish", words] as const,
    ]),
  )(
    "make %s trust the authority in %s, and without them it does not",
    async (_client, shell, words) => {
      const { stdout } = await box.run(["env", "--shell", shell], { env: NONE });
      const env = { ...box.env, ...NONE };
      const ask = quoted([...words, url]);
      const fish = ask.replaceAll("'\\''", "\\'");
      const line = shell === "fish" ? fish : ask;
      const printed = await runProgram(shell, ["-c", `${stdout}\n${line}`], { env });
      expect(printed.stdout, printed.stderr).toBe("trusted");
      const without = await runProgram(shell, ["-c", line], { env: { ...box.env, ...NONE } });
      expect(without.status).not.toBe(0);
    },
  );
});
