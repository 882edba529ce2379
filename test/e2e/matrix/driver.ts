/** A browser, as far as a login goes: cookies, redirects, forms, and what it says of itself. */
import { request } from "node:https";
import { WebSocket } from "ws";
import { CookieJar } from "../../../src/cookies/jar.js";

/** How a visit ends. */
export type Outcome =
  | "works"
  /** The same redirect until the browser gives up. */
  | "loops"
  /** The login was answered, and the next page does not know who it is. */
  | "cookie-lost"
  /** The form was refused. */
  | "csrf"
  /** A redirect to http://. */
  | "http-urls"
  /** A redirect to another host than the one in the address bar. */
  | "internal-urls"
  /** Pages work, the WebSocket does not. */
  | "live-refused"
  /** An answer that has no place in the visit. */
  | `status ${number}`;

export interface Visit {
  readonly outcome: Outcome;
  /** One line a request; a loop is one line. */
  readonly log: readonly string[];
}

/** Chromium gives up after this many redirects. */
const MAX_REDIRECTS = 20;

const USER = "ada";

class Ended extends Error {
  readonly outcome: Outcome;
  constructor(outcome: Outcome) {
    super(outcome);
    this.outcome = outcome;
  }
}

interface Page {
  readonly url: URL;
  readonly status: number;
  readonly body: string;
}

/**
 * Opens the front page, logs in, and looks whether the page knows who it is.
 * @param origin "https://localhost:8443"
 * @param ca the certificate that is trusted, PEM
 * @param live whether the app has a WebSocket at /live
 */
export async function visit(origin: string, ca: string, live = false): Promise<Visit> {
  const browser = new Browser(origin, ca);
  try {
    const form = await browser.open("/");
    const fields = new URLSearchParams({ user: USER });
    for (const [, name, value] of form.body.matchAll(/name="(\w+)" value="([^"]*)"/g)) {
      fields.set(name as string, value as string);
    }
    if (!form.body.includes("<form")) throw new Ended(`status ${form.status}`);
    const page = await browser.submit(form.url, fields);
    if (page.body.includes("<form")) throw new Ended("cookie-lost");
    if (page.body !== `Hello, ${USER}`) throw new Ended(`status ${page.status}`);
    if (live) await browser.listen("/live");
    return { outcome: "works", log: browser.log };
  } catch (error) {
    if (error instanceof Ended) return { outcome: error.outcome, log: browser.log };
    throw error;
  }
}

interface Asked {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly referer?: string;
  readonly body?: string;
}

class Browser {
  readonly log: string[] = [];
  readonly #origin: URL;
  readonly #ca: string;
  readonly #jar = new CookieJar();

  constructor(origin: string, ca: string) {
    this.#origin = new URL(origin);
    this.#ca = ca;
  }

  open(path: string): Promise<Page> {
    return this.#follow({ method: "GET", url: new URL(path, this.#origin) });
  }

  async submit(url: URL, fields: URLSearchParams): Promise<Page> {
    return this.#follow({ method: "POST", url, referer: url.href, body: fields.toString() });
  }

  /** Waits for the first message of a WebSocket. */
  listen(path: string): Promise<void> {
    const url = new URL(path, this.#origin);
    const headers = this.#cookie(url, "GET");
    const socket = new WebSocket(url.href.replace("https:", "wss:"), {
      ca: this.#ca,
      headers,
      origin: this.#origin.origin,
    });
    return new Promise((resolve, reject) => {
      socket.once("message", () => {
        this.#note(`GET ${path} 101`);
        socket.terminate();
        resolve();
      });
      socket.once("unexpected-response", (_request, response) => {
        this.#note(`GET ${path} ${response.statusCode} ${response.headers.location ?? ""}`);
        response.destroy();
        reject(new Ended("live-refused"));
      });
      socket.once("error", reject);
    });
  }

  async #follow(first: Asked): Promise<Page> {
    let asked = first;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const answer = await this.#ask(asked);
      const refused = answer.status === 400 || answer.status === 403;
      if (refused && asked.method === "POST") throw new Ended("csrf");
      if (answer.location === undefined) return { ...answer, url: asked.url };
      const url = new URL(answer.location, asked.url);
      if (url.host !== this.#origin.host) throw new Ended("internal-urls");
      if (url.protocol === "http:") throw new Ended("http-urls");
      const { referer } = asked;
      const keeps = answer.status === 307 || answer.status === 308;
      asked = keeps
        ? { ...asked, url }
        : { method: "GET", url, ...(referer !== undefined && { referer }) };
    }
    throw new Ended("loops");
  }

  #note(line: string): void {
    if (this.log.at(-1) !== line) this.log.push(line);
  }

  #cookie({ hostname, pathname }: URL, method: string): Record<string, string> {
    const asked = { scheme: "https", host: hostname, path: pathname, method } as const;
    const value = this.#jar.cookieHeader(asked);
    return value === undefined ? {} : { Cookie: value };
  }

  #ask({ method, url, referer, body }: Asked): Promise<Page & { location: string | undefined }> {
    const headers: Record<string, string> = {
      "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0 Safari/537.36",
      Accept: "text/html,application/xhtml+xml,*/*;q=0.8",
      "Accept-Language": "en-GB,en;q=0.9",
      "Sec-Fetch-Site": referer === undefined ? "none" : "same-origin",
      "Sec-Fetch-Mode": "navigate",
      "Sec-Fetch-Dest": "document",
      ...(referer !== undefined && { Referer: referer }),
      ...(method === "POST" && {
        Origin: url.origin,
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Length": String(Buffer.byteLength(body ?? "")),
      }),
      ...this.#cookie(url, method),
    };
    return new Promise((resolve, reject) => {
      const sent = request(url, { method, headers, ca: this.#ca, agent: false }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        response.once("error", reject);
        response.once("end", () => {
          const { statusCode: status = 0, headers: received } = response;
          const { pathname: path } = url;
          const set = received["set-cookie"] ?? [];
          for (const line of set) {
            this.#jar.store(line, { scheme: "https", host: url.hostname, path });
          }
          const { location } = received;
          const names = set.map((line) => line.split("=")[0]).join(",");
          const line = [method, path, status, location, names && `cookie ${names}`];
          this.#note(line.filter(Boolean).join(" "));
          resolve({ url, status, body: text, location });
        });
      });
      sent.once("error", reject);
      sent.end(body);
    });
  }
}
