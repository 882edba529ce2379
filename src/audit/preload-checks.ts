/** HSTS preload readiness as a check, in the codes of hstspreload.org. */
import type { Asked } from "./asking/ways.js";
import { type Check, stated } from "./checks.js";
import {
  type Issues,
  join,
  preloadableName,
  preloadableRedirects,
  preloadableResponse,
} from "./rules/preload.js";
import type { TlsExamination } from "./tls/examine.js";

const OBSOLETE_BUT = /^(?:TLS_|ECDHE-(?:RSA|ECDSA)-(?:AES(?:128|256)-GCM|CHACHA20))/;

/**
 * Never a failure: a site need not be in the list.
 * @param isLocal the name means nothing outside, and cannot be in the list
 */
export function preloadCheck(
  site: Asked,
  tls: TlsExamination | undefined,
  isLocal: boolean,
): Check {
  const issues = preloadIssues(site, tls);
  const all = [...issues.errors, ...issues.warnings].filter(
    (code) => !isLocal || !/^domain\.(?:format|is_subdomain)/.test(code),
  );
  const id = "hsts-preload";
  const ready = issues.errors.length === 0;
  if (isLocal) {
    const left =
      all.length === 0
        ? "What can be seen of it is ready."
        : `It would still need: ${all.join(", ")}.`;
    const detail = `Not asked: ${site.hostname} is no name that the preload list takes. ${left}`;
    return stated({ id, status: "not-asked", detail, key: all.join(",") });
  }
  const detail = ready
    ? `Ready for hstspreload.org.${all.length === 0 ? "" : ` Besides: ${all.join(", ")}.`}`
    : `Not ready for hstspreload.org: ${all.join(", ")}.`;
  return stated({ id, status: ready ? "pass" : "warn", detail, key: all.join(",") });
}

function preloadIssues({ hostname, http, https }: Asked, tls: TlsExamination | undefined): Issues {
  const name = preloadableName(hostname);
  if (!https.first) return join(name, { errors: ["domain.tls.cannot_connect"], warnings: [] });
  if (!https.isVerified)
    return join(name, { errors: ["domain.tls.invalid_cert_chain"], warnings: [] });
  const chosen = tls?.versions.find(({ state }) => state === "offered")?.suites[0]?.name;
  const isObsolete = chosen !== undefined && !OBSOLETE_BUT.test(chosen);
  const suite: Issues = { errors: [], warnings: isObsolete ? ["tls.obsolete_cipher_suite"] : [] };
  const redirects = preloadableRedirects({
    domain: hostname,
    http: http.first ? http.route.slice(1) : undefined,
    plain: http.first,
    https: https.route.slice(1),
  });
  return join(join(join(name, suite), preloadableResponse(https.first)), redirects);
}
