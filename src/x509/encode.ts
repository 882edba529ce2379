/**
 * The parts of a certificate as DER. They stand apart from what reads and checks the same things,
 * because only who writes a certificate needs the encoder loaded.
 */
import type { KeyObject } from "node:crypto";
import { DevtlsError } from "../errors.js";
import type { NameConstraints } from "./constraints.js";
import { context, contextBytes, type DerNode, nullValue, oid, sequence } from "./der.js";
import type { Name } from "./names.js";
import { OID } from "./oids.js";

const GENERAL_NAME = { email: 1, dns: 2, uri: 6, ip: 7 } as const;

export function encodeGeneralNames(names: readonly Name[]): DerNode {
  return sequence(
    ...names.map((name) =>
      contextBytes(
        GENERAL_NAME[name.kind],
        name.kind === "ip" ? name.bytes : Buffer.from(name.value, "latin1"),
      ),
    ),
  );
}

export function encodeConstraints(constraints: NameConstraints): DerNode {
  const subtrees = [
    ...constraints.dns.map((base) => contextBytes(GENERAL_NAME.dns, Buffer.from(base, "latin1"))),
    ...constraints.ip.map(({ network, mask }) =>
      contextBytes(GENERAL_NAME.ip, Buffer.concat([network, mask])),
    ),
    ...constraints.email.map((base) =>
      contextBytes(GENERAL_NAME.email, Buffer.from(base, "latin1")),
    ),
    ...constraints.uri.map((base) => contextBytes(GENERAL_NAME.uri, Buffer.from(base, "latin1"))),
  ];
  return sequence(context(0, ...subtrees.map((base) => sequence(base))));
}

/** The AlgorithmIdentifier of signatures made with this key; RSA carries NULL (RFC 4055 5). */
export function signatureAlgorithm(key: KeyObject): DerNode {
  switch (key.asymmetricKeyType) {
    case "ec":
      return sequence(oid(OID.ecdsaWithSha256));
    case "rsa":
      return sequence(oid(OID.sha256WithRsa), nullValue());
    default:
      throw new DevtlsError(
        "bad-key",
        `could not sign: a key of the type ${key.asymmetricKeyType ?? "unknown"}; EC and RSA work`,
      );
  }
}
