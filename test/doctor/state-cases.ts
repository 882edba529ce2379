/** The cases of the state directory and of the project's files, as in cases.ts. */
import { chmodSync, mkdirSync, readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { certificateToPem } from "../../src/x509/certificate.js";
import type { Box } from "./box.js";
import type { Case } from "./cases.js";

const authority = (box: Box): Promise<unknown> => box.authority();

const rootIn = (box: Box): string => join(box.state, "rootCA.pem");

const STATE: readonly Case[] = [
  { id: "root-file-mode", status: "ok", when: "others may read it", arrange: authority },
  {
    id: "root-file-mode",
    status: "problem",
    when: "others may write it",
    arrange: async (box) => {
      await box.authority();
      box.write(rootIn(box), readFileSync(rootIn(box)), 0o666);
    },
    detail: /mode 666/,
    fix: /^chmod 644 /,
    works: true,
  },
  { id: "state-directory-mode", status: "ok", when: "devtls made it", arrange: authority },
  {
    id: "state-directory-mode",
    status: "warning",
    when: "others may look into it",
    arrange: (box) => mkdirSync(box.state, { mode: 0o755 }),
    detail: /mode 755, not 700/,
    fix: /^chmod 700 /,
    works: true,
  },
  {
    id: "state-directory-mode",
    status: "problem",
    when: "others may write into it",
    arrange: (box) => box.write(join(box.state, "x"), "") && chmodSync(box.state, 0o777),
    detail: /replace the authority/,
    fix: /^chmod 700 /,
    works: true,
  },
  { id: "state-directory-writable", status: "ok", when: "it is the user's", arrange: authority },
  {
    id: "state-directory-writable",
    status: "problem",
    when: "sudo has made leaves",
    arrange: async (box) => {
      await box.authority();
      box.setMachine({ canWrite: (path) => !path.endsWith("leaves") });
    },
    detail: /leaves cannot be written$/,
    fix: /^sudo chown -R /,
  },
  { id: "interrupted-writes", status: "ok", when: "there was none", arrange: authority },
  {
    id: "interrupted-writes",
    status: "ok",
    when: "one is just being done",
    arrange: (box) => box.write(join(box.state, ".rootCA.pem.0123456789ab.tmp"), ""),
  },
  {
    id: "interrupted-writes",
    status: "warning",
    when: "a key was being written a day ago",
    arrange: (box) => {
      const path = box.write(join(box.state, ".rootCA-key.pem.0123456789ab.tmp"), "");
      utimesSync(path, 1, 1);
    },
    detail: /^1 file of writes .* a private key among them$/,
    fix: /^rm -f \S+tmp$/,
    works: true,
  },
  {
    id: "leaf-valid",
    status: "ok",
    when: "it has its key",
    arrange: async (box) => keep(box, await box.leaf()),
  },
  {
    id: "leaf-valid",
    status: "warning",
    when: "its key is another's",
    arrange: async (box) => {
      keep(box, await box.leaf(), "good");
      keep(box, { ...(await box.leaf()), key: (await box.leaf()).key }, "bad");
    },
    detail: /^bad\.pem: /,
    fix: /^rm -f \S+bad\.pem$/,
    works: true,
  },
  {
    id: "leaf-chain",
    status: "ok",
    when: "this authority signed it",
    arrange: async (box) => keep(box, await box.leaf()),
  },
  {
    id: "leaf-chain",
    status: "warning",
    when: "another authority signed it",
    arrange: async (box) => {
      await box.authority();
      keep(box, await box.leaf(100, await box.stranger()));
    },
    detail: /signed by another authority/,
    fix: /Start devtls serve again/,
  },
  {
    id: "leaf-expiry",
    status: "ok",
    when: "it is new",
    arrange: async (box) => keep(box, await box.leaf()),
  },
  {
    id: "leaf-expiry",
    status: "warning",
    when: "it has ended",
    arrange: async (box) => {
      keep(box, await box.leaf(10));
      box.wait(11);
    },
    detail: /^1 certificate of serve expired$/,
    fix: /Start devtls serve again/,
  },
  {
    id: "leaf-mode",
    status: "ok",
    when: "only the user reads it",
    arrange: async (box) => keep(box, await box.leaf()),
  },
  {
    id: "leaf-mode",
    status: "problem",
    when: "others may read it",
    arrange: async (box) => keep(box, await box.leaf(), "leaf", 0o640),
    detail: /^1 key of serve can be read/,
    fix: /^chmod 600 /,
    works: true,
  },
  {
    id: "bundle-fresh",
    status: "ok",
    when: "it holds what it should",
    arrange: async (box) => {
      const { certificate } = await box.authority();
      const pem = certificateToPem(certificate);
      box.write(join(box.state, "bundle.pem"), box.context.mergedBundle(pem));
    },
  },
  {
    id: "bundle-fresh",
    status: "warning",
    when: "the system has new roots",
    arrange: async (box) => {
      const { certificate } = await box.authority();
      const pem = certificateToPem(certificate);
      box.write(join(box.state, "bundle.pem"), box.context.mergedBundle(pem));
      const more = certificateToPem((await box.stranger()).certificate);
      box.setContext({ mergedBundle: (root) => more + root });
    },
    detail: /before the system's list of roots changed/,
    fix: /devtls env/,
  },
  {
    id: "bundle-fresh",
    status: "warning",
    when: "it is an earlier authority's",
    arrange: async (box) => {
      await box.authority();
      const pem = certificateToPem((await box.stranger()).certificate);
      box.write(join(box.state, "bundle.pem"), box.context.mergedBundle(pem));
    },
    detail: /of another authority/,
    fix: /devtls env/,
  },
  {
    id: "run-by-sudo",
    status: "ok",
    when: "DEVTLS_HOME says whose state it is",
    arrange: (box) => {
      box.setMachine({ isRoot: true, env: { SUDO_USER: "ada", DEVTLS_HOME: box.state } });
    },
  },
  {
    id: "run-by-sudo",
    status: "warning",
    when: "it does not",
    arrange: (box) => box.setMachine({ isRoot: true, env: { SUDO_USER: "ada" } }),
    detail: /not the authority of ada/,
    fix: /without sudo/,
  },
];

const PROJECT: readonly Case[] = [
  {
    id: "certificates-expiry",
    status: "ok",
    when: "they are new",
    arrange: async (box) => put(box, await box.leaf()),
  },
  {
    id: "certificates-expiry",
    status: "warning",
    when: "one in certs/ ends within a month",
    arrange: async (box) => put(box, await box.leaf(20), "certs/localhost"),
    detail: /^expires soon: \S+certs\/localhost\.pem \(/,
    fix: /^devtls renew$/,
  },
  {
    id: "certificates-expiry",
    status: "problem",
    when: "one has ended",
    arrange: async (box) => {
      put(box, await box.leaf(20));
      box.wait(21);
    },
    detail: /^expired: \S+localhost\.pem/,
    fix: /^devtls renew$/,
  },
  {
    id: "certificates-chain",
    status: "ok",
    when: "this authority signed them",
    arrange: async (box) => put(box, await box.leaf()),
  },
  {
    id: "certificates-chain",
    status: "warning",
    when: "another authority of devtls did",
    arrange: async (box) => {
      await box.authority();
      put(box, await box.leaf(100, await box.stranger()));
    },
    detail: /localhost\.pem: signed by another authority of devtls$/,
    fix: /^devtls cert localhost --cert-file \S+localhost\.pem --key-file \S+localhost-key\.pem$/,
    works: true,
  },
  {
    id: "certificates-key-mode",
    status: "ok",
    when: "only the user reads them",
    arrange: async (box) => put(box, await box.leaf()),
  },
  {
    id: "certificates-key-mode",
    status: "warning",
    when: "others may read one",
    arrange: async (box) => put(box, await box.leaf(), "localhost", 0o644),
    detail: /^other users can read \S+localhost-key\.pem$/,
    fix: /^chmod 600 /,
    works: true,
  },
  {
    id: "config-file",
    status: "ok",
    when: "it is right",
    arrange: (box) => box.setConfig({ ports: [], hosts: [] }),
  },
  {
    id: "config-file",
    status: "problem",
    when: "it is wrong",
    arrange: (box) =>
      box.setContext({
        readConfig: () => {
          throw new Error("could not use devtls.config.json: it is not JSON");
        },
      }),
    detail: /it is not JSON/,
    fix: /^devtls config$/,
  },
];

export const STATE_CASES: readonly Case[] = [...STATE, ...PROJECT];

interface Pair {
  readonly certificate: string;
  readonly key: string;
}

/** As `serve` keeps a leaf. */
function keep(box: Box, { certificate, key }: Pair, name = "leaf", mode = 0o600): void {
  box.write(join(box.state, "leaves", `${name}.pem`), certificate + key, mode);
}

/** As `devtls cert` writes into the project. */
function put(box: Box, { certificate, key }: Pair, name = "localhost", mode = 0o600): void {
  box.write(join(box.cwd, `${name}.pem`), certificate);
  box.write(join(box.cwd, `${name}-key.pem`), key, mode);
}
