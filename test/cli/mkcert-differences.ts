/**
 * Every way in which devtls differs from mkcert on purpose: why, and what devtls's outcome is
 * where mkcert's is known. What is not here has to be as mkcert has it.
 */
import type { Observation } from "./mkcert-observe.js";

export interface Difference {
  readonly reason: string;
  /** What devtls leaves behind instead of what mkcert did; nothing where both are the same. */
  readonly instead: (mkcert: Observation, names: readonly string[]) => Partial<Observation>;
}

const SERVER = "TLS Web Server Authentication";

export const DIFFERENCES = {
  "P-256": {
    reason:
      "made a thousand times faster than RSA-2048 and accepted everywhere; --rsa for the rest",
    instead: () => ({ key: "EC 256", keyUsage: "Digital Signature" }),
  },
  "EC key usage": {
    reason: "an EC key cannot encipher a key; mkcert claims it for RSA and EC alike",
    instead: () => ({ keyUsage: "Digital Signature" }),
  },
  "397 days": {
    reason: "below the 398 days that Apple and browsers ask of public roots, in case that spreads",
    instead: () => ({ validity: "397 days" }),
  },
  "common name": {
    reason: "the first host name, for programs that list certificates by it; never an address",
    instead: ({ order }) => ({ commonName: /DNS:([^,]*)/.exec(order)?.[1] ?? "" }),
  },
  "no common name": {
    reason:
      "X.520 allows 64 characters, and OpenSSL matches constraints against one that is longer",
    instead: () => ({ commonName: "" }),
  },
  "order as given": {
    reason: "the first name is the first in the certificate; mkcert sorts them by kind",
    instead: ({ order }) => ({ order: order.split(", ").reverse().join(", ") }),
  },
  "lower case": {
    reason: "names are compared without case, and a constraint in lower case has to match them",
    instead: ({ names, order }) => ({ names: lowerNames(names), order: lowerNames(order) }),
  },
  "case before Punycode": {
    reason: "UTS #46, which browsers follow, folds case first; mkcert's name matches no host",
    instead: ({ names, files }) => ({
      names: names.replace("xn--BCHER-2pa", "xn--bcher-kva"),
      order: names.replace("xn--BCHER-2pa", "xn--bcher-kva"),
      files: files.replaceAll("xn--BCHER-2pa", "xn--bcher-kva"),
    }),
  },
  "each name once": {
    reason: "a second one changes nothing; the file name still counts what was typed",
    instead: () => ({ names: "DNS:a.test", order: "DNS:a.test" }),
  },
  "private p12": {
    reason: "it holds the private key, and its usual password is public; mkcert leaves it readable",
    instead: ({ files }) => ({ files: files.replace(".p12 644", ".p12 600") }),
  },
  "PEM files too": {
    reason: "--p12 adds a file: servers that read PEM and programs that import PKCS#12 go together",
    instead: ({ files }) => {
      const base = files.startsWith("o.p12") ? "a.test" : files.replace(/\.p12.*/, "");
      return { files: [`${base}-key.pem 600`, `${base}.pem 644`, files].sort().join(", ") };
    },
  },
  "--p12-file is enough": {
    reason: "a name for a file is a wish for it; mkcert ignores the option without -pkcs12",
    instead: ({ files }) => ({ files: `${files}, o.p12 600`, p12: "certificates: 2, keys: 1" }),
  },
  "slash replaced": {
    reason: "a URI as the first name gives a file name; mkcert takes it for a path and fails",
    instead: (_, [first = "", ...more]) => {
      const name = first.replace(/[:/]/g, "_") + (more.length > 0 ? `+${more.length}` : "");
      return { status: "0", files: `${name}-key.pem 600, ${name}.pem 644` };
    },
  },
  "brackets of a URL": {
    reason: "[::1] can only be the address; it is what people copy from a URL",
    instead: () => ({ status: "0", files: "__1-key.pem 600, __1.pem 644" }),
  },
  "options anywhere": {
    reason: "an option after a name is an option; mkcert issues a certificate for '-client'",
    instead: ({ names, order, files }) => ({
      names: names.replace("DNS:-client, ", ""),
      order: order.replace(", DNS:-client", ""),
      extendedKeyUsage: `TLS Web Client Authentication, ${SERVER}`,
      files: files.replaceAll("a.test+1", "a.test-client"),
    }),
  },
  "names and key only": {
    reason:
      "of a request its names and key are taken: it must not get a certificate for other uses",
    instead: () => ({ extendedKeyUsage: SERVER, keyUsage: "Digital Signature" }),
  },
  "request for a client": {
    reason: "--client goes with --csr as with a key that is made here",
    instead: () => ({ status: "0", files: "ec.test-client.pem 644" }),
  },
  "nothing asked for": {
    reason: "a certificate without a name fits no host; mkcert writes it to '.pem'",
    instead: () => ({ status: "1", files: "" }),
  },
  "no key to write": {
    reason: "a request holds no private key, so --key-file would be left unwritten in silence",
    instead: () => ({ status: "2", files: "" }),
  },
  "usage is status 2": {
    reason: "wrong arguments are told apart from work that failed",
    instead: () => ({ status: "2" }),
  },
  "arguments first": {
    reason: "a typing error must not leave an authority behind",
    instead: () => ({ authority: "none" }),
  },
  "bad host name refused": {
    reason: "no client accepts a certificate for it, so the mistake is better found here",
    instead: () => ({ status: "2", files: "" }),
  },
  "wildcard below a top-level name refused": {
    reason: "browsers, curl, Node and Python reject it; the hosts have to be named",
    instead: () => ({ status: "2", files: "" }),
  },
  "outside the constraints": {
    reason: "a new authority signs local names only, so that its key cannot impersonate the web",
    instead: () => ({ status: "1", files: "", authority: "none" }),
  },
} as const satisfies Readonly<Record<string, Difference>>;

export type DifferenceId = keyof typeof DIFFERENCES;

function lowerNames(names: string): string {
  return names.replace(/DNS:[^,]*/g, (name) => `DNS:${name.slice(4).toLowerCase()}`);
}
