/** When a challenge is looked for again, and what is said of one that failed for good. */
import { createHash } from "node:crypto";
import { Resolver } from "node:dns/promises";
import { describe, expect, it } from "vitest";
import type { ChallengeType } from "../../src/acme/rules/model.js";
import type { Task } from "../../src/acme/validation/failure.js";
import { type ValidatorOptions, validate } from "../../src/acme/validation/validator.js";
import { freePort } from "../support/cli.js";
import { type Answers, startAnswers } from "./server.js";

const TASK: Task = {
  identifier: { type: "dns", value: "app.test" },
  token: "token",
  keyAuthorization: "token.thumbprint",
  asker: "127.0.0.1",
};
const PATH = "/.well-known/acme-challenge/token";

/** A DNS server's answers, or the code of its refusal. */
function dnsSaying(txt: string[][] | string): Resolver {
  const resolver = new Resolver();
  const fail = (code: string) => async () => {
    throw Object.assign(new Error(code), { code });
  };
  return Object.assign(resolver, {
    resolve4: fail("ENOTFOUND"),
    resolve6: fail("ENOTFOUND"),
    resolveTxt: typeof txt === "string" ? fail(txt) : async () => txt,
  });
}

function options(port: number, more: Partial<ValidatorOptions> = {}): ValidatorOptions {
  return {
    policy: { reach: [], askers: false, resolve: new Map() },
    ports: { http: port, https: port },
    dns: dnsSaying("ENOTFOUND"),
    hosts: "/dev/null",
    delays: [0],
    ...more,
  };
}

const run = (
  type: ChallengeType,
  task: Partial<Task>,
  given: ValidatorOptions,
  signal?: AbortSignal,
) => validate(type, { ...TASK, ...task }, given, signal ?? new AbortController().signal);

describe("A client that is ready late (traefik#7033)", () => {
  it("is asked again until it is", async () => {
    const answers: Answers = await startAnswers();
    let asked = 0;
    answers.server.prependListener("request", () => {
      if (++asked === 3) answers.files.set(PATH, TASK.keyAuthorization);
    });
    const verdict = await run("http-01", {}, options(answers.port, { delays: [0, 1, 1, 1] }));
    expect([verdict, asked]).toEqual([{ valid: true }, 3]);
  });

  it("is given up after the last attempt", async () => {
    const answers = await startAnswers();
    let asked = 0;
    answers.server.prependListener("request", () => asked++);
    const verdict = await run("http-01", {}, options(answers.port, { delays: [0, 1, 1, 1] }));
    expect([verdict?.valid, asked]).toEqual([false, 4]);
  });

  it("is not asked any more once the server stops", async () => {
    const stopping = new AbortController();
    const pending = run("http-01", {}, options(1, { delays: [0, 600_000] }), stopping.signal);
    stopping.abort();
    expect(await pending).toBeUndefined();
  });
});

describe("What is said of a challenge that failed", () => {
  async function explained(type: ChallengeType, given: ValidatorOptions, task: Partial<Task> = {}) {
    const verdict = await run(type, task, given);
    if (!verdict || verdict.valid) throw new Error("it was valid");
    return { type: verdict.error.type.replace(/^.*:/, ""), ...verdict.explanation };
  }

  it("names the port where nobody listens, and the option that asks another", async () => {
    const port = await freePort();
    const { type, asked, got, change } = await explained("http-01", options(port));
    expect([type, got]).toEqual(["connection", "connection refused"]);
    expect(asked).toContain(`GET http://app.test:${port}${PATH} at 127.0.0.1`);
    expect(change[0]).toMatch(/devtls acme --http-01-port/);
  });

  it("tells a missing file from a wrong one, and from another account's", async () => {
    const answers = await startAnswers();
    expect((await explained("http-01", options(answers.port))).got).toBe("status 404");
    answers.files.set(PATH, "<html>");
    expect((await explained("http-01", options(answers.port))).type).toBe("incorrectResponse");
    answers.files.set(PATH, "token.other");
    const { got } = await explained("http-01", options(answers.port));
    expect(got).toContain("another account");
  });

  it("says where to put a name that nobody knows", async () => {
    const { type, change } = await explained("http-01", options(1), { asker: "192.0.2.1" });
    expect(type).toBe("dns");
    expect(change[0]).toBe("Say where it is: devtls acme --resolve app.test=127.0.0.1");
  });

  it("names the TXT record that was expected", async () => {
    const digest = createHash("sha256").update(TASK.keyAuthorization).digest("base64url");
    const wrong = await explained("dns-01", options(1, { dns: dnsSaying([["x"], ["y"]]) }));
    expect(wrong.type).toBe("incorrectResponse");
    expect(wrong.got).toContain("2 TXT records");
    expect(wrong.change[0]).toContain(`_acme-challenge.app.test. TXT "${digest}"`);
    const verdict = await run(
      "dns-01",
      {},
      options(1, { dns: dnsSaying([["x"], [digest.slice(0, 20), digest.slice(20)]]) }),
    );
    expect(verdict).toEqual({ valid: true });
  });

  it("tells a missing record from a DNS server that does not answer", async () => {
    const missing = await explained("dns-01", options(1, { dns: dnsSaying("ENOTFOUND") }));
    expect(missing.change[0]).toContain("dig TXT _acme-challenge.app.test");
    const silent = await explained("dns-01", options(1, { dns: dnsSaying("ETIMEOUT") }));
    expect(silent.change[0]).toContain("devtls acme --dns 127.0.0.1:53");
  });

  it("tells the client nothing that is not in the problem", async () => {
    const verdict = await run("http-01", {}, options(await freePort()));
    if (!verdict || verdict.valid) throw new Error("it was valid");
    expect(Object.keys(verdict.error).sort()).toEqual(["detail", "identifier", "type"]);
    expect(verdict.error.detail).not.toContain("127.0.0.1");
  });
});
