/** A target or a route that is the inspector itself is refused, by whatever name it goes. */
import { lookup } from "node:dns/promises";
import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import { devtls, freePort } from "../support/cli.js";
import { temporaryHome } from "../support/programs.js";

const { env } = temporaryHome();

/** Names of this machine differ; where its own leads to loopback it is one of those. */
const own = await lookup(hostname())
  .then(({ address }) => address)
  .catch(() => "");
const HOSTS = [
  ...["localhost", "127.0.0.1", "app.localhost", "0.0.0.0", "[::ffff:127.0.0.1]"],
  ...(own.startsWith("127.") ? [hostname()] : []),
];

describe("devtls serve --inspect refuses", () => {
  it.each(HOSTS)("%s at the inspector's port as target", async (host) => {
    const inspector = String(await freePort());
    const args = ["--inspect", inspector, "--port", String(await freePort())];
    const { status, stderr } = await devtls(
      ["serve", "--target", `https://${host}:${inspector}`, ...args],
      { env },
    );
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringContaining("is the inspector itself"),
    });
  });

  it("it as the target of a route", async () => {
    const [inspector, port] = [String(await freePort()), String(await freePort())];
    const options = ["--demo", "--route", `/i=https://127.0.0.1:${inspector}`];
    const { status, stderr } = await devtls(
      ["serve", ...options, "--inspect", inspector, "--port", port],
      { env },
    );
    expect(status, stderr).toBe(2);
  });
});
