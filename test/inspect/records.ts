/** A record as the recorder makes it, with what a test is about in it. */
import type { Draft, Recorded } from "../../src/inspect/record.js";

export function draft(
  parts: Partial<Omit<Draft, "asked">> & { asked?: Partial<Draft["asked"]> } = {},
): Draft {
  const { asked, ...rest } = parts;
  const target = asked?.target ?? "/";
  return {
    source: "live",
    at: 1_790_000_000_000,
    url: `https://localhost:8443${target}`,
    upgrade: undefined,
    edge: "devtls",
    standIn: false,
    target: "http://localhost:8000",
    told: ["Host", "localhost:8443", "X-Forwarded-Proto", "https"],
    status: 200,
    answered: ["Content-Type", "text/html"],
    sent: ["Content-Type", "text/html"],
    trailers: [],
    informations: [],
    bytes: 5,
    milliseconds: 12,
    millisecondsToHead: 10,
    opening: undefined,
    brokenBy: undefined,
    own: false,
    limit: undefined,
    requestBody: undefined,
    responseBody: undefined,
    frames: [],
    framesLeftOut: 0,
    over: true,
    findings: [],
    ...rest,
    asked: {
      method: "GET",
      target,
      protocol: "HTTP/1.1",
      host: "localhost:8443",
      hostAt: 0,
      headers: ["Accept", "text/html"],
      trailersWelcome: false,
      connection: { scheme: "https", address: "127.0.0.1", clientPort: 50_000, port: 8443 },
      body: undefined,
      ...asked,
    },
  };
}

export function recorded(parts: Parameters<typeof draft>[0] = {}): Recorded {
  return { ...draft(parts), id: 1, version: 1, chain: 1 };
}
