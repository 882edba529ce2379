/** The cases of ports, names and variables, as in cases.ts. */
import { join } from "node:path";
import { variableId } from "../../src/doctor/run.js";
import { TRUST_VARIABLES } from "../../src/doctor/variables.js";
import { encodeJks } from "../../src/trust/keystore.js";
import { certificateToPem } from "../../src/x509/certificate.js";
import type { Box } from "./box.js";
import type { Case } from "./cases.js";

const nothing = (): void => undefined;

const busy = (box: Box, port: number): void =>
  box.setContext({ probe: async (_address, asked) => (asked === port ? "EADDRINUSE" : undefined) });

const resolving = (box: Box, answers: Readonly<Record<string, readonly string[]>>): void =>
  box.setContext({
    resolve: async (host) => {
      const found = Object.entries(answers).find(([name]) => host.endsWith(name))?.[1];
      if (found) return found;
      throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: "ENOTFOUND" });
    },
  });

const hosts = (box: Box, text: string): void =>
  box.setMachine({ read: (path) => (path === "/etc/hosts" ? text : undefined) });

const NETWORK: readonly Case[] = [
  { id: "port-8443", status: "ok", when: "nothing listens", arrange: nothing },
  {
    id: "port-8443",
    status: "warning",
    when: "a process listens that /proc tells of",
    arrange: (box) => {
      busy(box, 8443);
      box.setContext({ listenerOf: async () => ({ pid: 4711, command: "java" }) });
    },
    detail: /^java \(process 4711\) listens on port 8443/,
    fix: /^kill 4711, or devtls serve --port N$/,
  },
  {
    id: "port-8443",
    status: "warning",
    when: "another user's process listens",
    arrange: (box) => busy(box, 8443),
    detail: /^another program listens/,
    fix: /^devtls serve --port N$/,
  },
  {
    id: "configured-ports",
    status: "ok",
    when: "they are free",
    arrange: (box) => box.setConfig({ ports: [443, 8080], hosts: [] }),
    detail: /443, 8080/,
  },
  {
    id: "configured-ports",
    status: "problem",
    when: "one needs rights",
    arrange: (box) => {
      box.setConfig({ ports: [443, 8080], hosts: [] });
      box.setMachine({ platform: "linux" });
      box.setContext({ probe: async (_address, port) => (port < 1024 ? "EACCES" : undefined) });
    },
    detail: /you may not listen on port 443,/,
    fix: /ip_unprivileged_port_start=443$/,
  },
  {
    id: "configured-ports",
    status: "warning",
    when: "one is taken",
    arrange: (box) => {
      box.setConfig({ ports: [8080], hosts: [] });
      busy(box, 8080);
      box.setContext({ listenerOf: async () => ({ pid: 4711, command: "java" }) });
    },
    detail: /port 8080 .* by java \(4711\)/,
    fix: /Stop what listens there/,
  },
  { id: "ipv4-loopback", status: "ok", when: "it is there", arrange: nothing },
  {
    id: "ipv4-loopback",
    status: "problem",
    when: "the interface is down",
    arrange: (box) => box.setContext({ probe: async () => "EADDRNOTAVAIL" }),
    detail: /EADDRNOTAVAIL/,
    fix: /^ip link set lo up$/,
  },
  { id: "ipv6-loopback", status: "ok", when: "it is there", arrange: nothing },
  {
    id: "ipv6-loopback",
    status: "warning",
    when: "the system has no IPv6",
    arrange: (box) =>
      box.setContext({
        probe: async (address) => (address === "::1" ? "EAFNOSUPPORT" : undefined),
      }),
    detail: /EAFNOSUPPORT/,
    fix: /--bind 127\.0\.0\.1/,
  },
  { id: "resolve-localhost", status: "ok", when: "it is this machine", arrange: nothing },
  {
    id: "resolve-localhost",
    status: "problem",
    when: "nobody knows it",
    arrange: (box) => resolving(box, {}),
    detail: /has no address/,
    fix: /127\.0\.0\.1 localhost$/,
  },
  {
    id: "resolve-localhost",
    status: "problem",
    when: "it is another machine",
    arrange: (box) => resolving(box, { localhost: ["192.0.2.7"] }),
    detail: /192\.0\.2\.7, which is another machine/,
    fix: /127\.0\.0\.1 localhost$/,
  },
  { id: "resolve-subdomain", status: "ok", when: "it is this machine", arrange: nothing },
  {
    id: "resolve-subdomain",
    status: "warning",
    when: "nobody knows it",
    arrange: (box) => resolving(box, {}),
    detail: /knows no \*\.localhost/,
    fix: /nss-myhostname/,
  },
  {
    id: "resolve-subdomain",
    status: "problem",
    when: "a name server answers for everything",
    arrange: (box) => resolving(box, { localhost: ["192.0.2.7"] }),
    detail: /a name server answers for it/,
    fix: /another name server/,
  },
  {
    id: "resolve-configured-hosts",
    status: "ok",
    when: "they are this machine",
    arrange: (box) => {
      box.setConfig({ ports: [], hosts: ["shop.test", "app.localhost", "127.0.0.1"] });
      resolving(box, { "shop.test": ["127.0.0.1"] });
    },
    detail: /^shop\.test: /,
  },
  {
    id: "resolve-configured-hosts",
    status: "warning",
    when: "nobody knows one",
    arrange: (box) => {
      box.setConfig({ ports: [], hosts: ["shop.test"] });
      resolving(box, {});
    },
    detail: /shop\.test of the configuration/,
    fix: /127\.0\.0\.1 shop\.test$/,
  },
  {
    id: "hosts-file",
    status: "ok",
    when: "localhost is this machine",
    arrange: (box) =>
      hosts(
        box,
        "127.0.0.1 localhost\n::1 localhost ip6-localhost\nfe80::1%lo0 localhost\n# 192.0.2.7 localhost\n",
      ),
  },
  {
    id: "hosts-file",
    status: "problem",
    when: "a host below localhost is another machine",
    arrange: (box) => hosts(box, "127.0.0.1 localhost\n192.0.2.7\tapp.localhost # test\n"),
    detail: /sends app\.localhost to 192\.0\.2\.7$/,
    fix: /^Remove 1 line from \/etc\/hosts$/,
  },
];

const FILES: readonly Case[] = Object.keys(TRUST_VARIABLES).flatMap((name): Case[] => [
  {
    id: variableId(name),
    status: "ok",
    when: "the authority is in the file, among others",
    arrange: async (box) => {
      const pems = [await box.stranger(), await box.authority()].map(({ certificate }) =>
        certificateToPem(certificate),
      );
      box.setEnv({ [name]: box.write(join(box.home, "roots.pem"), pems.join("# next\n")) });
    },
  },
  {
    id: variableId(name),
    status: "warning",
    when: "it is not in the file",
    arrange: async (box) => {
      await box.authority();
      const pem = certificateToPem((await box.stranger()).certificate);
      box.setEnv({ [name]: box.write(join(box.home, "roots.pem"), pem) });
    },
    detail: /in which this authority is not/,
    fix: new RegExp(`^unset ${name}; eval "\\$\\(devtls env\\)"$`),
  },
  {
    id: variableId(name),
    status: "problem",
    when: "there is no such file",
    arrange: (box) => box.setEnv({ [name]: join(box.home, "none.pem") }),
    detail: /none\.pem, which cannot be read/,
    fix: new RegExp(`^unset ${name};`),
  },
]);

const withKeystore = (box: Box, data: Buffer): void => {
  const path = box.write(join(box.home, "trust.jks"), data);
  box.setEnv({ JAVA_TOOL_OPTIONS: `-Xmx1g -Djavax.net.ssl.trustStore=${path} -Dx=y` });
};

const VARIABLES: readonly Case[] = [
  {
    id: "variable-ssl-cert-file",
    status: "warning",
    when: "it names the system's list, which is there to be added to",
    arrange: async (box) => {
      await box.authority();
      const list = "/etc/ssl/certs/ca-certificates.crt";
      const { read } = box.context.machine;
      box.setEnv({ SSL_CERT_FILE: list });
      box.setMachine({ read: (path) => (path === list ? "" : read(path)) });
    },
    fix: /^devtls trust --store system$/,
  },
  {
    id: "variable-java-tool-options",
    status: "ok",
    when: "the keystore holds the authority",
    arrange: async (box) => {
      withKeystore(box, encodeJks([(await box.authority()).certificate.der], "changeit"));
    },
  },
  {
    id: "variable-java-tool-options",
    status: "warning",
    when: "the keystore does not",
    arrange: async (box) => {
      await box.authority();
      withKeystore(box, encodeJks([(await box.stranger()).certificate.der], "changeit"));
    },
    detail: /trust\.jks, in which this authority is not/,
    fix: /^keytool -importcert /,
  },
  {
    id: "variable-java-tool-options",
    status: "problem",
    when: "there is no such keystore",
    arrange: (box) =>
      box.setEnv({ JAVA_TOOL_OPTIONS: "'-Djavax.net.ssl.trustStore=/nonexistent/x.jks'" }),
    detail: /\/nonexistent\/x\.jks, which cannot be read/,
    fix: /^unset JAVA_TOOL_OPTIONS$/,
  },
  {
    id: "verification-off",
    status: "ok",
    when: "the variables are set to what leaves it on",
    arrange: (box) => box.setEnv({ NODE_TLS_REJECT_UNAUTHORIZED: "1", GIT_SSL_NO_VERIFY: "false" }),
  },
  {
    id: "verification-off",
    status: "warning",
    when: "Node and git are told not to verify",
    arrange: (box) => box.setEnv({ NODE_TLS_REJECT_UNAUTHORIZED: "0", GIT_SSL_NO_VERIFY: "true" }),
    detail: /Node and git would accept every certificate/,
    fix: /^unset NODE_TLS_REJECT_UNAUTHORIZED GIT_SSL_NO_VERIFY$/,
  },
  { id: "proxy-variables", status: "ok", when: "there is none", arrange: nothing },
  {
    id: "proxy-variables",
    status: "ok",
    when: "it is not for this machine",
    arrange: (box) =>
      box.setEnv({ https_proxy: "http://proxy:3128", no_proxy: "localhost, 127.0.0.0/8" }),
  },
  {
    id: "proxy-variables",
    status: "warning",
    when: "it is for everything",
    arrange: (box) => box.setEnv({ HTTPS_PROXY: "http://proxy:3128", NO_PROXY: "intern.test" }),
    detail: /^HTTPS_PROXY: requests to localhost and 127\.0\.0\.1 go to the proxy/,
    fix: /^export NO_PROXY=intern\.test,localhost,127\.0\.0\.1,::1$/,
  },
  ...["22.19.0", "24.6.0", "26.0.0"].map(
    (version): Case => ({
      id: "node-system-store",
      status: "ok",
      when: `Node is ${version}`,
      arrange: (box) => onNode(box, version),
    }),
  ),
  ...["20.20.2", "22.18.0", "23.11.0", "24.5.0"].map(
    (version): Case => ({
      id: "node-system-store",
      status: "warning",
      when: `Node is ${version}`,
      arrange: (box) => onNode(box, version),
      detail: /does not know/,
      fix: /Node 24\.6 or later/,
    }),
  ),
];

function onNode(box: Box, nodeVersion: string): void {
  box.setEnv({ NODE_USE_SYSTEM_CA: "1" });
  box.setContext({ nodeVersion });
}

export const ENVIRONMENT_CASES: readonly Case[] = [...NETWORK, ...FILES, ...VARIABLES];
