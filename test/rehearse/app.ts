/** An app on a real socket whose behaviour a test chooses, as frameworks behave. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { atEnd } from "../support/programs.js";

export interface AppRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly cookies: Readonly<Record<string, string>>;
  readonly form: URLSearchParams;
  readonly body: string;
  /** The address that it came from. */
  readonly peer: string;
}

export interface AppAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string;
}

export interface TestApp {
  readonly port: number;
  readonly asked: AppRequest[];
  /** The most requests that were under way at once. */
  readonly atOnce: () => number;
  close(): Promise<void>;
}

export async function startApp(
  answer: (request: AppRequest) => AppAnswer | Promise<AppAnswer>,
): Promise<TestApp> {
  const asked: AppRequest[] = [];
  let [running, most] = [0, 0];
  const server = createServer(async (incoming: IncomingMessage, response: ServerResponse) => {
    most = Math.max(most, ++running);
    response.on("close", () => void running--);
    const body = Buffer.concat(await incoming.toArray()).toString();
    const { pathname, searchParams } = new URL(incoming.url ?? "", "http://app");
    const request: AppRequest = {
      ...{ method: incoming.method ?? "", path: pathname, query: searchParams, body },
      ...{ headers: incoming.headers, form: new URLSearchParams(body) },
      cookies: Object.fromEntries(
        (incoming.headers.cookie ?? "").split("; ").map((pair) => pair.split("=")),
      ),
      peer: incoming.socket.remoteAddress ?? "",
    };
    asked.push(request);
    const { status = 200, headers = {}, body: text = "" } = await answer(request);
    response.writeHead(status, { "Content-Type": "text/html", ...headers }).end(text);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
  };
  atEnd(close);
  return { port: (server.address() as AddressInfo).port, asked, atOnce: () => most, close };
}

export const redirect = (location: string, status = 302): AppAnswer => ({
  status,
  headers: { Location: location },
});

/** Whether the request came over https, as an app that trusts its proxy sees it. */
export const isSecure = ({ headers }: AppRequest): boolean =>
  (headers["x-forwarded-proto"] ?? "").toString().split(",")[0] === "https";

/** A site of several pages with a login whose form has a token, as healthy as can be. */
export function site(request: AppRequest): AppAnswer {
  const { path, method, form, cookies } = request;
  if (path === "/login" && method === "POST") {
    const isRight = form.get("password") === "secret" && form.get("token") === cookies.token;
    return isRight
      ? {
          ...redirect("/private", 303),
          headers: { Location: "/private", "Set-Cookie": "sid=1; Secure; HttpOnly; Path=/" },
        }
      : { status: 403, body: "wrong" };
  }
  switch (path) {
    case "/":
      return {
        body: '<link rel="stylesheet" href="/style.css"><a href="/about">About</a> <a href="/posts/7">Post</a> <a href="/logout">Out</a> <a href="https://example.com/">Elsewhere</a>',
      };
    case "/about":
      return {
        body: '<a href="/deep">Deep</a><form method="post" action="/delete"><button></form>',
      };
    case "/login": {
      const token = Math.random().toString(36).slice(2);
      return {
        headers: { "Set-Cookie": `token=${token}; Secure; Path=/` },
        body: `<form method="post" action="/login"><input type="hidden" name="token" value="${token}"><input name="user"><input type="password" name="password"><button>Log in</button></form>`,
      };
    }
    case "/private":
      return cookies.sid === "1" ? { body: "Welcome, Ada" } : redirect("/login");
    case "/style.css":
      return { headers: { "Content-Type": "text/css" } };
    case "/posts/7":
    case "/deep":
    case "/logout":
      return { body: "page" };
    default:
      return { status: 404, body: "not found" };
  }
}
