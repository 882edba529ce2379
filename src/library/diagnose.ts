/** `devtls trace` for programs: what is wrong with a URL, seen from the client's side. */
import { rootsOf } from "../ca/environment.js";
import type { Finding } from "../diagnose/finding.js";
import { type Hop, trace } from "../trace/trace.js";

export type { Hop } from "../trace/trace.js";

export interface DiagnoseOptions {
  /** GET unless told otherwise; sent without a body. */
  readonly method?: string;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Accept any certificate. */
  readonly insecure?: boolean;
  /** Do not replay a failing GET to find the cause. */
  readonly noProbe?: boolean;
}

export interface UrlDiagnosis {
  /** Every response on the way, in order. */
  readonly hops: readonly Hop[];
  /** Empty when nothing is wrong. */
  readonly findings: readonly Finding[];
}

/**
 * Follows the redirects of a URL as a browser would, with a cookie jar, at most 20 of them.
 * @param url http or https, local or remote
 * @throws DevtlsError "usage" for what is no such URL, "request-failed" when there is no answer
 */
export function diagnose(url: string | URL, options: DiagnoseOptions = {}): Promise<UrlDiagnosis> {
  const { method, headers = {}, insecure = false, noProbe = false } = options;
  return trace(String(url), {
    ...{ roots: rootsOf(process.env), insecure, probe: !noProbe },
    headers: Object.entries(headers).flat(),
    ...(method !== undefined && { method: method.toUpperCase() }),
  });
}
