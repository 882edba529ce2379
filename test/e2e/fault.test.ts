/** `serve --fault`: what real clients say of each certificate that is wrong on purpose. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { get } from "node:https";
import { join } from "node:path";
import { connect } from "node:tls";
import type { BrowserContext } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FAULTS, type Fault } from "../../src/ca/fault-kinds.js";
import { WORDS } from "../../src/settings/vocabulary.js";
import { errorOf, startBrowser, trustInBrowsers, whyNoBrowser } from "../support/browser.js";
import { devtls, PROJECT, runProgram, type ServeRun } from "../support/cli.js";
import { curl, serveJson, temporaryHome, trusting } from "../support/programs.js";
import { describeUnless, missing } from "../support/tools.js";

interface Errors {
  readonly openssl: string;
  readonly curl: string;
  readonly node: string;
  readonly chromium: string;
  /** Whether this machine's authority signed it. */
  readonly ours: boolean;
}

const UNKNOWN = "net::ERR_CERT_AUTHORITY_INVALID";

const EXPECTED: Readonly<Record<Fault, Errors>> = {
  expired: {
    openssl: "10 (certificate has expired)",
    curl: "certificate has expired",
    node: "CERT_HAS_EXPIRED",
    chromium: "net::ERR_CERT_DATE_INVALID",
    ours: true,
  },
  "not-yet-valid": {
    openssl: "9 (certificate is not yet valid)",
    curl: "certificate is not yet valid",
    node: "CERT_NOT_YET_VALID",
    chromium: "net::ERR_CERT_DATE_INVALID",
    ours: true,
  },
  "wrong-host": {
    openssl: "62 (hostname mismatch)",
    curl: "no alternative certificate subject name matches target host name 'localhost'",
    node: "ERR_TLS_CERT_ALTNAME_INVALID",
    chromium: "net::ERR_CERT_COMMON_NAME_INVALID",
    ours: true,
  },
  "self-signed": {
    openssl: "18 (self-signed certificate)",
    curl: "self-signed certificate",
    node: "DEPTH_ZERO_SELF_SIGNED_CERT",
    chromium: UNKNOWN,
    ours: false,
  },
  "untrusted-root": {
    openssl: "19 (self-signed certificate in certificate chain)",
    curl: "self-signed certificate in certificate chain",
    node: "SELF_SIGNED_CERT_IN_CHAIN",
    chromium: UNKNOWN,
    ours: false,
  },
  sha1: {
    openssl: "18 (self-signed certificate)",
    curl: "self-signed certificate",
    node: "DEPTH_ZERO_SELF_SIGNED_CERT",
    chromium: UNKNOWN,
    ours: false,
  },
  "weak-key": {
    openssl: "66 (EE certificate key too weak)",
    curl: "EE certificate key too weak",
    node: "DEPTH_ZERO_SELF_SIGNED_CERT",
    chromium: UNKNOWN,
    ours: false,
  },
  "missing-intermediate": {
    openssl: "21 (unable to verify the first certificate)",
    curl: "unable to get local issuer certificate",
    node: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    chromium: UNKNOWN,
    ours: false,
  },
};

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
    const expected = EXPECTED[fault];
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
      expect(leaf.checkIssued(root)).toBe(expected.ours);
      const life = Date.parse(leaf.validTo) - Date.parse(leaf.validFrom);
      if (expected.ours) expect(life).toBeLessThanOrEqual(DAY_MS);
    });
  });

  it("excludes a certificate of one's own", async () => {
    const args = ["serve", "--demo", "--fault", "expired", "--cert", "a", "--key", "b"];
    const { status, stderr } = await devtls(args, { env: home.env });
    expect(status).toBe(2);
    expect(stderr).toContain("--cert and --fault exclude each other");
  });
});

describe("README.md", () => {
  it("has the table of these errors", () => {
    const readme = readFileSync(join(PROJECT, "README.md"), "utf8");
    for (const [fault, { openssl, curl: text, node, chromium }] of Object.entries(EXPECTED)) {
      expect(readme).toContain(`| \`${fault}\` | ${openssl} | ${text} | ${node} | ${chromium} |`);
    }
  });
});

it("the list of faults is the same everywhere", () => {
  expect(WORDS.find(({ name }) => name === "fault")?.values).toEqual([...FAULTS]);
});
