/**
 * The demo app: a small web app that forces https the way production apps do, with a login whose
 * session cookie is Secure. It believes X-Forwarded-Proto and nothing else, so it shows at once
 * what an edge tells an app.
 */
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface DemoApp {
  readonly port: number;
  close(): void;
}

const SESSION = "demo_session";

/** A form with a user name in it is short; more is no form of this app. */
const MAX_FORM_BYTES = 4096;

/** Starts it on a free port of 127.0.0.1. */
export async function startDemoApp(): Promise<DemoApp> {
  const sessions = new Map<string, string>();
  const server: Server = createServer((request, response) => {
    handle(request, response, sessions).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  sessions: Map<string, string>,
): Promise<void> {
  const host = request.headers.host ?? "localhost";
  if (request.headers["x-forwarded-proto"] !== "https") {
    // What SECURE_SSL_REDIRECT, force_ssl and the like do.
    send(response, 301, "text/plain; charset=utf-8", "Use https.\n", {
      Location: `https://${host}${request.url}`,
    });
    return;
  }
  const path = (request.url ?? "/").split("?")[0];
  const user = sessions.get(cookieOf(request, SESSION) ?? "");
  if (request.method === "POST" && (path === "/login" || path === "/logout")) {
    const form = new URLSearchParams(await readForm(request));
    if (request.headers.origin !== undefined && request.headers.origin !== `https://${host}`) {
      const page = `CSRF check failed: the form came from ${request.headers.origin}, this site is https://${host}\n`;
      send(response, 403, "text/plain; charset=utf-8", page);
    } else if (path === "/login") {
      logIn(response, sessions, form.get("user") || "guest");
    } else {
      sessions.delete(cookieOf(request, SESSION) ?? "");
      send(response, 303, "text/plain; charset=utf-8", "Logged out.\n", {
        Location: "/",
        "Set-Cookie": `${SESSION}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax`,
      });
    }
  } else if (path !== "/") {
    send(response, 404, "text/plain; charset=utf-8", "There is only / here.\n");
  } else if (request.headers.accept?.includes("text/html")) {
    send(response, 200, "text/html; charset=utf-8", page(request, user));
  } else {
    send(response, 200, "text/plain; charset=utf-8", received(request));
  }
}

function logIn(response: ServerResponse, sessions: Map<string, string>, user: string): void {
  const id = randomBytes(16).toString("hex");
  // The oldest session goes when a hundred are open: the demo runs for minutes, not for years.
  for (const old of sessions.keys()) if (sessions.size >= 100) sessions.delete(old);
  sessions.set(id, user.slice(0, 64));
  send(response, 303, "text/plain; charset=utf-8", "Logged in.\n", {
    Location: "/",
    "Set-Cookie": `${SESSION}=${id}; Path=/; Secure; HttpOnly; SameSite=Lax`,
  });
}

function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    "Content-Type": type,
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
    ...headers,
  });
  response.end(body);
}

async function readForm(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) {
    text += chunk;
    if (text.length > MAX_FORM_BYTES) throw new RangeError("the form is too long");
  }
  return text;
}

function cookieOf(request: IncomingMessage, name: string): string | undefined {
  const pairs = (request.headers.cookie ?? "").split(/;\s*/);
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** The request as the app received it, line by line. */
function received(request: IncomingMessage): string {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    lines.push(`${request.rawHeaders[index]}: ${request.rawHeaders[index + 1]}`);
  }
  return `${lines.join("\n")}\n`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function page(request: IncomingMessage, user: string | undefined): string {
  const form =
    user === undefined
      ? `<form method="post" action="/login"><input name="user" value="ada" aria-label="user"> <button>Log in</button></form>
<p>The session cookie is <code>Secure</code>: over plain http it would be lost, and the login with it.</p>`
      : `<form method="post" action="/logout">Logged in as <b id="user">${escapeHtml(user)}</b> <button>Log out</button></form>`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>devtls demo</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 8vh auto; padding: 0 1rem; color: #222; background: #fff }
pre { background: #f3f3f3; padding: 1rem; overflow: auto }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #181818 } pre { background: #252525 } }
</style>
<h1>It works over https</h1>
${form}
<h2>What this app received</h2>
<pre id="received">${escapeHtml(received(request))}</pre>
<p>The app sees plain HTTP. That it may treat this request as secure, it knows from
<code>X-Forwarded-Proto</code> alone. To see what happens without that header, stop devtls and run
<code>devtls serve --demo --simulate none</code>: the redirect to https never ends, as it would
in production.</p>
</html>
`;
}
