/** What a client was told survives a stop, a crash and a full year of use. */
import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Journal } from "../../src/acme/journal.js";
import type { Account, IssuedCertificate, Order } from "../../src/acme/rules/model.js";
import { folderUntilEnd } from "../support/programs.js";
import { obtain, startAcme, startAnswers } from "./server.js";

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 21);

const account = (id: string): Account => ({
  ...{ id, key: { kty: "EC" }, thumbprint: `t-${id}`, status: "valid", contact: [], created: NOW },
});

const order = (id: string, more: Partial<Order> = {}): Order => ({
  ...{ id, account: "a", status: "open", identifiers: [], authorizations: [], profile: "classic" },
  ...{ created: NOW, expires: NOW + 7 * DAY_MS },
  ...more,
});

const certificate = (id: string, more: Partial<IssuedCertificate> = {}): IssuedCertificate => ({
  ...{ id, account: "a", order: `o-${id}`, identifiers: [], chains: ["pem"], serial: "01" },
  ...{ issuer: "aa", notBefore: NOW, notAfter: NOW + 90 * DAY_MS },
  ...more,
});

const newFolder = (): string => join(folderUntilEnd("journal-"), "acme");
const pathOf = (folder: string): string => join(folder, "journal.jsonl");

describe("The journal", () => {
  it("gives back what was saved, the newest of each", () => {
    const folder = newFolder();
    const first = new Journal(folder, NOW);
    first.saveAccount(account("a"));
    first.saveOrder(order("o"));
    first.saveOrder(order("o", { status: "valid" }));
    first.saveCertificate(certificate("c", { revoked: { at: NOW, reason: 1 } }));
    first.close();
    const again = new Journal(folder, NOW);
    expect(again.accountOf("t-a")).toEqual(account("a"));
    expect(again.order("o")?.status).toBe("valid");
    expect(again.ordersOf("a")).toEqual(["o"]);
    expect(again.revokedBy("aa").map(({ id }) => id)).toEqual(["c"]);
    again.close();
  });

  it("is for its owner alone", () => {
    const folder = newFolder();
    const journal = new Journal(folder, NOW);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(pathOf(folder)).mode & 0o777).toBe(0o600);
    journal.close();
  });

  it("finds an account by its new key only, after the key was changed", () => {
    const folder = newFolder();
    const journal = new Journal(folder, NOW);
    journal.saveAccount(account("a"));
    journal.saveAccount({ ...account("a"), thumbprint: "new" });
    expect(journal.accountOf("t-a")).toBeUndefined();
    expect(journal.accountOf("new")?.id).toBe("a");
    journal.close();
  });

  it("drops the line that a crash cut off, and goes on", () => {
    const folder = newFolder();
    const first = new Journal(folder, NOW);
    first.saveAccount(account("a"));
    first.close();
    appendFileSync(pathOf(folder), '{"order":{"id":"half');
    const second = new Journal(folder, NOW);
    second.saveOrder(order("whole"));
    second.close();
    const third = new Journal(folder, NOW);
    expect(third.account("a")).toBeDefined();
    expect(third.order("whole")).toBeDefined();
    third.close();
  });

  it.each([
    ...["nonsense", "null", "5", "[]", '"order"', "{}", '{"order":null}', '{"__proto__":{}}'],
    ...['{"account":{"id":"a"}}', '{"order":{"id":"b","authorizations":{}}}', '{"toString":{}}'],
  ])("refuses a file that is damaged elsewhere, by %s, and leaves it as it is", (line) => {
    const folder = newFolder();
    new Journal(folder, NOW).close();
    const damaged = `${JSON.stringify({ account: account("a") })}\n${line}\n${JSON.stringify({ order: order("b") })}\n`;
    writeFileSync(pathOf(folder), damaged);
    expect(() => new Journal(folder, NOW)).toThrow(/line 2 is damaged/);
    expect(readFileSync(pathOf(folder), "utf8")).toBe(damaged);
    expect(existsSync(join(folder, "lock"))).toBe(false);
  });

  it("is one process's at a time; what a dead one left does not matter", () => {
    const folder = newFolder();
    const journal = new Journal(folder, NOW);
    writeFileSync(join(folder, "lock"), "1");
    expect(() => new Journal(folder, NOW)).toThrow(/another devtls acme is using it \(process 1\)/);
    journal.close();
    writeFileSync(join(folder, "lock"), "999999999");
    new Journal(folder, NOW).close();
  });

  it("forgets what came to nothing and what has expired, a week later", () => {
    const folder = newFolder();
    const journal = new Journal(folder, NOW);
    journal.saveAccount(account("a"));
    journal.saveOrder(order("old"));
    journal.saveOrder(order("o-c", { status: "valid", certificate: "c" }));
    journal.saveCertificate(certificate("c", { revoked: { at: NOW, reason: 1 } }));
    journal.tidy(NOW + 13 * DAY_MS);
    expect(journal.ordersOf("a")).toEqual(["old", "o-c"]);
    journal.tidy(NOW + 15 * DAY_MS);
    expect(journal.ordersOf("a")).toEqual(["o-c"]);
    journal.tidy(NOW + 98 * DAY_MS);
    expect(journal.ordersOf("a")).toEqual([]);
    expect(journal.revokedBy("aa")).toEqual([]);
    expect(journal.account("a")).toBeDefined();
    journal.close();
  });

  it("holds 10,000 orders in a file that does not grow with their changes", () => {
    const folder = newFolder();
    const journal = new Journal(folder, NOW);
    for (let count = 0; count < 10_000; count++) {
      journal.saveOrder(order(`o${count}`));
      journal.saveOrder(order(`o${count}`, { status: "invalid" }));
      journal.saveOrder(
        order(`o${count}`, { status: "invalid", error: { type: "x", detail: "y" } }),
      );
    }
    const before = statSync(pathOf(folder)).size;
    // What one more costs does not hang on how many there are: it is added, nothing is written anew.
    const alone = newFolder();
    const empty = new Journal(alone, NOW);
    const grown = (file: string, to: Journal): number => {
      const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
      to.saveOrder(order("onemore"));
      return statSync(file).size - size;
    };
    grown(pathOf(alone), empty);
    expect(grown(pathOf(folder), journal)).toBe(grown(pathOf(alone), empty));
    empty.close();
    journal.tidy(NOW);
    expect(statSync(pathOf(folder)).size).toBeLessThan(before / 2);
    journal.saveOrder(order("last"));
    journal.close();
    const again = new Journal(folder, NOW);
    expect(again.ordersOf("a")).toHaveLength(10_002);
    again.close();
  });
});

it("The journal is read again with 10,000 certificates in it", () => {
  const folder = newFolder();
  const first = new Journal(folder, NOW);
  const chains = ["A chain with its root, PEM. ".repeat(90)];
  for (let count = 0; count < 10_000; count++) {
    first.saveCertificate(certificate(`c${count}`, { chains }));
  }
  first.close();
  const again = new Journal(folder, NOW);
  expect(again.certificate("c9999")?.chains).toEqual(chains);
  again.close();
});

describe("A server that is stopped and started", () => {
  it("knows its accounts, orders and certificates", async () => {
    const answers = await startAnswers();
    const first = await startAcme({ http01Port: answers.port });
    const client = await first.registered();
    const { url, chain } = await obtain(client, ["app.test"], answers);
    await first.close();
    const second = await startAcme(
      { http01Port: answers.port, port: Number(new URL(first.directoryUrl).port) },
      first.folder,
    );
    client.reconnect();
    const order = await client.read(url);
    expect(order.json.status, order.text).toBe("valid");
    expect((await client.read(order.json.certificate)).text).toBe(chain.text);
    expect(second.directoryUrl).toBe(first.directoryUrl);
  });

  it("goes on with a challenge that it was validating", async () => {
    const answers = await startAnswers();
    const first = await startAcme({ http01Port: answers.port, delays: [600_000] });
    const client = await first.registered();
    const made = await client.order(["app.test"]);
    const authorization = await client.read(made.json.authorizations[0]);
    const { token, url } = authorization.json.challenges[0];
    answers.files.set(`/.well-known/acme-challenge/${token}`, client.keyAuthorization(token));
    await client.post(url, {});
    await first.close();
    const second = await startAcme(
      { http01Port: answers.port, port: Number(new URL(first.directoryUrl).port) },
      first.folder,
    );
    await second.waitFor(({ event }) => event === "challenge");
    client.reconnect();
    expect((await client.read(String(made.headers.location))).json.status).toBe("ready");
  });
});
