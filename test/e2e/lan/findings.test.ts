/** What breaks on a phone, as devtls says it while the phone looks. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { freePort, PROJECT } from "../../support/cli.js";
import { whyNoNetwork } from "../../support/network.js";
import { folderUntilEnd, temporaryHome } from "../../support/programs.js";
import { describeUnless } from "../../support/tools.js";
import { startApp } from "./app.js";
import { type Desk, type LanServe, pairingLink, setDesk, type Visitor, visitor } from "./desk.js";

const PAGE = `<!doctype html><title>app</title>
<script>new WebSocket("ws://localhost:24678/")</script>`;

/** A server on every address of the machine, as many are. */
const OPEN = `require("node:http").createServer((_, response) => response.end("open")).listen(Number(process.argv[1]), () => console.log("listening"))`;

/** A phone that has paired. */
async function paired(desk: Desk, run: LanServe): Promise<Visitor> {
  const phone = visitor(desk.phone);
  const { onboarding } = await run.event("lan");
  await phone.get(pairingLink((await phone.get(onboarding as string)).body));
  return phone;
}

describeUnless(whyNoNetwork(["curl"]), "devtls serve --lan says", () => {
  let desk: Desk;

  beforeAll(async () => {
    desk = await setDesk();
  });

  it("that a page asks the phone itself, where it names localhost", async () => {
    const app = await startApp(desk.laptop, PAGE);
    const run = desk.serve(["--target", app.port, "--lan-name", "one"]);
    const phone = await paired(desk, run);
    const { url } = await run.event("lan");
    await phone.get(`${url}/`);
    const finding = await run.event("finding");
    expect(finding).toMatchObject({
      code: "local-network-url",
      cause: "localhost-on-another-device",
      url: `${url}/`,
    });
    expect(finding.fix).toContain("devtls serve --route /local=http://localhost:24678");
    expect(await run.stop()).toBe(0);
  });

  it("that a dev server does not know the name, with the line that tells it", async () => {
    const project = folderUntilEnd("devtls-lan-vite-");
    mkdirSync(join(project, "node_modules"));
    symlinkSync(join(PROJECT, "node_modules/vite"), join(project, "node_modules/vite"));
    writeFileSync(join(project, "index.html"), "<!doctype html><title>app</title>");
    const port = String(await freePort());
    const vite = join(PROJECT, "node_modules/vite/bin/vite.js");
    const dev = desk.laptop.start(process.execPath, [vite, "--port", port, "--strictPort"], {
      cwd: project,
      env: desk.home.env,
    });
    await dev.waitFor(/http:\/\/localhost:\d+\//);
    const run = desk.serve(["--target", port, "--lan-name", "two"]);
    const phone = await paired(desk, run);
    const { url, name } = await run.event("lan");
    expect((await phone.get(`${url}/`)).status).toBe(200);
    // As a browser does that opens the name: it is led there by the address that has paired.
    const there = `https://${name}:${new URL(url as string).port}/`;
    const port443 = new URL(url as string).port;
    const resolve = ["--resolve", `${name}:${port443}:${new URL(url as string).hostname}`];
    const navigate = ["-H", "Sec-Fetch-Mode: navigate", "-H", "Accept: text/html"];
    const answer = await phone.get(there, "--location", ...resolve, ...navigate);
    expect(answer.body).toContain("not allowed");
    const finding = await run.event("finding");
    expect(finding).toMatchObject({ code: "host-refused", framework: null });
    expect(finding.fix).toEqual([`server: { allowedHosts: ['${name}'] }`]);
    expect(run.stderr()).not.toContain("without pairing");
  });

  it("that the dev server itself lets everybody in, where it does", async () => {
    const port = String(await freePort());
    const open = desk.laptop.start(process.execPath, ["-e", OPEN, port]);
    await open.waitFor(/listening/);
    const run = desk.serve(["--target", port, "--lan-name", "three"], desk.laptop, temporaryHome());
    await run.waitFor(
      new RegExp(`the dev server itself answers at http://192\\.168\\.77\\.1:${port}: everybody`),
    );
  });
});
