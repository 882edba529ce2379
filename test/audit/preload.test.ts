/** Readiness for the HSTS preload list, by the cases of the list's own tests. */
import { describe, expect, it } from "vitest";
import {
  preloadableHeader,
  preloadableName,
  preloadableRedirects,
  preloadableResponse,
  readPreloadHeader,
} from "../../src/audit/rules/preload.js";
import { PARSED, PRELOADABLE } from "./preload-cases.js";

describe("A header is read as the list reads it", () => {
  it.each(PARSED)("$header", ({ header, errors, warnings }) => {
    expect(readPreloadHeader(header).issues).toEqual({ errors, warnings });
  });
});

describe("A header is ready as the list says", () => {
  it.each(PRELOADABLE)("$header", ({ header, errors, warnings }) => {
    expect(preloadableHeader(header)).toEqual({ errors, warnings });
  });
});

describe("A response", () => {
  it("has one header", () => {
    const line = ["Strict-Transport-Security", "max-age=31536000; includeSubDomains; preload"];
    expect(preloadableResponse({ headers: line })).toEqual({ errors: [], warnings: [] });
    expect(preloadableResponse({ headers: [] }).errors).toEqual(["response.no_header"]);
    expect(preloadableResponse({ headers: [...line, ...line] }).errors).toEqual([
      "response.multiple_headers",
    ]);
  });
});

describe("A name", () => {
  it.each([
    [".example.com", "domain.format.begins_with_dot"],
    ["example.com.", "domain.format.ends_with_dot"],
    ["example..com", "domain.format.contains_double_dot"],
    ["example", "domain.format.public_suffix"],
    ["co.uk", "domain.format.public_suffix"],
    ["example&co.com", "domain.format.invalid_characters"],
    ["1.1.1.1", "domain.format.is_ip_address"],
    ["www.example.com", "domain.is_subdomain"],
  ])("%s: %s", (name, code) => {
    expect(preloadableName(name).errors).toEqual([code]);
  });

  it("that somebody registered can stand in the list", () => {
    expect(preloadableName("example.co.uk").errors).toEqual([]);
  });
});

describe("Redirects", () => {
  const plain = { headers: [] };
  const urls = (...texts: readonly string[]): URL[] => texts.map((text) => new URL(text));
  const issuesOf = (http: URL[] | undefined, https: URL[] = [], first = plain) =>
    preloadableRedirects({ domain: "example.com", http, plain: http && first, https });

  it.each([
    [urls("https://example.com/"), [], []],
    [undefined, [], ["redirects.http.does_not_exist"]],
    [[], ["redirects.http.no_redirect"], []],
    [urls("https://www.example.com/"), ["redirects.http.www_first"], []],
    [urls("http://example.com/x"), ["redirects.http.first_redirect.insecure"], []],
    [urls("https://other.example/"), ["redirects.http.first_redirect.insecure"], []],
    [urls("https://example.com/", "http://example.com/"), ["redirects.insecure.subsequent"], []],
  ])("from http to %j", (http, errors, warnings) => {
    expect(issuesOf(http)).toEqual({ errors, warnings });
  });

  it("from https stay on https, and are not many", () => {
    expect(issuesOf(undefined, urls("http://example.com/")).errors).toEqual([
      "redirects.insecure.initial",
    ]);
    const many = urls(...[1, 2, 3, 4].map((at) => `https://example.com/${at}`));
    expect(issuesOf(many).errors).toEqual(["redirects.too_many"]);
  });

  it("carry no HSTS over http, where it says nothing", () => {
    const headers = ["strict-transport-security", "max-age=1"];
    expect(issuesOf(urls("https://example.com/"), [], { headers } as never).warnings).toEqual([
      "redirects.http.useless_header",
    ]);
  });
});
