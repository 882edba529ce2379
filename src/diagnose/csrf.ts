/**
 * Forms that are refused because the browser's Origin is not the origin that the app thinks it
 * has. Only the refusal's own text tells it from other refusals.
 */
import type { Finding, Observation } from "./finding.js";
import type { Framework, FrameworkId } from "./frameworks.js";
import { first } from "./lines.js";
import { protoOf } from "./trials.js";

interface Refusal {
  readonly id: string;
  /** In the body of the refusal. */
  readonly text: string;
  readonly framework: FrameworkId;
  /** It says that the origin is the reason; the others refuse for other reasons, too. */
  readonly certain?: true;
}

/** What frameworks write into the page, the most telling first. */
const REFUSALS: readonly Refusal[] = [
  { id: "django-cookie", text: "CSRF cookie not set", framework: "django" },
  { id: "django-token", text: "CSRF token missing", framework: "django" },
  { id: "django-token", text: "CSRF token from POST", framework: "django" },
  { id: "django-origin", text: "Origin checking failed", framework: "django", certain: true },
  { id: "django-referer", text: "Referer checking failed", framework: "django", certain: true },
  { id: "django", text: "CSRF verification failed", framework: "django" },
  // Flask-WTF; it looks at secure requests only.
  {
    id: "flask-referer",
    text: "The referrer does not match the host",
    framework: "flask",
    certain: true,
  },
  { id: "rails-origin", text: "match request.base_url", framework: "rails", certain: true },
  { id: "rails", text: "ActionController::InvalidAuthenticityToken", framework: "rails" },
  { id: "next", text: "Invalid Server Actions request", framework: "next", certain: true },
  { id: "go", text: "origin invalid", framework: "go", certain: true },
  { id: "go", text: "referer invalid", framework: "go", certain: true },
  { id: "gunicorn", text: "Contradictory scheme headers", framework: "django" },
];

/** Refusals for reasons that no header changes. */
const OTHER_REASONS = ["django-cookie", "django-token"];

/** Statuses that come with such a text. */
export function mayRefuse({ method, status }: Pick<Observation, "method" | "status">): boolean {
  if (status === 400) return true;
  return status >= 403 && status <= 500 && !["GET", "HEAD", "OPTIONS"].includes(method);
}

const LONGEST = Math.max(...REFUSALS.map(({ text }) => text.length));

/** What is looked at; error pages of debuggers are long, and begin with the error. */
const MAX_SCANNED = 256 * 1024;

/** Looks through a body as it passes for what it gives as the reason; nothing of it is kept. */
export class RefusalScan {
  #tail = "";
  #scanned = 0;
  #found = REFUSALS.length;

  push(chunk: Buffer): void {
    if (this.#found === 0 || this.#scanned > MAX_SCANNED) return;
    this.#scanned += chunk.length;
    const text = this.#tail + chunk.toString("latin1");
    const index = REFUSALS.findIndex((each) => text.includes(each.text));
    if (index >= 0) this.#found = Math.min(this.#found, index);
    this.#tail = text.slice(-LONGEST);
  }

  /** The refusal that the body speaks of; undefined when it speaks of none. */
  get refusal(): string | undefined {
    return REFUSALS[this.#found]?.id;
  }
}

/** A finding `csrf-origin-mismatch`; its cause is `scheme`, `host` or `origin-not-listed`. */
export function csrfMismatch(
  { method, url, status, told, refusal }: Observation,
  known: Framework | undefined,
): Finding | undefined {
  if (refusal === undefined || refusal === "gunicorn" || OTHER_REASONS.includes(refusal)) {
    return undefined;
  }
  const { origin, host } = new URL(url);
  const claimed = first(told, "origin") ?? originOf(first(told, "referer"));
  // A form of another site is refused with reason.
  if (claimed !== origin) return undefined;
  const { framework: id, certain } = REFUSALS.find((each) => each.id === refusal) as Refusal;
  const sentHost = first(told, "x-forwarded-host") ?? first(told, "host");
  const cause =
    sentHost !== host ? "host" : protoOf(told) !== "https" ? "scheme" : "origin-not-listed";
  const framework = known?.id ?? id;
  return {
    code: "csrf-origin-mismatch",
    cause,
    confidence: certain ? "proved" : "likely",
    url,
    framework,
    explanation: `${method} ${url} was refused with ${status}: the browser says "Origin: ${origin}", and the app, which was told ${describe(told)}, takes itself for another origin. ${REASONS[cause]}`,
    chain: [
      `browser  ${method} ${url}, Origin: ${claimed}`,
      `app told ${describe(told)}`,
      `app      ${status}, refused as forged`,
    ],
    fix: fixes(framework, cause, origin, host),
  };
}

type Cause = "scheme" | "host" | "origin-not-listed";

const REASONS: Readonly<Record<Cause, string>> = {
  host: "The edge replaced the Host, and the app compares with that.",
  scheme: "Nothing told the app that the scheme is https.",
  "origin-not-listed":
    "It was told scheme and host and does not act on them, or wants the origin on a list.",
};

function originOf(url: string | undefined): string | undefined {
  try {
    return url === undefined ? undefined : new URL(url).origin;
  } catch {
    return undefined;
  }
}

function describe(told: readonly string[]): string {
  const host = first(told, "host") ?? "";
  const proto = protoOf(told);
  return `Host: ${host}${proto === undefined ? " and no X-Forwarded-Proto" : `, X-Forwarded-Proto: ${proto}`}`;
}

function fixes(framework: FrameworkId, cause: Cause, origin: string, host: string): string[] {
  const edge =
    cause === "host"
      ? ["proxy_set_header Host $http_host;"]
      : cause === "scheme"
        ? ["proxy_set_header X-Forwarded-Proto $scheme;"]
        : [];
  switch (framework) {
    case "django":
      return [
        `CSRF_TRUSTED_ORIGINS = ["${origin}"]`,
        ...(cause === "host" ? ["USE_X_FORWARDED_HOST = True"] : []),
        'SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")',
        ...edge,
      ];
    case "rails":
      return ["config.assume_ssl = true", ...edge];
    case "next":
      return [`experimental: { serverActions: { allowedOrigins: ["${host}"] } }`, ...edge];
    case "go":
      return [`csrf.TrustedOrigins([]string{"${host}"})`, ...edge];
    default:
      return edge;
  }
}
