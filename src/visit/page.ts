/** What a visitor sees of a document: its links, forms, subresources, and where it sends the browser. */
import { parse } from "parse5";
import { addressIn, type Refresh, refreshIn } from "./addresses.js";
import { type Destination, policyIn, type ReferrerPolicy } from "./browser-headers.js";
import { attribute, type Element, type Node, type TextNode } from "./dom.js";
import { type Form, formOf } from "./forms.js";

export interface Subresource {
  readonly url: URL;
  readonly destination: Destination;
  readonly cors: boolean;
}

export interface Page {
  readonly url: URL;
  readonly forms: readonly Form[];
  /** Of `a` and `area`, in order, without fragments; each once. */
  readonly links: readonly URL[];
  /** What a browser loads to show the page; each once. */
  readonly subresources: readonly Subresource[];
  readonly refresh: Refresh | undefined;
  readonly policy: ReferrerPolicy | undefined;
  /** The token that scripts are to send back, as Rails, Laravel and others put it into a meta element. */
  readonly csrfToken: string | undefined;
  /** What can be read on it, with its white space as it stands. */
  readonly text: string;
}

/** Reads a document (HTML 13.2.6, by parse5). It never throws. */
export function readPage(html: string, url: URL): Page {
  const reader = new Reader(url);
  reader.walk(parse(html));
  return reader.page();
}

/** Elements whose content is not shown. */
const HIDDEN = new Set(["script", "style", "noscript", "template", "head"]);

interface Place {
  readonly node: Node;
  /** The form that it is in. */
  readonly form: Element | undefined;
  readonly isHidden: boolean;
}

class Reader {
  readonly #url: URL;
  #base: URL;
  #hasBase = false;
  readonly #forms: Element[] = [];
  /** Form-associated elements with the form that they are in. */
  readonly #controls: { readonly element: Element; readonly form: Element | undefined }[] = [];
  readonly #links: string[] = [];
  readonly #loads: { readonly value: string; readonly destination: Destination; cors: boolean }[] =
    [];
  #refresh: string | undefined;
  #csrfToken: string | undefined;
  #policy: ReferrerPolicy | undefined;
  #text = "";

  constructor(url: URL) {
    this.#url = url;
    this.#base = url;
  }

  /** In document order, with a stack of its own: a page can be nested deeper than calls can. */
  walk(document: Node): void {
    const rest: Place[] = [{ node: document, form: undefined, isHidden: false }];
    for (let place = rest.pop(); place; place = rest.pop()) {
      const { node } = place;
      let { form, isHidden } = place;
      if ("tagName" in node) {
        if (node.tagName === "form") form = node;
        this.#element(node, form);
        isHidden ||= HIDDEN.has(node.tagName);
      } else if (node.nodeName === "#text" && !isHidden) {
        this.#text += (node as TextNode).value;
      }
      if (!("childNodes" in node)) continue;
      const { childNodes } = node;
      for (let index = childNodes.length - 1; index >= 0; index--) {
        rest.push({ node: childNodes[index] as Node, form, isHidden });
      }
    }
  }

  #element(element: Element, form: Element | undefined): void {
    const get = (name: string): string | undefined => attribute(element, name);
    const cors = get("crossorigin") !== undefined;
    const load = (value: string | undefined, destination: Destination): void => {
      if (value) this.#loads.push({ value, destination, cors });
    };
    switch (element.tagName) {
      case "base":
        this.#setBase(get("href"));
        break;
      case "meta":
        this.#meta(get("http-equiv"), get("name"), get("content") ?? "");
        break;
      case "a":
      case "area":
        this.#links.push(get("href") ?? "");
        break;
      case "link":
        this.#link(get("rel") ?? "", get("href"), get("as"), load);
        break;
      case "script":
        if (
          !/^(?:application\/(?:ld\+)?json|importmap|speculationrules|text\/template)/i.test(
            get("type") ?? "",
          )
        ) {
          load(get("src"), "script");
        }
        break;
      case "img":
        load(get("src"), "image");
        break;
      case "iframe":
        load(get("src"), "iframe");
        break;
      case "form":
        this.#forms.push(element);
        break;
      case "input":
        if (get("type")?.toLowerCase() === "image") load(get("src"), "image");
        this.#controls.push({ element, form });
        break;
      case "button":
      case "select":
      case "textarea":
        this.#controls.push({ element, form });
        break;
    }
  }

  /** The first one counts (HTML 4.2.3). */
  #setBase(href: string | undefined): void {
    if (href === undefined || this.#hasBase) return;
    this.#hasBase = true;
    this.#base = addressIn(href, this.#url) ?? this.#url;
  }

  #meta(equivalent: string | undefined, name: string | undefined, content: string): void {
    if (equivalent?.toLowerCase() === "refresh") this.#refresh ??= content;
    if (name?.toLowerCase() === "csrf-token") this.#csrfToken ??= content;
    if (name?.toLowerCase() === "referrer") this.#policy = policyIn(content) ?? this.#policy;
  }

  #link(
    rel: string,
    href: string | undefined,
    as: string | undefined,
    load: (value: string | undefined, destination: Destination) => void,
  ): void {
    const words = rel.toLowerCase().split(/\s+/);
    if (words.includes("stylesheet") && !words.includes("alternate")) load(href, "style");
    else if (words.includes("icon")) load(href, "image");
    else if (words.includes("modulepreload")) load(href, "script");
    else if (words.includes("preload") && /^(?:script|style|image|font)$/.test(as ?? "")) {
      load(href, as as Destination);
    }
  }

  page(): Page {
    const resolve = (text: string): URL | undefined => addressIn(text, this.#base);
    const ids = new Map(this.#forms.map((form) => [attribute(form, "id"), form]));
    const owned = new Map<Element | undefined, Element[]>();
    for (const { element, form } of this.#controls) {
      const id = attribute(element, "form");
      const owner = id === undefined ? form : ids.get(id);
      const others = owned.get(owner);
      if (others) others.push(element);
      else owned.set(owner, [element]);
    }
    return {
      url: this.#url,
      forms: this.#forms.map((form) => formOf(form, owned.get(form) ?? [], this.#url, resolve)),
      links: distinct(this.#links.map(resolve)),
      subresources: this.#subresources(resolve),
      refresh: this.#refresh === undefined ? undefined : refreshIn(this.#refresh, this.#base),
      policy: this.#policy,
      csrfToken: this.#csrfToken,
      text: this.#text,
    };
  }

  #subresources(resolve: (text: string) => URL | undefined): Subresource[] {
    const seen = new Set<string>();
    return this.#loads.flatMap(({ value, destination, cors }) => {
      const url = resolve(value);
      if (!url || !/^https?:$/.test(url.protocol) || seen.has(url.href)) return [];
      seen.add(url.href);
      return [{ url, destination, cors: cors || destination === "font" }];
    });
  }
}

function distinct(urls: readonly (URL | undefined)[]): URL[] {
  return [...new Map(urls.flatMap((url) => (url ? [[url.href, url] as const] : []))).values()];
}
