/** Wrong usage: status 2, what is wrong and what is right, and nothing is created. */
import { describe, it } from "vitest";
import { expectRefused, newSandbox } from "./sandbox.js";

interface Case {
  readonly args: readonly string[];
  /** After "could not understand the arguments: ". */
  readonly cause: string;
  readonly next: string;
}

function refuses(title: string, ...cases: Case[]): void {
  describe(title, () => {
    for (const { args, cause, next } of cases) {
      it.concurrent(`refuses devtls ${args.join(" ")}`, async () => {
        await expectRefused(newSandbox(), args, {
          status: 2,
          message: `could not understand the arguments: ${cause}`,
          hint: next,
        });
      });
    }
  });
}

refuses(
  "A command",
  {
    args: ["bogus"],
    cause: "there is no command 'bogus'",
    next: "Run: devtls --help",
  },
  {
    args: ["srve", "--target", "8000"],
    cause: "there is no command 'srve' (did you mean serve?)",
    next: "Run: devtls --help",
  },
  {
    args: ["certt", "localhost"],
    cause: "there is no command 'certt' (did you mean cert?)",
    next: "Run: devtls --help",
  },
  {
    args: ["toString"],
    cause: "there is no command 'toString'",
    next: "Run: devtls --help",
  },
  {
    args: ["ca"],
    cause: "a command is missing after 'devtls ca'",
    next: "Run: devtls ca --help",
  },
  {
    args: ["ca", "crate"],
    cause: "unknown command 'crate' (did you mean create?)",
    next: "Run: devtls ca --help",
  },
  {
    args: ["ca", "path", "here"],
    cause: "too many arguments for 'path'. Expected 0 arguments but got 1.",
    next: "Run: devtls ca --help",
  },
  {
    args: ["trust", "system"],
    cause: "too many arguments for 'trust'. Expected 0 arguments but got 1.",
    next: "Run: devtls trust --help",
  },
);

refuses(
  "An option",
  {
    args: ["--bogus"],
    cause: "unknown option '--bogus'",
    next: "Run: devtls --help",
  },
  {
    args: ["cert", "localhost", "--bogus"],
    cause: "unknown option '--bogus'",
    next: "Run: devtls cert --help",
  },
  {
    args: ["cert", "localhost", "--dayz", "3"],
    cause: "unknown option '--dayz' (did you mean --days?)",
    next: "Run: devtls cert --help",
  },
  {
    args: ["cert", "-x"],
    cause: "unknown option '-x'",
    next: "Run: devtls cert --help",
  },
  {
    args: ["cert", "localhost", "--version"],
    cause: "unknown option '--version'",
    next: "Run: devtls cert --help",
  },
  {
    args: ["cert", "localhost", "--days"],
    cause: "option '--days <n>' argument missing",
    next: "Run: devtls cert --help",
  },
  {
    args: ["untrust", "--check"],
    cause: "unknown option '--check'",
    next: "Run: devtls untrust --help",
  },
  {
    args: ["renew", "--within", "soon"],
    cause: "--within soon: not a whole number from 0 to 3650",
    next: "Run: devtls renew --help",
  },
  {
    args: ["ca", "export", "--format", "derr"],
    cause: "--format derr: did you mean der?",
    next: "One of: pem, der",
  },
);

refuses(
  "The names of a certificate",
  {
    args: ["cert"],
    cause: "missing argument 'name'",
    next: "Name a host: devtls cert localhost",
  },
  {
    args: ["cert", "localhost", "--csr", "request.pem"],
    cause: "--csr takes its names from the request; leave the names out",
    next: "Run: devtls cert --help",
  },
  {
    args: ["cert", "--csr", "request.pem", "--rsa"],
    cause: "--rsa needs a private key, which a request does not hold",
    next: "Run: devtls cert --help",
  },
  {
    args: ["cert", "--csr", "request.pem", "--p12-file", "x.p12"],
    cause: "--p12-file needs a private key, which a request does not hold",
    next: "Run: devtls cert --help",
  },
);

refuses(
  "A combination of options",
  {
    args: ["cert", "localhost", "--p12-password", "secret"],
    cause: "--p12-password without --p12",
    next: "Add --p12",
  },
  {
    args: ["cert", "localhost", "--p12-file", "x.pem", "--cert-file", "./x.pem"],
    cause: "--p12-file and --cert-file name the same file",
    next: "Run: devtls cert --help",
  },
  {
    args: ["cert", "localhost", "--p12", "--key-file", "localhost.p12"],
    cause: "--p12-file and --key-file name the same file",
    next: "Run: devtls cert --help",
  },
  {
    args: ["trust", "--check", "--dry-run"],
    cause: "--check and --dry-run exclude each other",
    next: "Run: devtls trust --help",
  },
  {
    args: ["ca", "create", "--unconstrained", "--permit", "a.test"],
    cause: "--permit and --unconstrained exclude each other",
    next: "Run: devtls ca --help",
  },
);

refuses(
  "A trust store",
  {
    args: ["trust", "--store", "sytem"],
    cause: "--store sytem: did you mean system?",
    next: "Any of: system,nss,java",
  },
  {
    args: ["trust", "--yes", "--store", "keychain"],
    cause: "--store keychain: there is no such value",
    next: "Any of: system,nss,java",
  },
  {
    args: ["untrust", "--store", "nss,"],
    cause: "--store : there is no such value",
    next: "Any of: system,nss,java",
  },
);
