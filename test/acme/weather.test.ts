/** Each kind of weather, as a client meets it. */
import { X509Certificate } from "node:crypto";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { WeatherKind } from "../../src/acme/rules/weather.js";
import { RATE_LIMIT_MS, Weather } from "../../src/acme/rules/weather.js";
import { pemBlocks } from "../../src/x509/pem.js";
import { type Answers, obtain, startAcme, startAnswers, type TestServer } from "./server.js";

let answers: Answers;
beforeAll(async () => {
  answers = await startAnswers();
});

const under = (...weather: WeatherKind[]): Promise<TestServer> =>
  startAcme({ http01Port: answers.port, weather });

function chainOf(pem: string): X509Certificate[] {
  return pemBlocks(pem, "CERTIFICATE").map((der) => new X509Certificate(der));
}

describe("Weather", () => {
  it("short-lived: certificates live six days", async () => {
    const client = await (await under("short-lived")).registered();
    const [leaf] = chainOf((await obtain(client, ["app.test"], answers)).chain.text);
    const { validFrom = "", validTo = "" } = leaf ?? {};
    expect((Date.parse(validTo) - Date.parse(validFrom)) / 86_400_000).toBe(6);
  });

  it("renew-now: the suggested window is over", async () => {
    const client = await (await under("renew-now")).registered();
    const { order } = await obtain(client, ["app.test"], answers);
    const id = String(order.json.certificate).split("/").at(-1);
    const { renewalInfo } = await client.directory();
    const { json, headers } = await client.get(`${renewalInfo}/${id}`);
    expect(Date.parse(json.suggestedWindow.end)).toBeLessThan(Date.now());
    expect(headers["retry-after"]).toBe("60");
  });

  it("bad-nonce: every other good nonce is refused, with another one", async () => {
    const server = await under("bad-nonce");
    const client = server.client();
    const first = await client.register();
    expect(first.json.type).toMatch(/:badNonce$/);
    expect(first.headers["replay-nonce"]).toBeTruthy();
    expect((await client.register()).status).toBe(201);
    expect((await client.order(["app.test"])).json.type).toMatch(/:badNonce$/);
    expect((await client.order(["app.test"])).status).toBe(201);
  });

  it("rate-limit: an order is refused once, and taken when the client has waited", async () => {
    const client = await (await under("rate-limit")).registered();
    const refused = await client.order(["app.test"]);
    expect([refused.status, refused.json.type.split(":").at(-1)]).toEqual([429, "rateLimited"]);
    expect(refused.headers["retry-after"]).toBe(String(RATE_LIMIT_MS / 1000));
    const weather = new Weather(["rate-limit"]);
    expect(weather.refusesOrder("a", 0)).toBe(RATE_LIMIT_MS);
    expect(weather.refusesOrder("a", 4000)).toBe(RATE_LIMIT_MS - 4000);
    expect(weather.refusesOrder("a", RATE_LIMIT_MS)).toBe(0);
    expect(weather.refusesOrder("a", RATE_LIMIT_MS + 1)).toBe(RATE_LIMIT_MS);
    expect(weather.refusesOrder("b", 0)).toBe(RATE_LIMIT_MS);
  });

  it("revoked: a certificate is on the list as soon as it is issued", async () => {
    const server = await under("revoked");
    const client = await server.registered();
    await obtain(client, ["app.test"], answers);
    const event = await server.waitFor(({ event }) => event === "certificate");
    expect(event).toMatchObject({ certificate: { revoked: { reason: 0 } } });
  });

  it("expired-intermediate: the chain ends at the root, and one of it is over", async () => {
    const server = await under("expired-intermediate");
    const client = await server.registered();
    const chain = chainOf((await obtain(client, ["app.test"], answers)).chain.text);
    const [leaf, intermediate] = chain as [X509Certificate, X509Certificate];
    expect(chain).toHaveLength(2);
    expect(leaf.verify(intermediate.publicKey)).toBe(true);
    expect(intermediate.verify(new X509Certificate(server.ca).publicKey)).toBe(true);
    expect(Date.parse(intermediate.validTo)).toBeLessThan(Date.now());
    expect(Date.parse(leaf.validTo)).toBeGreaterThan(Date.now());
  });

  it("slow: an order is being processed until its time has come", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const server = await startAcme({ http01Port: answers.port, weather: ["slow"], delays: [0] });
      const client = await server.registered();
      const order = await client.order(["app.test"]);
      const [url] = order.json.authorizations;
      const { json } = await client.read(url);
      await client.post(json.challenges[0].url, {});
      const reply = await client.read(url);
      expect(reply.headers["retry-after"]).toBe("1");
      expect(reply.json.challenges[0].status).toBe("processing");
    } finally {
      vi.useRealTimers();
    }
  });
});
