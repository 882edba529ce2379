/** Local sites for audits in this process. */
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { type Audit, type AuditSettings, audit } from "../../src/audit/audit.js";
import type { Check } from "../../src/audit/checks.js";
import { credentials } from "../../src/library/issue.js";
import { temporaryFolder } from "../support/cli.js";
import { atEnd } from "../support/programs.js";

const endless = (): void => undefined;

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Plain http on a free port. @returns the port */
export function plainSite(answer: RequestListener): Promise<number> {
  return listening(createServer(answer));
}

export interface SecureSite {
  readonly url: URL;
  readonly httpUrl: URL;
  /** SHA-256 and PEM of the authority that signed its certificate. */
  readonly root: { readonly fingerprint: string; readonly pem: string };
}

/** https, and plain http that answers as `plain` does or leads there. */
export async function secureSite(
  answer: RequestListener,
  plain?: RequestListener,
): Promise<SecureSite> {
  const stateDirectory = temporaryFolder();
  const pair = await credentials("localhost", { stateDirectory });
  const pem = readFileSync(`${stateDirectory}/rootCA.pem`, "utf8");
  const secure = createSecureServer(pair, answer);
  secure.on("tlsClientError", endless);
  const port = await listening(secure as unknown as Server);
  const url = new URL(`https://localhost:${port}/`);
  const httpPort = await plainSite(
    plain ??
      (({ url: path = "/" }, response) => {
        response.writeHead(308, { Location: new URL(path, url).href }).end();
      }),
  );
  const root = { fingerprint: new X509Certificate(pem).fingerprint256, pem };
  return { url, httpUrl: new URL(`http://localhost:${httpPort}/`), root };
}

/** Audits it as the command line does without options. */
export function audited(
  site: Pick<SecureSite, "url"> & Partial<SecureSite>,
  changed: Partial<AuditSettings> = {},
): Promise<Audit> {
  return audit({
    ...{ url: site.url, httpUrl: site.httpUrl, own: false, edges: [], paths: [] },
    roots: site.root ? [site.root.pem] : [],
    localRoot: site.root?.fingerprint,
    onProgress: () => undefined,
    ...changed,
  });
}

export function checkOf({ checks }: Pick<Audit, "checks">, id: string): Check | undefined {
  return checks.find((check) => check.id === id);
}

export const HTML = { "Content-Type": "text/html; charset=utf-8" };
