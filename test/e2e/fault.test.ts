/** `serve --fault`: what real clients say of each certificate that is wrong on purpose. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { get } from "node:https";
import { connect } from "node:tls";
import type { BrowserContext } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FAULTS, type Fault } from "../../src/ca/fault-kinds.js";
import { VERDICTS } from "../../src/cli/topics/faults.js";
import { WORDS } from "../../src/settings/vocabulary.js";
import { errorOf, startBrowser, trustInBrowsers, whyNoBrowser } from "../support/browser.js";
import { devtls, runProgram, type ServeRun } from "../support/cli.js";
import { curl, serveJson, temporaryHome, trusting } from "../support/programs.js";
import { describeUnless, missing } from "../support/tools.js";

/** Those that this machine's authority signed. */
const OURS: readonly Fault[] = ["expired", "not-yet-valid", "wrong-host"];

const DAY_MS = 86_400_000;

const reason = whyNoBrowser() ?? missing(["curl", "openssl"]);

describeUnless(reason, "serve --fault", () => {
  const home = temporaryHome();
  const runs = new Map<string, ServeRun>();
  /** What Chromium says to each; it thinks for seconds about most, so all are asked at once. */
  const refusals = new Map<string, Promise<string>>();

  beforeAll(async () => {
    await devtls(["ca", "create"], { env: home.env });
    await trustInBrowsers(home);
    const browser: BrowserContext = await startBrowser(home);
    for (const fault of FAULTS) {
      const run = await serveJson(["--demo", "--fault", fault], home);
      runs.set(fault, run);
      refusals.set(fault, errorOf(await browser.newPage(), run.url));
    }
  });
  afterAll(async () => {
    for (const run of runs.values()) await run.stop();
  });

  describe.each(FAULTS)("%s", (fault) => {
    const expected = VERDICTS[fault];
    let run: ServeRun;
    beforeAll(() => {
      run = runs.get(fault) as ServeRun;
    });

    it("is said loudly", () => {
      expect(run.stderr()).toContain(`wrong on purpose (${fault})`);
    });

    it("is refused by OpenSSL", async () => {
      const args = ["s_client", "-connect", `127.0.0.1:${run.port}`, "-servername", "localhost"];
      const { stdout } = await runProgram("openssl", [
        ...args,
        ...["-verify_hostname", "localhost", "-CAfile", home.root],
      ]);
      expect(stdout).toContain(`Verify return code: ${expected.openssl}`);
    });

    it("is refused by curl", async () => {
      const { status, stderr } = await curl([...trusting(home), run.url]);
      expect(stderr).toContain(expected.curl);
      expect(status).toBe(60);
    });

    it("is refused by Node", async () => {
      const ca = readFileSync(home.root);
      const code = await new Promise((resolve) => {
        get(run.url, { ca, agent: false }, () => resolve("accepted")).on(
          "error",
          (error: NodeJS.ErrnoException) => resolve(error.code),
        );
      });
      expect(code).toBe(expected.node);
    });

    it("is refused by Chromium", async () => {
      expect(await refusals.get(fault)).toBe(expected.chromium);
    });

    it("is signed by the authority only where it has to be, and for a day", async () => {
      const socket = connect({ port: run.port, host: "127.0.0.1", rejectUnauthorized: false });
      await new Promise((resolve) => socket.once("secureConnect", resolve));
      const leaf = new X509Certificate(socket.getPeerCertificate().raw);
      socket.destroy();
      const root = new X509Certificate(readFileSync(home.root));
      expect(leaf.checkIssued(root)).toBe(OURS.includes(fault));
      const life = Date.parse(leaf.validTo) - Date.parse(leaf.validFrom);
      if (OURS.includes(fault)) expect(life).toBeLessThanOrEqual(DAY_MS);
    });
  });

  it("excludes a certificate of one's own", async () => {
    const args = ["serve", "--demo", "--fault", "expired", "--cert", "a", "--key", "b"];
    const { status, stderr } = await devtls(args, { env: home.env });
    expect(status).toBe(2);
    expect(stderr).toContain("--cert and --fault exclude each other");
  });
});

it("devtls explain faults says what clients say", async () => {
  const { stdout } = await devtls(["explain", "faults", "--json"]);
  const rows = FAULTS.map((fault) => ({ fault, ...VERDICTS[fault] }));
  expect(JSON.parse(stdout)).toEqual({ faults: rows });
  const one = await devtls(["explain", "wrong-host"]);
  expect(one.stdout).toContain(VERDICTS["wrong-host"].curl);
});

it("the list of faults is the same everywhere", () => {
  expect(WORDS.find(({ name }) => name === "fault")?.values).toEqual([...FAULTS]);
});
