/** What of express's interface the tests use; the package brings no types. */
declare module "express" {
  import type { IncomingMessage, Server, ServerResponse } from "node:http";

  interface Response extends ServerResponse {
    set(headers: Readonly<Record<string, string>>): this;
    type(name: string): this;
  }

  type Handler = (request: IncomingMessage, response: Response) => void;

  interface App {
    get(path: string, handler: Handler): void;
    listen(port: number, host: string): Server;
  }

  export default function express(): App;
}
