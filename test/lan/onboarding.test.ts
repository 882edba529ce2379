/** The onboarding pages: for each system its steps, readable on the smallest phone, gone when over. */
import { join } from "node:path";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { openAuthority } from "../../src/ca/authority.js";
import { Onboarding } from "../../src/lan/onboarding/server.js";
import { SYSTEM_NAMES, systemOf, systemsFor } from "../../src/lan/onboarding/systems.js";
import { Pairing } from "../../src/lan/pairing.js";
import { violationsOf } from "../support/axe.js";
import { startBrowser, whyNoBrowser } from "../support/browser.js";
import { temporaryFolder } from "../support/cli.js";
import { temporaryHome } from "../support/programs.js";
import { describeUnless } from "../support/tools.js";

const AUTHORITY = "devtls somebody@a-computer-with-a-long-name 01234567";
const FINGERPRINT = Array<string>(32).fill("AB").join(":");

interface Opened {
  readonly onboarding: Onboarding;
  readonly url: string;
}

async function open(): Promise<Opened> {
  const pairing = new Pairing({ onPaired: () => undefined, onOther: () => undefined });
  const { authority } = await openAuthority(join(temporaryFolder(), "state"));
  const onboarding = new Onboarding({
    ...{ pairing, root: authority.certificate },
    guide: () => ({
      title: "a-project-with-a-name-that-is-longer-than-any-other-name.local",
      check: "https://127.0.0.1:9/.devtls/check.svg",
      pair: "https://127.0.0.1:9/.devtls/pair/",
      ...{ authority: AUTHORITY, fingerprint: FINGERPRINT },
      expires: new Date(Date.now() + 60_000),
    }),
    isOwnHost: (hostname) => hostname === "127.0.0.1",
    onDefect: (error) => {
      throw error;
    },
  });
  const port = await onboarding.listenOn(["127.0.0.1"], 0, false);
  return { onboarding, url: `http://127.0.0.1:${port}/${pairing.issue(Date.now() + 60_000)}` };
}

describe("A browser says which system it runs on", () => {
  it.each([
    ["ios", "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15"],
    ["ios", "Mozilla/5.0 (iPad; CPU OS 16_5 like Mac OS X) AppleWebKit/605.1.15"],
    ["android", "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/156.0.0.0 Mobile"],
    ["android", "Mozilla/5.0 (Android 15; Mobile; rv:153.0) Gecko/153.0 Firefox/153.0"],
    ["windows", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/156.0.0.0"],
    ["macos", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15"],
    ["linux", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0"],
    [undefined, "curl/8.0"],
    [undefined, ""],
  ])("%s", (system, userAgent) => {
    expect(systemOf(userAgent)).toBe(system);
  });
});

describe("Each system", () => {
  const systems = systemsFor(AUTHORITY);

  it.each(SYSTEM_NAMES)("begins with the file that it takes, and ends without it: %s", (name) => {
    const { steps, undo } = systems[name];
    expect(steps[0]?.download).toBe(name === "ios" ? "profile" : "certificate");
    expect(undo).not.toBe("");
    for (const { words, screen } of steps) {
      expect(words).toMatch(/\.$/);
      // A picture shows what is meant in it.
      expect(screen.rows.some((row) => typeof row !== "string")).toBe(true);
    }
  });

  it("names the switch that everybody misses", () => {
    expect(systems.ios.steps.at(-1)?.words).toContain("Certificate Trust Settings");
    expect(systems.android.firefox?.words).toContain("Use third party CA certificates");
  });
});

describe("The onboarding page", () => {
  let opened: Opened;
  beforeAll(async () => {
    opened = await open();
  });

  it.each(SYSTEM_NAMES)(
    "has a picture for each step, and no script but the check: %s",
    async (name) => {
      const text = await (await fetch(`${opened.url}?system=${name}`)).text();
      const { steps, firefox } = systemsFor(AUTHORITY)[name];
      expect(text.match(/<li>/g)).toHaveLength(steps.length + (firefox ? 1 : 0));
      expect(
        text.match(/<svg class="screen" role="img" aria-label="[^"]+: (?:tap|turn) /g),
      ).toHaveLength(steps.length + (firefox ? 1 : 0));
      expect(text.match(/<script/g)).toHaveLength(1);
      expect(text).not.toMatch(/ on\w+=| style=/);
      expect(text).toContain(FINGERPRINT.replaceAll(":", " "));
    },
  );

  it("asks which system it is where nothing says so", async () => {
    const text = await (await fetch(opened.url, { headers: { "User-Agent": "" } })).text();
    expect(text).toContain("Which system does this device have?");
    expect(text).toContain("Open the app");
  });

  it("gives files away as what they are", async () => {
    const typeOf = async (file: string): Promise<string | null> =>
      (await fetch(`${opened.url}/${file}`)).headers.get("content-type");
    expect(await typeOf("devtls-root.crt")).toBe("application/x-x509-ca-cert");
    expect(await typeOf("devtls.mobileconfig")).toBe("application/x-apple-aspen-config");
  });

  it("is gone when the time is over, open connections with it", async () => {
    const { onboarding, url } = await open();
    expect((await fetch(url)).status).toBe(200);
    onboarding.close();
    await expect(fetch(url)).rejects.toThrow();
  });
});

describeUnless(whyNoBrowser(), "The onboarding page in a browser", () => {
  let url: string;
  let page: Page;

  beforeAll(async () => {
    ({ url } = await open());
    page = await (await startBrowser(temporaryHome())).newPage();
    await page.setViewportSize({ width: 320, height: 568 });
  });

  describe.each(["light", "dark"] as const)("%s", (colorScheme) => {
    it.each(SYSTEM_NAMES)("fits into 320 pixels without a fault of access: %s", async (name) => {
      await page.emulateMedia({ colorScheme });
      await page.goto(`${url}?system=${name}`);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
      // No text of a picture reaches beyond it, or into what stands beside it.
      const wide = await page.evaluate(() =>
        [...document.querySelectorAll<SVGTextElement>(".screen text")]
          .filter((text) => {
            const box = text.getBBox();
            const mark = text.nextElementSibling as SVGGraphicsElement | null;
            const isBeside = mark?.matches(".chevron, .switch") ?? false;
            const end = isBeside && mark ? mark.getBBox().x : 250;
            return box.x < 8 || box.x + box.width > end;
          })
          .map(({ textContent }) => textContent),
      );
      expect(wide).toEqual([]);
      expect(await violationsOf(page)).toEqual([]);
    });
  });
});
