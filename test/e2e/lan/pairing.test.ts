/** `serve --lan`: who reaches the app, and who does not. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { freePort, type ServeEvent } from "../../support/cli.js";
import { whyNoNetwork } from "../../support/network.js";
import { folderUntilEnd } from "../../support/programs.js";
import { describeUnless } from "../../support/tools.js";
import { type App, startApp } from "./app.js";
import { type Desk, LAPTOP, type LanServe, PHONE, pairingLink, setDesk, visitor } from "./desk.js";

describeUnless(whyNoNetwork(["curl", "openssl"]), "A visitor from the local network", () => {
  const folder = folderUntilEnd("devtls-lan-app-");
  let desk: Desk;
  let run: LanServe;
  let port: number;
  let lan: ServeEvent;
  let root: string;
  let app: App;
  const reached = (): string[][] => app.reached();

  beforeAll(async () => {
    desk = await setDesk();
    port = await freePort();
    app = await startApp(desk.laptop);
    run = desk.serve(["--target", app.port, "--port", String(port), "--lan-name", "shop"]);
    lan = await run.event("lan");
    root = join(folder, "root.pem");
  });

  it("is told where to come in", () => {
    expect(lan).toMatchObject({ url: `https://${LAPTOP}:${port}`, addresses: [LAPTOP] });
    expect(lan.name).toBe("shop.local");
    expect(lan.onboarding).toMatch(new RegExp(`^http://${LAPTOP}:\\d+/[\\w-]{22}$`));
    const minutes = (Date.parse(lan.expires as string) - Date.now()) / 60_000;
    expect(minutes).toBeGreaterThan(8);
    expect(minutes).toBeLessThanOrEqual(10);
  });

  describe("before it is paired", () => {
    const stranger = () => visitor(desk.phone);

    it.each([
      ["HTTP/2", ["--http2"]],
      ["HTTP/1.1", ["--http1.1"]],
      ["a POST with a body", ["--data", "a=b"]],
      [
        "an upload that waits to be welcome",
        ["--http1.1", "-H", "Expect: 100-continue", "-d", "a"],
      ],
      ["another method", ["-X", "DELETE"]],
      ["a made-up cookie", ["-H", "Cookie: __Host-devtls-lan-PORT=guess"]],
      [
        "headers of a proxy",
        ["-H", "X-Forwarded-For: 127.0.0.1", "-H", "Forwarded: for=127.0.0.1"],
      ],
      ["the question of devtls's own error page", ["-H", "devtls-ready: ?"]],
      ["the host that the developer uses", ["-H", "Host: localhost"]],
      [
        "an upgrade",
        [
          ...["--http1.1", "-H", "Connection: Upgrade", "-H", "Upgrade: websocket"],
          ...[
            "-H",
            "Sec-WebSocket-Version: 13",
            "-H",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
          ],
        ],
      ],
    ])("is refused over %s, and nothing reaches the app", async (_, args) => {
      const given = args.map((text) => text.replace("PORT", String(port)));
      const { status, body } = await stranger().get(`https://${LAPTOP}:${port}/secret`, ...given);
      expect(status).toBe(403);
      expect(body).toContain("paired devices only");
      expect(reached()).toEqual([]);
    });

    it("is refused under a foreign host as everybody is", async () => {
      const args = ["--resolve", `rebound.example:${port}:${LAPTOP}`];
      const answer = await stranger().get(`https://rebound.example:${port}/`, ...args);
      expect(answer.status).toBe(421);
    });

    it("is led from plain HTTP to https, and no further", async () => {
      const { status, head } = await stranger().get(`http://${LAPTOP}:${port}/x`);
      expect(status).toBe(307);
      expect(head).toContain(`https://${LAPTOP}:${port}/x`);
      expect(reached()).toEqual([]);
    });

    it("is seen by who looks on, as every refusal is", async () => {
      const url = `https://${LAPTOP}:${port}/looked-at`;
      await stranger().get(url);
      await run.waitFor(new RegExp(`"event":"request".*${url}","status":403`));
    });

    it("does not find the inspector, nor plain ports of devtls", async () => {
      const { stdout } = await desk.laptop.run("ss", ["-Hltn"]);
      const open = stdout.split("\n").filter((line) => line.includes(`${LAPTOP}:`));
      expect(open.map((line) => /:(\d+)\s/.exec(line)?.[1]).sort()).toEqual(
        [String(port), new URL(lan.onboarding as string).port].sort(),
      );
      expect(stdout).not.toMatch(/\s(?:0\.0\.0\.0|\*|\[::\]):\d+\s/);
    });
  });

  describe("that has scanned the code", () => {
    it("gets the root that the terminal names, and no key", async () => {
      const guest = visitor(desk.phone);
      const page = await guest.get(lan.onboarding as string);
      expect(page.status).toBe(200);
      const der = await desk.phone.run("sh", [
        ...["-c", 'curl --silent "$1" | openssl x509 -inform DER -out "$2"', "sh"],
        ...[`${lan.onboarding}/devtls-root.crt`, root],
      ]);
      expect(der).toMatchObject({ status: 0 });
      expect(readFileSync(root, "utf8")).toBe(readFileSync(desk.home.root, "utf8"));
      const { stdout } = await desk.phone.run("openssl", [
        ...["x509", "-in", root, "-noout", "-fingerprint", "-sha256"],
      ]);
      const shown = stdout.trim().split("=")[1] as string;
      expect(page.body.replaceAll(" ", ":")).toContain(shown);
      expect(page.body).not.toContain("PRIVATE KEY");
    });

    it("is let in by its link, which trusts what it downloaded", async () => {
      const phone = visitor(desk.phone, root);
      const page = await phone.get(lan.onboarding as string);
      const paired = await phone.get(pairingLink(page.body));
      expect(paired.status).toBe(303);
      expect(paired.head).toMatch(
        new RegExp(
          `set-cookie: __Host-devtls-lan-${port}=[\\w-]{32}; Path=/; Secure; HttpOnly; SameSite=Lax`,
          "i",
        ),
      );
      const { status, body } = await phone.get(`https://${LAPTOP}:${port}/first`, "-b", "a=b");
      expect([status, body]).toEqual([200, "the app"]);
      expect(await run.event("paired")).toMatchObject({ device: PHONE });
    });

    it("and the app does not get its cookie, nor can it take the cookie's place", async () => {
      const phone = visitor(desk.phone, root);
      const next = await run.event("lan", 2);
      await phone.get(pairingLink((await phone.get(next.onboarding as string)).body));
      const name = `__Host-devtls-lan-${port}`;
      const { head } = await phone.get(`https://${LAPTOP}:${port}/set?set=${name}`);
      expect(head.match(/set-cookie: .*/gi)).toEqual(["set-cookie: app=1; Path=/"]);
      const again = await phone.get(`https://${LAPTOP}:${port}/again`);
      expect(again.status).toBe(200);
      expect(reached().map(([, url, cookie]) => [url, cookie])).toEqual([
        ["/first", "a=b"],
        [`/set?set=${name}`, ""],
        ["/again", "app=1"],
      ]);
    });

    it("cannot hand the used code to a second visitor", async () => {
      const second = visitor(desk.phone, root);
      const { status, body } = await second.get(lan.onboarding as string);
      expect(status).toBe(410);
      expect(body).not.toContain(lan.url);
      const token = new URL(lan.onboarding as string).pathname.slice(1);
      const link = `https://${LAPTOP}:${port}/.devtls/pair/${token}`;
      const refused = await second.get(link);
      expect(refused.status).toBe(403);
      expect(refused.head).not.toMatch(/set-cookie/i);
      expect((await second.get(`https://${LAPTOP}:${port}/`)).status).toBe(403);
    });
  });

  it("on the laptop itself needs no code, under its own names", async () => {
    const own = visitor(desk.laptop, desk.home.root);
    expect((await own.get(`https://localhost:${port}/own`)).status).toBe(200);
    expect((await own.get(`https://127.0.0.1:${port}/own`)).status).toBe(200);
    expect((await own.get(`https://${LAPTOP}:${port}/own`)).status).toBe(403);
  });
});
