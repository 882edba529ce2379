/** What makes an app build its absolute URLs as the browser knows them. */
import type { Finding } from "./finding.js";
import type { Framework, FrameworkId } from "./frameworks.js";
import { first } from "./lines.js";
import { hostsTold, type Leak, type Seen } from "./own-addresses.js";
import { type SchemeDiagnosis, schemeDiagnosis } from "./scheme-cause.js";
import { protoOf } from "./trials.js";

/** What is known besides the response itself. */
export interface AddressContext {
  readonly framework?: Framework | undefined;
  /** The Server field of the app's responses. */
  readonly server?: string | undefined;
  /** The name of the edge, as `--simulate` takes it. */
  readonly edge?: string;
  /** What asking the app again showed. */
  readonly scheme?: SchemeDiagnosis;
}

export interface Remedy {
  /** A sentence or two. */
  readonly reason: string;
  readonly confidence: Finding["confidence"];
  readonly fix: readonly string[];
}

/** Why the app built a URL that gives something away, and what ends it. */
export function remedyFor(leak: Leak, seen: Seen, context: AddressContext): Remedy {
  return leak === "http" ? schemeRemedy(seen, context) : hostRemedy(seen, context);
}

function schemeRemedy({ told }: Seen, context: AddressContext): Remedy {
  const { framework, server, edge = "devtls" } = context;
  const verdict = { kind: "unasked" } as const;
  return context.scheme ?? schemeDiagnosis({ told, verdict, edge, framework, server });
}

const NGINX = "proxy_set_header Host $http_host;";

/** How each edge, or the server that people build it with, is told to keep the Host. */
const EDGE_LINES: Readonly<Record<string, readonly string[]>> = {
  apache: ["ProxyPreserveHost On"],
  "iis-arr": ['<proxy enabled="true" preserveHostHeader="true" />'],
  "aws-cloudfront": ["OriginRequestPolicyId: 216adef6-5c7f-47e4-b989-5492eafa07d3 # AllViewer"],
  traefik: ["traefik.http.services.app.loadbalancer.passhostheader=true"],
};

/** Settings by which an app that is told the public host takes it. */
const TRUST_HOST: Readonly<Partial<Record<FrameworkId, string>>> = {
  django: "USE_X_FORWARDED_HOST = True",
};

/** Where an app has its own address written down; `{…}` is a part of the public URL. */
const BASE_URL: Readonly<Partial<Record<FrameworkId, string>>> = {
  flask: 'app.config["PREFERRED_URL_SCHEME"] = "https"; app.config["SERVER_NAME"] = "{host}"',
  rails: 'Rails.application.routes.default_url_options = { protocol: "https", host: "{host}" }',
  next: "AUTH_URL={origin}",
  laravel: "APP_URL={origin}",
  symfony: "framework: { router: { default_uri: '{origin}' } }",
  wordpress: "define('WP_HOME', '{origin}'); define('WP_SITEURL', '{origin}'); // wp-config.php",
  phoenix: 'url: [scheme: "https", host: "{hostname}", port: {port}]',
};

/** The public host never reached the app, or the app has another one written down. */
function hostRemedy(seen: Seen, context: AddressContext): Remedy {
  const { url, told } = seen;
  const { framework, edge = "devtls" } = context;
  const { host, origin, hostname, port } = new URL(url);
  const sent = first(told, "host") ?? "";
  const passed = hostsTold(told).includes(host);
  const trust = framework && TRUST_HOST[framework.id];
  if (sent.toLowerCase() !== host) {
    const lines = EDGE_LINES[edge] ?? [NGINX, "ProxyPreserveHost On"];
    const scheme = protoOf(told) === "https" ? [] : schemeRemedy(seen, context).fix;
    const reason = `The edge replaced the Host: the app was told "Host: ${sent}" and builds its URLs from that.`;
    const ofApp = passed ? [trust ?? framework?.trustProto ?? []].flat() : [];
    return {
      reason: passed
        ? `${reason} X-Forwarded-Host has the public one; the app does not listen to it.`
        : reason,
      confidence: "likely",
      fix: [...new Set([...ofApp, ...lines, ...scheme])],
    };
  }
  const base = framework && BASE_URL[framework.id];
  const parts: Readonly<Record<string, string>> = { host, origin, hostname, port: port || "443" };
  return {
    reason: `The app was told "Host: ${sent}" and does not go by it: the address is written down in its configuration, or taken from the socket that it listens on.`,
    confidence: "likely",
    fix: [
      base?.replace(/\{(\w+)\}/g, (_, name: string) => parts[name] ?? "") ??
        `Replace ${new URL(seen.target.replace(/^unix:.*/, "http://localhost")).origin} with ${origin} in the app's configuration`,
    ],
  };
}
