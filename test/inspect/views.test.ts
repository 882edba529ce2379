/** What is shown beside an exchange: what its cookies come to. */
import { describe, expect, it } from "vitest";
import { cookiesOf } from "../../src/inspect/views.js";
import { recorded } from "./records.js";

const of = (line: string, cookie?: string, target = "/app/login") =>
  cookiesOf(
    recorded({
      asked: { target, headers: cookie === undefined ? [] : ["Cookie", cookie] },
      sent: ["Set-Cookie", line],
    }),
  )[0];

describe("A cookie that was set", () => {
  it.each([
    ["id=1", "id=1, to localhost under /app"],
    ["id=1; Path=/; Secure", "id=1, to localhost over https"],
    ["id=; Max-Age=0; Path=/", "nothing: it is deleted"],
  ])("%s goes along with the next request", (line, next) => {
    expect(of(line)).toMatchObject({ verdict: "stored", next });
  });

  it("and dropped leaves the next request what it had", () => {
    const line = "__Host-id=2; Secure";
    expect(of(line)).toMatchObject({ next: "nothing", reason: expect.any(String) });
    expect(of(line, "a=b; __Host-id=1")).toMatchObject({ next: "__Host-id=1, as this one did" });
  });
});
