/** What an app receives through a real server, and through devtls that behaves as that server. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { EdgeProfile } from "../../src/edge/profile.js";
import { findProfile } from "../../src/edge/profiles/index.js";
import { describeWith } from "../support/tools.js";
import { type Front, startFront } from "../support/wire-front.js";
import { type RecordingApp, startRecordingApp } from "./fidelity/app.js";
import { type Answer, sendHttp1, sendHttp2 } from "./fidelity/client.js";
import { DIFFERENCES } from "./fidelity/differences.js";
import { KINDS, type Kind } from "./fidelity/requests.js";
import { type Ports, SERVERS, startServer } from "./fidelity/servers.js";

type Doors = Pick<Ports, "tls" | "plain">;

function send(kind: Kind, doors: Doors, root: string): Promise<Answer> {
  if (kind.way === "http2") return sendHttp2(doors.tls, kind, root);
  return kind.way === "tls" ? sendHttp1(doors.tls, kind, root) : sendHttp1(doors.plain, kind);
}

/** The lines of a request; where its chunks end is up to each hop (RFC 9112 7.1). */
function linesOf(request: string): string[] {
  const end = request.indexOf("\r\n\r\n");
  const head = request.slice(0, end).split("\r\n");
  const body = request.slice(end + 4);
  const chunked = head.some((line) => /^transfer-encoding: chunked$/i.test(line));
  return [...head, "", chunked ? withoutChunks(body) : body];
}

function withoutChunks(body: string): string {
  let text = "";
  for (let rest = body; ; ) {
    const size = Number.parseInt(rest, 16);
    if (!(size > 0)) return text;
    const start = rest.indexOf("\r\n") + 2;
    text += rest.slice(start, start + size);
    rest = rest.slice(start + size + 2);
  }
}

const counts: string[] = [];
afterAll(() => {
  process.stdout.write(counts.map((line) => `${line}\n`).join(""));
});

for (const { profile, ...server } of SERVERS) {
  describeWith([server.program], profile, () => {
    const kinds = KINDS.filter(({ way }) => way !== "http2" || !server.http1Only);
    let app: RecordingApp;
    let doors: { readonly real: Ports; readonly devtls: Doors };
    let front: Front;
    let differing = 0;
    beforeAll(async () => {
      app = await startRecordingApp();
      const real = await startServer({ profile, ...server }, app.port);
      const edge = findProfile(profile) as EdgeProfile;
      front = await startFront(`127.0.0.1:${app.port}`, { edge, limits: true });
      doors = { real, devtls: { tls: front.port, plain: front.plainPort } };
    });
    afterAll(() => {
      counts.push(`fidelity: ${profile}: ${kinds.length} requests, ${differing} differ as listed`);
    });

    const told = async (kind: Kind, by: Doors): Promise<string[]> => {
      const { status } = await send(kind, by, front.root).catch(() => ({ status: "no answer" }));
      const [request, ...more] = app.take();
      expect(more).toEqual([]);
      return request === undefined ? [`(refused with ${status})`] : linesOf(request);
    };

    it.each(kinds.map((kind) => [kind.name, kind] as const))("%s", async (name, kind) => {
      const real = await told(kind, doors.real);
      const ours = await told(kind, doors.devtls);
      const listed = DIFFERENCES.find(
        ({ servers, kinds }) => servers.includes(profile) && kinds.includes(name),
      );
      if (listed) {
        differing++;
        expect(ours, "differs no more: take it off the list").not.toEqual(real);
      } else {
        expect(ours).toEqual(real);
      }
    });
  });
}

it("lists differences of kinds and servers that exist", () => {
  const kinds = KINDS.map(({ name }) => name);
  expect(new Set(kinds).size).toBe(kinds.length);
  for (const difference of DIFFERENCES) {
    expect(kinds).toEqual(expect.arrayContaining([...difference.kinds]));
    expect(SERVERS.map(({ profile }) => profile)).toEqual(
      expect.arrayContaining([...difference.servers]),
    );
  }
});
