/** Argument vectors for both programs, with the differences that each of them shows. */
import type { DifferenceId } from "./mkcert-differences.js";

export interface Vector {
  readonly mkcert: readonly string[];
  /** devtls's spelling, after `devtls cert`; the same when absent. */
  readonly devtls?: readonly string[];
  /** There is no authority yet; otherwise there is one, without constraints. */
  readonly fresh?: boolean;
  readonly differs: readonly DifferenceId[];
}

/** What every certificate for a host shows when no option is given. */
const USUAL: readonly DifferenceId[] = ["P-256", "397 days", "common name"];
/** The same for what has no host name in it. */
const NAMELESS: readonly DifferenceId[] = ["P-256", "397 days"];

const LONGEST_LABEL = "a".repeat(63);

function issued(names: readonly string[], differs: readonly DifferenceId[] = USUAL): Vector {
  return { mkcert: names, differs };
}

function refused(name: string, ...differs: DifferenceId[]): Vector {
  return { mkcert: [name], differs };
}

const NAMES: readonly Vector[] = [
  { mkcert: ["localhost"], fresh: true, differs: USUAL },
  issued(["a.test"]),
  issued(["example.com", "myapp.dev", "localhost", "127.0.0.1", "::1"]),
  issued(["a.test", "b.test", "c.test", "*.d.test"]),
  issued(["*.example.it"]),
  issued(["*.app.localhost"]),
  issued(["*.a.b.example.com"]),
  issued(["127.0.0.1"], NAMELESS),
  issued(["::1"], NAMELESS),
  issued(["192.168.0.10", "fe80::1"], NAMELESS),
  issued(["2001:DB8::A"], NAMELESS),
  issued(["::ffff:127.0.0.1"], NAMELESS),
  issued(["127.0.0.1", "a.test"], [...USUAL, "order as given"]),
  issued(["bücher.test"]),
  issued(["xn--bcher-kva.test"]),
  issued(["faß.test"]),
  issued(["日本.test", "a.test"]),
  issued(["BÜCHER.test"], [...NAMELESS, "case before Punycode", "common name"]),
  issued(["LOCALHOST.Test"], [...NAMELESS, "lower case", "common name"]),
  issued(["a_b.test"]),
  issued([`${LONGEST_LABEL}.test`], NAMELESS),
  issued(["com"]),
  issued(["a@b.test"], NAMELESS),
  issued(["a@b.test", "localhost"], [...USUAL, "order as given"]),
  issued(["app.test", "https://app.test/x?y=1#z"]),
  issued(["a.test", "a.test"], [...NAMELESS, "each name once", "common name"]),
  issued(["a.test", "A.test"], [...NAMELESS, "each name once", "common name"]),
  issued(["https://app.test/x"], ["slash replaced"]),
  issued(["spiffe://cluster.local/ns", "a.test"], ["slash replaced"]),
  issued(["[::1]"], ["brackets of a URL"]),
];

const OPTIONS: readonly Vector[] = [
  { mkcert: ["localhost"], devtls: ["--rsa", "localhost"], differs: ["397 days", "common name"] },
  {
    mkcert: ["-ecdsa", "localhost"],
    devtls: ["localhost"],
    differs: ["EC key usage", "397 days", "common name"],
  },
  { mkcert: ["-client", "localhost"], devtls: ["--client", "localhost"], differs: USUAL },
  { mkcert: ["-client", "a@b.test"], devtls: ["--client", "a@b.test"], differs: NAMELESS },
  {
    mkcert: ["a.test", "-client"],
    devtls: ["a.test", "--client"],
    differs: [...NAMELESS, "options anywhere", "common name"],
  },
  {
    mkcert: ["-pkcs12", "localhost"],
    devtls: ["--p12", "localhost"],
    differs: [...NAMELESS, "private p12", "PEM files too"],
  },
  {
    mkcert: ["-pkcs12", "-ecdsa", "-client", "localhost", "127.0.0.1"],
    devtls: ["--p12", "--client", "localhost", "127.0.0.1"],
    differs: ["EC key usage", "397 days", "private p12", "PEM files too"],
  },
  {
    mkcert: ["-pkcs12", "127.0.0.1", "a.test"],
    devtls: ["--p12", "127.0.0.1", "a.test"],
    differs: [...USUAL, "private p12", "PEM files too", "order as given"],
  },
  {
    mkcert: ["-pkcs12", `${LONGEST_LABEL}.test`],
    devtls: ["--p12", `${LONGEST_LABEL}.test`],
    differs: [...NAMELESS, "no common name", "private p12", "PEM files too"],
  },
  {
    mkcert: ["-pkcs12", "-p12-file", "o.p12", "a.test"],
    devtls: ["--p12", "--p12-file", "o.p12", "a.test"],
    differs: [...NAMELESS, "private p12", "PEM files too"],
  },
  {
    mkcert: ["-p12-file", "o.p12", "a.test"],
    devtls: ["--p12-file", "o.p12", "a.test"],
    differs: [...USUAL, "--p12-file is enough"],
  },
  {
    mkcert: ["-cert-file", "c.pem", "-key-file", "k.pem", "a.test"],
    devtls: ["--cert-file", "c.pem", "--key-file", "k.pem", "a.test"],
    differs: USUAL,
  },
  {
    mkcert: ["-cert-file=c.pem", "a.test"],
    devtls: ["--cert-file=c.pem", "a.test"],
    differs: USUAL,
  },
  {
    mkcert: ["-cert-file", "both.pem", "-key-file", "both.pem", "a.test"],
    devtls: ["--cert-file", "both.pem", "--key-file", "both.pem", "a.test"],
    differs: USUAL,
  },
  {
    mkcert: ["-cert-file", "no/c.pem", "a.test"],
    devtls: ["--cert-file", "no/c.pem", "a.test"],
    differs: [],
  },
  { mkcert: ["-bogus", "a.test"], devtls: ["--bogus", "a.test"], differs: [] },
  {
    mkcert: ["-bogus", "a.test"],
    devtls: ["--bogus", "a.test"],
    fresh: true,
    differs: [],
  },
];

const REQUESTS: readonly Vector[] = [
  request(["rsa.csr"], "397 days", "common name"),
  request(["ec.csr"], "397 days", "EC key usage"),
  request(["cn.csr"], "397 days", "EC key usage"),
  request(["other-uses.csr"], "397 days", "names and key only"),
  request(["nameless.csr"], "nothing asked for"),
  request(["garbage.csr"]),
  request(["nowhere.csr"]),
  request(["ec.csr", "a.test"], "usage is status 2"),
  request(["ec.csr", "-cert-file", "c.pem"], "397 days", "EC key usage"),
  request(["ec.csr", "-key-file", "k.pem"], "no key to write"),
  request(["ec.csr", "-pkcs12"], "usage is status 2"),
  request(["ec.csr", "-client"], "request for a client"),
];

function request(args: readonly string[], ...differs: DifferenceId[]): Vector {
  const spelled = args.map((word) => word.replace("-pkcs12", "-p12").replace(/^-/, "--"));
  return { mkcert: ["-csr", ...args], devtls: ["--csr", ...spelled], differs };
}

const BAD: readonly Vector[] = [
  { mkcert: [], differs: ["usage is status 2"] },
  { mkcert: [""], fresh: true, differs: ["usage is status 2", "arguments first"] },
  { mkcert: ["-x"], differs: [] },
  { mkcert: ["--", "-x"], differs: ["bad host name refused"] },
  refused("a..b", "bad host name refused"),
  refused("a-.test", "bad host name refused"),
  refused(`a${LONGEST_LABEL}.test`, "bad host name refused"),
  refused("256.1.1.1", "bad host name refused"),
  refused("1.2.3", "bad host name refused"),
  refused("010.0.0.1", "bad host name refused"),
  refused("*.com", "wildcard below a top-level name refused"),
  {
    mkcert: ["*.localhost"],
    fresh: true,
    differs: ["wildcard below a top-level name refused", "arguments first"],
  },
  refused("*", "usage is status 2"),
  refused("a.*.com", "usage is status 2"),
  refused("a b", "usage is status 2"),
  refused(".test", "usage is status 2"),
  refused("a.test.", "usage is status 2"),
  refused("a/b", "usage is status 2"),
  refused("localhost:8443", "usage is status 2"),
  refused("fe80::1%eth0", "usage is status 2"),
  refused("A <a@b.test>", "usage is status 2"),
  refused("@b.test", "usage is status 2"),
  refused("http://", "usage is status 2"),
  { mkcert: ["example.com"], fresh: true, differs: ["outside the constraints"] },
];

export const VECTORS: readonly Vector[] = [...NAMES, ...OPTIONS, ...REQUESTS, ...BAD];
