/** Roots to be trusted. */
import { type Root, rootOf } from "../../src/trust/store.js";
import { parseCertificate } from "../../src/x509/certificate.js";
import { defaultConstraints } from "../../src/x509/constraints.js";
import { generateKey } from "../../src/x509/keys.js";
import { buildRoot } from "../../src/x509/profile.js";

export const ROOT_PATH = "/home/ada/.local/share/devtls/rootCA.pem";

export function newRoot(): Root {
  const der = buildRoot({
    key: generateKey("p256"),
    owner: "ada@engine",
    now: new Date(),
    constraints: defaultConstraints(),
  });
  return rootOf(parseCertificate(der), ROOT_PATH);
}
