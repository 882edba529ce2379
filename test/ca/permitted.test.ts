/** `devtls ca create --permit`: what is a limit, and what would be none. */
import { describe, expect, it } from "vitest";
import { requireNarrow } from "../../src/ca/permitted.js";
import { expectRefused, newSandbox } from "../cli/sandbox.js";
import { refusal } from "../x509/fixtures.js";

describe("A domain or a block that is permitted", () => {
  it.each([
    ...["example.com", "*.example.co.uk", "myapp.dev", "corp", "lan", "dev.lan", "test"],
    ...[
      "me.github.io",
      "app.herokuapp.com",
      "city.kawasaki.jp",
      "100.64.0.0/10",
      "9.0.0.0/8",
      "10.0.0.0/8",
      "203.0.113.7",
    ],
    ...["2001:db8::/32", "fc00::/7", "fd00::/8", "fe80::/10", "::1"],
  ])("may be %s", (permit) => {
    expect(() => requireNarrow([permit])).not.toThrow();
  });

  it.each([
    ["com", "anybody can register a name below .com"],
    [".COM", "anybody can register a name below .com"],
    ["*.dev", "anybody can register a name below .dev"],
    ["co.uk", "anybody can register a name below .co.uk"],
    ["公司.cn", "anybody can register a name below .xn--55qx5d.cn"],
    ["github.io", "anybody can register a name below .github.io"],
    ["*.herokuapp.com", "anybody can register a name below .herokuapp.com"],
    ["kawasaki.jp", "anybody can register a name below .kawasaki.jp"],
    ["compute.amazonaws.com", "anybody can register a name below .compute.amazonaws.com"],
    ["0.0.0.0/0", "a block as wide as /0 is a part of the internet"],
    ["128.0.0.0/1", "a block as wide as /1 is a part of the internet"],
    ["10.0.0.0/7", "a block as wide as /7 is a part of the internet"],
    ["::/0", "a block as wide as /0 is a part of the internet"],
    ["2000::/3", "a block as wide as /3 is a part of the internet"],
  ])("may not be %s", (permit, reason) => {
    const { message, hint } = refusal("usage", () => requireNarrow(["example.com", permit]));
    expect(message).toContain(`could not permit ${JSON.stringify(permit)}: ${reason}`);
    expect(hint).toContain("devtls ca create --unconstrained");
  });

  it("is looked at before anything is made", async () => {
    for (const permit of ["com", "0.0.0.0/0"]) {
      await expectRefused(newSandbox(), ["ca", "create", "--permit", permit], {
        status: 2,
        message: /^could not permit /,
        hint: /--unconstrained$/,
      });
    }
  });
});
