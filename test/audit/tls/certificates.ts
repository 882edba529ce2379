/** Certificates of a small public-looking authority, made by openssl. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../../support/cli.js";

export interface Pair {
  readonly cert: string;
  readonly key: string;
  /** The certificate and the intermediate. */
  readonly chain: string;
}

export interface Made {
  readonly folder: string;
  /** The root, a file. */
  readonly root: string;
  readonly rsa: Pair;
  readonly ec: Pair;
  readonly short: Pair;
  readonly p384: Pair;
  readonly expired: Pair;
  readonly sha1: Pair;
  readonly elsewhere: Pair;
  readonly alone: Pair;
}

async function openssl(args: readonly string[], cwd: string): Promise<void> {
  const { status, stderr } = await runProgram("openssl", args, { cwd });
  if (status !== 0) throw new Error(`openssl ${args.join(" ")}: ${stderr}`);
}

const EC = (curve: string): readonly string[] => [
  "-newkey",
  "ec",
  "-pkeyopt",
  `ec_paramgen_curve:${curve}`,
];

/** Makes a root, an intermediate and leaves for localhost. */
export async function makeCertificates(folder: string): Promise<Made> {
  mkdirSync(folder, { recursive: true });
  const file = (name: string): string => join(folder, name);
  const request = (name: string, keys: readonly string[]): readonly string[] => [
    ...["req", "-new", ...keys, "-nodes", "-keyout", file(`${name}.key`), "-subj", `/CN=${name}`],
  ];
  const issued = (name: string, issuer: string, extensions: string, more: readonly string[]) => {
    writeFileSync(file(`${name}.ext`), extensions);
    return openssl(
      [
        ...["x509", "-req", "-in", file(`${name}.csr`), "-out", file(`${name}.crt`)],
        ...["-CA", file(`${issuer}.crt`), "-CAkey", file(`${issuer}.key`), "-CAcreateserial"],
        ...["-extfile", file(`${name}.ext`), "-days", "90", ...more],
      ],
      folder,
    );
  };
  const ca = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n";
  await openssl(
    [...request("root", EC("P-256")), "-x509", "-days", "300", "-out", file("root.crt")],
    folder,
  );
  await openssl(
    [...request("middle", ["-newkey", "rsa:2048"]), "-out", file("middle.csr")],
    folder,
  );
  await issued("middle", "root", ca, []);
  const leaf = async (
    name: string,
    keys: readonly string[],
    { host = "localhost", more = [] as readonly string[] } = {},
  ): Promise<Pair> => {
    await openssl([...request(name, keys), "-out", file(`${name}.csr`)], folder);
    const names = `subjectAltName=DNS:${host}\nextendedKeyUsage=serverAuth\n`;
    await issued(name, "middle", names, more);
    return withChain(file, name);
  };
  const rsa = ["-newkey", "rsa:2048"];
  return {
    ...{ folder, root: file("root.crt") },
    rsa: await leaf("rsa", rsa),
    ec: await leaf("ec", EC("P-256")),
    short: await leaf("short", ["-newkey", "rsa:1024"]),
    p384: await leaf("p384", EC("P-384")),
    expired: await leaf("expired", rsa, { more: ["-days", "-1"] }),
    sha1: await leaf("sha1", rsa, { more: ["-sha1"] }),
    elsewhere: await leaf("elsewhere", rsa, { host: "example.test" }),
    alone: await selfSigned(file, folder),
  };
}

async function selfSigned(file: (name: string) => string, folder: string): Promise<Pair> {
  const [cert, key] = [file("alone.crt"), file("alone.key")];
  await openssl(
    [
      ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert],
      ...["-days", "90", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
    ],
    folder,
  );
  return { cert, key, chain: cert };
}

function withChain(file: (name: string) => string, name: string): Pair {
  const [cert, key, chain] = [file(`${name}.crt`), file(`${name}.key`), file(`${name}.chain`)];
  writeFileSync(chain, `${readFileSync(cert, "utf8")}${readFileSync(file("middle.crt"), "utf8")}`);
  return { cert, key, chain };
}
