/** A browser as far as redirects, cookies and forms go: no pictures, no scripts. */
import { once } from "node:events";
import { request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import { CookieJar } from "../../src/cookies/jar.js";

export interface Visit {
  /** The URL where the redirects ended. */
  readonly url: string;
  readonly status: number;
  readonly body: string;
  /** Every response on the way, the last one included. */
  readonly hops: readonly { readonly url: string; readonly status: number }[];
}

export interface VisitOptions {
  readonly method?: string;
  /** An HTML form's fields. */
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** As Chromium does. */
const MAX_REDIRECTS = 20;

export class Visitor {
  readonly jar = new CookieJar();
  readonly #ca: string;

  constructor(ca: string) {
    this.#ca = ca;
  }

  /** Follows redirects. @throws Error "too many redirects" after 20 of them */
  async visit(url: string, options: VisitOptions = {}): Promise<Visit> {
    const hops: { url: string; status: number }[] = [];
    let next = url;
    let { method = options.form ? "POST" : "GET", form } = options;
    for (;;) {
      const reply = await this.#send(next, method, form, options.headers ?? {});
      hops.push({ url: next, status: reply.status });
      const { location } = reply;
      if (location === undefined) return { ...reply, url: next, hops };
      if (hops.length > MAX_REDIRECTS) throw new Error("too many redirects");
      if (reply.status === 303 || (method === "POST" && reply.status < 303)) {
        method = "GET";
        form = undefined;
      }
      next = new URL(location, next).href;
    }
  }

  async #send(
    address: string,
    method: string,
    form: Readonly<Record<string, string>> | undefined,
    headers: Readonly<Record<string, string>>,
  ): Promise<{ status: number; body: string; location: string | undefined }> {
    const url = new URL(address);
    const place = {
      scheme: url.protocol === "https:" ? "https" : "http",
      host: url.hostname,
      path: url.pathname,
    } as const;
    const cookie = this.jar.cookieHeader({ ...place, method });
    const body = form && new URLSearchParams(form).toString();
    const send = url.protocol === "https:" ? secureRequest : plainRequest;
    const request = send(url, {
      method,
      agent: false,
      // Hosts below localhost are not known to every resolver.
      hostname: "127.0.0.1",
      ...(url.protocol === "https:" && { ca: this.#ca, servername: url.hostname }),
      headers: {
        Host: url.host,
        Accept: "text/html",
        "User-Agent": "Visitor/1.0",
        ...(cookie !== undefined && { Cookie: cookie }),
        ...(body !== undefined && {
          Origin: url.origin,
          Referer: url.href,
          "Content-Type": "application/x-www-form-urlencoded",
          "Content-Length": String(Buffer.byteLength(body)),
        }),
        ...headers,
      },
    });
    request.end(body);
    const [response] = await once(request, "response");
    for (const line of response.headers["set-cookie"] ?? []) this.jar.store(line, place);
    const text = Buffer.concat(await response.toArray()).toString();
    const isRedirect = [301, 302, 303, 307, 308].includes(response.statusCode);
    const location = isRedirect ? response.headers.location : undefined;
    return { status: response.statusCode, body: text, location };
  }
}
