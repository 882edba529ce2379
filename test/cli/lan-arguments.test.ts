/** `serve --lan` with arguments that do not work: it says why, listens nowhere, makes nothing. */
import { describe, it } from "vitest";
import { expectRefused, newSandbox } from "./sandbox.js";

const ARGUMENTS = "could not understand the arguments:";
const HELP = "Run: devtls serve --help";
const BLOCKS =
  "Only addresses of a local network are served: 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 169.254.0.0/16, fc00::/7";

const CASES: readonly (readonly [args: string[], cause: string, hint: string])[] = [
  [["--lan", "8.8.8.8"], "--lan 8.8.8.8: not a private address", BLOCKS],
  [["--lan", "127.0.0.1"], "--lan 127.0.0.1: not a private address", BLOCKS],
  [["--lan", "0.0.0.0"], "--lan 0.0.0.0: not a private address", BLOCKS],
  [["--lan", "fe80::1"], "--lan fe80::1: not a private address", BLOCKS],
  [["--lan", "wlan0"], "--lan wlan0: not an IP address", "For all of them: --lan"],
  [
    ["--lan", "5173"],
    "--lan 5173: not an IP address",
    "The dev server's port: --target 5173 --lan",
  ],
  [
    ["--lan", "--lan-name", "my shop"],
    "--lan-name my shop: not a name for a device",
    "Letters, digits and hyphens, at most 63: --lan-name shop",
  ],
  [
    ["--lan", "--lan-name", "shop.example.com"],
    "--lan-name shop.example.com: not a name for a device",
    "Letters, digits and hyphens, at most 63: --lan-name shop",
  ],
  [["--lan", "--lan-port", "0"], "--lan-port 0: not a whole number from 1 to 65535", HELP],
  [["--lan", "--lan-open", "0"], "--lan-open 0: not a whole number from 1 to 1440", HELP],
  [
    ["--lan", "--lan-open", "forever"],
    "--lan-open forever: not a whole number from 1 to 1440",
    HELP,
  ],
  [["--lan-name", "shop"], "--lan-name without --lan", "Add it: --lan"],
  [["--lan-qr", "code.svg"], "--lan-qr without --lan", "Add it: --lan"],
  [
    ["--lan", "--bind", "0.0.0.0"],
    "--bind 0.0.0.0 and --lan exclude each other",
    "--bind lets everybody in, --lan only who has paired. Leave --bind out",
  ],
  [["--lan", "--fault", "expired"], "--fault and --lan exclude each other", HELP],
];

describe("serve --lan", () => {
  it.concurrent.each(CASES)("refuses serve %j", async (args, cause, hint) => {
    await expectRefused(newSandbox(), ["serve", "--demo", ...args], {
      ...{ status: 2, message: `${ARGUMENTS} ${cause}`, hint },
    });
  });

  it("says that this machine has no such address, and the next step", async () => {
    await expectRefused(newSandbox(), ["serve", "--demo", "--lan", "10.254.253.252"], {
      status: 1,
      message: "could not listen on 10.254.253.252: this machine has no such address",
      hint: "See its addresses: ip address. For all of them: --lan",
    });
  });
});
