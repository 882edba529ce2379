/** A visitor on the way of a flow, through one edge. */
import { routeOf } from "../diagnose/routes.js";
import { first } from "../lines.js";
import type { Form } from "../visit/forms.js";
import type { Page } from "../visit/page.js";
import { bare, type Hop, type Visit, type Visitor } from "../visit/visitor.js";
import type { Doorstep } from "./doorstep.js";
import { type Flow, type FlowStep, nameOfStep, type RequestStep, type SubmitStep } from "./flow.js";

/** Where a step led. */
export interface Landing {
  /** "step 2 (submit form)", or the path of a page. */
  readonly step: string;
  readonly status: number;
  /** "/posts/*": ids are not the same for two visitors. */
  readonly path: string;
  /** How the navigation ended, or the address elsewhere that it led to. */
  readonly end: "page" | "too-many-redirects" | "not-http" | { readonly left: string };
  /** A password is asked for. */
  readonly isLogin: boolean;
}

export interface Walk {
  readonly landings: readonly Landing[];
  /** Where it could not go on; undefined when it came to its end. */
  readonly failure: { readonly step: string; readonly what: string } | undefined;
  /** The pages that were opened, by path and query. */
  readonly pages: readonly string[];
  /** A limit of the edge that cut something off, for a person. */
  readonly limit: { readonly url: string; readonly what: string } | undefined;
  /** The app gave no response. */
  readonly isUnanswered: boolean;
}

export interface WalkOptions {
  readonly visitor: Visitor;
  readonly doorstep: Doorstep;
  /** "https://localhost" */
  readonly origin: string;
  /** The pages that the control found, in place of a crawl of one's own. */
  readonly pages?: readonly string[];
}

/** As the help says. */
const MAX_PAGES = 20;

/** An edge on which so many pages loop needs no more of them. */
const MAX_FAILED_PAGES = 3;

/** Of one page; the rest of a page's assets comes from the same place. */
const MAX_SUBRESOURCES = 10;

/** A round that comes again with the same cookies has no end. */
const ROUNDS = 2;

/** How apps that know GET only answer a HEAD. */
const NO_HEAD: ReadonlySet<number> = new Set([405, 501]);

/** Links that change something although they are only opened. */
const RISKY = /\b(?:log|sign)-?_?(?:out|off)\b|\b(?:delete|remove|destroy|unsubscribe)\b/i;

/** Documents that are no pages. */
const NO_PAGE =
  /\.(?:png|jpe?g|gif|webp|avif|svg|ico|css|m?js|map|json|xml|pdf|zip|gz|mp[34]|webm|woff2?|ttf)$/i;

/** Walks a flow to its end, or until a step fails. */
export async function walk(flow: Flow, options: WalkOptions): Promise<Walk> {
  const walker = new Walker(flow, options);
  await walker.steps();
  if (flow.depth > 0 && walker.mayGoOn) await walker.crawl();
  return walker.done();
}

class Walker {
  readonly #flow: Flow;
  readonly #options: WalkOptions;
  readonly #landings: Landing[] = [];
  readonly #opened = new Map<string, Page>();
  readonly #loaded = new Set<string>();
  #here: Page;
  #body = "";
  #status = 0;
  #failure: Walk["failure"];
  #limit: Walk["limit"];
  #isUnanswered = false;

  constructor(flow: Flow, options: WalkOptions) {
    this.#flow = flow;
    this.#options = options;
    this.#here = bare(new URL("/", options.origin));
  }

  get mayGoOn(): boolean {
    return this.#failure === undefined && !this.#isUnanswered;
  }

  done(): Walk {
    return {
      landings: this.#landings,
      failure: this.#failure,
      pages: [...this.#opened.keys()],
      limit: this.#limit,
      isUnanswered: this.#isUnanswered,
    };
  }

  async steps(): Promise<void> {
    const { steps } = this.#flow;
    for (const [index, step] of steps.entries()) {
      if (!this.mayGoOn) return;
      const name = nameOfStep(step, index);
      const what = await this.#step(step, name, isAwaited(steps[index + 1]));
      if (what !== undefined) this.#failure = { step: name, what };
    }
  }

  /** @returns what went wrong */
  async #step(step: FlowStep, name: string, isStatusAwaited: boolean): Promise<string | undefined> {
    switch (step.kind) {
      case "get": {
        const visit = await this.#visit(this.#url(step.path));
        return problemOf(await this.#arrive(visit, name), isStatusAwaited);
      }
      case "submit": {
        const visit = await this.#submit(step);
        if (typeof visit === "string") return visit;
        return problemOf(await this.#arrive(visit, name), isStatusAwaited);
      }
      case "request":
        await this.#request(step, name);
        return problemOf(this.#landings.at(-1), isStatusAwaited);
      case "websocket":
        return this.#socket(step.path, name);
      case "expect":
        return this.#unmet(step);
    }
  }

  #url(path: string): URL {
    return new URL(path, this.#options.origin);
  }

  #visit(url: URL, from?: Page): Promise<Visit> {
    return this.#options.visitor.navigate({
      url,
      from,
      rounds: ROUNDS,
      onHop: (hop) => this.#see(hop),
    });
  }

  /** Another site is where a visitor stops. */
  #see({ next, request, response }: Hop): boolean {
    const ended = this.#options.doorstep.endOf(response);
    if (ended?.limit !== undefined) this.#limit ??= { url: request.url.href, what: ended.limit };
    if (ended?.own && ended.brokenBy === "target") this.#isUnanswered = true;
    return next === undefined || this.#options.doorstep.serves(next);
  }

  /** @returns where the page itself led: what it loads may be missing for everybody. */
  async #arrive(visit: Visit, name: string): Promise<Landing> {
    const last = visit.hops.at(-1) as Hop;
    const end = visit.end === "stopped" ? { left: last.next?.href ?? "" } : visit.end;
    this.#here = visit.page ?? bare(visit.url);
    this.#body = visit.body;
    this.#status = visit.status;
    const isLogin = visit.page?.forms.some((form) => form.isLogin) ?? false;
    const path = routeOf(visit.url.pathname);
    const landing: Landing = { step: name, status: visit.status, path, end, isLogin };
    this.#landings.push(landing);
    if (end !== "page" || visit.status >= 400) return landing;
    const { pathname, search } = visit.url;
    this.#opened.set(`${pathname}${search}`, this.#here);
    await this.#load(this.#here);
    return landing;
  }

  /** What the page loads from the site itself; each once, and only its head where the app knows HEAD. */
  async #load(page: Page): Promise<void> {
    const { visitor, doorstep } = this.#options;
    const own = page.subresources.filter(
      ({ url }) => doorstep.serves(url) && !this.#loaded.has(url.href),
    );
    for (const each of own.slice(0, MAX_SUBRESOURCES)) {
      if (this.#isUnanswered) return;
      this.#loaded.add(each.url.href);
      const load = (method: "GET" | "HEAD"): Promise<readonly Hop[]> =>
        visitor.load(page, each, method, (hop) => this.#see(hop));
      let last = (await load("HEAD")).at(-1) as Hop;
      if (NO_HEAD.has(last.response.status)) last = (await load("GET")).at(-1) as Hop;
      this.#landings.push({
        step: `${each.destination} ${each.url.pathname}`,
        ...{
          status: last.response.status,
          path: routeOf(last.request.url.pathname),
          isLogin: false,
        },
        end: last.next ? { left: last.next.href } : "page",
      });
    }
  }

  #submit({ form: selector, fields, recorded }: SubmitStep): Promise<Visit> | string {
    const { visitor } = this.#options;
    const page = this.#here;
    const form = chosen(page.forms, selector, fields);
    if (!form && !recorded) {
      const seen = page.forms.length === 0 ? "no form" : `no form that ${selector} fits`;
      return `the page ${page.url.pathname} has ${seen}`;
    }
    const filled = { ...fields };
    for (const name of (recorded && form?.hidden) || []) delete filled[name];
    const target = form ?? scripted(this.#url(pathIn(selector)));
    if (target.method === "POST" && !this.#options.doorstep.serves(target.action)) {
      return `the form leads to ${target.action.href}, which is another site`;
    }
    return visitor.submit(page, target, filled, { rounds: ROUNDS, onHop: (hop) => this.#see(hop) });
  }

  async #request(step: RequestStep, name: string): Promise<void> {
    const { method, path, body, contentType, headers } = step;
    const hops = await this.#options.visitor.fetch(this.#here, {
      ...{ url: this.#url(path), method, headers: Object.entries(this.#withToken(headers)).flat() },
      ...(body !== undefined && { body: Buffer.from(body) }),
      ...(contentType !== undefined && { contentType }),
      onHop: (hop) => this.#see(hop),
    });
    const last = hops.at(-1) as Hop;
    const { status } = last.response;
    this.#status = status;
    this.#body = last.response.body.toString();
    this.#landings.push({
      ...{ step: name, status, path: routeOf(last.request.url.pathname), isLogin: false },
      end: last.next ? { left: last.next.href } : "page",
    });
  }

  /** A CSRF token is this visitor's, whatever was recorded: from the page, or from a cookie. */
  #withToken(headers: Readonly<Record<string, string>>): Record<string, string> {
    const entries = Object.entries(headers).map(([name, value]): [string, string] => {
      if (!/^x-(?:csrf|xsrf)-?token$/i.test(name)) return [name, value];
      const cookies = this.#options.visitor.jar.cookies;
      const cookie = cookies.find((each) =>
        /^(?:csrftoken|xsrf-token|_csrf|csrf-token)$/i.test(each.name),
      );
      const token = cookie && decodeURIComponentSafely(cookie.value);
      return [name, this.#here.csrfToken ?? token ?? value];
    });
    return Object.fromEntries(entries);
  }

  async #socket(path: string, name: string): Promise<string | undefined> {
    const url = this.#url(path);
    const { status, headers } = await this.#options.visitor.socket(url, this.#here);
    const location = first(headers, "location");
    const end = location === undefined ? "page" : { left: location };
    this.#landings.push({ step: name, status, path: routeOf(url.pathname), end, isLogin: false });
    if (status === 101) return undefined;
    return `it was answered ${status}${location === undefined ? "" : ` and ${location}`} instead of 101`;
  }

  #unmet({ status, text, path }: FlowStep & { kind: "expect" }): string | undefined {
    const at = `${this.#here.url.pathname} answered ${this.#status}`;
    if (status !== undefined && status !== this.#status) return `${at}, not ${status}`;
    if (path !== undefined && path !== this.#here.url.pathname)
      return `the visitor is at ${this.#here.url.pathname}`;
    if (text !== undefined && !this.#body.includes(text) && !this.#here.text.includes(text)) {
      return `${at} without ${JSON.stringify(text)}`;
    }
    return undefined;
  }

  /** Opens what the pages link to, breadth first; forms are left alone. */
  async crawl(): Promise<void> {
    const { pages } = this.#options;
    if (pages) {
      await this.#openAll(pages.map((path) => ({ path, from: this.#here })));
      return;
    }
    let level = [...this.#opened.values()];
    for (let depth = 0; depth < this.#flow.depth && level.length > 0; depth++) {
      const before = new Set(this.#opened.keys());
      await this.#openAll(level.flatMap((from) => this.#linksOf(from)));
      level = [...this.#opened].flatMap(([path, page]) => (before.has(path) ? [] : [page]));
    }
  }

  #linksOf(from: Page): { readonly path: string; readonly from: Page }[] {
    const own = from.links.filter(
      (url) =>
        this.#options.doorstep.serves(url) && !NO_PAGE.test(url.pathname) && !RISKY.test(url.href),
    );
    return own.map(({ pathname, search }) => ({ path: `${pathname}${search}`, from }));
  }

  async #openAll(links: readonly { readonly path: string; readonly from: Page }[]): Promise<void> {
    const seen = new Set<string>();
    let failed = 0;
    for (const { path, from } of links) {
      if (this.#opened.size >= MAX_PAGES || failed >= MAX_FAILED_PAGES || this.#isUnanswered)
        return;
      if (seen.has(path) || this.#opened.has(path)) continue;
      seen.add(path);
      const visit = await this.#visit(this.#url(path), from);
      await this.#arrive(visit, path);
      if (visit.end !== "page") failed++;
    }
  }
}

function isAwaited(next: FlowStep | undefined): boolean {
  return next?.kind === "expect" && next.status !== undefined;
}

function problemOf(landing: Landing | undefined, isStatusAwaited: boolean): string | undefined {
  if (!landing) return undefined;
  if (landing.end === "too-many-redirects") return `the redirects at ${landing.path} never end`;
  if (landing.status >= 400 && !isStatusAwaited)
    return `${landing.path} answered ${landing.status}`;
  return undefined;
}

/** The first form that fits and has what is to be filled in; otherwise the first that fits. */
function chosen(
  forms: readonly Form[],
  selector: string,
  fields: Readonly<Record<string, string>>,
): Form | undefined {
  const fitting = forms.filter((form) => fits(form, selector));
  const names = Object.keys(fields);
  const full = fitting.find((form) =>
    names.every((name) => form.fields.some((field) => field.name === name)),
  );
  return full ?? fitting[0];
}

/** "form", "#id", ".class", "[name=…]" and "[action=…]", and any of them together. */
function fits(form: Form, selector: string): boolean {
  let rest = selector.trim().replace(/^form/i, "");
  for (;;) {
    if (rest === "") return true;
    const part = /^(?:#([\w-]+)|\.([\w-]+)|\[(\w+)=(?:"([^"]*)"|'([^']*)'|([^\]]*))\])/.exec(rest);
    if (!part) return false;
    const [whole, id, name, attribute, double, single, plain] = part;
    const value = double ?? single ?? plain ?? "";
    const has =
      id !== undefined
        ? form.id === id
        : name !== undefined
          ? form.classes.includes(name)
          : hasAttribute(form, attribute ?? "", value);
    if (!has) return false;
    rest = rest.slice(whole.length);
  }
}

function hasAttribute(form: Form, attribute: string, value: string): boolean {
  switch (attribute) {
    case "action":
      return form.actionText === value || form.action.pathname === value;
    case "name":
      return form.name === value;
    case "id":
      return form.id === value;
    case "method":
      return form.method === value.toUpperCase();
    default:
      return false;
  }
}

function pathIn(selector: string): string {
  const [, quoted = '"/"'] = /^form\[action=(".*")\]$/.exec(selector) ?? [];
  return String(JSON.parse(quoted));
}

/** A form that a script has made, or sends without one. */
function scripted(action: URL): Form {
  return {
    ...{ id: "", name: "", classes: [], method: "POST", action, actionText: action.pathname },
    ...{ enctype: "application/x-www-form-urlencoded", fields: [], hidden: [], isLogin: false },
    ...{ button: undefined, files: [] },
  };
}

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
