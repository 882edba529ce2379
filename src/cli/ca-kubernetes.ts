/**
 * `devtls ca export --kubernetes`: an intermediate made for one cluster, for cert-manager's CA
 * issuer (cert-manager.io/docs/configuration/ca). Its key is in what is printed and nowhere else.
 */
import { resolve } from "node:path";
import { openAuthority } from "../ca/authority.js";
import { writeFiles } from "../ca/files.js";
import { makeIntermediate } from "../ca/intermediate.js";
import { certificateToPem } from "../x509/certificate.js";
import { describeConstraints } from "../x509/constraints.js";
import { encodePrivateKey } from "../x509/keys.js";
import { DAY_MS, DEFAULT_LEAF_DAYS } from "../x509/validity.js";
import { note, print, write } from "./output.js";

const NAME = "devtls-ca";

/** Where cert-manager looks for the secrets of cluster issuers unless told otherwise. */
const NAMESPACE = "cert-manager";

/** @throws DevtlsError "authority-exists" where the authority can make no intermediate */
export async function exportForKubernetes(out: string | undefined): Promise<void> {
  const { authority } = await openAuthority();
  const now = Date.now();
  const { certificate, key } = await makeIntermediate(authority, "kubernetes", {
    notBefore: new Date(now),
    notAfter: new Date(now + DEFAULT_LEAF_DAYS * DAY_MS),
  });
  const text = manifest(
    certificateToPem(certificate) + certificateToPem(authority.certificate),
    encodePrivateKey(key),
  );
  if (out === undefined) write("stdout", text);
  else {
    const path = resolve(out);
    writeFiles([{ path, data: text, mode: 0o600 }]);
    print(path);
  }
  const limits = certificate.constraints
    ? describeConstraints(certificate.constraints).join(", ")
    : "any name";
  note(
    `An intermediate for one cluster, until ${certificate.notAfter.toISOString().slice(0, 10)}.`,
  );
  note(`Its key is kept nowhere else. It may sign ${limits}.`);
  note("Apply it: devtls ca export --kubernetes | kubectl apply -f -");
  note(`Use it: annotate an ingress with cert-manager.io/cluster-issuer: ${NAME}`);
}

/** The root comes last, so that cert-manager puts it into the ca.crt of what it issues. */
function manifest(chain: string, key: string): string {
  const data = (text: string): string => Buffer.from(text).toString("base64");
  return `apiVersion: v1
kind: Secret
metadata:
  name: ${NAME}
  namespace: ${NAMESPACE}
type: kubernetes.io/tls
data:
  tls.crt: ${data(chain)}
  tls.key: ${data(key)}
---
apiVersion: cert-manager.io/v1
kind: ClusterIssuer
metadata:
  name: ${NAME}
spec:
  ca:
    secretName: ${NAME}
`;
}
