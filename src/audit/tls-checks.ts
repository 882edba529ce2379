/** What was found of TLS, as checks. */
import type { Check, Status } from "./checks.js";
import { stated } from "./checks.js";
import type { TlsExamination } from "./tls/examine.js";

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
  const { rating, versions, chains } = found;
  const caps = (rating?.caps ?? []).map(({ grade, reason }) =>
    stated({
      ...{ id: "tls-cap", key: reason, detail: `${capital(reason)}: no better than ${grade}.` },
      status: "fail",
    }),
  );
  const warnings = (rating?.warnings ?? []).map((reason) =>
    stated({
      ...{ id: "tls-warning", key: reason, detail: `${capital(reason)}: no A+.` },
      status: "warn",
    }),
  );
  const open = versions
    .filter(({ state }) => state === "not-asked")
    .map(({ version, why = "" }) =>
      stated({ id: `tls-${version}`, status: "not-asked", detail: `${version}: ${why}` }),
    );
  const [main] = chains;
  const chain: Status =
    main === undefined ? "not-asked" : main.verdict === "trusted" ? "pass" : "warn";
  return [
    ...caps,
    ...warnings,
    ...open,
    ...(main && caps.length > 0
      ? []
      : [stated({ id: "tls-chain", status: chain, detail: chainWords(found) })]),
    ...OPEN.map(([id, what]) => stated({ id, status: "not-asked", detail: `Not asked: ${what}.` })),
  ];
}

function chainWords({ chains, isLocal }: TlsExamination): string {
  const [main] = chains;
  if (!main) return "No certificate could be looked at.";
  if (main.verdict !== "trusted") return `The chain is ${main.verdict}: ${main.problem ?? ""}.`;
  return isLocal
    ? "The certificate is of this machine's authority, which only this machine trusts."
    : "The chain is complete and ends at a trusted root.";
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
