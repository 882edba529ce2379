/**
 * Whether a domain could be put into the HSTS preload list, with the codes of hstspreload.org
 * (github.com/chromium/hstspreload). The words are devtls's own.
 */
import { getDomain, getPublicSuffix } from "tldts";
import { valuesOf } from "../../lines.js";
import type { Answer } from "./site.js";

export interface Issues {
  /** Codes, in order. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

interface Collected {
  errors: string[];
  warnings: string[];
}

/** One year and ten, in seconds. */
const YEAR = 31_536_000n;
const TEN_YEARS = YEAR * 10n;
const MAX_UINT64 = 2n ** 64n - 1n;

export interface PreloadHeader {
  /** Seconds. */
  readonly maxAge: bigint | undefined;
  readonly includeSubDomains: boolean;
  readonly preload: boolean;
}

/** Reads a header (RFC 6797 6.1), as strictly as the list does: a quoted max-age is none. */
export function readPreloadHeader(text: string): { header: PreloadHeader; issues: Issues } {
  const header = {
    maxAge: undefined as bigint | undefined,
    includeSubDomains: false,
    preload: false,
  };
  const issues: Collected = { errors: [], warnings: [] };
  const once = (list: string[], code: string): void => {
    if (!list.includes(code)) list.push(code);
  };
  const directives = text.split(";").map((directive) => directive.trim());
  if (directives.length === 1 && directives[0] === "") {
    return { header, issues: { errors: [], warnings: ["header.parse.empty"] } };
  }
  for (const directive of directives) {
    const word = directive.toLowerCase();
    if (word === "preload") {
      if (header.preload) once(issues.warnings, "header.parse.repeated.preload");
      header.preload = true;
    } else if (word.startsWith("preload")) once(issues.warnings, "header.parse.invalid.preload");
    else if (word === "includesubdomains") {
      if (header.includeSubDomains)
        once(issues.warnings, "header.parse.repeated.include_sub_domains");
      header.includeSubDomains = true;
    } else if (word.startsWith("includesubdomains")) {
      once(issues.warnings, "header.parse.invalid.include_sub_domains");
    } else if (word.startsWith("max-age=")) {
      const age = readMaxAge(directive.slice("max-age=".length), issues);
      if (age === undefined) continue;
      if (header.maxAge !== undefined) once(issues.warnings, "header.parse.repeated.max_age");
      header.maxAge ??= age;
    } else if (word.startsWith("max-age")) {
      once(issues.errors, "header.parse.invalid.max_age.no_value");
    } else if (word === "") once(issues.warnings, "header.parse.empty_directive");
    else issues.warnings.push("header.parse.unknown_directive");
  }
  return { header, issues };
}

function readMaxAge(digits: string, issues: Collected): bigint | undefined {
  if (/^0./.test(digits)) issues.warnings.push("header.parse.max_age.leading_zero");
  if (/\D/.test(digits)) {
    issues.errors.push("header.parse.max_age.non_digit_characters");
    return undefined;
  }
  const age = digits === "" ? undefined : BigInt(digits.slice(0, 64));
  if (age === undefined || age > MAX_UINT64) {
    issues.errors.push("header.parse.max_age.parse_int_error");
    return undefined;
  }
  return age;
}

/** What the list asks of a header, besides that it can be read. */
export function preloadableHeader(text: string): Issues {
  const { header, issues } = readPreloadHeader(text);
  const { maxAge } = header;
  const errors = [
    ...(header.includeSubDomains ? [] : ["header.preloadable.include_sub_domains.missing"]),
    ...(header.preload ? [] : ["header.preloadable.preload.missing"]),
    ...(maxAge === undefined ? ["header.preloadable.max_age.missing"] : []),
    ...(maxAge === 0n ? ["header.preloadable.max_age.zero"] : []),
    ...(maxAge !== undefined && maxAge > 0n && maxAge < YEAR
      ? ["header.preloadable.max_age.below_1_year"]
      : []),
  ];
  const isLong = maxAge !== undefined && maxAge > TEN_YEARS;
  return join(issues, {
    errors,
    warnings: isLong ? ["header.preloadable.max_age.over_10_years"] : [],
  });
}

/** Of the one header of a response. */
export function preloadableResponse({ headers }: Pick<Answer, "headers">): Issues {
  const [header, second] = valuesOf(headers, "strict-transport-security");
  if (header === undefined) return failed("response.no_header");
  return second === undefined ? preloadableHeader(header) : failed("response.multiple_headers");
}

/** Whether a name can stand in the list at all. */
export function preloadableName(domain: string): Issues {
  if (domain.startsWith(".")) return failed("domain.format.begins_with_dot");
  if (domain.endsWith(".")) return failed("domain.format.ends_with_dot");
  if (domain.includes("..")) return failed("domain.format.contains_double_dot");
  const lower = domain.toLowerCase();
  if (/^[\d.]+$/.test(lower) || lower.includes(":")) return failed("domain.format.is_ip_address");
  const private_ = { allowPrivateDomains: true };
  if (getPublicSuffix(lower, private_) === lower) return failed("domain.format.public_suffix");
  if (/[^a-z0-9.-]/.test(lower)) return failed("domain.format.invalid_characters");
  return getDomain(lower, private_) === lower ? NONE : failed("domain.is_subdomain");
}

export interface RedirectFacts {
  readonly domain: string;
  /** Where plain http leads, without the start; undefined where nothing answers there. */
  readonly http: readonly URL[] | undefined;
  /** What plain http answers first. */
  readonly plain: Pick<Answer, "headers"> | undefined;
  /** Where https leads, without the start. */
  readonly https: readonly URL[];
}

/** More is too long for the list. */
const MAX_REDIRECTS = 3;

export function preloadableRedirects({ domain, http, plain, https }: RedirectFacts): Issues {
  const first = http?.[0];
  const ofHttp = ((): Issues => {
    if (!http) return { errors: [], warnings: ["redirects.http.does_not_exist"] };
    if (http.length > MAX_REDIRECTS) return failed("redirects.too_many");
    if (!first) return failed("redirects.http.no_redirect");
    if (first.protocol === "https:" && first.hostname === domain) return insecureStep(http);
    return first.hostname === `www.${domain}`
      ? failed("redirects.http.www_first")
      : failed("redirects.http.first_redirect.insecure");
  })();
  const isUseless =
    http !== undefined && plain && valuesOf(plain.headers, "strict-transport-security").length > 0;
  const ofHttps = https.length > MAX_REDIRECTS ? failed("redirects.too_many") : insecureStep(https);
  return join(
    join({ errors: [], warnings: isUseless ? ["redirects.http.useless_header"] : [] }, ofHttp),
    ofHttps,
  );
}

function insecureStep(chain: readonly URL[]): Issues {
  const at = chain.findIndex(({ protocol }) => protocol !== "https:");
  if (at < 0) return NONE;
  return failed(at === 0 ? "redirects.insecure.initial" : "redirects.insecure.subsequent");
}

const NONE: Issues = { errors: [], warnings: [] };

const failed = (code: string): Issues => ({ errors: [code], warnings: [] });

export function join(one: Issues, other: Issues): Issues {
  return {
    errors: [...one.errors, ...other.errors],
    warnings: [...one.warnings, ...other.warnings],
  };
}
