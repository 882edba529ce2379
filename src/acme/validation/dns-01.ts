/** The dns-01 challenge (RFC 8555 8.4): a TXT record under `_acme-challenge`. */
import { createHash } from "node:crypto";
import type { Resolver } from "node:dns/promises";
import { systemCode } from "../../errors.js";
import { ChallengeFailure, type Task } from "./failure.js";
import { dnsReason } from "./resolve.js";

/** @throws ChallengeFailure */
export async function validateDns01(task: Task, dns: Resolver): Promise<void> {
  const name = `_acme-challenge.${task.identifier.value}`;
  const expected = createHash("sha256").update(task.keyAuthorization).digest("base64url");
  const asked = `TXT ${name} of ${dns.getServers().join(", ") || "the system's DNS"}`;
  let records: string[];
  try {
    records = (await dns.resolveTxt(name)).map((parts) => parts.join(""));
  } catch (error) {
    throw lookUpFailure(name, asked, error);
  }
  if (records.includes(expected)) return;
  throw new ChallengeFailure(
    "incorrectResponse",
    `dns-01: the TXT records of ${name} do not hold the key authorization's digest`,
    {
      asked,
      got: `${records.length} TXT record${records.length === 1 ? "" : "s"}, none of them the expected one`,
      change: [
        `Expected is: ${name}. TXT "${expected}"`,
        "An older record may still be cached: remove it, and wait until its time to live is over.",
      ],
    },
  );
}

function lookUpFailure(name: string, asked: string, error: unknown): ChallengeFailure {
  const reason = dnsReason(error);
  const unanswered = ["ECONNREFUSED", "ETIMEOUT", "EREFUSED", "ESERVFAIL"];
  const server = unanswered.includes(systemCode(error) ?? "");
  return new ChallengeFailure("dns", `dns-01: no TXT record of ${name}: ${reason}`, {
    asked,
    got: reason,
    change: server
      ? ["Say which DNS server knows the zone: devtls acme --dns 127.0.0.1:53"]
      : [
          `The client has to make the record ${name} first; look for it: dig TXT ${name}`,
          "If another DNS server knows the zone: devtls acme --dns 127.0.0.1:53",
        ],
  });
}
