/** Somebody in the same network, without a code: what is sent raw, by trying, and in floods. */
import { beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../support/cli.js";
import { whyNoNetwork } from "../../support/network.js";
import { describeUnless } from "../../support/tools.js";
import { type App, startApp } from "./app.js";
import { type Desk, LAPTOP, type LanServe, setDesk, visitor } from "./desk.js";

/** Says something over TLS as it stands, and prints what comes until the end. */
const SAY = `
const [host, port, text] = process.argv.slice(1);
const socket = require("node:tls").connect({ host, port, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] });
socket.on("error", () => {}).on("data", (chunk) => process.stdout.write(chunk)).write(text, "latin1");
`;

/** One request over HTTP/2, its header fields as JSON; prints the status. */
const ASK = `
const [host, port, fields] = process.argv.slice(1);
const session = require("node:http2").connect(\`https://\${host}:\${port}\`, { rejectUnauthorized: false });
session.on("error", () => { console.log("refused"); process.exit(); });
session.on("remoteSettings", () => {
  const stream = session.request(JSON.parse(fields), { endStream: false });
  stream.on("response", (headers) => { console.log(headers[":status"]); process.exit(); });
  stream.on("error", () => { console.log("refused"); process.exit(); });
  stream.write("GET /smuggled HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n");
});
`;

describeUnless(whyNoNetwork(["curl", "ss"]), "Somebody in the same network", () => {
  let desk: Desk;
  let run: LanServe;
  let app: App;
  let port: string;

  const say = async (text: string): Promise<string> => {
    const { stdout } = await desk.phone.run(process.execPath, ["-e", SAY, LAPTOP, port, text]);
    return stdout;
  };
  const statuses = (text: string): string[] => text.match(/(?<=HTTP\/1\.1 )\d+/g) ?? [];

  beforeAll(async () => {
    desk = await setDesk();
    app = await startApp(desk.laptop);
    port = String(await freePort());
    run = desk.serve(["--target", app.port, "--port", port, "--inspect", String(await freePort())]);
    await run.event("lan");
  });

  const HEAD = `Host: ${LAPTOP}\r\n`;
  const SECRET = `GET /secret HTTP/1.1\r\n${HEAD}\r\n`;

  it.each([
    [
      "behind the image that is open to all",
      `GET /.devtls/check.svg HTTP/1.1\r\n${HEAD}\r\n${SECRET}`,
      ["200", "403"],
    ],
    ["behind a refused request", `${SECRET}${SECRET}`, ["403"]],
    [
      "in a body of a length",
      `POST / HTTP/1.1\r\n${HEAD}Content-Length: ${SECRET.length}\r\n\r\n${SECRET}`,
      ["403"],
    ],
    [
      "in a chunk",
      `POST / HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n${SECRET.length.toString(16)}\r\n${SECRET}\r\n0\r\n\r\n${SECRET}`,
      ["403"],
    ],
    [
      "between two lengths",
      `POST / HTTP/1.1\r\n${HEAD}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SECRET}`,
      ["400"],
    ],
    ["behind a bare line feed", `GET / HTTP/1.1\n${HEAD}\n${SECRET}`, ["400"]],
    [
      "in absolute form",
      `GET https://localhost:1/secret HTTP/1.1\r\nHost: localhost:1\r\nConnection: close\r\n\r\n`,
      ["403"],
    ],
    [
      "in absolute form with another Host",
      `GET https://localhost/secret HTTP/1.1\r\n${HEAD}\r\n`,
      ["400"],
    ],
    ["without a Host", "GET /secret HTTP/1.0\r\n\r\n", ["403"]],
    [
      "with an empty cookie",
      `GET /secret HTTP/1.1\r\n${HEAD}Cookie: __Host-devtls-lan-PORT=\r\n\r\n`,
      ["403"],
    ],
    [
      "by a path that climbs",
      `GET /.devtls/check.svg/../../secret HTTP/1.1\r\n${HEAD}\r\n`,
      ["403"],
    ],
    ["by a path that is encoded", `GET /.devtls/%2e%2e/secret HTTP/1.1\r\n${HEAD}\r\n`, ["403"]],
    [
      "by the way to another name",
      `GET /.devtls/to/evil.example/ HTTP/1.1\r\n${HEAD}\r\n`,
      ["403"],
    ],
    ["as a tunnel", `CONNECT 127.0.0.1:22 HTTP/1.1\r\n${HEAD}\r\n`, ["405"]],
    ["for the server as a whole", `OPTIONS * HTTP/1.1\r\n${HEAD}\r\n`, ["403"]],
    [
      "as HTTP/2 in plain text",
      `GET / HTTP/1.1\r\n${HEAD}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n`,
      ["403"],
    ],
    [
      "as a WebSocket that speaks at once",
      `GET /hmr HTTP/1.1\r\n${HEAD}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n${SECRET}`,
      ["403"],
    ],
  ])("does not get a request through %s", async (_, text, expected) => {
    expect(statuses(await say(text.replace("PORT", port)))).toEqual(expected);
    expect(app.reached()).toEqual([]);
  });

  const H2 = { ":method": "GET", ":scheme": "https", ":path": "/secret" };

  it.each([
    ["under the developer's host", { ...H2, ":authority": "localhost" }, "403"],
    ["under a foreign one", { ...H2, ":authority": "evil.example" }, "421"],
    ["under two", { ...H2, ":authority": LAPTOP, host: "localhost" }, "400"],
    ["as an upload", { ...H2, ":method": "POST", ":authority": LAPTOP }, "403"],
    [
      "as a WebSocket (RFC 8441)",
      { ...H2, ":method": "CONNECT", ":protocol": "websocket", ":authority": LAPTOP },
      "403",
    ],
    [
      "with a cookie in crumbs",
      { ...H2, ":authority": LAPTOP, cookie: ["a=b", "__Host-devtls-lan-PORT=x", "c=d"] },
      "403",
    ],
  ])("does not get a request of HTTP/2 through %s", async (_, fields, status) => {
    const text = JSON.stringify(fields).replace("PORT", port);
    const { stdout } = await desk.phone.run(process.execPath, ["-e", ASK, LAPTOP, port, text]);
    expect(stdout.trim()).toBe(status);
    expect(app.reached()).toEqual([]);
  });

  it("cannot ask the inspector under any name of the machine", async () => {
    const { url } = await run.event("inspector");
    const inspector = new URL(url as string).port;
    const { status } = await desk.phone.run("curl", [
      ...["--insecure", "--silent", "--max-time", "3", `https://${LAPTOP}:${inspector}/`],
    ]);
    // 7: nothing listens there.
    expect(status).toBe(7);
  });

  describe("who tries codes", () => {
    it("has to wait after ten, at the app and at the page alike; another device does not", async () => {
      const thief = await desk.network.machine("192.168.77.66/24");
      const { onboarding } = await run.event("lan");
      const { origin } = new URL(onboarding as string);
      const guess = visitor(thief);
      const tries: number[] = [];
      for (let count = 0; count < 6; count++) {
        const token = `guess-${count}-aaaaaaaaaaaaa`;
        tries.push((await guess.get(`${origin}/${token}`)).status);
        tries.push((await guess.get(`https://${LAPTOP}:${port}/.devtls/pair/${token}`)).status);
      }
      expect(tries).toEqual([...Array<number>(10).fill(403), 429, 429]);
      // With the right one, too: who has to wait learns nothing.
      expect((await guess.get(onboarding as string)).status).toBe(429);
      expect((await visitor(desk.phone).get(onboarding as string)).status).toBe(200);
    });

    it("and who has seen the code over the air comes second, which is said", async () => {
      const { onboarding } = await run.event("lan");
      const thief = await desk.network.machine("192.168.77.67/24");
      const { status, body } = await visitor(thief).get(onboarding as string);
      expect(status).toBe(403);
      expect(body).not.toMatch(/https:|BEGIN|\.crt/);
      const token = new URL(onboarding as string).pathname.slice(1);
      const link = `https://${LAPTOP}:${port}/.devtls/pair/${token}`;
      expect((await visitor(thief).get(link)).status).toBe(403);
      await run.waitFor(/192\.168\.77\.67 wanted to use the code that another device had opened/);
      expect(app.reached()).toEqual([]);
    });
  });

  describe("at the onboarding page", () => {
    const page = async (path: string, ...args: readonly string[]) => {
      const { onboarding } = await run.event("lan");
      return visitor(desk.phone).get(`${onboarding}${path}`, "--path-as-is", ...args);
    };

    it.each([
      ["/../../../etc/passwd", 404],
      ["/..%2f..%2frootCA-key.pem", 404],
      ["/rootca-key.pem", 404],
      ["/devtls-root.crt/../x", 404],
      ["//devtls-root.crt", 404],
      ["?system=<script>alert(1)</script>", 404],
      ["?system=toaster", 200],
    ])("finds nothing that is not the page's: %s", async (path, status) => {
      const answer = await page(path);
      expect(answer.status).toBe(status);
      expect(answer.body).not.toMatch(/PRIVATE KEY|alert\(1\)|root:x:/);
    });

    it("is not there under another name, for another method, or with a large head", async () => {
      expect((await page("", "-H", "Host: rebound.example")).status).toBe(421);
      expect((await page("", "-X", "POST")).status).toBe(405);
      expect((await page("", "-H", `X: ${"x".repeat(10_000)}`)).status).toBe(431);
    });

    it("shows nothing that the visitor sent, and runs no script but its own", async () => {
      const { head, body } = await page("", "-A", "<img src=x>", "-H", "Referer: http://<b>");
      expect(body).not.toMatch(/<img src=x>|<b>/);
      expect(head).toMatch(/content-security-policy: default-src 'none'; style-src 'sha256-/i);
      expect(head).not.toMatch(/unsafe/);
    });
  });

  it("cannot keep others out by connections without end", async () => {
    const flood = await desk.network.machine("192.168.77.68/24");
    const { onboarding } = await run.event("lan");
    const open = `
const { connect } = require("node:net");
const [host, ...ports] = process.argv.slice(1);
let closed = 0;
for (const port of ports) for (let i = 0; i < 150; i++)
  connect(port, host).on("error", () => {}).on("close", () => { if (++closed === 100) console.log("kept to 100 each"); });
setInterval(() => {}, 1000);`;
    const ports = [port, new URL(onboarding as string).port];
    const flooding = flood.start(process.execPath, ["-e", open, LAPTOP, ...ports]);
    await flooding.waitFor(/kept to 100 each/);
    expect((await visitor(desk.phone).get(onboarding as string)).status).toBe(200);
    const { status } = await visitor(desk.phone).get(`https://${LAPTOP}:${port}/`);
    expect(status).toBe(403);
  });
});
