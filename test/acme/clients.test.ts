/** What is printed for each client: the names, the ports, the root and the binding are in it. */
import { describe, expect, it } from "vitest";
import type { Client, Place } from "../../src/acme/clients/client.js";
import { CLIENT_NAMES, CLIENTS } from "../../src/acme/clients/clients.js";
import { runProgram } from "../support/cli.js";

const PLACE: Place = {
  directoryUrl: "https://localhost:15000/directory",
  root: "/a folder/of 'mine'/rootCA.pem",
  rootPem: "PEM",
  names: ["a.test", "b.test"],
  http01Port: 8080,
  tlsAlpn01Port: 8443,
};
const BINDING = { keyId: "the-key-id", hmacKey: "the-hmac-key" };

/** Clients whose names stand in another file than the one that is printed. */
const WITHOUT_NAMES = ["traefik", "cert-manager"];
/** Clients that know no external account binding, which they are told. */
const WITHOUT_BINDING = ["acme-tiny", "haproxy"];

describe("The configuration", () => {
  for (const name of CLIENT_NAMES) {
    const client: Client = CLIENTS[name];
    const printed = (place: Place): string =>
      [client.render(place), ...client.notes(place)].join("\n");

    it(`names the directory, the names and the port: ${name}`, () => {
      const text = printed(PLACE);
      expect(text).toContain(PLACE.directoryUrl);
      expect(text).not.toMatch(/undefined|\[object/);
      if (!WITHOUT_NAMES.includes(name))
        for (const each of PLACE.names) expect(text).toContain(each);
      if (name !== "cert-manager") expect(text).toContain("8080");
      expect(client.source).toMatch(/^https:\/\//);
    });

    it(`carries the binding, or says that the client knows none: ${name}`, () => {
      expect(printed(PLACE)).not.toMatch(/the-key-id|the-hmac-key/);
      const text = printed({ ...PLACE, binding: BINDING });
      if (WITHOUT_BINDING.includes(name))
        expect(text).toContain("knows no external account binding");
      else expect(text).toMatch(/the-key-id[\s\S]*the-hmac-key|the-hmac-key[\s\S]*the-key-id/);
    });
  }

  it("sets a variable to a path with spaces and quotes, as a shell reads it", async () => {
    for (const client of [CLIENTS.certbot, CLIENTS.lego, CLIENTS["acme-tiny"]]) {
      const [, variable] = /^([A-Z_]+)='/m.exec(client.render(PLACE)) ?? [];
      const [line = ""] = /^[A-Z_]+='.*'(?= )/m.exec(client.render(PLACE)) ?? [];
      const { stdout } = await runProgram("sh", ["-c", `${line} printenv ${variable}`]);
      expect(stdout).toBe(`${PLACE.root}\n`);
    }
  });
});
