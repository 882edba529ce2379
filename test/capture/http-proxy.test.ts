/** What an app is told behind node-http-proxy hangs on two options, and a capture tells which. */
import { expect, it } from "vitest";
import { diffProfiles } from "../../src/edge/diff.js";
import { httpProxy as builtIn } from "../../src/edge/profiles/servers.js";
import { httpProxy } from "../edge/fidelity/servers.js";
import { canBeSaid, captureServer } from "./server.js";

const TIME_MS = 60_000;

/** Any other protocol than WebSocket is closed by http-proxy itself. */
const CLOSED = ["upgrade to something else"];

it.each([
  ["changeOrigin: true", [{ what: "toApp.host", a: "keep", b: "target" }]],
  [
    "xfwd: true",
    [
      { what: "X-Forwarded-For", a: "pass", b: "append {client} (glue ,)" },
      { what: "X-Forwarded-Proto", a: "pass", b: "append {scheme-or-ws} (glue ,)" },
      {
        what: "X-Forwarded-Host",
        a: "pass",
        b: expect.stringMatching(
          /^set \{host\} .*"upgrade".*"x-forwarded-host"|"x-forwarded-host".*"upgrade"/,
        ),
      },
      { what: "X-Forwarded-Port", a: "pass", b: "append {host-port} (glue ,)" },
      { what: "toApp.appendsInPlace", a: "false", b: "true" },
    ],
  ],
])(
  "with %s",
  async (options, expected) => {
    const captured = await captureServer({
      profile: "http-proxy",
      program: "node",
      configure: httpProxy(options),
    });
    const left = captured.differences.map(({ request }) => request);
    expect(left.filter(canBeSaid)).toEqual(CLOSED);
    const unlike = diffProfiles(builtIn, captured.profile).filter(
      ({ what }) => !/^limits|^order of/.test(what),
    );
    expect(unlike).toEqual(expected);
  },
  TIME_MS,
);
