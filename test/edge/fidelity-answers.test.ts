/** What clients get from a real server, and from devtls that behaves as that server. */
import { beforeAll, expect, it } from "vitest";
import type { EdgeProfile } from "../../src/edge/profile.js";
import { findProfile } from "../../src/edge/profiles/index.js";
import { describeWith } from "../support/tools.js";
import { type Front, startFront } from "../support/wire-front.js";
import { LEFT_OUT, METHODS, RESPONSES, SIZES } from "./fidelity/answers.js";
import { type RecordingApp, startRecordingApp } from "./fidelity/app.js";
import { sendHttp1 } from "./fidelity/client.js";
import { HOST } from "./fidelity/requests.js";
import { type Ports, SERVERS, startServer } from "./fidelity/servers.js";

/** Of another release. */
const VERSION = /(?<=^server: (?:nginx|Apache))\/.*/;

/** Lines of the client's connection, and those whose value is of the moment. */
const OWN = /^(?:connection|keep-alive|content-length|transfer-encoding|date):/;

for (const { profile, ...server } of SERVERS) {
  describeWith([server.program], profile, () => {
    const edge = findProfile(profile) as EdgeProfile;
    const leftOut = LEFT_OUT.filter((entry) => entry.server === profile);
    let app: RecordingApp;
    let real: Ports;
    let front: Front;
    let redirecting: Front;
    beforeAll(async () => {
      app = await startRecordingApp();
      real = await startServer({ profile, ...server }, app.port);
      front = await startFront(`127.0.0.1:${app.port}`, {
        edge,
        limits: true,
        hsts: "pass",
      });
      const plain = { port: 0, rule: edge.plain, forcePaths: [] };
      redirecting = await startFront(`127.0.0.1:${app.port}`, { edge, plain });
    });

    it.each(SIZES)("answers %s", async (_, request) => {
      const { status } = await sendHttp1(real.tls, request, front.root);
      expect((await sendHttp1(front.port, request, front.root)).status).toBe(status);
    });

    it.each(METHODS)("redirects a %s on plain HTTP", async (method) => {
      const request = { lines: [`${method} /a%20b?c=d HTTP/1.1`, "Host: localhost"] };
      const theirs = await sendHttp1(real.redirecting, request);
      const ours = await sendHttp1(redirecting.plainPort, request);
      expect(ours.status).toBe(theirs.status);
      const location = (headers: readonly string[]) =>
        headers.find((line) => /^location:/i.test(line))?.replace(/^location: /i, "");
      expect(location(ours.headers)).toBe(
        location(theirs.headers)?.replace("//localhost/", `//localhost:${redirecting.port}/`),
      );
    });

    it.each(RESPONSES)("edits the response: %s", async (name, [status = "", ...lines]) => {
      const type = name === "no Content-Type" ? [] : ["Content-Type: text/plain"];
      const head = [`HTTP/1.1 ${status}`, "Content-Length: 2", ...type, ...lines].join("\r\n");
      app.answer = `${head.replaceAll("APP", `127.0.0.1:${app.port}`)}\r\n\r\nok`;
      const request = { lines: ["GET /page HTTP/1.1", `Host: ${HOST}`] };
      const edited = async (port: number) => {
        const answer = await sendHttp1(port, request, front.root);
        const headers = answer.headers
          .map((line) => line.replace(/^[^:]+/, (name) => name.toLowerCase()))
          .filter((line) => !OWN.test(line) && !leftOut.some(({ line: out }) => out?.test(line)))
          .map((line) => line.replace(VERSION, "").replace(`localhost:${real.tls}`, HOST))
          .sort();
        return { status: answer.status, headers };
      };
      const theirs = await edited(real.tls);
      if (leftOut.some(({ response }) => response === name)) {
        expect(await edited(front.port)).not.toEqual(theirs);
      } else {
        expect(await edited(front.port)).toEqual(theirs);
      }
    });
  });
}
