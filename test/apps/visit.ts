/** A visit with a real browser: step after step, until one fails, and how it failed. */
import { once } from "node:events";
import type { Browser, BrowserContext, Page, Request, Response } from "playwright-core";

/** Why a step failed, in a few words that stay the same: "loops", "leaves https". */
export class Stopped extends Error {}

export interface Step {
  /** "login", "save", "upload", "live". */
  readonly name: string;
  act(tab: Tab): Promise<void>;
}

export interface Visit {
  /** "works", or the step and why it failed: "login loops". */
  readonly outcome: string;
  /** What the browser asked and got, one line a navigation, and what it refused to load. */
  readonly log: readonly string[];
}

/** What does not come by then, in milliseconds, does not come: the pages are on this machine. */
const PATIENCE_MS = 30_000;

/** @param url "https://blog.test:8443" */
export async function visit(browser: Browser, url: string, steps: readonly Step[]): Promise<Visit> {
  const context = await browser.newContext();
  const tab = await Tab.open(context, url);
  try {
    for (const { name, act } of steps) {
      tab.log.push(name);
      const why = await act(tab).then(
        () => tab.broken(),
        (error: Error) => tab.reason(error),
      );
      if (why !== undefined) return { outcome: `${name} ${why}`, log: tab.log };
    }
    return { outcome: tab.insecurely ? "works by way of http" : "works", log: tab.log };
  } finally {
    await context.close();
  }
}

const isPage = (request: Request): boolean =>
  request.isNavigationRequest() && request.frame().parentFrame() === null;

export class Tab {
  readonly page: Page;
  readonly origin: URL;
  readonly log: string[] = [];
  /** A page was asked for without TLS on the way. */
  insecurely = false;
  readonly #broken: string[] = [];
  readonly #sockets: { readonly url: string; readonly ended: Promise<"opened" | "is refused"> }[] =
    [];
  readonly #looks = new Set<() => void>();

  static async open(context: BrowserContext, url: string): Promise<Tab> {
    return new Tab(await context.newPage(), url);
  }

  constructor(page: Page, url: string) {
    this.page = page;
    this.origin = new URL(url);
    page.setDefaultTimeout(PATIENCE_MS);
    page.on("dialog", (dialog) => void dialog.accept());
    page.on("response", (response) => this.#noteResponse(response));
    page.on("requestfailed", (request) => this.#noteFailure(request));
    page.on("websocket", (socket) => {
      socket.on("socketerror", (error) => this.log.push(`  socket ${socket.url()}: ${error}`));
      const opened = socket.waitForEvent("framereceived", { timeout: 0 }).then(
        () => "opened" as const,
        () => "is refused" as const,
      );
      const failed = socket.waitForEvent("socketerror", { timeout: 0 }).then(
        () => "is refused" as const,
        () => "is refused" as const,
      );
      this.#sockets.push({ url: socket.url(), ended: Promise.race([opened, failed]) });
      for (const look of this.#looks) look();
    });
  }

  /** Opens a path. @returns the status of the page that it ends at */
  async goto(path: string): Promise<number> {
    return this.navigate(() => this.page.goto(new URL(path, this.origin).href));
  }

  /**
   * Does what leads to another page, and waits for that page.
   * @throws Stopped when there is none, or when it is not on this site any more
   */
  async navigate(act: () => Promise<unknown>): Promise<number> {
    const { page } = this;
    let settle: () => void = () => undefined;
    const ended = new Promise<number>((resolve, reject) => {
      const onResponse = (response: Response): void => {
        const status = response.status();
        if (isPage(response.request()) && (status < 300 || status >= 400)) resolve(status);
      };
      const onFailure = (request: Request): void => {
        const error = request.failure()?.errorText ?? "";
        if (isPage(request) && !/ABORTED/.test(error)) {
          reject(new Stopped(this.#strayed(request.url()) ?? shortly(error)));
        }
      };
      const late = setTimeout(() => reject(new Stopped("leads nowhere")), PATIENCE_MS);
      settle = () => {
        clearTimeout(late);
        page.off("response", onResponse).off("requestfailed", onFailure);
      };
      page.on("response", onResponse).on("requestfailed", onFailure);
    });
    try {
      // What goto rejects with, `ended` says in one way for clicks, too.
      const acted = act().catch((error: Error) => {
        if (!/net::|interrupted|navigat/i.test(error.message)) throw error;
      });
      const [status] = await Promise.all([ended, acted]);
      await page.waitForLoadState("domcontentloaded");
      const strayed = this.#strayed(page.url());
      if (strayed !== undefined) throw new Stopped(strayed);
      return status;
    } finally {
      settle();
    }
  }

  /**
   * Waits for the first message of a WebSocket that the page opened or opens.
   * @throws Stopped when the page could not open it
   */
  async socket(path: RegExp): Promise<void> {
    const first = new Promise<Promise<string>>((resolve) => {
      const look = (): void => {
        const found = this.#sockets.find(({ url }) => path.test(new URL(url).pathname));
        if (found) resolve(found.ended);
      };
      this.#looks.add(look);
      look();
    });
    const late = once(AbortSignal.timeout(PATIENCE_MS), "abort").then(() => "stays silent");
    const end = await Promise.race([first.then((ended) => ended), late]);
    if (end !== "opened") throw new Stopped(end);
  }

  /** Why a step counts as failed although it came to its end, or undefined. */
  broken(): string | undefined {
    return this.#broken.length > 0 ? "blocked" : undefined;
  }

  reason(error: Error): string {
    if (error instanceof Stopped) return error.message;
    this.log.push(
      `  ${error.message.split("\n").slice(0, 6).join(" | ")}`,
      `  at ${this.page.url()}`,
    );
    return this.#strayed(this.page.url()) ?? this.broken() ?? "is stuck";
  }

  #strayed(href: string): string | undefined {
    const url = new URL(href);
    if (url.origin === this.origin.origin || !url.protocol.startsWith("http")) return undefined;
    if (url.hostname !== this.origin.hostname) return "leaves the host";
    return url.protocol === "http:" ? "leaves https" : "leaves the port";
  }

  #noteResponse(response: Response): void {
    const request = response.request();
    const location = response.headers().location;
    if (isPage(request) && request.url().startsWith("http:")) this.insecurely = true;
    const failed = response.status() >= 400;
    if (!isPage(request) && !failed && request.method() === "GET") return;
    const to = location === undefined ? "" : ` -> ${location}`;
    this.#note(`${request.method()} ${request.url()} ${response.status()}${to}`);
  }

  #noteFailure(request: Request): void {
    const error = request.failure()?.errorText ?? "";
    if (/ABORTED/.test(error)) return;
    this.#note(`${request.method()} ${request.url()} ${error}`);
    if (!isPage(request) && new URL(request.url()).hostname === this.origin.hostname) {
      this.#broken.push(request.url());
    }
  }

  #note(line: string): void {
    if (this.log.at(-1) !== line) this.log.push(line);
  }
}

function shortly(error: string): string {
  if (/TOO_MANY_REDIRECTS/.test(error)) return "loops";
  return error.replace("net::", "ends in ");
}
