/** What of http-proxy's interface the tests use; the package brings no types. */
declare module "http-proxy" {
  import type { Agent, IncomingMessage, ServerResponse } from "node:http";

  interface Options {
    readonly target: string;
    readonly agent: Agent;
  }

  interface Proxy {
    web(request: IncomingMessage, response: ServerResponse): void;
    on(event: "error", listener: (error: Error) => void): this;
    close(): void;
  }

  const httpProxy: { createProxyServer(options: Options): Proxy };
  export default httpProxy;
}
