/** The echo in each language: what it says to who holds the token, and nothing to anybody else. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { send } from "../../src/capture/asking/client.js";
import { encodeControl } from "../../src/capture/control.js";
import { echoSource, LANGUAGES, type Language } from "../../src/capture/echoes/index.js";
import type { Question } from "../../src/capture/question.js";
import { readReport } from "../../src/capture/report.js";
import { freePort } from "../support/cli.js";
import { folderUntilEnd, start } from "../support/programs.js";
import { describeWith } from "../support/tools.js";

const TOKEN = "token-of-the-test";
const PROGRAMS: Readonly<Record<Language, string>> = {
  node: "node",
  python: "python3",
  php: "php",
  ruby: "ruby",
};

const QUESTION: Question = {
  name: "a request",
  way: "plain",
  version: "1.1",
  method: "POST",
  target: "/devtls-echo/%7Ea?b",
  host: "app.test",
  lines: ["x-CASE", "J\xe9", "X-Twice", "1", "X-Twice", "2", "Content-Length", "5"],
  body: "hello",
};

for (const language of LANGUAGES) {
  const program = PROGRAMS[language];
  describeWith([program], `the echo for ${language}`, () => {
    it("shows the request as it came, answers as it is told, and 404 to strangers", async () => {
      const port = await freePort();
      const file = join(folderUntilEnd("devtls-echo-"), language === "node" ? "echo.cjs" : "echo");
      writeFileSync(file, echoSource(language, TOKEN));
      const running = start(program, [file], { env: { PORT: String(port), HOST: "127.0.0.1" } });
      await running.waitFor(/devtls echo on/);
      const door = { address: "127.0.0.1", port };
      const reply = { status: 418, lines: ["X-Own", "{target}"] };
      const control = encodeControl({ token: TOKEN, number: 7, reply });
      const { status, lines, body } = await send(door, QUESTION, control);
      expect(status).toBe(418);
      expect(lines.join("\n")).toMatch(/^x-own\napp\.test$/im);
      expect(lines.join("\n")).toMatch(/^cache-control\nno-store$/im);
      const { method, target, version, host } = QUESTION;
      expect(readReport(lines, body)).toMatchObject({
        number: 7,
        peer: "127.0.0.1",
        arrived: { method, target, version, octets: 5, lines: ["Host", host, ...QUESTION.lines] },
        shows: { order: true, case: true, duplicates: true, target: true },
      });
      const head = await send(door, { ...QUESTION, method: "HEAD", lines: [], body: "" }, control);
      expect(readReport(head.lines, head.body)?.arrived.method).toBe("HEAD");
      const stranger = await send(
        door,
        QUESTION,
        encodeControl({ token: "other", number: 1, reply }),
      );
      expect(stranger.status).toBe(404);
      expect(stranger.body.toString()).toBe("");
    });

    it("ends by itself when its hour is over", async () => {
      const hour = /\b(?:60 \* 60|3600)\b/g;
      const source = echoSource(language, TOKEN);
      expect(source.match(hour)).not.toBeNull();
      const file = join(folderUntilEnd("devtls-echo-"), language === "node" ? "echo.cjs" : "echo");
      writeFileSync(file, source.replace(hour, "1"));
      const env = { PORT: String(await freePort()), HOST: "127.0.0.1" };
      const running = start(program, [file], { env });
      await running.waitFor(/devtls echo on .* for an hour/);
      expect(await running.exited).toBe(0);
    });
  });
}
