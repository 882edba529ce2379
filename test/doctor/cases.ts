/** For every check: the machine on which it is content, and the machines on which it is not. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Status } from "../../src/doctor/check.js";
import type { Box } from "./box.js";

export interface Case {
  readonly id: string;
  readonly status: Status;
  /** What is the case on the machine. */
  readonly when: string;
  readonly arrange: (box: Box) => unknown;
  readonly detail?: RegExp;
  readonly fix?: RegExp;
  /** The fix is a command of the shell, after which the check is content. */
  readonly works?: true;
}

const authority = (box: Box): Promise<unknown> => box.authority();

const rootIn = (box: Box): string => join(box.state, "rootCA.pem");
const keyIn = (box: Box): string => join(box.state, "rootCA-key.pem");

export const AUTHORITY_CASES: readonly Case[] = [
  { id: "authority-present", status: "ok", when: "there is one", arrange: authority },
  {
    id: "authority-present",
    status: "problem",
    when: "there is none",
    arrange: () => undefined,
    detail: /there is no authority in /,
    fix: /^devtls trust$/,
  },
  {
    id: "authority-present",
    status: "problem",
    when: "only its key is there",
    arrange: (box) => box.write(keyIn(box), "key"),
    detail: /rootCA\.pem is missing beside its key/,
    fix: /devtls ca create --force/,
  },
  { id: "authority-valid", status: "ok", when: "it is a root", arrange: authority },
  {
    id: "authority-valid",
    status: "problem",
    when: "half of the file is there",
    arrange: async (box) => {
      await box.authority();
      box.write(rootIn(box), readFileSync(rootIn(box), "utf8").slice(0, 200));
    },
    detail: /a block is cut off/,
    fix: /Put it back from a copy/,
  },
  {
    id: "authority-valid",
    status: "problem",
    when: "the file holds a leaf",
    arrange: async (box) => box.write(rootIn(box), (await box.leaf()).certificate),
    detail: /not the certificate of an authority/,
    fix: /Put it back from a copy/,
  },
  {
    id: "authority-valid",
    status: "problem",
    when: "the file cannot be read",
    arrange: async (box) => {
      await box.authority();
      box.setMachine({ read: () => undefined });
    },
    detail: /cannot be read/,
    fix: /ls -l /,
  },
  { id: "authority-expiry", status: "ok", when: "it is new", arrange: authority },
  {
    id: "authority-expiry",
    status: "warning",
    when: "it ends in two months",
    arrange: async (box) => {
      await box.authority();
      box.wait(3653 - 61);
    },
    detail: /it expires on \d{4}-\d\d-\d\d/,
    fix: /^devtls ca rotate$/,
  },
  {
    id: "authority-expiry",
    status: "problem",
    when: "it has ended",
    arrange: async (box) => {
      await box.authority();
      box.wait(3660);
    },
    detail: /it expired on \d{4}-\d\d-\d\d/,
    fix: /^devtls ca rotate$/,
  },
  { id: "authority-key-fits", status: "ok", when: "the key is its own", arrange: authority },
  {
    id: "authority-key-fits",
    status: "problem",
    when: "the key is another's",
    arrange: async (box) => {
      await box.authority();
      const { paths } = await box.stranger();
      box.write(keyIn(box), readFileSync(paths.rootKey), 0o600);
    },
    detail: /is not the key of/,
    fix: /Put it back from a copy/,
  },
  {
    id: "authority-key-fits",
    status: "problem",
    when: "there is no key",
    arrange: async (box) => {
      await box.authority();
      box.setMachine(without(box, keyIn(box)));
    },
    detail: /is missing, so that nothing can be issued/,
    fix: /Put it back from a copy/,
  },
  {
    id: "authority-key-fits",
    status: "problem",
    when: "the key is no key",
    arrange: async (box) => {
      await box.authority();
      box.write(keyIn(box), "garbage", 0o600);
    },
    detail: /rootCA-key\.pem: /,
    fix: /Put it back from a copy/,
  },
  { id: "authority-key-mode", status: "ok", when: "only the user reads it", arrange: authority },
  {
    id: "authority-key-mode",
    status: "problem",
    when: "everybody reads it",
    arrange: async (box) => {
      await box.authority();
      box.write(keyIn(box), readFileSync(keyIn(box)), 0o644);
    },
    detail: /other users can read the key/,
    fix: /^chmod 400 /,
    works: true,
  },
  { id: "authority-constraints", status: "ok", when: "it is a usual one", arrange: authority },
  {
    id: "authority-constraints",
    status: "warning",
    when: "it has none",
    arrange: (box) => box.authority({ unconstrained: true }),
    detail: /impersonate any site/,
    fix: /devtls ca create --force/,
  },
  { id: "clock", status: "ok", when: "it goes right", arrange: authority },
  {
    id: "clock",
    status: "problem",
    when: "it was set back by a year",
    arrange: async (box) => {
      await box.authority();
      box.wait(-365);
    },
    detail: /but the authority is valid from/,
    fix: /timedatectl/,
  },
];

/** Takes one file away from what the machine sees. */
function without(box: Box, gone: string) {
  const { read, exists } = box.context.machine;
  return {
    read: (path: string) => (path === gone ? undefined : read(path)),
    exists: (path: string) => path !== gone && exists(path),
  };
}
