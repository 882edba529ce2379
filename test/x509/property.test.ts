/** What is asked for is what the certificate holds, for generated sets of names. */
import { createPublicKey, X509Certificate } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { parseCertificate } from "../../src/x509/certificate.js";
import { parseName, uniqueNames } from "../../src/x509/names.js";
import { encodePem } from "../../src/x509/pem.js";
import { buildLeaf } from "../../src/x509/profile.js";
import { DAY_MS } from "../../src/x509/validity.js";
import { temporaryFolder } from "../support/cli.js";
import { describeWith } from "../support/tools.js";
import { makeRoot, OWNER, openssl, save } from "./fixtures.js";
import { type Asked, generateSet } from "./generate-names.js";
import { FACTOR, Random, SEED } from "./random.js";

const SETS = 2048 * FACTOR;

interface Case {
  readonly asked: readonly Asked[];
  /** "kind value" of each name, once each, in order. */
  readonly expected: readonly string[];
  readonly der: Buffer;
  readonly serial: string;
}

let cases: Case[];

beforeAll(() => {
  const random = new Random(SEED);
  const root = makeRoot({ unconstrained: true });
  const { subject, keyId } = root.certificate;
  const publicKey = createPublicKey(root.key);
  const notBefore = new Date();
  const notAfter = new Date(notBefore.getTime() + DAY_MS);
  cases = Array.from({ length: SETS }, () => {
    const asked = generateSet(random);
    const der = buildLeaf({
      issuer: { key: root.key, subject, keyId },
      publicKey,
      names: uniqueNames(asked.map(({ typed }) => parseName(typed))),
      notBefore,
      notAfter,
      client: false,
      owner: OWNER,
    });
    const expected = [...new Set(asked.map(({ kind, expected }) => `${kind} ${expected}`))];
    return { asked, expected, der, serial: parseCertificate(der).serial };
  });
});

/** A failure says how to run it again and what was typed. */
function context({ asked }: Case): string {
  return `DEVTLS_TEST_SEED=${SEED}, names typed: ${JSON.stringify(asked.map(({ typed }) => typed))}`;
}

it("generates every kind of name, the longest ones and sets of a hundred", () => {
  const all = cases.flatMap(({ asked }) => asked);
  const count = (test: (name: Asked) => boolean): number => all.filter(test).length;
  expect(SETS).toBeGreaterThanOrEqual(2000);
  for (const kind of ["dns", "ip", "email", "uri"]) {
    expect(count((name) => name.kind === kind)).toBeGreaterThan(1000);
  }
  expect(count(({ expected }) => expected.length === 253)).toBeGreaterThan(100);
  expect(count(({ expected }) => /(?:^|\.)[^.]{63}\./.test(expected))).toBeGreaterThan(100);
  expect(count(({ typed }) => /[^\x20-\x7e]/.test(typed))).toBeGreaterThan(1000);
  expect(count(({ typed }) => typed.startsWith("*."))).toBeGreaterThan(100);
  expect(count(({ typed }) => /:\d+\.\d+\.\d+\.\d+/.test(typed))).toBeGreaterThan(100);
  expect(count(({ typed }) => typed.includes(",DNS:evil.test"))).toBeGreaterThan(50);
  expect(Math.max(...cases.map(({ asked }) => asked.length))).toBeGreaterThan(95);
  // No name holds a blank, so ", " only ever stands between two of them in what openssl prints.
  expect(count(({ expected }) => /\s/.test(expected))).toBe(0);
});

describe("what Node reads back", () => {
  it("is what was asked for, name for name and in order", () => {
    for (const each of cases) {
      const printed = new X509Certificate(each.der).subjectAltName ?? "";
      expect(splitNode(printed), context(each)).toEqual(each.expected);
    }
  });

  it("answers to every host and address that was asked for", () => {
    for (const each of cases.slice(0, 500)) {
      const certificate = new X509Certificate(each.der);
      for (const { kind, expected } of each.asked) {
        if (kind === "ip") {
          const address = dotted(Buffer.from(expected, "hex"));
          expect(certificate.checkIP(address), context(each)).toBe(address);
        } else if (kind === "dns" && !expected.includes("_") && expected.length <= 245) {
          const host = expected.replace(/^\*/, "some");
          expect(certificate.checkHost(host), `${host}; ${context(each)}`).toBeDefined();
        }
      }
    }
  });
});

describeWith(["openssl"], "what openssl reads back", () => {
  it("is what was asked for, name for name and in order", async () => {
    const folder = temporaryFolder();
    const all = cases.map(({ der }) => encodePem("CERTIFICATE", der)).join("");
    const printed = await openssl([
      "storeutl",
      "-noout",
      "-text",
      "-certs",
      save(folder, "all.pem", all),
    ]);
    const bySerial = new Map<string, string>();
    for (const text of printed.split(/^Certificate:$/m).slice(1)) {
      const serial = /Serial Number:\s+([0-9a-f:]+)$/m.exec(text)?.[1] ?? "";
      const names = /X509v3 Subject Alternative Name: \n {16}(.*)\n/.exec(text)?.[1];
      bySerial.set(serial.replaceAll(":", "").toUpperCase(), names ?? "");
    }
    expect(bySerial.size).toBe(cases.length);
    for (const each of cases) {
      expect(splitOpenssl(bySerial.get(each.serial) ?? ""), context(each)).toEqual(each.expected);
    }
  });
});

const KINDS: Readonly<Record<string, Asked["kind"]>> = {
  DNS: "dns",
  "IP Address": "ip",
  email: "email",
  URI: "uri",
};

/** "DNS:a, IP Address:0:0:0:0:0:0:0:1": openssl escapes nothing, and no name holds a blank. */
function splitOpenssl(text: string): string[] {
  return text.split(", ").map((entry) => {
    const [, prefix = "", value = ""] = /^([A-Za-z ]+):(.*)$/.exec(entry) ?? [];
    return normalised(prefix, value);
  });
}

/** Node quotes a value as JSON where it holds a comma or a quotation mark (CVE-2021-44532). */
function splitNode(text: string): string[] {
  const entry = /([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/gy;
  return [...text.matchAll(entry)].map(([, prefix = "", value = ""]) =>
    normalised(prefix, value.startsWith('"') ? JSON.parse(value) : value),
  );
}

function normalised(prefix: string, value: string): string {
  const kind = KINDS[prefix];
  if (kind !== "ip") return `${kind} ${value}`;
  // Both print all eight groups without leading zeros, or four octets.
  const octets = value.includes(":")
    ? value.split(":").map((group) => group.padStart(4, "0").toLowerCase())
    : value.split(".").map((octet) => Number(octet).toString(16).padStart(2, "0"));
  return `ip ${octets.join("")}`;
}

function dotted(octets: Buffer): string {
  if (octets.length === 4) return octets.join(".");
  return (octets.toString("hex").match(/..../g) ?? []).join(":");
}
