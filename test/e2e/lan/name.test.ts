/** The name on the network: other systems resolve it, and of two machines only one has it. */
import { X509Certificate } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../support/cli.js";
import { whyNoNetwork } from "../../support/network.js";
import { temporaryHome } from "../../support/programs.js";
import { describeUnless } from "../../support/tools.js";
import { AVAHI, type Avahi, startAvahi } from "./avahi.js";
import { type Desk, LAPTOP, type LanServe, PHONE, setDesk, visitor } from "./desk.js";

const SECOND = "192.168.77.3";
const MOVED = "192.168.77.9";

describeUnless(whyNoNetwork(["curl", "openssl", ...AVAHI]), "NAME.local", () => {
  let desk: Desk;
  let avahi: Avahi;
  let run: LanServe;
  let port: string;

  /** The names on the certificate that an address shows. */
  async function namesShownBy(address: string): Promise<string> {
    const client = 'openssl s_client -connect "$1" </dev/null 2>/dev/null | openssl x509';
    const { stdout } = await desk.phone.run("sh", ["-c", client, "sh", `${address}:${port}`]);
    return new X509Certificate(stdout).subjectAltName ?? "";
  }

  beforeAll(async () => {
    desk = await setDesk();
    avahi = await startAvahi(desk.phone, "phone");
    port = String(await freePort());
    run = desk.serve(["--demo", "--port", port, "--lan-name", "Shop"]);
    await run.event("lan");
  });

  it("is resolved by Avahi and by the C library, in no time", async () => {
    expect(await avahi.resolve("shop.local")).toBe(LAPTOP);
    const { stdout } = await desk.phone.run("getent", ["ahosts", "shop.local"]);
    expect(stdout).toContain(`${LAPTOP} `);
  });

  it("is on the certificate, beside the address", async () => {
    const names = await namesShownBy(LAPTOP);
    expect(names).toContain("DNS:shop.local");
    expect(names).toContain(`IP Address:${LAPTOP}`);
    expect(names).toContain("DNS:localhost");
  });

  it("is another one on a second machine that wants it, and the first keeps it", async () => {
    const other = await desk.network.machine(`${SECOND}/24`);
    const second = desk.serve(["--demo", "--lan-name", "shop"], other, temporaryHome());
    expect((await second.event("lan")).name).toBe("shop-2.local");
    expect(await avahi.resolve("shop-2.local")).toBe(SECOND);
    expect(await avahi.resolve("shop.local")).toBe(LAPTOP);
    expect(run.events().filter(({ event }) => event === "lan")).toHaveLength(1);
  });

  it("is another one for a second devtls of the same machine: cookies know no ports", async () => {
    const second = desk.serve(["--demo", "--lan-name", "shop"]);
    const { name, url } = await second.event("lan");
    expect(name).toBe("shop-3.local");
    expect(new URL(url as string).port).not.toBe(port);
    expect(await second.stop()).toBe(0);
  });

  it("of two machines that ask at the same time only one has", async () => {
    const [a, b] = await Promise.all([
      desk.network.machine("192.168.77.11/24"),
      desk.network.machine("192.168.77.12/24"),
    ]);
    const runs = [a, b].map((machine) =>
      desk.serve(["--demo", "--lan-name", "twin"], machine, temporaryHome()),
    );
    const names = await Promise.all(runs.map(async (each) => (await each.event("lan")).name));
    expect(names.sort()).toEqual(["twin-2.local", "twin.local"]);
  });

  it("is not this machine's own, which Avahi answers for", async () => {
    const third = await desk.network.machine("192.168.77.4/24");
    const other = await startAvahi(third, "bench");
    const second = desk.serve(["--demo", "--lan-name", "phone"], third, temporaryHome());
    expect((await second.event("lan")).name).toBe("phone-2.local");
    expect(await other.resolve("phone.local")).toBe(PHONE);
  });

  describe("when the machine gets another address", () => {
    it("there is a new code, a new certificate, and the name follows", async () => {
      await desk.laptop.ip("address", "del", `${LAPTOP}/24`, "dev", "eth0");
      await desk.laptop.ip("address", "add", `${MOVED}/24`, "dev", "eth0");
      await run.waitFor(new RegExp(`"addresses":\\["${MOVED}"\\]`));
      const events = run.events().filter(({ event }) => event === "lan");
      const last = events.at(-1);
      expect(last).toMatchObject({ url: `https://${MOVED}:${port}`, name: "shop.local" });
      expect(last?.onboarding).toMatch(new RegExp(`^http://${MOVED}:\\d+/`));
      expect(new Set(events.map(({ onboarding }) => onboarding)).size).toBe(events.length);
      const names = await namesShownBy(MOVED);
      expect(names).toContain(`IP Address:${MOVED}`);
      expect(names).not.toContain(LAPTOP);
      expect(await avahi.resolve("shop.local")).toBe(MOVED);
      const { status } = await visitor(desk.phone).get(last?.onboarding as string);
      expect(status).toBe(200);
    });

    it("and when it has none, the next one is waited for", async () => {
      await desk.laptop.ip("address", "del", `${MOVED}/24`, "dev", "eth0");
      await run.waitFor(/has left the network/);
      await desk.laptop.ip("address", "add", `${LAPTOP}/24`, "dev", "eth0");
      const pattern = new RegExp(
        `"addresses":\\["${LAPTOP}"\\][\\s\\S]*"addresses":\\["${LAPTOP}"\\]`,
      );
      await run.waitFor(pattern);
      expect(await namesShownBy(LAPTOP)).toContain(`IP Address:${LAPTOP}`);
    });
  });

  it("is taken back when devtls ends", async () => {
    expect(await run.stop()).toBe(0);
    // What was taken back is forgotten a second later (RFC 6762 10.1).
    await expect.poll(() => avahi.resolve("shop.local"), { timeout: 10_000 }).toBeUndefined();
    const { stdout } = await desk.laptop.run("ss", ["-Hltun"]);
    expect(stdout).not.toContain(`:${port} `);
  });
});
