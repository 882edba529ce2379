/** An authority that was made before mailboxes and URIs had limits gets them by its rotation. */
import { expect, it } from "vitest";
import { authorityToReplace, openNext } from "../../src/ca/rotation.js";
import { parseCertificate } from "../../src/x509/certificate.js";
import { defaultConstraints, describeConstraints } from "../../src/x509/constraints.js";
import { encodePrivateKey, generateKey } from "../../src/x509/keys.js";
import { encodePem } from "../../src/x509/pem.js";
import { buildRoot } from "../../src/x509/profile.js";
import { filesOf, makeState } from "./state.js";

it("keeps those that it had", async () => {
  const key = generateKey("p256");
  const constraints = { ...defaultConstraints(["corp.example"]), email: [], uri: [] };
  const der = buildRoot({ key, owner: "ada@workbench", now: new Date(), constraints });
  expect(parseCertificate(der).constraints).toEqual(constraints);
  const root = { pem: encodePem("CERTIFICATE", der), keyPem: encodePrivateKey(key) };
  const { home } = makeState(filesOf(root));
  const old = authorityToReplace(home);
  if (!old) throw new Error("there is none");
  const { certificate } = await openNext(home, old);
  expect(certificate.constraints).toEqual(defaultConstraints(["corp.example"]));
  expect(describeConstraints(certificate.constraints ?? constraints)).toContain("corp.example");
});
