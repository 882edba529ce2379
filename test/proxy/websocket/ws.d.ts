/** What of ws's interface the tests use; the package brings no types. */
declare module "ws" {
  import { EventEmitter } from "node:events";
  import type { Server } from "node:http";

  type Answer = (agreed: boolean, status: number, message: string) => void;

  export class WebSocket extends EventEmitter {
    constructor(
      url: string,
      options: {
        readonly ca: string;
        readonly servername?: string;
        readonly headers?: Readonly<Record<string, string>>;
        readonly origin?: string;
      },
    );
    on(event: "message", listener: (data: Buffer, binary: boolean) => void): this;
    on(event: "open" | "close" | "error", listener: () => void): this;
    send(data: string | Uint8Array, options?: { readonly binary: boolean }): void;
    ping(payload: string): void;
    close(code?: number, reason?: string): void;
    terminate(): void;
  }

  export class WebSocketServer extends EventEmitter {
    readonly clients: ReadonlySet<WebSocket>;
    readonly options: { verifyClient?: (info: unknown, answer: Answer) => void };
    constructor(options: { readonly server: Server; readonly perMessageDeflate: boolean });
    on(event: "connection", listener: (socket: WebSocket) => void): this;
  }
}
