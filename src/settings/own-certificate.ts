/** `--cert` and `--key`: a certificate of the user's own, checked before it is served. */
import { readRequired } from "../ca/files.js";
import { DevtlsError } from "../errors.js";
import type { OwnCertificate } from "../serving/serving.js";
import { parsePemCertificate } from "../x509/certificate.js";
import { decodePrivateKey } from "../x509/keys.js";

/** @throws DevtlsError naming the file for one that cannot be read, a pair that does not fit, or an expired certificate */
export function readOwnCertificate(cert: string, key: string): OwnCertificate {
  const pem = readRequired(cert).toString("latin1");
  const keyPem = readRequired(key).toString("latin1");
  const certificate = read(cert, () => parsePemCertificate(pem));
  const privateKey = read(key, () => decodePrivateKey(keyPem));
  if (!certificate.x509.checkPrivateKey(privateKey)) {
    throw new DevtlsError("key-mismatch", `could not use ${key}: it is not the key of ${cert}`, {
      hint: "Name the key that the certificate was made with, or leave both out to have one issued",
    });
  }
  if (certificate.notAfter.getTime() < Date.now()) {
    const day = certificate.notAfter.toISOString().slice(0, 10);
    throw new DevtlsError("certificate-expired", `could not use ${cert}: it expired on ${day}`, {
      hint: certificate.x509.issuer.includes("devtls")
        ? `Issue it again: devtls renew ${cert}`
        : "Get a new one where it comes from, or leave --cert and --key out to have one issued",
    });
  }
  return { cert: pem, key: keyPem, certificate };
}

/** What reads PEM does not know the file's name; people need it. */
function read<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof DevtlsError)) throw error;
    const reason = error.message.replace(/^could not read [^:]+: /, "");
    throw new DevtlsError(error.code, `could not use ${path}: ${reason}`, {
      cause: error,
      ...(error.hint !== undefined && { hint: error.hint.replace(/\bKEY\b/, path) }),
    });
  }
}
