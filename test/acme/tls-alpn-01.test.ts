/** tls-alpn-01 (RFC 8737): the one right certificate, and each wrong one. */
import { createHash, type KeyObject } from "node:crypto";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type TlsOptions } from "node:tls";
import { afterAll, describe, expect, it } from "vitest";
import { validate } from "../../src/acme/validation/validator.js";
import {
  bitString,
  boolean,
  context,
  encode,
  integer,
  octetString,
  oid,
  sequence,
  set,
  time,
  utf8String,
  verbatim,
} from "../../src/x509/der.js";
import { encodeGeneralNames, signatureAlgorithm } from "../../src/x509/encode.js";
import { encodePrivateKey, encodePublicKey, signDer } from "../../src/x509/keys.js";
import { parseName } from "../../src/x509/names.js";
import { OID } from "../../src/x509/oids.js";
import { encodePem } from "../../src/x509/pem.js";
import { makeKey } from "./client.js";

const KEY_AUTHORIZATION = "token.thumbprint";
const DIGEST = createHash("sha256").update(KEY_AUTHORIZATION).digest();

const closers: (() => void)[] = [];
afterAll(() => {
  for (const close of closers) close();
});

interface Shape {
  readonly names?: readonly string[];
  readonly critical?: boolean;
  readonly digest?: Buffer | null;
  readonly signer?: KeyObject;
  readonly issuer?: string;
}

const name = (text: string) => sequence(set(sequence(oid(OID.commonName), utf8String(text))));

function makeChallengeCertificate(key: KeyObject, shape: Shape): string {
  const { names = ["app.test"], critical = true, digest = DIGEST, issuer = "a" } = shape;
  const alternatives = octetString(encodeGeneralNames(names.map(parseName)));
  const acme = digest && [
    sequence(
      oid(OID.acmeIdentifier),
      ...(critical ? [boolean(true)] : []),
      octetString(octetString(digest)),
    ),
  ];
  const algorithm = signatureAlgorithm(key);
  const now = Date.now();
  const signed = sequence(
    context(0, integer(2)),
    integer(1),
    algorithm,
    name(issuer),
    sequence(time(new Date(now - 1000)), time(new Date(now + 86_400_000))),
    name("a"),
    verbatim(encodePublicKey(key)),
    context(3, sequence(sequence(oid(OID.subjectAltName), alternatives), ...(acme ?? []))),
  );
  const signature = signDer(shape.signer ?? key, encode(signed));
  return encodePem("CERTIFICATE", encode(sequence(signed, algorithm, bitString(signature))));
}

async function answer(shape: Shape, options: TlsOptions = {}, identifier = "app.test") {
  const key = makeKey();
  let asked: string | undefined;
  const server = createServer({
    cert: makeChallengeCertificate(key, shape),
    key: encodePrivateKey(key),
    ALPNProtocols: ["acme-tls/1"],
    SNICallback: (name, give) => {
      asked = name;
      give(null);
    },
    ...options,
  });
  server.on("secureConnection", (socket) => {
    socket.on("error", () => undefined).end();
  });
  server.on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => server.close());
  const type = /^[\d.]+$/.test(identifier) ? "ip" : "dns";
  const verdict = await validate(
    "tls-alpn-01",
    {
      identifier: { type, value: identifier },
      token: "token",
      keyAuthorization: KEY_AUTHORIZATION,
      asker: "127.0.0.1",
    },
    {
      policy: { reach: [], askers: false, resolve: new Map([["app.test", ["127.0.0.1"]]]) },
      ports: { http: 1, https: (server.address() as AddressInfo).port },
      dns: new Resolver(),
      hosts: "/dev/null",
      delays: [0],
    },
    new AbortController().signal,
  );
  return { verdict, asked };
}

describe("The certificate of a tls-alpn-01 challenge", () => {
  it("is taken where it is for the name, and holds the digest", async () => {
    const { verdict, asked } = await answer({});
    expect([verdict, asked]).toEqual([{ valid: true }, "app.test"]);
  });

  it("is taken for an address, which is asked for by its name in reverse DNS", async () => {
    const { verdict, asked } = await answer({ names: ["127.0.0.1"] }, {}, "127.0.0.1");
    expect([verdict, asked]).toEqual([{ valid: true }, "1.0.0.127.in-addr.arpa"]);
  });

  const wrong: readonly (readonly [string, Shape, string, RegExp])[] = [
    [
      "another digest",
      { digest: Buffer.alloc(32) },
      "unauthorized",
      /key authorization is another/,
    ],
    ["a digest that is cut", { digest: DIGEST.subarray(1) }, "unauthorized", /another/],
    ["no digest", { digest: null }, "unauthorized", /no acmeIdentifier/],
    ["an extension that is not critical", { critical: false }, "unauthorized", /not critical/],
    ["another name", { names: ["other.test"] }, "unauthorized", /not for this name alone/],
    ["a name more", { names: ["app.test", "b.test"] }, "unauthorized", /not for this name alone/],
    ["another issuer", { issuer: "b" }, "unauthorized", /not self-signed/],
    ["another key's signature", { signer: makeKey() }, "unauthorized", /not self-signed/],
  ];
  for (const [what, shape, type, detail] of wrong) {
    it(`is refused with ${what}`, async () => {
      const { verdict } = await answer(shape);
      expect(verdict).toMatchObject({
        valid: false,
        error: {
          type: `urn:ietf:params:acme:error:${type}`,
          detail: expect.stringMatching(detail),
        },
      });
    });
  }

  it("is not looked at where the server speaks another protocol", async () => {
    const other = await answer({}, { ALPNProtocols: ["h2"] });
    expect(JSON.stringify(other.verdict)).toContain("does not speak acme-tls/1");
    const none = await answer({}, { ALPNProtocols: [] });
    expect(JSON.stringify(none.verdict)).toContain("does not speak acme-tls/1");
  });
});
