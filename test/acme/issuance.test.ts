/** From a new account to a certificate, with every kind of account key and of identifier. */
import { X509Certificate } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import type { KeyName } from "./client.js";
import { type Answers, obtain, startAcme, startAnswers, type TestServer } from "./server.js";

let answers: Answers;
let server: TestServer;
beforeAll(async () => {
  answers = await startAnswers();
  server = await startAcme({ http01Port: answers.port });
});

describe("An order", () => {
  for (const alg of ["ES256", "ES384", "EdDSA", "RS256"] as const satisfies KeyName[]) {
    it(`becomes a certificate for an account with an ${alg} key`, async () => {
      const client = await server.registered(alg);
      const { order, chain } = await obtain(client, ["app.test", "127.0.0.1"], answers);
      expect(order.json.status).toBe("valid");
      expect(chain.headers["content-type"]).toBe("application/pem-certificate-chain");
      const certificate = new X509Certificate(chain.text);
      expect(certificate.subjectAltName).toBe("DNS:app.test, IP Address:127.0.0.1");
      expect(certificate.verify(new X509Certificate(server.ca).publicKey)).toBe(true);
    });
  }

  it("is valid for 90 days, and for six under the profile shortlived", async () => {
    const client = await server.registered();
    const days = async (more: object): Promise<number> => {
      const { chain } = await obtain(client, ["app.test"], answers, more);
      const { validFrom, validTo } = new X509Certificate(chain.text);
      return (Date.parse(validTo) - Date.parse(validFrom)) / 86_400_000;
    };
    expect(await days({})).toBe(90);
    expect(await days({ profile: "shortlived" })).toBe(6);
  });

  it("is reported in the order in which things happened", async () => {
    const client = await server.registered();
    const from = server.events.length;
    await obtain(client, ["localhost", "a.internal"], answers);
    const kinds = server.events.slice(from).map(({ event }) => event);
    expect(kinds).toEqual(["order", "challenge", "challenge", "certificate"]);
    expect(server.failures).toEqual([]);
  });
});
