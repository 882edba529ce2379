/** What a client is told when the target gave no response, or none that could be passed on. */

import type { UpstreamError } from "../upstream/connect.js";
import type { Pool } from "../upstream/pool.js";
import type { Target } from "../upstream/target.js";
import type { Page } from "./pages.js";

/** The page for a target that gave no response (RFC 9110 15.6.3). */
export function failurePage(error: UpstreamError, pool: Pool): Page {
  const { target, addresses } = pool.dialer;
  const at = addresses.join(" and ");
  const log = `The connection went to ${at}. The dev server's own log may say more.`;
  switch (error.kind) {
    case "refused":
      return {
        status: 502,
        title: `${target.url} refused the connection.`,
        advice: [
          `Nothing listens on ${at}. Start your dev server, or name its port with --target.`,
        ],
        reload: true,
      };
    case "certificate":
      return {
        status: 502,
        title: `${target.url} could not be reached over TLS: ${error.message}.`,
        advice: ["To accept any certificate from it, add --insecure-target."],
      };
    case "tls":
      return {
        status: 502,
        title: `${target.url} could not be reached over TLS: ${error.message}.`,
        advice: [log],
      };
    case "defect":
      return {
        status: 500,
        title: "devtls itself failed at this request, which is a defect in devtls.",
        advice: ["Its terminal shows what happened. Other requests go on."],
      };
    case "protocol":
      return {
        status: 502,
        title: `${target.url} sent an invalid response: ${error.message}.`,
        advice: ["The response was not passed on. The dev server's own log may say more."],
      };
    default:
      return {
        status: 502,
        title: `${target.url} gave no response: ${error.message}.`,
        advice: error.kind === "silent" ? [log, ...perhapsTls(target)] : [log],
        reload: true,
      };
  }
}

/** What servers for TLS do with a request in plain text: they hang up. */
function perhapsTls(target: Target): string[] {
  if (target.kind !== "tcp" || target.tls) return [];
  return [`If it speaks TLS, give it as https://${target.authority}`];
}
