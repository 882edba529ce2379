/** Pages that name localhost, as a phone sees them that came over the local network. */
import { describe, expect, it } from "vitest";
import { type BodyHead, startBodyScan } from "../../src/diagnose/body-reading.js";
import { localNetworkUrl } from "../../src/diagnose/detectors/local-network-url.js";
import { mixedContent } from "../../src/diagnose/detectors/mixed-content.js";
import type { Finding } from "../../src/diagnose/finding.js";
import { lookAt } from "../support/diagnosis.js";

const ADDRESS = "192.168.77.1:8443";

function findingsIn(type: string, text: string, fromLan = true): (Finding | undefined)[] {
  const host = fromLan ? ADDRESS : "localhost:8443";
  const head: BodyHead = {
    ...{ method: "GET", url: `https://${host}/page`, status: 200 },
    told: ["Host", host, "X-Forwarded-Proto", "https"],
    response: ["Content-Type", type],
    target: "http://localhost:5173",
    ...(fromLan && { fromLan }),
  };
  const scan = startBodyScan(head);
  scan?.push(Buffer.from(text));
  const observation = { ...head, body: scan?.finish() };
  return [lookAt(localNetworkUrl, observation), lookAt(mixedContent, observation)];
}

const HTML = "text/html; charset=utf-8";
const SCRIPT = "text/javascript";

describe("To a phone it is dead", () => {
  it.each([
    ["a request to another port", HTML, '<script>fetch("http://localhost:3000/api")</script>'],
    ["a WebSocket", HTML, '<script>new WebSocket("ws://localhost:24678/")</script>'],
    ["a WebSocket by address", SCRIPT, 'const s = new WebSocket("ws://127.0.0.1:4000");'],
    ["a base of requests", SCRIPT, 'const API = "http://localhost:3000/v1";'],
    ["a script", HTML, '<script src="http://localhost:35729/livereload.js"></script>'],
    ["an image", HTML, '<img src="http://127.0.0.1:9000/bucket/a.png">'],
    ["a request to the app itself", HTML, '<script>fetch("http://localhost:5173/api")</script>'],
  ])("%s", (_, type, text) => {
    const [local, mixed] = findingsIn(type, text);
    expect(local).toMatchObject({
      code: "local-network-url",
      cause: "localhost-on-another-device",
      confidence: "likely",
    });
    expect(local?.fix).not.toEqual([]);
    // One address is said once.
    expect(mixed).toBeUndefined();
  });

  it("and another port gets a way through devtls, the app itself none that it needs", () => {
    const [other] = findingsIn(SCRIPT, 'fetch("http://localhost:3000/v1")');
    expect(other?.fix).toEqual([
      "devtls serve --route /local=http://localhost:3000",
      "Replace http://localhost:3000 with /local",
    ]);
    const [own] = findingsIn(SCRIPT, 'fetch("http://localhost:5173/v1")');
    expect(own?.fix).toEqual([
      "Leave http://localhost:5173 out: a path alone stays with the page's own host",
    ]);
  });
});

describe("Nothing is said", () => {
  it.each([
    ["of a base for relative URLs", SCRIPT, 'new URL(path, "http://localhost")'],
    ["of a comment", SCRIPT, "// fetch('http://localhost:3000')"],
    ["of a text", HTML, "<p>Open http://localhost:3000 in a browser.</p>"],
    ["of the page's own host", HTML, `<script>fetch("https://${ADDRESS}/api")</script>`],
  ])("%s", (_, type, text) => {
    expect(findingsIn(type, text)).toEqual([undefined, undefined]);
  });

  it("to who sits at the machine", () => {
    const text = '<script>fetch("http://localhost:3000/api")</script>';
    expect(findingsIn(HTML, text, false)).toEqual([undefined, undefined]);
  });
});

describe("A link", () => {
  it("to an address of the app that only the server knows is what it was", () => {
    const [local, mixed] = findingsIn(HTML, '<a href="http://localhost:5173/next">next</a>');
    expect(local).toBeUndefined();
    expect(mixed).toMatchObject({ code: "mixed-content", cause: "internal-url" });
  });
});
