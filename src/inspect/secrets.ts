/** What is left out of what leaves this machine: the values that let somebody in. Pure. */
import type { Recorded } from "./record.js";

export const REDACTED = "[redacted]";

const SECRET_HEADER =
  /^(?:authorization|proxy-authorization|x-api-key|api-key|x-auth-token|x-access-token|x-csrf-token|x-csrftoken|x-xsrf-token|x-amz-security-token|x-goog-iap-jwt-assertion|cf-access-jwt-assertion|x-amzn-oidc-(?:data|accesstoken|identity)|sec-websocket-key|authentication-info|x-vercel-oidc-token)$/i;
const SECRET_WORD =
  /^(?:.*(?:token|secret|passw|session|signature|credential|apikey|api_key|assertion|jwt).*|code|key|sig|auth|state|nonce|ticket|otp|pin)$/i;
const URL_HEADER =
  /^(?:location|content-location|referer|refresh|origin|x-original-url|x-forwarded-uri|x-envoy-original-path|link)$/i;

/** Values in the query, and a user name, of a URL or a path. */
export function redactedUrl(url: string): string {
  return url
    .replace(/([?&#;])([^=&#;\s]+)=([^&#;\s]*)/g, (whole, sign: string, name: string) =>
      SECRET_WORD.test(decoded(name)) ? `${sign}${name}=${REDACTED}` : whole,
    )
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#@]*@/i, `$1${REDACTED}@`);
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** Header lines, with names in place and secrets out. */
export function redactedLines(lines: readonly string[]): string[] {
  return lines.map((text, index) => {
    if (index % 2 === 0) return text;
    return redactedValue(lines[index - 1] as string, text);
  });
}

function redactedValue(name: string, value: string): string {
  if (/^cookie$/i.test(name)) return value.replace(/=[^;]*/g, `=${REDACTED}`);
  if (/^set-cookie$/i.test(name)) return value.replace(/^([^=;]*)=[^;]*/, `$1=${REDACTED}`);
  if (/^(?:proxy-)?authorization$/i.test(name)) {
    return value.replace(/^([A-Za-z][\w-]*)?(?:\s.*|.*)$/s, (_, scheme: string | undefined) =>
      scheme && /\s/.test(value) ? `${scheme} ${REDACTED}` : REDACTED,
    );
  }
  if (SECRET_HEADER.test(name) || SECRET_WORD.test(name.replace(/^x-/i, ""))) return REDACTED;
  return URL_HEADER.test(name) || /^(?:https?:\/)?\//i.test(value) ? redactedUrl(value) : value;
}

/** A record without secrets: bodies and frames may hold any, and are left out. */
export function redacted(record: Recorded): Recorded {
  const { asked } = record;
  return {
    ...record,
    url: redactedUrl(record.url),
    asked: {
      ...asked,
      target: redactedUrl(asked.target),
      headers: redactedLines(asked.headers),
    },
    told: redactedLines(record.told),
    answered: redactedLines(record.answered),
    sent: redactedLines(record.sent),
    trailers: redactedLines(record.trailers),
    informations: record.informations.map(({ status, headers }) => ({
      status,
      headers: redactedLines(headers),
    })),
    requestBody: undefined,
    responseBody: undefined,
    frames: record.frames.map(({ text, ...rest }) =>
      text === undefined ? rest : { ...rest, text: REDACTED },
    ),
  };
}
