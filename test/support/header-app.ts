/** An app whose response headers its client chooses, and that shows the cookies it was sent. */
import { type App, startApp } from "./http-app.js";

/** `/?h=Name: value&h=…` answers with these lines, in order, and the Cookie lines as its body. */
export function startHeaderApp(): Promise<App> {
  return startApp((request, response) => {
    const chosen = new URL(request.url ?? "/", "http://app").searchParams.getAll("h");
    const lines = chosen.map((line) => line.split(/: (.*)/s, 2) as [string, string]);
    const cookies = request.headers.cookie ?? "";
    response.writeHead(200, lines.flat()).end(cookies);
  });
}

/** The path at which {@link startHeaderApp} answers with these lines. */
export function pathFor(lines: readonly string[], path = "/"): string {
  return `${path}?${lines.map((line) => `h=${encodeURIComponent(line)}`).join("&")}`;
}

export interface Reply {
  /** The values of a header, in order. */
  values(name: string): string[];
  readonly body: string;
}

/** Reads what `curl --include` printed. */
export function readReply(text: string): Reply {
  const end = text.indexOf("\r\n\r\n");
  const lines = text.slice(0, end).split("\r\n").slice(1);
  return {
    values: (name) =>
      lines
        .filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}: `))
        .map((line) => line.slice(name.length + 2)),
    body: text.slice(end + 4),
  };
}
