/** Requests as edges get them, without a connection. */
import type { EdgeRequest } from "../../src/edge/profile.js";

/** Where the client, the edge and the app are in these tests. */
export const CLIENT = "203.0.113.7";
export const PUBLIC = "app.test:8443";
export const APP = "127.0.0.1:8000";

export function edgeRequest(changes: Partial<EdgeRequest> = {}): EdgeRequest {
  return {
    method: "GET",
    path: "/page?a=b",
    protocol: "HTTP/1.1",
    scheme: "https",
    host: PUBLIC,
    clientAddress: CLIENT,
    clientPort: 50_000,
    port: 8443,
    target: APP,
    framing: undefined,
    upgrade: undefined,
    trailersWelcome: false,
    ...changes,
  };
}

/** "Name: value" lines as the list that headers are. */
export function headers(...lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
}

/** The other way round. */
export function linesOf(list: readonly string[]): string[] {
  const lines: string[] = [];
  for (let index = 0; index < list.length; index += 2)
    lines.push(`${list[index]}: ${list[index + 1]}`);
  return lines;
}

/** The values of a header, by its name in whatever case. */
export function valuesIn(list: readonly string[], name: string): string[] {
  return list.filter(
    (_, index) => index % 2 === 1 && list[index - 1]?.toLowerCase() === name.toLowerCase(),
  );
}

/** With what is random or of the moment replaced by what it is. */
export function masked(line: string): string {
  return line
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, "<uuid>")
    .replace(
      /\b(?:[0-9a-f]{8}|[0-9a-f]{16}|[0-9a-f]{24}|[0-9a-f]{32})\b/g,
      (t) => `<hex ${t.length}>`,
    )
    .replace(/\b1\d{9}\.\d{3}\b/g, "<seconds.milliseconds>")
    .replace(/\b1\d{15}\b/g, "<microseconds>")
    .replace(/\b1\d{12}\b/g, "<milliseconds>");
}
