/** `devtls serve --inspect` before an app that loops behind an edge which says nothing of https. */
import { freePort, type ServeRun, serve } from "./cli.js";
import { startApp } from "./http-app.js";
import { atEnd, type Home, temporaryHome } from "./programs.js";

/** What the app says is markup. */
export const EVIL = '<img src=x onerror="window.hit=1">';

export interface Inspected {
  readonly home: Home;
  readonly run: ServeRun;
  /** With the token. */
  readonly url: string;
  readonly origin: string;
  /** The port of the app itself. */
  readonly appPort: number;
}

export async function startInspected(more: readonly string[] = []): Promise<Inspected> {
  const home = temporaryHome();
  const app = await startApp((incoming, response) => {
    response.setHeader("X-Evil", EVIL);
    if (incoming.url === "/ok") return void response.end("fine");
    if (incoming.headers["x-forwarded-proto"] === "https") return void response.end(EVIL);
    // Not 301, which browsers remember.
    response.writeHead(302, { Location: `https://${incoming.headers.host}${incoming.url}` });
    response.end();
  });
  const port = String(await freePort());
  const options = ["--simulate", "none", "--inspect", port, "--inspect-bodies", ...more];
  const run = await serve(["--target", String(app.port), ...options], { env: home.env });
  atEnd(() => run.stop());
  const { url } = await run.waitFor(({ event }) => event === "inspector");
  return { home, run, url, origin: new URL(url).origin, appPort: app.port };
}
