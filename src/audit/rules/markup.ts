/** What the tests look for in a page: meta elements that stand for headers, and scripts. */
import { type DefaultTreeAdapterTypes, parse } from "parse5";
import { type Answer, HTML_TYPES, mediaType } from "./site.js";

type Node = DefaultTreeAdapterTypes.Node;
type Attributes = ReadonlyMap<string, string>;

interface Elements {
  readonly metas: readonly Attributes[];
  readonly scripts: readonly Attributes[];
}

export interface Meta {
  /** Content-Security-Policy. */
  readonly policies: readonly string[];
  /** Referrer-Policy: the last one. */
  readonly referrer: string | undefined;
}

/** One page is looked at by several tests. */
const read = new WeakMap<Answer, Elements>();

function elementsOf(answer: Answer): Elements {
  const known = read.get(answer);
  if (known) return known;
  const metas: Attributes[] = [];
  const scripts: Attributes[] = [];
  // Without recursion: a page may nest deeper than the stack is.
  const waiting: Node[] = [parse(answer.body, { scriptingEnabled: false })];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if ("tagName" in node && (node.tagName === "meta" || node.tagName === "script")) {
      const attributes = new Map(node.attrs.map(({ name, value }) => [name, value]));
      (node.tagName === "meta" ? metas : scripts).push(attributes);
    }
    if ("content" in node) waiting.push(node.content);
    if (!("childNodes" in node)) continue;
    for (let at = node.childNodes.length - 1; at >= 0; at--)
      waiting.push(node.childNodes[at] as Node);
  }
  const found = { metas, scripts };
  read.set(answer, found);
  return found;
}

/** Of what says that it is HTML. */
export function metaOf(answer: Answer): Meta {
  const policies: string[] = [];
  let referrer: string | undefined;
  if (!HTML_TYPES.includes(mediaType(answer))) return { policies, referrer };
  for (const meta of elementsOf(answer).metas) {
    const content = meta.get("content");
    if (meta.has("http-equiv") && content !== undefined) {
      const name = meta.get("http-equiv")?.toLowerCase().trim();
      if (content !== "" && name === "content-security-policy") policies.push(content);
    } else if (content && meta.get("name")?.toLowerCase().trim() === "referrer") {
      referrer = content;
    }
  }
  return { policies, referrer };
}

export interface Script {
  /** As it is written; "" for one that stands in the page. */
  readonly src: string;
  readonly hasIntegrity: boolean;
}

export function scriptsOf(answer: Answer): readonly Script[] {
  return elementsOf(answer).scripts.map((script) => ({
    src: script.get("src") ?? "",
    hasIntegrity: (script.get("integrity") ?? "") !== "",
  }));
}
