/** What was found of TLS, as checks. */

import { capital } from "../words.js";
import { type Check, stated } from "./checks.js";
import type { TlsExamination } from "./tls/examine.js";
import type { Cap } from "./tls/rating.js";

/** What Node and a first flight cannot find out: it is said to be open, never to be well. */
const OPEN: readonly (readonly [id: string, what: string])[] = [
  ["tls-sslv2", "SSL 2.0 and DROWN"],
  ["tls-heartbleed", "Heartbleed"],
  ["tls-ccs", "the early ChangeCipherSpec of OpenSSL"],
  ["tls-ticketbleed", "Ticketbleed"],
  ["tls-robot", "ROBOT"],
  ["tls-revocation", "whether the certificate is revoked"],
];

export function tlsChecks(found: TlsExamination): Check[] {
  const { rating, versions } = found;
  const warnings = (rating?.warnings ?? []).map((reason) =>
    stated({
      ...{ id: "tls-warning", key: reason, detail: `${capital(reason)}: no A+.` },
      status: "warn",
    }),
  );
  const silent = versions
    .filter(({ state }) => state === "not-asked")
    .map(({ version, why = "" }) =>
      stated({
        ...{ id: `tls-${version}`, status: "not-asked" },
        detail: `Not asked: ${version} (${why}).`,
      }),
    );
  return [
    ...aboutChecks(found),
    ...warnings,
    ...silent,
    ...OPEN.map(([id, what]) => stated({ id, status: "not-asked", detail: `Not asked: ${what}.` })),
  ];
}

/** One check for each thing that caps are about: its caps, or what is well. */
function aboutChecks(found: TlsExamination): Check[] {
  const caps = found.rating?.caps ?? [];
  const words: Readonly<Record<Cap["about"], string | undefined>> = {
    certificate: certificateWords(found),
    protocols:
      offered(found)
        .map(({ version }) => version)
        .join(", ") || undefined,
    suites: `${offered(found).flatMap(({ suites }) => suites).length} suites`,
    keys: found.groups.length > 0 ? `Keys are agreed on by ${found.groups.join(", ")}` : undefined,
  };
  return (Object.keys(words) as Cap["about"][]).flatMap((about) => {
    const id = `tls-${about}`;
    const own = caps.filter((cap) => cap.about === about);
    if (own.length > 0) {
      return own.map(({ grade, reason }) =>
        stated({
          ...{ id, status: "fail", key: reason },
          detail: `${capital(reason)}: no better than ${grade}.`,
        }),
      );
    }
    const detail = words[about];
    if (about === "certificate" && detail === undefined) return [unverified(found)];
    if (detail === undefined || !found.rating) return [];
    return [stated({ id, status: "pass", detail: `${detail}.` })];
  });
}

const offered = ({ versions }: TlsExamination) =>
  versions.filter(({ state }) => state === "offered");

/** No handshake came to an end: what was sent is known at most, and that is never a pass. */
function unverified({ chains: [main] }: TlsExamination): Check {
  const why = main?.problem === undefined ? "" : ` (${main.problem})`;
  const detail = `Not asked: whether the chain of its certificate is trusted${why}.`;
  return stated({ id: "tls-certificate", status: "not-asked", detail });
}

function certificateWords({ chains, isLocal }: TlsExamination): string | undefined {
  const [main] = chains;
  if (main?.verdict !== "trusted") return undefined;
  const until = `it is good until ${main.leaf.notAfter.slice(0, 10)}`;
  return isLocal
    ? `The certificate is of this machine's authority, which only this machine trusts; ${until}`
    : `The chain is complete and ends at a trusted root; ${until}`;
}
