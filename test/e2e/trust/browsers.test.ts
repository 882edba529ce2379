/**
 * Firefox ESR with a real profile, and Chromium: a page of `devtls serve`, before and after, and what
 * `devtls trust --verify browsers` says. Starting a browser takes seconds, so homes are shared.
 */
import { readdirSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { errorOf, startBrowser, whyNoBrowser } from "../../support/browser.js";
import { devtls, type Outcome, type ServeRun } from "../../support/cli.js";
import { newProfile, openIn, startFirefox, whyNoFirefox } from "../../support/firefox.js";
import { type Home, serveJson, temporaryHome } from "../../support/programs.js";
import { describeUnless } from "../../support/tools.js";

const NSS = ["--yes", "--store", "nss"];

async function change(home: Home, action: "trust" | "untrust"): Promise<void> {
  const outcome = await devtls([action, ...NSS], { env: home.env });
  expect(outcome.status, outcome.stderr).toBe(0);
}

/** `--verify browsers` as JSON: the state of each browser. */
async function verified(home: Home): Promise<{ outcome: Outcome; states: object }> {
  const line = ["trust", "--check", "--store", "nss", "--verify", "browsers", "--json"];
  const outcome = await devtls(line, { env: home.env });
  const { clients } = JSON.parse(outcome.stdout);
  const states = Object.fromEntries(
    clients.map(({ id, state }: { id: string; state: string }) => [id, state]),
  );
  return { outcome, states };
}

describeUnless(whyNoFirefox(), "Firefox ESR with a profile of its own making", () => {
  const home = temporaryHome();
  const leftovers = (): string[] =>
    readdirSync(home.folder, { recursive: true }).map(String).sort();
  let profile: string;
  let run: ServeRun;

  beforeAll(async () => {
    run = await serveJson(["--demo"], home);
    profile = await newProfile(home);
  });

  /** A browser reads its database when it starts. */
  async function open(...hosts: readonly string[]): Promise<string[]> {
    const browser = await startFirefox(home, profile);
    try {
      const seen: string[] = [];
      for (const host of hosts) seen.push(await openIn(browser, `https://${host}:${run.port}/`));
      return seen;
    } finally {
      await browser.close();
    }
  }

  it("refuses devtls before devtls trust", async () => {
    expect(await open("localhost")).toEqual(["SEC_ERROR_UNKNOWN_ISSUER"]);
  });

  describeUnless(whyNoBrowser(), "and --verify browsers", () => {
    it("has each browser refuse before, with exit 3 and what to do", async () => {
      const { outcome, states } = await verified(home);
      expect(states).toEqual({ chromium: "refuses", firefox: "refuses" });
      expect(outcome.status).toBe(3);
      const { clients } = JSON.parse(outcome.stdout);
      expect(clients[0].hint).toBe("devtls trust --store nss");
    });
  });

  describe("after devtls trust", () => {
    let files: string[];
    beforeAll(async () => {
      files = readdirSync(profile).sort();
      await change(home, "trust");
    });

    it("has no new file in its profile", () => {
      expect(readdirSync(profile).sort()).toEqual(files);
    });

    it("opens a page at https://localhost and https://127.0.0.1", async () => {
      expect(await open("localhost", "127.0.0.1")).toEqual(["200", "200"]);
    });

    describeUnless(whyNoBrowser(), "and --verify browsers", () => {
      it("has each browser trust after, with exit 0, and changes nothing", async () => {
        const before = leftovers();
        const { outcome, states } = await verified(home);
        expect(states).toEqual({ chromium: "trusts", firefox: "trusts" });
        expect(outcome.status, outcome.stderr).toBe(0);
        expect(leftovers()).toEqual(before);
      });
    });
  });

  it("refuses devtls again after devtls untrust", async () => {
    await change(home, "untrust");
    expect(await open("localhost")).toEqual(["SEC_ERROR_UNKNOWN_ISSUER"]);
  });

  describeUnless(whyNoBrowser(), "and --verify browsers", () => {
    it("has each browser refuse again after devtls untrust", async () => {
      expect((await verified(home)).states).toEqual({ chromium: "refuses", firefox: "refuses" });
    });
  });
});

describeUnless(whyNoBrowser(), "Chromium in a home without a database", () => {
  const home = temporaryHome();
  let run: ServeRun;

  beforeAll(async () => {
    run = await serveJson(["--demo"], home);
  });

  async function open(): Promise<string> {
    const context = await startBrowser(home);
    try {
      return await errorOf(await context.newPage(), run.url);
    } finally {
      await context.close();
    }
  }

  it("refuses devtls before devtls trust", async () => {
    expect(await open()).toBe("net::ERR_CERT_AUTHORITY_INVALID");
  });

  it("opens a page after devtls trust", async () => {
    await change(home, "trust");
    expect(await open()).toBe("none");
  });

  it("refuses devtls again after devtls untrust", async () => {
    await change(home, "untrust");
    expect(await open()).toBe("net::ERR_CERT_AUTHORITY_INVALID");
  });
});
