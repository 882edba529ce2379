/**
 * Vite's dev and preview servers over https with a certificate of this machine's authority. Vite
 * speaks HTTP/2 by itself once it has one (https://vite.dev/config/server-options#server-https).
 */
import { credentials, type ServerCredentials, type StateOptions } from "./index.js";

export interface DevtlsViteOptions extends StateOptions {
  /** Names besides localhost, 127.0.0.1 and ::1 that the certificate covers and Vite serves. */
  readonly host?: string | readonly string[];
}

/** What of Vite's configuration the plugin looks at; true of Vite 5 and later. */
interface Given {
  readonly server?: { readonly https?: unknown; readonly host?: unknown };
  readonly preview?: { readonly https?: unknown };
}

interface Added {
  server?: { https: ServerCredentials; allowedHosts: string[] };
  preview?: { https: ServerCredentials; allowedHosts: string[] };
}

export interface DevtlsVitePlugin {
  readonly name: "devtls";
  config(given: Given): Promise<Added>;
}

/**
 * `plugins: [devtls()]`. A certificate that the configuration names itself is kept.
 * @throws DevtlsError from Vite's start, as {@link credentials}
 */
export default function devtls(options: DevtlsViteOptions = {}): DevtlsVitePlugin {
  return {
    name: "devtls",
    async config({ server, preview }) {
      const hosts = namesOf(options, server?.host);
      const https = await credentials(hosts, options);
      const added = { https, allowedHosts: hosts.filter((host) => host !== "localhost") };
      return {
        ...(!server?.https && { server: added }),
        // Vite's preview takes the server's https when it has none of its own.
        ...(!preview?.https && !server?.https && { preview: added }),
      };
    },
  };
}

function namesOf({ host = [] }: DevtlsViteOptions, bound: unknown): string[] {
  const names = [host].flat();
  // `server.host` may be an address to listen on everywhere, which is no name.
  if (typeof bound === "string" && !["0.0.0.0", "::"].includes(bound)) names.push(bound);
  return names.length > 0 ? names : ["localhost"];
}
