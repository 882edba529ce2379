/**
 * The cases of chromium/hstspreload (header_test.go, domain_test.go): what is read, and the codes of
 * what is said of it, in order.
 */

interface HeaderCase {
  readonly header: string;
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

/** Reading alone. */
export const PARSED: readonly HeaderCase[] = [
  { header: "includeSubDomains; max-age=1337", errors: [], warnings: [] },
  { header: "preload; max-age=1337", errors: [], warnings: [] },
  { header: "preload; includeSubDomains", errors: [], warnings: [] },
  { header: "max-age=31536000; includeSubDomains; preload", errors: [], warnings: [] },
  { header: "includeSubDomains; preload; max-age=4321", errors: [], warnings: [] },
  {
    header: "   max-age=10886400  ;     includeSubDomains    ;     preload      ",
    errors: [],
    warnings: [],
  },
  { header: "includeSubDomains; preload; max-age=12345678", errors: [], warnings: [] },
  { header: "max-age=10886400; preload; includeSubDomains", errors: [], warnings: [] },
  { header: "max-age=10886400; includeSubDomains", errors: [], warnings: [] },
  { header: "inCLUDESUBDomaINs; max-AGe=12345678", errors: [], warnings: [] },
  { header: "", errors: [], warnings: ["header.parse.empty"] },
  {
    header: "preload; includeSubDomains; preload; max-age=12345678; preload",
    errors: [],
    warnings: ["header.parse.repeated.preload"],
  },
  {
    header: "includeSubDomains; max-age=12345678; preload; extraDirective",
    errors: [],
    warnings: ["header.parse.unknown_directive"],
  },
  {
    header: "max-age=12345678; extra; includeSubDomains; directives; preload",
    errors: [],
    warnings: ["header.parse.unknown_directive", "header.parse.unknown_directive"],
  },
  { header: ";", errors: [], warnings: ["header.parse.empty_directive"] },
  {
    header: "max-age=10886400; includeSubDomains; preload;",
    errors: [],
    warnings: ["header.parse.empty_directive"],
  },
  {
    header: "; max-age=10886400; includeSubDomains; preload",
    errors: [],
    warnings: ["header.parse.empty_directive"],
  },
  { header: "max-age=01234", errors: [], warnings: ["header.parse.max_age.leading_zero"] },
  { header: "max-age=", errors: ["header.parse.max_age.parse_int_error"], warnings: [] },
  { header: "max-age", errors: ["header.parse.invalid.max_age.no_value"], warnings: [] },
  { header: "max-age=-101", errors: ["header.parse.max_age.non_digit_characters"], warnings: [] },
  { header: "max-age=+101", errors: ["header.parse.max_age.non_digit_characters"], warnings: [] },
  {
    header: "max-age;",
    errors: ["header.parse.invalid.max_age.no_value"],
    warnings: ["header.parse.empty_directive"],
  },
  {
    header: "includeDomains; max-age;",
    errors: ["header.parse.invalid.max_age.no_value"],
    warnings: ["header.parse.unknown_directive", "header.parse.empty_directive"],
  },
];

/** Reading, and what the list asks for. */
export const PRELOADABLE: readonly HeaderCase[] = [
  { header: "max-age=31536000; includeSubDomains; preload", errors: [], warnings: [] },
  {
    header: "max-age=315360001; preload; includeSubDomains",
    errors: [],
    warnings: ["header.preloadable.max_age.over_10_years"],
  },
  {
    header: "",
    errors: [
      "header.preloadable.include_sub_domains.missing",
      "header.preloadable.preload.missing",
      "header.preloadable.max_age.missing",
    ],
    warnings: ["header.parse.empty"],
  },
  {
    header: "includeSubDomains; max-age=31536000",
    errors: ["header.preloadable.preload.missing"],
    warnings: [],
  },
  {
    header: "preload; max-age=31536000",
    errors: ["header.preloadable.include_sub_domains.missing"],
    warnings: [],
  },
  {
    header: "includeSubDomains; preload",
    errors: ["header.preloadable.max_age.missing"],
    warnings: [],
  },
  {
    header: "preload",
    errors: [
      "header.preloadable.include_sub_domains.missing",
      "header.preloadable.max_age.missing",
    ],
    warnings: [],
  },
  {
    header: "includeSubDomains",
    errors: ["header.preloadable.preload.missing", "header.preloadable.max_age.missing"],
    warnings: [],
  },
  {
    header: "max-age=123456789",
    errors: [
      "header.preloadable.include_sub_domains.missing",
      "header.preloadable.preload.missing",
    ],
    warnings: [],
  },
  {
    header: "includeSubDomains; preload; max-age",
    errors: ["header.parse.invalid.max_age.no_value", "header.preloadable.max_age.missing"],
    warnings: [],
  },
  {
    header: "includeSubDomains; preload; max-age=0",
    errors: ["header.preloadable.max_age.zero"],
    warnings: [],
  },
  {
    header: "includeSubDomains; preload; max-age=100",
    errors: ["header.preloadable.max_age.below_1_year"],
    warnings: [],
  },
  {
    header: "includeSubDomains; preload; max-age=10886400",
    errors: ["header.preloadable.max_age.below_1_year"],
    warnings: [],
  },
  {
    header: "max-age=315360001; includeSubDomains",
    errors: ["header.preloadable.preload.missing"],
    warnings: ["header.preloadable.max_age.over_10_years"],
  },
];
