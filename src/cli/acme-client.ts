/** `devtls acme --client`: what goes into a client, on stdout; what to do with it, on stderr. */
import { openBinding } from "../acme/binding.js";
import type { Client } from "../acme/clients/client.js";
import { CLIENTS, type ClientName } from "../acme/clients/clients.js";
import { type AcmeOptions, directoryUrlOf } from "../acme/server.js";
import { openAuthority } from "../ca/authority.js";
import { statePaths } from "../paths.js";
import { certificateToPem } from "../x509/certificate.js";
import { parseName } from "../x509/names.js";
import { usage } from "./options.js";
import { note, print } from "./output.js";

/** Shown where no name is given. */
const EXAMPLE = "app.test";

type Settings = Pick<
  AcmeOptions,
  "directory" | "hosts" | "port" | "http01Port" | "tlsAlpn01Port" | "eab"
>;

/** @throws DevtlsError "bad-name" for a name that cannot be ordered, and as `openAuthority` */
export async function printClient(
  name: ClientName,
  texts: readonly string[],
  settings: Settings,
): Promise<void> {
  const names = (texts.length > 0 ? texts : [EXAMPLE]).map(orderable);
  const { authority } = await openAuthority(settings.directory);
  const client: Client = CLIENTS[name];
  const place = {
    directoryUrl: directoryUrlOf(settings.hosts[0], settings.port),
    root: authority.paths.rootCertificate,
    rootPem: certificateToPem(authority.certificate),
    names,
    http01Port: settings.http01Port,
    tlsAlpn01Port: settings.tlsAlpn01Port,
    ...(settings.eab && { binding: openBinding(statePaths(settings.directory).acme) }),
  };
  print(client.render(place));
  if (client.file) note(`Put it into ${client.file}.`);
  for (const line of client.notes(place)) note(line);
  note(`See ${client.source}`);
}

function orderable(text: string): string {
  const name = parseName(text);
  if (name.kind === "dns" || name.kind === "ip") return name.value;
  throw usage(`${JSON.stringify(text)} is neither a host name nor an address`);
}
