/** Secrets that somebody gave for one origin stay there, wherever a redirect leads. */
import { beforeAll, describe, expect, it } from "vitest";
import { diagnose } from "../../src/index.js";
import { devtls } from "../support/cli.js";
import { startServer, type TestServer, to } from "./server.js";

let elsewhere: TestServer;
let own: TestServer;

beforeAll(async () => {
  const pages: Record<string, ReturnType<typeof to>> = {};
  elsewhere = await startServer(pages);
  own = await startServer({
    "/out": to(`${elsewhere.origin}/caught`, 307),
    "/in": to("/done", 302, { "Set-Cookie": "sid=2; Path=/" }),
  });
  pages["/back"] = to(`${own.origin}/done`, 307);
});

const SECRETS = {
  Authorization: "Bearer secret",
  Cookie: "sid=secret; theme=dark",
  "X-Api-Key": "secret",
  "Proxy-Authorization": "Basic secret",
  "Accept-Language": "de",
};

const last = ({ asked }: TestServer) => asked.at(-1);

describe("Header lines that are given", () => {
  it("stay with their origin when they may be secret", async () => {
    const { hops } = await diagnose(`${own.origin}/out`, { headers: SECRETS });
    expect(last(own)?.headers).toMatchObject({
      authorization: "Bearer secret",
      cookie: "sid=secret; theme=dark",
      "x-api-key": "secret",
    });
    expect(JSON.stringify(last(elsewhere))).not.toContain("secret");
    expect(last(elsewhere)?.headers["accept-language"]).toBe("de");
    expect(hops.at(-1)?.withheld).toEqual([
      ...["Authorization", "Cookie", "X-Api-Key", "Proxy-Authorization"],
    ]);
  });

  it("go along again when the way leads back", async () => {
    await diagnose(`${own.origin}/in`, { headers: SECRETS });
    expect(last(own)).toMatchObject({
      url: "/done",
      headers: { authorization: "Bearer secret", cookie: "theme=dark; sid=2" },
    });
  });

  it("are said to be held back", async () => {
    const header = ["--header", "Authorization: Bearer secret"];
    const { stdout } = await devtls(["trace", ...header, `${own.origin}/out`]);
    expect(stdout).toContain("was not sent Authorization, given for another origin");
    expect(JSON.stringify(last(elsewhere))).not.toContain("secret");
  });
});
