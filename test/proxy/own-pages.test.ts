/** What devtls says itself, in the form that the client asked for, with nothing of a stranger's in it. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { escapeHtml } from "../../src/proxy/own/pages.js";
import { startBoth } from "../support/wire-front.js";
import { headerOf, type Message } from "../support/wire-peer.js";

async function refused(accept: string): Promise<Message> {
  const { target, front } = await startBoth();
  const client = await front.connect();
  client.send(`GET / HTTP/1.1\r\nHost: ${front.authority}\r\nAccept: ${accept}\r\n\r\n`);
  const app = await target.accept();
  await app.head();
  app.finish('HTTP/1.1 200 <script>alert("1")</script>&amp;\0\r\n\r\n');
  return client.message();
}

describe("The page for a browser", () => {
  it("shows what the app sent as text", async () => {
    const page = await refused("text/html");
    expect(page.status).toBe(502);
    expect(page.body).toContain("&lt;script&gt;alert(");
    expect(page.body).not.toContain("<script>alert");
  });

  it("may run its own style and script only", async () => {
    const page = await refused("text/html");
    const policy = headerOf(page, "content-security-policy") ?? "";
    expect(policy).toMatch(/^default-src 'none'; /);
    expect(policy).not.toContain("unsafe");
    for (const [, tag, text = ""] of page.body.matchAll(/<(style|script)>(.*?)<\/\1>/gs)) {
      const hash = createHash("sha256").update(text).digest("base64");
      expect(policy).toContain(`${tag}-src 'sha256-${hash}'`);
    }
    expect(headerOf(page, "x-content-type-options")).toBe("nosniff");
    expect(headerOf(page, "cache-control")).toBe("no-store");
  });
});

it.each([
  ["application/json", "application/json"],
  ["*/*", "text/plain; charset=utf-8"],
])("who accepts %s gets %s", async (accept, type) => {
  const page = await refused(accept);
  expect(headerOf(page, "content-type")).toBe(type);
  expect(headerOf(page, "x-content-type-options")).toBe("nosniff");
  if (type === "application/json") expect(JSON.parse(page.body)).toMatchObject({ status: 502 });
});

it("text in markup loses every character that markup is made of", () => {
  expect(escapeHtml(`<a href="x">&amp;'`)).toBe("&lt;a href=&quot;x&quot;&gt;&amp;amp;'");
});
