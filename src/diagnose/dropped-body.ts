/** Redirects that turn a POST into a GET and lose its body (Fetch, HTTP-redirect fetch step 12). */
import type { Finding, Observation } from "./finding.js";
import type { Framework } from "./frameworks.js";
import { first } from "./lines.js";
import { becomesGet, normalUrl, redirectOf } from "./redirects.js";

/**
 * A finding `redirect-drops-body` for a POST that is sent to the same page under another scheme,
 * host or with a slash. Its cause is `scheme`, `host`, `slash` or, for a 301 to the very same URL,
 * `same-url`. A form's answer that leads to another page is no finding, nor a 302 or 303 to itself.
 */
export function droppedBody(
  observation: Observation,
  framework: Framework | undefined,
): Finding | undefined {
  const { method, status, url, response, told, byEdge = false } = observation;
  if (status === 303 || !becomesGet(method, status) || isEmpty(told, byEdge)) return undefined;
  const there = redirectOf(status, response, url);
  if (there === undefined) return undefined;
  const cause = causeOf(normalUrl(url) ?? url, there, status);
  if (cause === undefined) return undefined;
  const who = byEdge ? "The edge" : (framework?.title ?? "The app");
  return {
    code: "redirect-drops-body",
    cause,
    confidence: "proved",
    url,
    framework: byEdge ? null : (framework?.id ?? null),
    explanation: `${who} answered ${status} to a POST and named ${WHERE[cause]}. Browsers follow with a GET and without the body: what was posted is lost. 307 and 308 keep both.`,
    chain: [
      `browser  POST ${url}`,
      `${byEdge ? "edge" : "app "}     ${status}, Location: ${first(response, "location")}`,
      `browser  GET ${there}, without the body`,
    ],
    fix: [
      ...(byEdge
        ? ["return 308 https://$host$request_uri;"]
        : cause === "slash" && framework?.id === "django"
          ? ["APPEND_SLASH = False"]
          : []),
      `Post to ${there} at once`,
    ],
  };
}

type Cause = "scheme" | "host" | "slash" | "same-url";

const WHERE: Readonly<Record<Cause, string>> = {
  scheme: "the same page under the other scheme",
  host: "the same page under another host name",
  slash: "the same page with another ending of its path",
  "same-url": "the very same URL",
};

function isEmpty(told: readonly string[], byEdge: boolean): boolean {
  return !byEdge && (first(told, "content-length") ?? "x") === "0";
}

function causeOf(from: string, to: string, status: number): Cause | undefined {
  if (from === to) return status === 301 ? "same-url" : undefined;
  const here = new URL(from);
  const there = new URL(to);
  if (here.search !== there.search) return undefined;
  const same = here.pathname === there.pathname;
  if (!same && here.pathname.replace(/\/$/, "") !== there.pathname.replace(/\/$/, "")) {
    return undefined;
  }
  if (here.protocol !== there.protocol) return "scheme";
  if (here.host !== there.host) return "host";
  return "slash";
}
