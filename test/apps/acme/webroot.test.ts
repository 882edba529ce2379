/** dehydrated, acme-tiny and uacme, which put a file where a web server serves it. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { describeUnless } from "../../support/tools.js";
import { checkChain, type Desk, openDesk, whyNot } from "./network.js";

const BUNDLE = "/etc/ssl/certs/ca-certificates.crt";

async function openWebroot(args: readonly string[] = []): Promise<Desk> {
  const desk = await openDesk(args);
  await desk.sh("mkdir -p webroot");
  const server = desk.network.start(
    "python3",
    ["-u", "-m", "http.server", "80", "--bind", "127.0.0.1", "--directory", "webroot"],
    { cwd: desk.folder },
  );
  await server.waitFor(/^Serving HTTP/m);
  return desk;
}

describeUnless(whyNot(["dehydrated", "python3", "openssl"]), "dehydrated", () => {
  it("gets a certificate with what --client prints, and another one", async () => {
    const desk = await openWebroot();
    const script = await desk.configuration("dehydrated", "app.test", "b.app.test");
    await desk.sh(script);
    const first = await checkChain(desk, "dehydrated/certs/app.test/fullchain.pem");
    expect(first).toContain("DNS:app.test, DNS:b.app.test");
    await desk.restart();
    await desk.sh(`${script.trimEnd()} --force`);
    expect(await checkChain(desk, "dehydrated/certs/app.test/fullchain.pem")).not.toBe(first);
  });

  it("is bound to an account that was given out, with --eab", async () => {
    const desk = await openWebroot(["--eab"]);
    const { stdout } = await desk.devtls("acme", "--eab", "--client", "dehydrated", "app.test");
    await desk.sh(stdout);
    await checkChain(desk, "dehydrated/certs/app.test/fullchain.pem");
  });
});

describeUnless(whyNot(["acme-tiny", "python3", "openssl"]), "acme-tiny", () => {
  it("gets a certificate with what --client prints", async () => {
    const desk = await openWebroot();
    await desk.sh(await desk.configuration("acme-tiny", "app.test", "app.home.arpa"));
    // It orders its names in the order of the alphabet or not.
    expect(await checkChain(desk, "app.test.pem")).toMatch(/DNS:app\.test.*|DNS:app\.home\.arpa/);
  });
});

describeUnless(whyNot(["uacme", "python3", "openssl"]), "uacme", () => {
  it("gets a certificate with what --client prints, once the system trusts the authority", async () => {
    const desk = await openWebroot();
    const bundle = readFileSync(BUNDLE, "utf8") + readFileSync(desk.home.root, "utf8");
    desk.write("bundle.crt", bundle);
    await desk.sh(`mount --bind "$PWD/bundle.crt" ${BUNDLE}`);
    await desk.sh(await desk.configuration("uacme", "app.test"));
    expect(await checkChain(desk, "uacme.d/app.test/cert.pem")).toContain("DNS:app.test");
  });
});
