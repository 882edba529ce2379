/** Names that no certificate is issued for: the reason, the way out, and nothing is created. */
import { describe, expect, it } from "vitest";
import { contentsOf, expectFailure, expectRefused, newSandbox } from "./sandbox.js";

const LABEL_64 = "a".repeat(64);

describe("A name that is none", () => {
  const cases: readonly (readonly [name: string, reason: string, hint?: string])[] = [
    ["", "it is empty", "Name a host, for example: localhost"],
    ["a..b", "it has an empty label (two dots in a row)"],
    [".test", "it has an empty label (it begins with a dot)"],
    ["a b", "it holds a space or a control character"],
    ["localhost.", "it ends in a dot", "Leave the dot out: localhost"],
    ["-x.test", 'the label "-x" begins or ends with a hyphen'],
    ["*", "an asterisk may only stand alone as the first label, as in *.app.test"],
    ["a.*.test", "an asterisk may only stand alone as the first label, as in *.app.test"],
    [`${LABEL_64}.test`, `the label "${LABEL_64}" has 64 octets; 63 are allowed`],
    [`${"a".repeat(49)}.${"b.".repeat(100)}test`, "it has 254 octets; 253 are allowed"],
    ["1.2.3", "it ends in a number, so it would be read as an IPv4 address"],
    [
      "localhost:8443",
      "it is not a host name, an IP address, an e-mail address or a URI",
      "Give the host alone: localhost",
    ],
    ["@a.test", "the part before the @ is not plain ASCII mailbox text"],
  ];
  for (const [name, reason, hint] of cases) {
    it.concurrent(`is refused: ${JSON.stringify(name)}`, async () => {
      await expectRefused(newSandbox(), ["cert", "--", name], {
        status: 2,
        message: `could not use the name ${JSON.stringify(name)}: ${reason}`,
        hint: hint ?? "Run: devtls cert --help",
      });
    });
  }

  it("is refused after names that are fine", async () => {
    await expectRefused(newSandbox(), ["cert", "localhost", "127.0.0.1", "a..b"], {
      status: 2,
      message: /^could not use the name "a\.\.b"/,
      hint: "Run: devtls cert --help",
    });
  });
});

describe("A wildcard directly below a top-level name", () => {
  for (const base of ["localhost", "test", "com"]) {
    it.concurrent(`is refused with names to use instead: *.${base}`, async () => {
      await expectRefused(newSandbox(), ["cert", `*.${base}`], {
        status: 2,
        message: `could not use the name "*.${base}": clients reject a wildcard directly below a top-level name (browsers, curl, Node and Python do)`,
        hint: `Name each host instead: app.${base} api.${base}; a wildcard works one level down: *.app.${base}`,
      });
    });
  }
});

describe("A number of days out of range", () => {
  for (const days of ["0", "826", "x", "-1", "1.5", ""]) {
    it.concurrent(`is refused: --days ${JSON.stringify(days)}`, async () => {
      await expectRefused(newSandbox(), ["cert", "localhost", `--days=${days}`], {
        status: 2,
        message: `could not make a certificate for ${days} days: it takes a whole number from 1 to 825, the most that Apple's clients accept`,
        hint: "The default is --days 397",
      });
    });
  }
});

describe("A name outside the authority's constraints", () => {
  const wider = (...domains: string[]): string =>
    [
      "A wider authority has to be made and trusted anew:",
      "  devtls untrust",
      `  devtls ca create --force ${domains.map((domain) => `--permit ${domain}`).join(" ")}`,
      "  devtls trust",
    ].join("\n");

  it("fails before an authority is made, with the command that makes a wider one", async () => {
    await expectRefused(newSandbox(), ["cert", "example.com"], {
      status: 1,
      message: "could not sign example.com: this authority is limited to local names",
      hint: wider("example.com"),
    });
  });

  it("names every name that is outside, and the domain of a wildcard", async () => {
    await expectRefused(newSandbox(), ["cert", "localhost", "*.example.com", "8.8.8.8"], {
      status: 1,
      message: "could not sign *.example.com, 8.8.8.8: this authority is limited to local names",
      hint: wider("example.com", "8.8.8.8"),
    });
  });

  it("leaves the authority that is there as it was", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    await expectRefused(box, ["cert", "example.com"], {
      status: 1,
      message: /^could not sign example\.com/,
      hint: wider("example.com"),
    });
  });

  it("keeps in the wider authority what this one permits already", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create", "--permit", "example.com"]);
    const outcome = await box.run(["cert", "example.org"]);
    expectFailure(outcome, {
      status: 1,
      message: /^could not sign example\.org/,
      hint: wider("example.com", "example.org"),
    });
  });

  it("can be signed after the command that the error names", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    const { stderr } = await box.run(["cert", "example.com"]);
    const command = /devtls (ca create .*)/.exec(stderr)?.[1] ?? "";
    await box.prepare(command.split(" "));
    await box.prepare(["cert", "example.com"]);
    expect(Object.keys(contentsOf(box.cwd))).toContain("example.com.pem");
  });
});
