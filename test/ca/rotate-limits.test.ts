/** An authority that was made before mailboxes and URIs had limits gets them by its rotation. */
import { chmodSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { authorityToReplace, openNext } from "../../src/ca/rotation.js";
import { parseCertificate } from "../../src/x509/certificate.js";
import { defaultConstraints, describeConstraints } from "../../src/x509/constraints.js";
import { encodePrivateKey, generateKey } from "../../src/x509/keys.js";
import { encodePem } from "../../src/x509/pem.js";
import { buildRoot } from "../../src/x509/profile.js";
import { devtls, temporaryFolder } from "../support/cli.js";
import { makeLeaf, save } from "../x509/fixtures.js";
import { filesOf, makeState } from "./state.js";

const constraints = { ...defaultConstraints(["corp.example"]), email: [], uri: [] };

function olderRoot() {
  const key = generateKey("p256");
  const der = buildRoot({ key, owner: "ada@workbench", now: new Date(), constraints });
  const certificate = parseCertificate(der);
  return { certificate, key, pem: encodePem("CERTIFICATE", der), keyPem: encodePrivateKey(key) };
}

it("leaves certificates as they are that it could not sign any more, and says so", async () => {
  const root = olderRoot();
  const { home, out } = makeState(filesOf(root));
  chmodSync(home, 0o700);
  const path = save(out, "ceo.pem", makeLeaf(root, ["ceo@bank.com"]).pem);
  const before = readFileSync(path);
  const env = { DEVTLS_HOME: home, HOME: temporaryFolder(), XDG_DATA_HOME: undefined };
  const { status, stderr } = await devtls(["ca", "rotate", "--yes"], { cwd: out, env });
  expect(stderr).toContain(`${path} is left as it is: could not sign ceo@bank.com: `);
  expect(status, stderr).toBe(0);
  expect(readFileSync(path)).toEqual(before);
});

it("keeps those that it had", async () => {
  const root = olderRoot();
  expect(root.certificate.constraints).toEqual(constraints);
  const { home } = makeState(filesOf(root));
  const old = authorityToReplace(home);
  if (!old) throw new Error("there is none");
  const { certificate } = await openNext(home, old);
  expect(certificate.constraints).toEqual(defaultConstraints(["corp.example"]));
  expect(describeConstraints(certificate.constraints ?? constraints)).toContain("corp.example");
});
