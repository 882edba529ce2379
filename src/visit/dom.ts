/** The elements of a parsed document. */
import type { DefaultTreeAdapterTypes } from "parse5";

export type Element = DefaultTreeAdapterTypes.Element;
export type Node = DefaultTreeAdapterTypes.Node;
export type TextNode = DefaultTreeAdapterTypes.TextNode;

/** What is in an element, in document order. Pages can be nested deeper than calls can. */
export function* nodesIn(element: Element): Iterable<Node> {
  const rest: Node[] = element.childNodes.slice().reverse();
  for (let node = rest.pop(); node; node = rest.pop()) {
    yield node;
    if ("childNodes" in node) rest.push(...node.childNodes.slice().reverse());
  }
}

export function attribute({ attrs }: Element, name: string): string | undefined {
  return attrs.find((each) => each.name === name)?.value;
}
