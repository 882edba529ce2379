/** The clients that are asked whether they trust the authority, each by a command of its own. */
import { findKeystores } from "../java.js";
import type { Machine } from "../machine.js";
import type { StoreId } from "../store.js";

export interface Client {
  readonly id: string;
  readonly name: string;
  /** The kind of store it goes by; null when it brings roots of its own. */
  readonly store: StoreId | null;
  /** The program to run; undefined when it is not installed. */
  find(machine: Machine): string | undefined;
  /** What follows the program. */
  args(target: { readonly url: string; readonly port: number }): readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** An exit status that says that this program has no such client in it. */
  readonly absentStatus?: number;
  /** Variables that replace the roots it goes by. */
  readonly variables: readonly string[];
  /** What to do where its store, or none, is not the reason. */
  readonly hint: string;
}

const BY_ENVIRONMENT = 'eval "$(devtls env)"';

const OPENSSL_VARIABLES = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/** Throws a line, which Node prints as it is and without a stack. */
const nodeRequest = (url: string): string =>
  `require("https").get(${JSON.stringify(url)},r=>r.resume()).on("error",e=>{throw e.code+": "+e.message})`;

const PYTHON_REQUEST =
  "import sys,urllib.request as u;u.build_opener(u.ProxyHandler({})).open(sys.argv[1]).read()";

/** The status of a Python without requests, and no other program's here. */
const NO_MODULE = 86;

const REQUESTS_REQUEST = `import sys
try: import requests
except ImportError: sys.exit(${NO_MODULE})
requests.get(sys.argv[1])`;

/** What Node ends with when it does not know an option. */
const BAD_OPTION = 9;

const onPath =
  (...programs: readonly string[]) =>
  (machine: Machine): string | undefined => {
    for (const program of programs) {
      const path = machine.which(program);
      if (path !== undefined) return path;
    }
    return undefined;
  };

/**
 * The command line clients, in the order in which they are shown.
 * @param rootPath the authority's certificate, for clients that take it from a variable
 */
export function commandLineClients(machine: Machine, rootPath: string): Client[] {
  const node = onPath("node", "nodejs");
  const python = onPath("python3", "python");
  return [
    {
      id: "curl",
      name: "curl",
      store: "system",
      find: onPath("curl"),
      args: ({ url }) => ["--silent", "--show-error", url],
      variables: ["CURL_CA_BUNDLE", ...OPENSSL_VARIABLES],
      hint: BY_ENVIRONMENT,
    },
    {
      id: "openssl",
      name: "OpenSSL",
      store: "system",
      find: onPath("openssl"),
      args: ({ port }) => [
        ...["s_client", "-connect", `127.0.0.1:${port}`, "-servername", "localhost"],
        ...["-verify_hostname", "localhost", "-verify_return_error", "-quiet", "-no_ign_eof"],
      ],
      variables: OPENSSL_VARIABLES,
      hint: BY_ENVIRONMENT,
    },
    {
      id: "wget",
      name: "wget",
      store: "system",
      find: onPath("wget"),
      args: ({ url }) => ["-nv", "--tries=1", "-O", "-", url],
      variables: OPENSSL_VARIABLES,
      hint: BY_ENVIRONMENT,
    },
    {
      id: "git",
      name: "git",
      store: "system",
      find: onPath("git"),
      args: ({ url }) => ["ls-remote", url],
      env: { GIT_TERMINAL_PROMPT: "0" },
      variables: ["GIT_SSL_CAINFO", "GIT_SSL_CAPATH", ...OPENSSL_VARIABLES],
      hint: BY_ENVIRONMENT,
    },
    {
      id: "python",
      name: "Python (ssl)",
      store: "system",
      find: python,
      args: ({ url }) => ["-c", PYTHON_REQUEST, url],
      variables: OPENSSL_VARIABLES,
      hint: BY_ENVIRONMENT,
    },
    {
      id: "python-requests",
      name: "Python (requests)",
      store: null,
      find: python,
      args: ({ url }) => ["-c", REQUESTS_REQUEST, url],
      absentStatus: NO_MODULE,
      variables: ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"],
      hint: BY_ENVIRONMENT,
    },
    {
      id: "node",
      name: "Node.js",
      store: null,
      find: node,
      args: ({ url }) => ["-e", nodeRequest(url)],
      variables: ["NODE_EXTRA_CA_CERTS"],
      hint: BY_ENVIRONMENT,
    },
    // With the variable set by the user this is the client above.
    ...(machine.env.NODE_EXTRA_CA_CERTS
      ? []
      : [
          {
            id: "node-env",
            name: "Node.js (NODE_EXTRA_CA_CERTS)",
            store: null,
            find: node,
            args: ({ url }: { url: string }) => ["-e", nodeRequest(url)],
            env: { NODE_EXTRA_CA_CERTS: rootPath },
            variables: [],
            hint: `Check the file: ${rootPath}`,
          },
        ]),
    {
      id: "node-system-ca",
      name: "Node.js (--use-system-ca)",
      store: "system",
      find: node,
      args: ({ url }) => ["--use-system-ca", "-e", nodeRequest(url)],
      absentStatus: BAD_OPTION,
      variables: OPENSSL_VARIABLES,
      hint: BY_ENVIRONMENT,
    },
    {
      id: "java",
      name: "Java",
      store: "java",
      // keytool reads a revocation list from a URL as any program of that Java would. It is in
      // every JRE, and it starts faster than a program that would have to be compiled first.
      find: () => findKeystores(machine)[0]?.keytool,
      args: ({ url }) => [
        ...["-J-Duser.language=en", "-J-XX:TieredStopAtLevel=1"],
        ...["-printcrl", "-file", url],
      ],
      variables: ["JAVA_TOOL_OPTIONS"],
      hint: BY_ENVIRONMENT,
    },
  ];
}
