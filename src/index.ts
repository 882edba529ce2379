/**
 * devtls for programs: a certificate authority limited to local names (RFC 5280), certificates for
 * https servers, and `serve`, which fronts a dev server as a production edge would. Importing it
 * does nothing by itself, and nothing in it prints or ends the process.
 */
export type { Finding, FindingCode } from "./diagnose/finding.js";
export { DevtlsError, type ErrorCode } from "./errors.js";
export {
  type DiagnoseOptions,
  diagnose,
  type Hop,
  type UrlDiagnosis,
} from "./library/diagnose.js";
export { type Edge, edges } from "./library/edges.js";
export {
  type AuthorityInfo,
  credentials,
  type IssuedCertificate,
  type IssueOptions,
  issue,
  openAuthority,
  type ServerCredentials,
  type StateOptions,
} from "./library/issue.js";
export {
  type EdgeOutcome,
  type JoinedFix,
  type Rehearsal,
  type RehearsalFinding,
  type RehearseOptions,
  rehearse,
} from "./library/rehearse.js";
export {
  type DevtlsServer,
  type RequestEvent,
  type ServeOptions,
  type ServerEvents,
  serve,
} from "./library/serve.js";
