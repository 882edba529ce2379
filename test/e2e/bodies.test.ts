/** Bodies on their way through devtls: whole, both ways, piece by piece, and broken off. */

import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createReadStream, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { environment, type ServeEvent, type ServeRun } from "../support/cli.js";
import { type App, startApp } from "../support/http-app.js";
import { curl, serveJson, start, temporaryHome, trusting } from "../support/programs.js";
import { describeWith } from "../support/tools.js";

const LARGE_BYTES = 64 * 1024 * 1024;

describeWith(["curl"], "a body", () => {
  const home = temporaryHome();
  const file = join(home.folder, "large");
  let sum: string;
  let app: App;
  let run: ServeRun;
  /** What the app does with a request. */
  let answer: (request: IncomingMessage, response: ServerResponse) => unknown;

  beforeAll(async () => {
    const bytes = randomBytes(LARGE_BYTES);
    sum = createHash("sha256").update(bytes).digest("hex");
    writeFileSync(file, bytes);
    app = await startApp((request, response) => answer(request, response));
    run = await serveJson(["--target", String(app.port)], home);
  });

  describe.each([
    ["--http1.1", "HTTP/1.1"],
    ["--http2", "HTTP/2"],
  ])("of curl %s", (version, protocol) => {
    const args = (...rest: string[]): string[] => [...trusting(home), version, ...rest, run.url];

    it("of 64 MiB arrives at the app as it was sent", async () => {
      answer = async (request, response) => {
        const hash = createHash("sha256");
        await pipeline(request, hash);
        response.end(hash.digest("hex"));
      };
      const { stdout, stderr } = await curl(args("--upload-file", file));
      expect(stderr).toBe("");
      expect(stdout).toBe(sum);
    });

    it("of 64 MiB arrives at the client as it was sent", async () => {
      answer = (_request, response) => pipeline(createReadStream(file), response);
      const client = spawn("curl", ["-sS", ...args()], {
        env: environment(),
        stdio: ["ignore", "pipe", "inherit"],
      });
      const hash = createHash("sha256");
      await pipeline(client.stdout, hash);
      expect(hash.digest("hex")).toBe(sum);
    });

    it("reaches the app before the client has sent all of it", async () => {
      let firstSeen: (text: string) => void = () => undefined;
      const seen = new Promise<string>((resolve) => {
        firstSeen = resolve;
      });
      answer = async (request, response) => {
        request.setEncoding("utf8").once("data", firstSeen);
        await once(request, "end");
        response.end("thanks");
      };
      const client = spawn("curl", ["-sS", ...args("--upload-file", "-", "--no-buffer")], {
        env: environment(),
        stdio: ["pipe", "pipe", "inherit"],
      });
      const ended = once(client, "close");
      client.stdin.write("the first part");
      expect(await seen).toBe("the first part");
      client.stdin.end("the rest");
      expect(await ended).toEqual([0, null]);
    });

    it("reaches the client before the app has sent all of it", async () => {
      let finish: () => void = () => undefined;
      answer = (_request, response) => {
        response.write("the first part");
        finish = () => response.end(", the rest");
      };
      const client = start("curl", ["-sS", "--no-buffer", ...args()]);
      await client.waitFor(/^the first part$/);
      finish();
      expect(await client.exited).toBe(0);
      expect(client.stdout()).toBe("the first part, the rest");
    });

    it("that the client does not wait for ends the app's request", async () => {
      let closed: Promise<unknown> = Promise.reject(new Error("the app was not asked"));
      closed.catch(() => undefined);
      answer = (_request, response) => {
        closed = once(response, "close");
        response.write("the first part");
      };
      const client = start("curl", ["-sS", "--no-buffer", ...args()]);
      await client.waitFor(/the first part/);
      await client.stop("SIGKILL");
      await closed;
      const left = (event: ServeEvent): boolean => event.brokenBy === "client";
      const event = await run.waitFor((one) => left(one) && one.protocol === protocol);
      expect(event).toMatchObject({ event: "request", status: 200, bytes: 14 });
    }, 10_000);

    it("that the app breaks off is not taken for a whole one", async () => {
      answer = (_request, response) => {
        response.writeHead(200, { "Content-Length": "100" });
        response.write("the first part", () => response.destroy());
      };
      const { status, stdout } = await curl(args());
      expect(stdout).toBe("the first part");
      expect(status).not.toBe(0);
    });
  });
});
