/** `--limits` and `--slow` by the command: what a configuration says of sizes and of waiting. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { devtls } from "../support/cli.js";
import { folderUntilEnd, temporaryHome } from "../support/programs.js";
import { describeWith } from "../support/tools.js";

const TIME_MS = 60_000;
const folder = folderUntilEnd("devtls-bounds-");
const home = temporaryHome();

describeWith(["nginx"], "a configuration of nginx", () => {
  it(
    "with bounds of its own",
    async () => {
      const file = join(folder, "site.conf");
      const out = join(folder, "edge.json");
      writeFileSync(
        file,
        `server {
          client_max_body_size 100k;
          large_client_header_buffers 4 4k;
          proxy_read_timeout 3s;
          location / { proxy_pass http://127.0.0.1:3000; }
        }`,
      );
      const args = ["capture", "--nginx", file, "--limits", "--slow", "--out", out, "--json"];
      const { status, stdout, stderr } = await devtls(args, { env: home.env });
      expect(stderr).toBe("");
      expect(JSON.parse(stdout)).toMatchObject({ differences: [] });
      expect(status).toBe(0);
      const { limits } = JSON.parse(readFileSync(out, "utf8"));
      expect(limits).toMatchObject({
        body: { max: 102_400, status: 413 },
        header: { max: 4094, status: 400 },
        firstByte: { max: 3000, status: 504 },
        idleMs: 3000,
      });
    },
    TIME_MS,
  );
});

it("a host that is not local is asked for more than it takes only by its owner", async () => {
  const args = ["capture", "http://192.0.2.1/devtls-echo", "--token", "token-of-the-test"];
  const { status, stderr } = await devtls([...args, "--limits"], { env: home.env });
  expect(stderr).toContain("only to a host of your own");
  expect(stderr).toContain("--own");
  expect(status).toBe(2);
});

it("a file is nobody else's", async () => {
  const args = ["capture", "--nginx", "site.conf", "--own"];
  const { status, stderr } = await devtls(args, { env: home.env });
  expect(stderr).toContain("--own goes with a URL");
  expect(status).toBe(2);
});
